package explore

import (
	"context"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Show describes what is selected: an object in full.
func Show(ctx context.Context, h *graph.Heap, s *Selection, opt Options) ([]report.Section, error) {
	o, ok := s.One()
	if !ok {
		return nil, &SelectorError{s.Selector + ": " + s.Text, "#1 behind a class chooses its first instance"}
	}
	d := NewDecoder(h, opt.Policy)
	out := report.Section{Name: "object", Title: Name(h, o)}
	out.Facts = append(out.Facts, sizes(h, d, o)...)
	out.Tables = append(out.Tables, d.fields(o, &opt))
	return []report.Section{out}, nil
}

// sizes are the figures that each object has.
func sizes(h *graph.Heap, d *Decoder, o graph.Object) []report.Fact {
	facts := []report.Fact{analyze.Fact("address", AddressValue(h, o)), analyze.Fact("class", report.Name(h.ClassName(o)))}
	if v := d.decoded(o); v.Kind() != report.KindNone {
		facts = append(facts, analyze.Fact("value", v))
	}
	return append(facts,
		analyze.Fact("shallow size", report.Bytes(h.Shallow(o))),
		analyze.Fact("retained size", report.Bytes(h.Retained(o))),
		analyze.Fact("held", report.Name(h.Strength(o).String())),
	)
}
