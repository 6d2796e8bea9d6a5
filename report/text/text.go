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
	p := &printer{w: bufio.NewWriter(w), width: maxWidth, color: opt.Color}
	if opt.Width > 0 {
		p.width = max(minWidth, min(opt.Width, maxWidth))
	}
	p.header(r)
	p.findings(r)
	p.consumers(r)
	p.histogram(r)
	p.threads(r)
	p.notes(r)
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
	indent := strings.Repeat(" ", width(first))
	prefix := first
	for _, l := range wrap(clean(text), p.width-width(first)) {
		p.line("%s%s", prefix, l)
		prefix = indent
	}
}

func (p *printer) header(r *report.Report) {
	d := r.Dump
	p.line("%s", p.styled(bold, clean(d.File)))
	about := []string{bytes(d.Bytes)}
	if d.JVM != "" {
		about = append(about, clean(d.JVM))
	}
	if !d.Taken.IsZero() {
		about = append(about, "taken "+d.Taken.UTC().Format(time.DateTime)+" UTC")
	}
	if d.Compression != "" {
		about = append(about, d.Compression)
	}
	p.line("  %s", strings.Join(about, ", "))
	p.line("  %s objects, %s classes, %s in the heap", comma(r.Counts.Objects), comma(r.Counts.Classes), bytes(r.Counts.Bytes))
	var held []string
	for _, c := range r.Retention.Classes() {
		if c.Objects > 0 {
			held = append(held, fmt.Sprintf("%s %s", c.Name, bytes(c.Bytes)))
		}
	}
	p.wrapped("  held: ", strings.Join(held, ", "))
	p.wrapped("  sizes: ", r.Sizes.Line)
	if d.Incomplete {
		p.wrapped("  "+p.styled(yellow, "INCOMPLETE")+": ", fmt.Sprintf("%d damaged or missing stretches; retained sizes are lower bounds.", d.Problems.Total()))
		for i, pr := range d.Problems.Rows {
			if i == 5 {
				p.line("    … and %d more", d.Problems.Total()-5)
				break
			}
			p.wrapped("    ", fmt.Sprintf("at offset %s: %s", comma(pr.Offset), pr.Text))
		}
	}
}

func (p *printer) findings(r *report.Report) {
	if len(r.Rules) == 0 {
		return
	}
	if len(r.Findings) == 0 {
		p.heading("No findings")
		return
	}
	for i := range r.Findings {
		p.finding(i+1, &r.Findings[i])
	}
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
	p.line("   [%s]", tag)
	for _, s := range f.Story {
		p.wrapped("   ", s)
	}
	for _, rel := range f.Related {
		p.wrapped("   ", rel.Text)
	}
	p.path(f)
	p.accumulation(f.Accumulation)
	p.facts(f.Facts)
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
	p.line("   Signature: %s  (anchor: %s)", f.Signature[:min(len(f.Signature), 16)], middle(clean(f.Anchor), p.width-45))
}

func (p *printer) path(f *report.Finding) {
	if len(f.Path) == 0 {
		return
	}
	p.line("")
	p.line("   Path from a GC root")
	for i, s := range f.Path {
		label := s.Label
		switch s.Kind {
		case report.StepRoot:
			label = "GC root: " + s.Label
		case report.StepStatic:
			label = "static " + s.Label
		case report.StepLocal:
			label = "local of " + s.Label
		}
		what := s.Class
		if s.Note != "" {
			what += " (" + s.Note + ")"
		}
		if s.Repeat > 1 {
			what += fmt.Sprintf(" × %s", comma(s.Repeat))
		}
		arrow := "→ "
		if i == 0 {
			arrow = ""
		}
		size := "  " + bytes(s.Retained)
		room := p.width - 5 - 2 - width(size)
		text := clean(arrow + label)
		full := text + "  " + clean(what)
		if width(full) > room {
			p.line("     %s", middle(text, p.width-5))
			p.line("         %s%s", middle(clean(what), room-4), size)
			continue
		}
		p.line("     %s%s", full, size)
	}
}

func (p *printer) accumulation(a *report.Accumulation) {
	if a == nil || a.Children == 0 {
		return
	}
	text := fmt.Sprintf("Piles up in %s @ 0x%x: %s objects below it", a.Class, uint64(a.Address), comma(a.Children))
	if a.ChildClass != "" {
		text += fmt.Sprintf(", %s of them %s with %s", comma(a.ChildObjects), a.ChildClass, bytes(a.ChildBytes))
	}
	p.line("")
	p.wrapped("   ", text+".")
}

func (p *printer) facts(fs report.Rows[report.Fact]) {
	if len(fs) == 0 {
		return
	}
	p.line("")
	label := 0
	for _, f := range fs {
		label = max(label, width(f.Label))
	}
	label = min(label, p.width/2)
	for _, f := range fs {
		p.wrapped(fmt.Sprintf("   %s  ", pad(clean(f.Label), label)), value(f.Value))
	}
}

func (p *printer) evidence(f *report.Finding) {
	for _, e := range f.Evidence.Rows {
		p.line("")
		p.wrapped("   ", fmt.Sprintf("%s @ 0x%x, retains %s: %s", e.Class, uint64(e.Address), bytes(e.Retained), e.Note))
		for _, fact := range e.Fields {
			p.wrapped("     "+clean(fact.Label)+" = ", value(fact.Value))
		}
	}
	if f.Evidence.Omitted > 0 {
		p.line("   … and %s more objects", comma(f.Evidence.Omitted))
	}
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
