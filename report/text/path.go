package text

import (
	"fmt"
	"slices"
	"strings"

	"heapcause/report"
)

// path writes a step per line: the edge, what it leads to, and at the right what that retains.
func (p *printer) path(steps report.Rows[report.Step]) {
	if len(steps) == 0 {
		return
	}
	p.line("")
	p.line("   Path from a GC root")
	sizes, column := 0, 0
	for i := range steps {
		sizes = max(sizes, width(bytes(steps[i].Retained)))
		column = max(column, width(edge(&steps[i]))+2+width(target(&steps[i])))
	}
	// Where a step is too long for the line its target gets one of its own, four columns in.
	room := p.width - 5 - 2 - sizes
	column = min(column, room)
	for i := range steps {
		e, t, size := edge(&steps[i]), target(&steps[i]), bytes(steps[i].Retained)
		if one := strings.TrimSpace(e + "  " + t); width(one) <= room {
			p.line("     %s  %*s", pad(one, column), sizes, size)
			continue
		}
		p.line("     %s", middle(e, p.width-5))
		p.line("         %s  %*s", pad(middle(t, room-4), column-4), sizes, size)
	}
}

// edge names what leads to a step.
func edge(s *report.Step) string {
	switch s.Kind {
	case report.StepRoot:
		return clean("GC root: " + s.Label)
	case report.StepStatic:
		return clean("→ static " + s.Label)
	case report.StepLocal:
		return clean("→ local of " + s.Label)
	}
	return clean("→ " + s.Label)
}

// target names the object of a step.
func target(s *report.Step) string {
	what := report.ObjectName(s.Class, s.Note)
	if s.Repeat > 1 {
		what += " × " + comma(s.Repeat)
	}
	return clean(what)
}

func (p *printer) accumulation(a *report.Accumulation) {
	if a == nil || a.Children == 0 {
		return
	}
	objects := "objects"
	if a.Children == 1 {
		objects = "object"
	}
	text := fmt.Sprintf("Piles up in %s @ %s: %s %s below it", a.Class, a.Address, comma(a.Children), objects)
	if a.ChildClass != "" {
		text += fmt.Sprintf(", %s of them %s with %s", comma(a.ChildObjects), a.ChildClass, bytes(a.ChildBytes))
	}
	p.line("")
	p.wrapped("   ", text+".")
}

// facts writes the figures of a finding, then those that other rules add, under their names.
func (p *printer) facts(f *report.Finding) {
	p.factList(f.Facts)
	var last *report.Related
	for i := range f.Related {
		x := &f.Related[i]
		if len(x.Facts) == 0 || last != nil && last.Rule == x.Rule && slices.Equal(last.Facts, x.Facts) { // of the same kind of thing, the same
			continue
		}
		if last == nil || last.Rule != x.Rule {
			p.line("")
			p.line("   %s", middle(clean("As "+x.Rule+" says"), p.width-3))
		}
		p.factRows(x.Facts)
		last = x
	}
}

func (p *printer) factList(facts report.Rows[report.Fact]) {
	if len(facts) == 0 {
		return
	}
	p.line("")
	p.factRows(facts)
}

func (p *printer) factRows(facts report.Rows[report.Fact]) {
	label := 0
	for _, fact := range facts {
		label = max(label, width(clean(fact.Label)))
	}
	label = min(label, p.width/2)
	for _, fact := range facts {
		p.wrapped("   "+pad(middle(clean(fact.Label), label), label)+"  ", value(fact.Value))
	}
}

func (p *printer) evidence(f *report.Finding) {
	for _, e := range f.Evidence.Rows {
		p.line("")
		about := fmt.Sprintf("%s @ %s, retains %s", e.Class, e.Address, bytes(e.Retained))
		if e.Note != "" {
			about += ": " + e.Note
		}
		p.wrapped("   ", about)
		for _, fact := range e.Fields {
			p.wrapped("     "+middle(clean(fact.Label), p.width/2)+" = ", value(fact.Value))
		}
	}
	if f.Evidence.Omitted > 0 {
		p.line("   … and %s more objects", comma(f.Evidence.Omitted))
	}
}

// shortSignature is how many digits of a signature people need to tell two apart.
const shortSignature = 16

func (p *printer) signature(f *report.Finding) {
	text := clean(f.Signature)[:min(len(clean(f.Signature)), shortSignature)]
	if f.Anchor != "" {
		text += "  (anchor: " + middle(clean(f.Anchor), p.width-45) + ")"
	}
	p.line("   Signature: %s", text)
}
