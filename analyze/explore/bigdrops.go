package explore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// dropSteps is how many objects are opened in the search for big drops, at most.
const dropSteps = 1 << 23

// drop is an object that retains much more than the largest of what it dominates.
type drop struct {
	object, largest graph.Object
	children, size  int64 // size is the difference of the retained sizes
}

// BigDrops lists the accumulation points of the dominator tree: objects that retain at least the size that the options ask for more
// than the largest object below them, as Eclipse MAT's "big drops". Chains lead to their ends.
func BigDrops(ctx context.Context, h *graph.Heap, do DominatorOptions, opt Options) ([]report.Section, error) {
	least := max(do.least(h.Total(graph.Unreachable).Bytes), 1)
	var drops []drop
	queue := []graph.Object{graph.NoObject}
	steps := 0
	for ; len(queue) > 0 && steps < dropSteps; steps++ {
		if steps%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		o := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		d := drop{object: o, largest: graph.NoObject}
		var largest int64
		h.EachDominated(o, func(c graph.Object) bool {
			d.children++
			if n := h.Retained(c); n >= least {
				queue = append(queue, c)
			}
			if n := h.Retained(c); n > largest {
				largest, d.largest = n, c
			}
			return true
		})
		if o == graph.NoObject || d.children == 0 {
			continue
		}
		if d.size = h.Retained(o) - largest; d.size >= least && d.size*2 >= h.Retained(o) {
			drops = append(drops, d)
		}
	}
	slices.SortFunc(drops, func(a, b drop) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.object, b.object))
	})
	return []report.Section{dropSection(h, drops, least, len(queue) > 0, &opt)}, nil
}

func dropSection(h *graph.Heap, drops []drop, least int64, more bool, opt *Options) report.Section {
	s := report.Section{Name: "dominators", Title: "Big drops in the dominator tree"}
	s.Summary = fmt.Sprintf("%s of %s or more, and of half of what they retain or more.", analyze.Plural(int64(len(drops)), "drop"), analyze.Size(least))
	t := report.Table{
		Name: "drops", Title: "Objects that retain much more than the largest object below them",
		Columns: []string{"drop", "retained", "largest below", "dominates", "address", "class"},
	}
	for _, d := range drops {
		opt.add(&t, d.size, report.Bytes(d.size), report.Bytes(h.Retained(d.object)), report.Bytes(h.Retained(d.largest)), report.Count(d.children),
			AddressValue(h, d.object), report.Name(h.ClassName(d.object)))
	}
	s.Tables = append(s.Tables, t)
	if more {
		s.Notes = append(s.Notes, fmt.Sprintf("The search ended after %s; there may be more drops.", analyze.Plural(dropSteps, "object")))
	}
	return s
}
