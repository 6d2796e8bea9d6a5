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
	n := 0
	for o := range of.Each() {
		if n++; n%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
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
		if d != graph.NoObject {
			class = h.ClassOf(d)
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
	return []report.Section{immediateSection(h, of, groups, &opt)}, nil
}

func immediateSection(h *graph.Heap, of *Selection, groups map[graph.Class]*dominatorsOf, opt *Options) report.Section {
	s := report.Section{Name: "dominators", Title: "Immediate dominators"}
	t := report.Table{
		Name: "dominators", Title: "By class of the dominator",
		Columns: []string{"dominators", "shallow", "objects", "shallow of objects", "class of dominators", "for example"},
	}
	for _, g := range sortedGroups(groups) {
		class, example := report.Name("<GC roots>"), report.Value{}
		if g.class != graph.NoClass {
			class, example = report.Name(h.Class(g.class).Name), AddressValue(h, g.example)
		}
		opt.add(&t, g.dominated, report.Count(g.dominators), report.Bytes(g.shallow), report.Count(g.objects), report.Bytes(g.dominated), class, example)
	}
	s.Tables = append(s.Tables, t)
	s.Summary = of.Text + ": dominated by objects of one class."
	if n := len(groups); n != 1 {
		s.Summary = fmt.Sprintf("%s: dominated by objects of %d classes.", of.Text, n)
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
