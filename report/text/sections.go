package text

import (
	"bufio"
	"io"

	"heapcause/report"
)

// WriteSections writes the sections of the inspections, whole.
func WriteSections(w io.Writer, r *report.Report, opt Options) error {
	p := newPrinter(w, opt)
	p.header(r)
	for i := range r.Sections {
		p.section(&r.Sections[i])
	}
	p.notes(r)
	return p.w.Flush()
}

// WriteSection writes one section alone.
func WriteSection(w io.Writer, s *report.Section, opt Options) error {
	p := newPrinter(w, opt)
	p.section(s)
	return p.w.Flush()
}

func newPrinter(w io.Writer, opt Options) *printer {
	p := &printer{w: bufio.NewWriter(w), width: maxWidth, color: opt.Color}
	if opt.Width > 0 {
		p.width = max(minWidth, min(opt.Width, maxWidth))
	}
	return p
}

func (p *printer) section(s *report.Section) {
	p.heading("%s", clean(s.Title))
	if s.Skipped != "" {
		p.wrapped("  ", "Not judged: "+s.Skipped+".")
	}
	if s.Summary != "" {
		p.wrapped("  ", s.Summary)
	}
	p.factList(s.Facts)
	for i := range s.Tables {
		p.table(&s.Tables[i])
	}
	for i := range s.Trees {
		p.tree(&s.Trees[i])
	}
	if len(s.Tables)+len(s.Trees) > 0 && len(s.Notes) > 0 {
		p.line("")
	}
	for _, n := range s.Notes {
		p.wrapped("  - ", n)
	}
}

// inspections writes a line per section: heapcause inspect shows the rest.
func (p *printer) inspections(r *report.Report) {
	name, some := 0, false
	for i := range r.Sections {
		if s := &r.Sections[i]; s.Summary != "" || s.Skipped != "" {
			name, some = max(name, width(s.Name)), true
		}
	}
	if !some {
		return
	}
	p.heading("Inspections (heapcause inspect NAME DUMP)")
	for i := range r.Sections {
		s := &r.Sections[i]
		switch {
		case s.Skipped != "":
			p.wrapped("  "+pad(s.Name, name)+"  ", "not judged: "+s.Skipped)
		case s.Summary != "":
			p.wrapped("  "+pad(s.Name, name)+"  ", s.Summary)
		}
	}
}
