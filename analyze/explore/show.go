package explore

import (
	"context"
	"fmt"
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// ShowOptions are those of Show.
type ShowOptions struct {
	Options
	Raw bool // the bytes of the object's record too
}

// Show describes what is selected: one object in full, of a class or several objects what they have in common.
func Show(ctx context.Context, h *graph.Heap, s *Selection, opt ShowOptions) (report.Section, error) {
	if o, ok := s.One(); ok {
		return showObject(h, o, &opt), nil
	}
	return showSet(ctx, h, s, &opt.Options)
}

// view is an object that is being described.
type view struct {
	*Decoder
	o   graph.Object
	opt *ShowOptions
	out *report.Section
}

func showObject(h *graph.Heap, o graph.Object, opt *ShowOptions) report.Section {
	out := report.Section{Name: "object", Title: Name(h, o)}
	v := &view{NewDecoder(h, opt.Policy), o, opt, &out}
	v.sizes()
	v.about()
	v.contents()
	v.referrers()
	v.dominates()
	if opt.Raw {
		v.raw()
	}
	out.Summary = v.summary()
	return out
}

func (v *view) fact(label string, value report.Value) {
	v.out.Facts = append(v.out.Facts, analyze.Fact(label, value))
}

func (v *view) table(t report.Table) {
	if len(t.Rows) > 0 {
		v.out.Tables = append(v.out.Tables, t)
	}
}

// sizes are the figures that each object has.
func (v *view) sizes() {
	h, o := v.h, v.o
	v.fact("address", AddressValue(h, o))
	v.fact("class", report.Name(h.ClassName(o)))
	if x := v.decoded(o); x.Kind() != report.KindNone {
		v.fact("value", x)
	}
	v.fact("shallow size", report.Bytes(h.Shallow(o)))
	v.fact("retained size", report.Bytes(h.Retained(o)))
	v.fact("held", report.Name(h.Strength(o).String()))
	if d := h.Idom(o); d != graph.NoObject {
		v.fact("immediate dominator", v.Describe(d))
	}
	for i, r := range h.RootsOf(o) {
		if i == maxRoots {
			v.fact("GC root", report.Name(fmt.Sprintf("and %s more", analyze.Plural(int64(len(h.RootsOf(o))-i), "root"))))
			break
		}
		v.fact("GC root", report.Name(r.Kind.String()))
	}
}

// maxRoots of an object are named.
const maxRoots = 5

// summary is the sentence at the top.
func (v *view) summary() string {
	h, o := v.h, v.o
	held := h.Strength(o).String() + "ly held"
	switch h.Strength(o) {
	case graph.Unreachable:
		held = "unreachable"
	case graph.Finalizer:
		held = "held for finalization"
	case graph.Phantom:
		held = "held by a phantom reference"
	}
	in := h.InDegree(o)
	by := analyze.Plural(in, "object") + " refer to it"
	if in == 1 {
		by = "1 object refers to it"
	}
	if h.Idom(o) == graph.NoObject && h.Strength(o) == graph.Strong {
		by += ", no single one keeps it"
	}
	return strings.ToUpper(held[:1]) + held[1:] + "; " + by + fmt.Sprintf("; it keeps %s.", kept(h, o))
}

func kept(h *graph.Heap, o graph.Object) string {
	if n := h.NumDominated(o); n > 0 {
		return analyze.Size(h.Retained(o)) + " alive, itself included"
	}
	return "no other object alive"
}
