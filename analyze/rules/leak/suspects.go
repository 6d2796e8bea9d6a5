package leak

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
)

// chainRepeats is how often a class may come up again on the way down before it is taken for a chain or tree of several
// classes; one of a single class shows at once.
const chainRepeats = 16

// suspect is what retains much: an accumulation point with what spreads below it, a chain or tree of one class, or a group of
// objects of one class that each have owners of their own.
type suspect struct {
	point    graph.Object // the accumulation point; of a chain what holds its head; NoObject for a group under the virtual root
	class    graph.Class  // of the point, the chain or the group
	chain    bool
	first    graph.Object // the point, the head of the chain, or the lowest address of the group
	largest  graph.Object // child of the point, or member of the group
	count    int64        // 1, or of the chain or group
	retained int64        // without what large children of the point retain, which are suspects of their own
	groups   []childGroup // of the point, those over the limit
}

// childGroup are the objects of one class under a dominator.
type childGroup struct {
	class           graph.Class
	first, largest  graph.Object
	count, retained int64
}

// way is a walk down the dominator tree.
type way struct {
	at    graph.Object
	trail []graph.Object // from the top to at
}

// suspects walks down the dominator tree wherever an object retains limit or more, and tells where that spreads. What they
// retain does not overlap. The walk ends: each object is on one way, and a way ends where a class comes up again too often.
func (p pass) suspects(limit int64) []suspect {
	h := p.Heap
	if limit <= 0 {
		return nil
	}
	var out []suspect
	work := []way{{at: graph.NoObject}}
	for len(work) > 0 {
		w := work[len(work)-1]
		work = work[:len(work)-1]
		large, groups, rest := p.children(w.at, limit)
		for _, c := range large {
			if head, ok := p.chainHead(w.trail, c); ok {
				out = addSuspect(out, suspect{point: h.Idom(head), class: h.ClassOf(head), chain: true, first: head, largest: head, count: p.linked(head), retained: h.Retained(head)})
				continue
			}
			work = append(work, way{c, append(slices.Clip(w.trail), c)})
		}
		switch {
		case w.at == graph.NoObject:
			for _, g := range groups {
				out = append(out, suspect{graph.NoObject, g.class, false, g.first, g.largest, g.count, g.retained, nil})
			}
		case rest >= limit && !slices.ContainsFunc(out, func(s suspect) bool { return s.chain && s.first == w.at }):
			out = append(out, suspect{w.at, h.ClassOf(w.at), false, w.at, p.largestChild(w.at), 1, rest, groups})
		}
	}
	slices.SortStableFunc(out, func(a, b suspect) int {
		return cmp.Or(cmp.Compare(b.retained, a.retained), cmp.Compare(p.ClassName(a.class), p.ClassName(b.class)), cmp.Compare(a.first, b.first))
	})
	return out
}

// addSuspect leaves out a chain that was found on another branch of the same tree.
func addSuspect(out []suspect, s suspect) []suspect {
	if slices.ContainsFunc(out, func(t suspect) bool { return t.chain && t.first == s.first }) {
		return out
	}
	return append(out, s)
}

// children sorts what o dominates: objects that are large by themselves, classes that are large together, and how much there
// is besides the large objects, o itself included.
func (p pass) children(o graph.Object, limit int64) (large []graph.Object, groups []childGroup, rest int64) {
	h := p.Heap
	byClass := map[graph.Class]*childGroup{}
	if o != graph.NoObject {
		rest = h.Retained(o)
	}
	for _, c := range h.Dominated(o, nil) {
		if h.Strength(c) != graph.Strong && !p.Incomplete() {
			continue
		}
		r := h.Retained(c)
		if r >= limit {
			large = append(large, c)
			rest -= r
			continue
		}
		if _, ok := h.AsClass(c); ok {
			continue // that they are classes is not what they have in common
		}
		k := h.ClassOf(c)
		g := byClass[k]
		if g == nil {
			g = &childGroup{class: k, first: c, largest: c}
			byClass[k] = g
		}
		if r > h.Retained(g.largest) {
			g.largest = c
		}
		g.count++
		g.retained += r
	}
	for _, k := range analyze.ByCount(byClass, func(g *childGroup) int64 { return g.retained }, p.ClassName) {
		if g := byClass[k]; g.retained >= limit && g.count > 1 {
			groups = append(groups, *g)
		}
	}
	return large, groups, rest
}

func (p pass) largestChild(o graph.Object) graph.Object {
	best := graph.NoObject
	for _, c := range p.Heap.Dominated(o, nil) {
		if best == graph.NoObject || p.Heap.Retained(c) > p.Heap.Retained(best) {
			best = c
		}
	}
	return best
}

// chainHead reports whether the step from the end of the trail to c goes along a chain or down a tree, and where that begins.
func (p pass) chainHead(trail []graph.Object, c graph.Object) (graph.Object, bool) {
	h := p.Heap
	k := h.ClassOf(c)
	if _, ok := h.AsClass(c); ok || len(trail) == 0 {
		return graph.NoObject, false
	}
	if last := trail[len(trail)-1]; h.ClassOf(last) == k {
		return last, true // the walk stops at the second of a class, so it is the first
	}
	head, repeats := graph.NoObject, 0
	for i := len(trail) - 1; i >= 0; i-- {
		if h.ClassOf(trail[i]) == k {
			head = trail[i]
			repeats++
		}
	}
	return head, repeats >= chainRepeats
}

// linked counts the objects of the head's class that it dominates, itself included: the links of the chain or tree.
func (p pass) linked(head graph.Object) int64 {
	h := p.Heap
	n := int64(0)
	stack := []graph.Object{head}
	for len(stack) > 0 {
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if h.ClassOf(o) == h.ClassOf(head) {
			n++
		}
		stack = h.Dominated(o, stack)
	}
	return n
}
