package text

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"heapcause/report"
)

// Options of Write.
type Options struct {
	Color bool
	Width int // columns; 0 and what is above 100 mean 100, the least is 60
}

const (
	maxWidth = 100
	minWidth = 60
)

// printer writes lines; the first error sticks in w.
type printer struct {
	w     *bufio.Writer
	width int
	color bool
}

// Write writes the whole report.
func Write(w io.Writer, r *report.Report, opt Options) error {
	p := newPrinter(w, opt)
	p.header(r)
	p.findings(r)
	p.consumers(r)
	p.histogram(r)
	p.threads(r)
	p.inspections(r)
	p.notes(r)
	return p.w.Flush()
}

// WriteFindings writes the findings of a report alone.
func WriteFindings(w io.Writer, r *report.Report, opt Options) error {
	p := newPrinter(w, opt)
	for i := range r.Findings {
		p.finding(i+1, &r.Findings[i])
	}
	return p.w.Flush()
}

func (p *printer) line(format string, args ...any) {
	fmt.Fprintf(p.w, format, args...)
	p.w.WriteByte('\n')
}

// style is an ANSI attribute.
type style string

const (
	bold   style = "1"
	red    style = "1;31"
	yellow style = "1;33"
	cyan   style = "36"
)

func (p *printer) styled(s style, text string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

func (p *printer) heading(format string, args ...any) {
	p.line("")
	p.line("%s", p.styled(bold, fmt.Sprintf(format, args...)))
}

// wrapped writes text in lines of the width, the first behind first, the others indented by as much.
func (p *printer) wrapped(first, text string) {
	if text = strings.TrimSpace(clean(text)); text == "" {
		p.line("%s", strings.TrimRight(first, " "))
		return
	}
	indent := strings.Repeat(" ", width(first))
	prefix := first
	for _, l := range wrap(text, p.width-width(first)) {
		p.line("%s%s", prefix, l)
		prefix = indent
	}
}

func (p *printer) header(r *report.Report) {
	d := r.Dump
	p.line("%s", p.styled(bold, middle(clean(d.File), p.width)))
	about := []string{fmt.Sprintf("%s (%s bytes)", bytes(d.Bytes), comma(d.Bytes))}
	if d.JVM != "" {
		about = append(about, middle(clean(d.JVM), p.width/2))
	}
	if !d.Taken.IsZero() {
		about = append(about, "taken "+d.Taken.UTC().Format(time.DateTime)+" UTC")
	}
	if d.Compression != "" {
		about = append(about, d.Compression)
	}
	p.wrapped("  ", strings.Join(about, ", "))
	p.line("  %s objects, %s classes, %s in the heap", comma(r.Counts.Objects), comma(r.Counts.Classes), bytes(r.Counts.Bytes))
	var held []string
	for _, c := range r.Retention.Classes() {
		if c.Objects > 0 {
			held = append(held, fmt.Sprintf("%s %s", c.Name, bytes(c.Bytes)))
		}
	}
	if len(held) > 0 {
		p.wrapped("  held: ", strings.Join(held, ", "))
	}
	if r.Sizes.Line != "" {
		p.wrapped("  sizes: ", r.Sizes.Line)
	}
	if d.Incomplete {
		p.wrapped("  "+p.styled(yellow, "INCOMPLETE")+": ", fmt.Sprintf("%d damaged or missing stretches; retained sizes are lower bounds.", d.Problems.Total()))
		for i, pr := range d.Problems.Rows {
			if i == 5 {
				p.line("    … and %d more", d.Problems.Total()-5)
				break
			}
			p.wrapped("    ", "at offset "+comma(pr.Offset)+": "+pr.Text+lost(pr))
		}
	}
}

// lost says how many bytes are lost at a place, unless its text does.
func lost(p report.Problem) string {
	if p.Bytes == 0 || strings.Contains(p.Text, " bytes") {
		return ""
	}
	return " (" + comma(p.Bytes) + " bytes)"
}

func (p *printer) findings(r *report.Report) {
	if len(r.Rules) == 0 {
		return
	}
	if len(r.Findings) == 0 {
		p.heading("No findings")
		return
	}
	p.heading("%s", summary(r))
	for i := range r.Findings {
		p.finding(i+1, &r.Findings[i])
	}
}

// summary counts the findings, such as "3 findings: 1 error, 2 info".
func summary(r *report.Report) string {
	count := map[report.Severity]int{}
	for i := range r.Findings {
		count[r.Findings[i].Severity]++
	}
	var parts []string
	for _, s := range []report.Severity{report.Error, report.Warning, report.Info} {
		if count[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[s], s))
		}
	}
	noun := "findings"
	if len(r.Findings) == 1 {
		noun = "finding"
	}
	return fmt.Sprintf("%d %s: %s", len(r.Findings), noun, strings.Join(parts, ", "))
}

func (p *printer) severity(s report.Severity) string {
	text := strings.ToUpper(string(s))
	switch s {
	case report.Error:
		return p.styled(red, text)
	case report.Warning:
		return p.styled(yellow, text)
	}
	return p.styled(cyan, text)
}

func (p *printer) finding(n int, f *report.Finding) {
	p.line("")
	p.wrapped(fmt.Sprintf("%d. %s  ", n, p.severity(f.Severity)), f.Title)
	tag := f.Rule + ", " + string(f.Confidence)
	if f.Experimental {
		tag += ", experimental"
	}
	if f.RetainedShare > 0 {
		tag += fmt.Sprintf(", %.1f %% of the strongly reachable heap", 100*f.RetainedShare)
	}
	p.wrapped("   ", "["+tag+"]")
	for _, s := range f.Story {
		p.wrapped("   ", s)
	}
	for _, rel := range f.Related {
		p.wrapped("   ", rel.Text)
	}
	p.path(f.Path)
	p.accumulation(f.Accumulation)
	p.facts(f)
	for i := range f.Tables {
		p.table(&f.Tables[i])
	}
	p.evidence(f)
	if len(f.Fix) > 0 {
		p.line("")
		p.line("   What to do")
		for _, s := range f.Fix {
			p.wrapped("     - ", s)
		}
	}
	if f.Falsifier != "" {
		p.line("")
		p.wrapped("   Wrong if: ", f.Falsifier)
	}
	p.signature(f)
}

func (p *printer) notes(r *report.Report) {
	if len(r.Notes) == 0 {
		return
	}
	p.heading("Notes")
	for _, n := range r.Notes {
		p.wrapped("  - ", n)
	}
}

func bytes(n int64) string {
	if n < 0 {
		return "-" + bytes(-n)
	}
	return humanize.IBytes(uint64(n))
}

func comma(n int64) string { return humanize.Comma(n) }
