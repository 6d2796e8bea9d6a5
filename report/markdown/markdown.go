// Package markdown writes a report for a ticket: in the Markdown of GitHub (and GitLab), or in Jira's wiki markup. The short form
// fits a screen: of the first finding the headline, who holds it, the figures and what to do, and the headlines of others. The full form
// tells all of them, with tables, evidence, consumers and inspections.
package markdown

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/dustin/go-humanize"

	"heapcause/report"
)

// Options of Write.
type Options struct {
	Jira bool // Jira's wiki markup instead of Markdown
	Full bool // everything, not only what fits a screen
}

// shortFindings are named in the short form besides the first, which is told; the others are counted.
const shortFindings = 5

// Write writes the report.
func Write(w io.Writer, r *report.Report, opt Options) error {
	p := &printer{Writer: bufio.NewWriter(w), opt: opt, m: markdown}
	if opt.Jira {
		p.m = jira
	}
	p.head(r)
	p.findings(r)
	if opt.Full {
		p.consumers(r)
		p.sections(r)
		p.notes(r)
	}
	return p.Flush()
}

// WriteSection writes one section alone, with its notes.
func WriteSection(w io.Writer, s *report.Section, opt Options) error {
	p := &printer{Writer: bufio.NewWriter(w), opt: opt, m: markdown}
	if opt.Jira {
		p.m = jira
	}
	p.section(s)
	return p.Flush()
}

// WriteFindings writes findings alone, in their short form, under a heading.
func WriteFindings(w io.Writer, heading string, findings []report.Finding, opt Options) error {
	p := &printer{Writer: bufio.NewWriter(w), opt: opt, m: markdown}
	if opt.Jira {
		p.m = jira
	}
	p.line(p.m.heading(3, p.text(heading)))
	p.line("")
	for i := range findings {
		p.finding(i+1, &findings[i])
	}
	return p.Flush()
}

// markup is how a flavour writes what both have.
type markup struct {
	heading func(level int, text string) string
	bold    func(string) string
	code    func(string) string
	item    string
	fence   [2]string
	escape  func(string) string
	row     func(cells []string, head bool) string
	cellBar string // stands for | in a cell
}

type printer struct {
	*bufio.Writer
	opt Options
	m   markup
}

func (p *printer) line(s string) { p.WriteString(s + "\n") }

// text is escaped text on one line.
func (p *printer) text(s string) string { return p.m.escape(flat(s)) }

