package explore

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// dominatorsOf is what the objects of one class dominate of a selection.
type dominatorsOf struct {
	class              graph.Class // NoClass: the root of the tree
	dominators         int64
	shallow            int64 // of the dominators
	objects, dominated int64 // of the selection: how many, and their shallow sizes
	example            graph.Object
	retained           int64
}

// unreachable stands for the class of what dominates objects that nothing reaches and nothing dominates.
const unreachable graph.Class = graph.NoClass - 1

// ImmediateDominators groups the objects of a selection by the class of what dominates them. Dominators whose class matches skip are
// climbed over, to what dominates them; skip may be nil. This is the question of Eclipse MAT's query of the same name.
func ImmediateDominators(ctx context.Context, h *graph.Heap, of *Selection, skip *regexp.Regexp, opt Options) ([]report.Section, error) {
	skipped := make([]bool, h.NumClasses())
	if skip != nil {
		for c := range skipped {
			skipped[c] = skip.MatchString(h.Class(graph.Class(c)).Name)
		}
	}
	groups := map[graph.Class]*dominatorsOf{}
	seen := analyze.NewBitSet(h)
	n, left := 0, int64(0)
	for o := range of.Each() {
		if n++; n%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if opt.Analysis.References == "all" && h.Strength(o) == graph.Unreachable { // Eclipse MAT does not see it
			left++
			continue
		}
		d := h.Idom(o)
		for steps := 0; d != graph.NoObject; steps++ {
			if c := h.ClassOf(d); c == graph.NoClass || !skipped[c] {
				break
			}
			if steps%65536 == 65535 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			d = h.Idom(d)
		}
		class := graph.NoClass
		switch {
		case d != graph.NoObject:
			class = h.ClassOf(d)
		case h.Strength(o) == graph.Unreachable:
			class = unreachable
		}
		g := groups[class]
		if g == nil {
			g = &dominatorsOf{class: class, example: d}
			groups[class] = g
		}
		g.objects++
		g.dominated += h.Shallow(o)
		g.retained += h.Retained(o)
		if d != graph.NoObject && seen.Add(d) {
			g.dominators++
			g.shallow += h.Shallow(d)
		}
	}
	s := immediateSection(h, of, groups, &opt)
	if left > 0 {
		s.Facts = append(s.Facts, analyze.Fact("unreachable ones left out", report.Count(left)))
	}
	return []report.Section{s}, nil
}

func immediateSection(h *graph.Heap, of *Selection, groups map[graph.Class]*dominatorsOf, opt *Options) report.Section {
	s := report.Section{Name: "dominators", Title: "Immediate dominators"}
	t := report.Table{
		Name: "dominators", Title: "By class of the dominator",
		Columns: []string{"dominators", "shallow", "objects", "their shallow", "retained", "class of dominators", "example"},
	}
	classes := 0
	for _, g := range sortedGroups(groups) {
		class, example := report.Name("<GC roots>"), report.Value{}
		switch g.class {
		case graph.NoClass:
		case unreachable:
			class = report.Name("<nothing reaches them>")
		default:
			classes++
			class, example = report.Name(h.Class(g.class).Name), AddressValue(h, g.example)
		}
		opt.add(&t, g.dominated, report.Count(g.dominators), report.Bytes(g.shallow), report.Count(g.objects), report.Bytes(g.dominated), report.Bytes(g.retained), class, example)
	}
	s.Tables = append(s.Tables, t)
	s.Summary = of.Text + ": dominated by objects of one class."
	if classes != 1 {
		s.Summary = fmt.Sprintf("%s: dominated by objects of %d classes.", of.Text, classes)
	}
	return s
}

func sortedGroups(groups map[graph.Class]*dominatorsOf) []*dominatorsOf {
	out := make([]*dominatorsOf, 0, len(groups))
	for _, g := range groups {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b *dominatorsOf) int {
		return cmp.Or(cmp.Compare(b.objects, a.objects), cmp.Compare(a.class, b.class))
	})
	return out
}
