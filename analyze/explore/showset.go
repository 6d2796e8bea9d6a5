package explore

import (
	"context"
	"fmt"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// showSet describes several objects: what they retain together, how they are held, and the largest of them.
func showSet(ctx context.Context, h *graph.Heap, s *Selection, opt *Options) (report.Section, error) {
	out := report.Section{Name: "objects", Title: s.Text}
	d := NewDecoder(h, opt.Policy)
	top := newBest(h, opt.Rows())
	byClass := classSums{}
	var shallow int64
	var held [graph.NumStrengths]int64
	n := int64(0)
	for o := range s.Each() {
		if n++; n%65536 == 0 && ctx.Err() != nil {
			return out, ctx.Err()
		}
		top.offer(o)
		size := h.Shallow(o)
		shallow += size
		held[h.Strength(o)]++
		byClass.add(h.ClassOf(o), size, h.Retained(o))
	}
	retained := retainedOf(h, s)
	out.Summary = fmt.Sprintf("%s in all; together they keep %s alive.", analyze.Size(shallow), analyze.Size(retained))
	out.Facts = append(out.Facts, analyze.Fact("objects", report.Count(n)), analyze.Fact("shallow size", report.Bytes(shallow)), analyze.Fact("retained size of the set", report.Bytes(retained)))
	for st, k := range held {
		if k > 0 {
			out.Facts = append(out.Facts, analyze.Fact(graph.Strength(st).String(), report.Count(k)))
		}
	}
	for _, c := range s.Classes {
		if o := h.Class(c).Object; o != graph.NoObject {
			out.Facts = append(out.Facts, analyze.Fact("class object", AddressValue(h, o)))
		}
	}
	out.Tables = append(out.Tables, d.objectTable(top, n, opt))
	if len(byClass) > 1 {
		t := byClass.table(h, "classes", "By class; retained sizes are sums, in which what one keeps of another is counted twice", opt)
		out.Tables = append(out.Tables, t)
	}
	return out, nil
}

// objectTable lists the largest of n objects.
func (d *Decoder) objectTable(top *best, n int64, opt *Options) report.Table {
	h := d.h
	t := report.Table{Name: "objects", Title: "The largest of them", Columns: report.Rows[string]{"retained", "shallow", "value", "class", "address"}}
	for _, o := range top.sorted() {
		t.Rows = append(t.Rows, report.Rows[report.Value]{report.Bytes(h.Retained(o)), report.Bytes(h.Shallow(o)), d.short(o), report.Name(h.ClassName(o)), AddressValue(h, o)})
	}
	t.Omitted = n - int64(len(t.Rows))
	return t
}

// retainedOf returns the retained size of what is selected, that of a class from the graph, which has it.
func retainedOf(h *graph.Heap, s *Selection) int64 {
	if s.Kind == AllInstances && len(s.Classes) == 1 {
		for _, g := range h.Classes() {
			if g.Class == s.Classes[0] {
				return g.Retained
			}
		}
		return 0
	}
	set := []graph.Object(s.Objects)
	if s.Kind == AllInstances {
		for o := range s.Each() {
			set = append(set, o)
		}
	}
	return h.RetainedOf(set)
}