func (p *printer) head(r *report.Report) {
	p.line(p.m.heading(2, "Heap of "+p.text(r.Dump.File)))
	p.line("")
	about := []string{fmt.Sprintf("%s in %s objects", bytes(r.Counts.Bytes), comma(r.Counts.Objects))}
	for _, c := range r.Retention.Classes() {
		if c.Name == "strong" || c.Bytes*100 >= r.Counts.Bytes && c.Objects > 0 {
			about = append(about, bytes(c.Bytes)+" "+c.Name)
		}
	}
	if r.Dump.JVM != "" {
		about = append(about, p.text(r.Dump.JVM))
	}
	if !r.Dump.Taken.IsZero() && report.Writable(r.Dump.Taken) {
		about = append(about, "taken "+r.Dump.Taken.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	p.line(strings.Join(about, ", ") + ".")
	if r.Dump.Incomplete {
		p.line("")
		p.line(p.m.bold("Incomplete dump:") + fmt.Sprintf(" %d damaged or missing stretches; retained sizes are lower bounds.", r.Dump.Problems.Total()))
	}
	p.line("")
}

func (p *printer) findings(r *report.Report) {
	if len(r.Findings) == 0 {
		if len(r.Rules) > 0 {
			p.line(fmt.Sprintf("No findings of %d rules.", len(r.Rules)))
		}
		return
	}
	told := len(r.Findings)
	if !p.opt.Full {
		told = 1
	}
	for i := range told {
		p.finding(i+1, &r.Findings[i])
	}
	p.others(r.Findings[told:])
}

// others names the findings that the short form does not tell.
func (p *printer) others(findings []report.Finding) {
	if len(findings) == 0 {
		return
	}
	p.line(p.m.bold("Also found"))
	p.line("")
	named := min(len(findings), shortFindings)
	for i := range named {
		p.line(p.m.item + strings.ToUpper(string(findings[i].Severity)) + ": " + p.text(findings[i].Title))
	}
	if left := len(findings) - named; left > 0 {
		p.line(fmt.Sprintf("%s… and %d more", p.m.item, left))
	}
	p.line("")
}

func (p *printer) finding(n int, f *report.Finding) {
	p.line(p.m.heading(3, fmt.Sprintf("%d. %s: %s", n, strings.ToUpper(string(f.Severity)), p.text(f.Title))))
	p.line("")
	story := f.Story
	if !p.opt.Full && len(story) > 2 {
		story = story[:2]
	}
	for _, s := range story {
		p.line(p.text(s))
	}
	if len(story) > 0 {
		p.line("")
	}
	if len(f.Path) > 0 {
		p.path(f.Path)
	}
	p.facts(f)
	if p.opt.Full {
		for i := range f.Tables {
			p.table(&f.Tables[i])
		}
		p.evidence(f)
	}
	if len(f.Fix) > 0 {
		p.line(p.m.bold("What to do"))
		p.line("")
		fix := f.Fix
		if !p.opt.Full && len(fix) > 3 {
			fix = fix[:3]
		}
		for _, s := range fix {
			p.line(p.m.item + p.text(s))
		}
		p.line("")
	}
	if p.opt.Full && f.Falsifier != "" {
		p.line(p.m.bold("Wrong if:") + " " + p.text(f.Falsifier))
		p.line("")
	}
	p.line(fmt.Sprintf("Rule %s, %s, signature %s.", p.m.code(f.Rule), f.Confidence, p.m.code(short(f.Signature))))
	p.line("")
}

// short is enough of a signature for people.
func short(signature string) string { return signature[:min(len(signature), 12)] }

// maxSteps of a path are shown in the short form: its ends tell who and what.
const maxSteps = 7

func (p *printer) path(steps []report.Step) {
	p.line(p.m.fence[0])
	for i, s := range steps {
		if !p.opt.Full && len(steps) > maxSteps && i >= maxSteps-2 && i < len(steps)-2 {
			if i == maxSteps-2 {
				p.line(fmt.Sprintf("  … %d steps …", len(steps)-maxSteps))
			}
			continue
		}
		lead := "→ "
		switch s.Kind {
		case report.StepRoot:
			lead = "GC root: "
		case report.StepStatic:
			lead = "→ static "
		case report.StepLocal:
			lead = "→ local of "
		}
		what := report.ObjectName(s.Class, s.Note)
		if s.Repeat > 1 {
			what += " × " + comma(s.Repeat)
		}
		p.line(unfenced(flat(fmt.Sprintf("%s%s  %s  %s", lead, s.Label, what, bytes(s.Retained)))))
	}
	p.line(p.m.fence[1])
	p.line("")
}

// unfenced keeps a line from ending its block.
func unfenced(s string) string {
	return strings.NewReplacer("```", "` ` `", "{noformat}", "{ noformat}").Replace(s)
}

// shortFacts are shown in the short form.
const shortFacts = 6

func (p *printer) facts(f *report.Finding) {
	facts := append([]report.Fact{}, f.Facts...)
	for i := range f.Related {
		facts = append(facts, f.Related[i].Facts...)
	}
	if !p.opt.Full && len(facts) > shortFacts {
		facts = facts[:shortFacts]
	}
	for _, x := range facts {
		p.line(p.m.item + p.text(x.Label) + ": " + p.value(x.Value))
	}
	if len(facts) > 0 {
		p.line("")
	}
}

func (p *printer) evidence(f *report.Finding) {
	for _, e := range f.Evidence.Rows {
		about := fmt.Sprintf("%s @ %s, retains %s", p.m.code(flat(e.Class)), e.Address, bytes(e.Retained))
		if e.Note != "" {
			about += ": " + p.text(e.Note)
		}
		p.line(about)
		p.line("")
		for _, x := range e.Fields {
			p.line(p.m.item + p.text(x.Label) + ": " + p.value(x.Value))
		}
		p.line("")
	}
}

func (p *printer) table(t *report.Table) {
	if len(t.Rows) == 0 {
		return
	}
	if t.Title != "" {
		p.line(p.m.bold(p.text(t.Title)))
		p.line("")
	}
	cells := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		cells[i] = p.cell(p.text(c))
	}
	p.line(p.m.row(cells, true))
	for _, r := range t.Rows {
		for i, v := range r {
			cells[i] = p.cell(p.value(v))
		}
		p.line(p.m.row(cells, false))
	}
	p.line("")
	if t.Omitted > 0 {
		p.line(fmt.Sprintf("… and %s more", comma(t.Omitted)))
		p.line("")
	}
}

func (p *printer) cell(s string) string {
	if s = strings.ReplaceAll(s, "|", p.m.cellBar); s == "" {
		return " "
	}
	return s
}

func (p *printer) notes(r *report.Report) {
	for _, n := range r.Notes {
		p.line(p.m.item + p.text(n))
	}
}

func (p *printer) sections(r *report.Report) {
	for i := range r.Sections {
		p.section(&r.Sections[i])
	}
}

func (p *printer) section(s *report.Section) {
	p.line(p.m.heading(3, p.text(s.Title)))
	p.line("")
	if s.Summary != "" {
		p.line(p.text(s.Summary))
		p.line("")
	}
	if s.Skipped != "" {
		p.line("Not judged: " + p.text(s.Skipped) + ".")
		p.line("")
	}
	for _, x := range s.Facts {
		p.line(p.m.item + p.text(x.Label) + ": " + p.value(x.Value))
	}
	p.line("")
	for j := range s.Tables {
		p.table(&s.Tables[j])
	}
	for j := range s.Trees {
		p.tree(&s.Trees[j])
	}
	for _, n := range s.Notes {
		p.line(p.m.item + p.text(n))
	}
	if len(s.Notes) > 0 {
		p.line("")
	}
}

// maxIndent of a tree's nodes, in levels: what is deeper stands there, too.
const maxIndent = 30

// tree writes a tree as lines of a block of code, a level further in than its parent each.
func (p *printer) tree(t *report.Tree) {
	p.line(p.m.bold(p.text(t.Title)))
	p.line("")
	p.line(p.m.fence[0])
	depths := make([]int, len(t.Nodes.Rows))
	for i, n := range t.Nodes.Rows {
		if n.Parent >= 0 {
			depths[i] = depths[n.Parent] + 1
		}
		what := report.ObjectName(n.Class, n.Note)
		if n.Label != "" {
			what = n.Label + "  " + what
		}
		if n.Objects > 1 {
			what += " × " + comma(n.Objects)
		}
		if n.Address != 0 {
			what += " @ " + n.Address.String()
		}
		line := what + "  " + bytes(n.Retained)
		if n.OmittedChildren > 0 {
			line += fmt.Sprintf(" (%s below it left out)", comma(n.OmittedChildren))
		}
		p.line(strings.Repeat("  ", min(depths[i], maxIndent)) + unfenced(flat(line)))
	}
	p.line(p.m.fence[1])
	p.line("")
	if t.Nodes.Omitted > 0 {
		p.line(fmt.Sprintf("… and %s more", comma(t.Nodes.Omitted)))
		p.line("")
	}
}

// flat makes one line of a text, without control characters.
func flat(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.TrimSpace(s)
}

func bytes(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

func comma(n int64) string { return humanize.Comma(n) }
