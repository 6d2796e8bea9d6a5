package explore

import (
	"context"
	"fmt"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// RefsOptions are those of Refs.
type RefsOptions struct {
	Options
	In, Out bool // inbound and outbound references; both where neither is set
	ByClass bool // of a single object too, references are merged by class and field
}

// Refs lists the references to or from an object with the names of the fields; those of several objects are merged by class and field.
// References are counted one by one: an object that refers to another by two fields counts twice as a reference and once as an object.
func Refs(ctx context.Context, h *graph.Heap, s *Selection, opt RefsOptions) (report.Section, error) {
	if !opt.In && !opt.Out {
		opt.In, opt.Out = true, true
	}
	v := &refs{NewDecoder(h, opt.Policy), s, &opt.Options, &report.Section{Name: "references", Title: "References of " + s.Text}}
	o, single := s.One()
	var err error
	if opt.In {
		if single && !opt.ByClass {
			v.inboundOf(o)
		} else {
			err = v.inboundGroups(ctx)
		}
	}
	if opt.Out && err == nil {
		if single && !opt.ByClass {
			v.outboundOf(o)
		} else {
			err = v.outboundGroups(ctx)
		}
	}
	return *v.out, err
}

type refs struct {
	*Decoder
	s   *Selection
	opt *Options
	out *report.Section
}

func (v *refs) fact(label string, n int64) {
	v.out.Facts = append(v.out.Facts, analyze.Fact(label, report.Count(n)))
}

// inboundOf lists those who refer to an object, those that retain most first.
func (v *refs) inboundOf(o graph.Object) {
	top := newBest(v.h, v.opt.Rows())
	v.h.EachIn(o, func(u graph.Object) bool {
		top.offer(u)
		return true
	})
	v.fact("objects that refer to it", top.n)
	if c, ok := v.h.AsClass(o); ok {
		v.fact("its instances", v.h.Class(c).Instances)
	}
	t := report.Table{Name: "inbound", Title: "Who refers to it", Columns: report.Rows[string]{"retained", "class", "field", "value", "address", "reference"}}
	for _, u := range top.sorted() {
		label, held := report.Value{}, report.Value{}
		if e, ok := v.h.Label(u, o); ok {
			label, held = report.Name(v.edgeName(u, e.Label)), edgeStrength(e)
		}
		t.Rows = append(t.Rows, report.Rows[report.Value]{report.Bytes(v.h.Retained(u)), report.Name(v.h.ClassName(u)), label, v.short(u), AddressValue(v.h, u), held})
	}
	t.Omitted = top.n - int64(len(t.Rows))
	v.out.Tables = append(v.out.Tables, t)
}

// edgeName is the label of an edge from an object whose class is known, with the index of an element.
func (v *refs) edgeName(from graph.Object, l graph.EdgeLabel) string {
	if l.Kind == graph.ElementEdge {
		return v.h.EdgeText(l)
	}
	return briefly(v.h, v.h.ClassOf(from), l)
}

// edgeStrength is empty for what is held strongly.
func edgeStrength(e graph.Edge) report.Value {
	if e.Strength == graph.Strong {
		return report.Value{}
	}
	return report.Name(e.Strength.String())
}

// outboundOf lists what an object refers to, in the order of its fields or elements.
func (v *refs) outboundOf(o graph.Object) {
	t := report.Table{Name: "outbound", Title: "What it refers to", Columns: report.Rows[string]{"field", "value", "class", "address", "retained", "reference"}}
	n := int64(0)
	v.h.EachEdge(o, func(e graph.Edge) bool {
		if n++; len(t.Rows) < v.opt.Rows() {
			t.Rows = append(t.Rows, report.Rows[report.Value]{
				report.Name(v.edgeName(o, e.Label)), v.short(e.To), report.Name(v.h.ClassName(e.To)), AddressValue(v.h, e.To), report.Bytes(v.h.Retained(e.To)), edgeStrength(e),
			})
		}
		return true
	})
	t.Omitted = n - int64(len(t.Rows))
	v.fact("references to others", n)
	v.out.Tables = append(v.out.Tables, t)
}

func (v *refs) inboundGroups(ctx context.Context) error {
	groups, err := Inbound(ctx, v.h, v.s)
	if err != nil {
		return err
	}
	v.groupTable("inbound", fmt.Sprintf("Who refers to %s, by class and field", v.s.Text), "referrers", groups)
	return nil
}

func (v *refs) outboundGroups(ctx context.Context) error {
	groups, err := Outbound(ctx, v.h, v.s)
	if err != nil {
		return err
	}
	v.groupTable("outbound", fmt.Sprintf("What %s refer to, by field and class", v.s.Text), "objects", groups)
	return nil
}

func (v *refs) groupTable(name, title, who string, groups []EdgeGroup) {
	t := report.Table{Name: name, Title: title, Columns: report.Rows[string]{"references", who, "shallow", "class", "field", "for example"}}
	n := int64(0)
	for _, g := range groups {
		of := g.Class
		if name == "outbound" { // the class is that of the other end
			of = graph.NoClass
		}
		n += g.References
		v.opt.add(&t, g.Shallow, report.Count(g.References), report.Count(g.Objects), report.Bytes(g.Shallow), report.Name(v.h.Class(g.Class).Name), report.Name(briefly(v.h, of, g.Edge)), AddressValue(v.h, g.First))
	}
	v.fact(name+" references", n)
	v.out.Tables = append(v.out.Tables, t)
}
