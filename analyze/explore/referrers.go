package explore

import (
	"cmp"
	"slices"
	"strings"

	"heapcause/graph"
	"heapcause/report"
)

// Bounds of looking at those who refer to an object: each whose field is to be named is read from the dump.
var (
	maxReferrers = int64(10_000) // up to here all are read
	maxSample    = 200           // of a class, beyond
)

// referrerClass are the objects of one class that refer to an object.
type referrerClass struct {
	class  graph.Class
	n      int64
	sample []graph.Object // the first ones
}

// referrers shows who refers to the object, by class and field.
func (v *view) referrers() {
	n := v.h.InDegree(v.o)
	v.fact("referred to by", report.Count(n))
	t := report.Table{Name: "referrers", Title: "Who refers to it, by class and field", Columns: report.Rows[string]{"objects", "class", "field", "for example", "address"}}
	sampled := false
	for _, c := range v.referrerClasses(n) {
		byLabel := v.byLabel(c)
		if c.n > int64(len(c.sample)) && len(byLabel) > 0 {
			sampled = sampled || !v.h.Class(c.class).IsArray
			v.opt.add(&t, 0, v.referrerRow(c, strings.Join(labels(byLabel), ", "), c.n, c.sample[0])...)
			continue
		}
		for _, g := range byLabel {
			v.opt.add(&t, 0, v.referrerRow(c, g.label, g.n, g.first)...)
		}
	}
	v.table(t)
	if sampled {
		v.out.Notes = append(v.out.Notes, "Of classes with many referrers the fields are those of a sample; heapcause refs reads all of them.")
	}
}

func (v *view) referrerRow(c referrerClass, label string, n int64, example graph.Object) []report.Value {
	return []report.Value{report.Count(n), report.Name(v.h.Class(c.class).Name), report.Name(label), v.short(example), AddressValue(v.h, example)}
}

// referrerClasses groups those who refer to the object by class, the most first.
func (v *view) referrerClasses(n int64) []referrerClass {
	limit := int(maxReferrers)
	if n > maxReferrers {
		limit = maxSample
	}
	at := make([]*referrerClass, v.h.NumClasses())
	var all []*referrerClass
	v.h.EachIn(v.o, func(u graph.Object) bool {
		c := v.h.ClassOf(u)
		g := at[c]
		if g == nil {
			g = &referrerClass{class: c}
			at[c] = g
			all = append(all, g)
		}
		g.n++
		if len(g.sample) < limit {
			g.sample = append(g.sample, u)
		}
		return true
	})
	out := make([]referrerClass, len(all))
	for i, g := range all {
		out[i] = *g
	}
	slices.SortStableFunc(out, func(a, b referrerClass) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(v.h.Class(a.class).Name, v.h.Class(b.class).Name))
	})
	return out
}

// labelled are referrers by the same field.
type labelled struct {
	label string
	n     int64
	first graph.Object
}

// byLabel reads by which field the referrers of a class refer to the object, the most first. An array refers by its elements.
func (v *view) byLabel(c referrerClass) []labelled {
	if v.h.Class(c.class).IsArray {
		return []labelled{{elementLabel, c.n, c.sample[0]}}
	}
	at := map[string]int{}
	var out []labelled
	for _, u := range c.sample {
		e, ok := v.h.Label(u, v.o)
		label := "?"
		if ok {
			label = briefly(v.h, c.class, e.Label)
		}
		i, known := at[label]
		if !known {
			i = len(out)
			at[label] = i
			out = append(out, labelled{label: label, first: u})
		}
		out[i].n++
	}
	slices.SortStableFunc(out, func(a, b labelled) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.label, b.label))
	})
	return out
}

const elementLabel = "[]"

// groupLabel names an edge without the index of an element.
func groupLabel(h *graph.Heap, l graph.EdgeLabel) string {
	if l.Kind == graph.ElementEdge {
		return elementLabel
	}
	return h.EdgeText(l)
}

// briefly is groupLabel for a table that has the class of the object in a column of its own: fields that this class declares go without
// a class, others with the last part of the name of theirs.
func briefly(h *graph.Heap, of graph.Class, l graph.EdgeLabel) string {
	switch {
	case l.Kind != graph.FieldEdge:
		return groupLabel(h, l)
	case l.Class == of:
		return l.Name
	}
	return lastPart(h.Class(l.Class).Name) + "::" + l.Name
}

// maxLabels are named where the fields of a sample differ.
const maxLabels = 4

func labels(all []labelled) (out []string) {
	for i, g := range all {
		if i == maxLabels {
			return append(out, "…")
		}
		out = append(out, g.label)
	}
	return out
}
