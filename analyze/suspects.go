package analyze

import (
	"cmp"
	"slices"

	"heapcause/graph"
)

// chainRepeats is how often a class may come up again on the way down before it is taken for a chain or tree of several
// classes; one of a single class shows at once.
const chainRepeats = 16

// suspect is what retains much: an object, a group of objects of one class under one dominator, or a chain or tree of them.
type suspect struct {
	point    graph.Object // the accumulation point; NoObject where a group hangs under the virtual root
	class    graph.Class  // of the object, the group or the chain
	group    bool
	chain    bool
	first    graph.Object // the object, or the lowest address of the group or the head of the chain
	largest  graph.Object // of a group
	count    int64
	retained int64
}

// way is a walk down the dominator tree.
type way struct {
	at    graph.Object
	trail []graph.Object // from the top to at
}

// suspects walks down the dominator tree wherever an object retains limit or more, and tells where that spreads. Its suspects
// do not overlap. The walk ends: an object is on one way, and a way ends where a class comes up again too often.
func (p *Pass) suspects(limit int64) []suspect {
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
		out = append(out, groups...)
		for _, c := range large {
			if head, ok := p.chainHead(w.trail, c); ok {
				out = addSuspect(out, suspect{point: h.Idom(head), class: h.ClassOf(head), chain: true, first: head, largest: head, count: p.linked(head), retained: h.Retained(head)})
				continue
			}
			work = append(work, way{c, append(slices.Clip(w.trail), c)})
		}
		if w.at != graph.NoObject && rest >= limit {
			out = addSuspect(out, suspect{point: w.at, class: h.ClassOf(w.at), first: w.at, largest: w.at, count: 1, retained: rest})
		}
	}
	slices.SortStableFunc(out, func(a, b suspect) int {
		return cmp.Or(cmp.Compare(b.retained, a.retained), cmp.Compare(p.className(a.class), p.className(b.class)), cmp.Compare(a.first, b.first))
	})
	return out
}

// addSuspect merges what is found twice on different ways: two branches of one tree.
func addSuspect(out []suspect, s suspect) []suspect {
	if slices.ContainsFunc(out, func(t suspect) bool { return t.chain == s.chain && t.group == s.group && t.first == s.first }) {
		return out
	}
	return append(out, s)
}

// children sorts what o dominates: objects that are large by themselves, classes that are together, and the rest with o's own
// size.
func (p *Pass) children(o graph.Object, limit int64) (large []graph.Object, groups []suspect, rest int64) {
	h := p.Heap
	byClass := map[graph.Class]*suspect{}
	if o != graph.NoObject {
		rest = h.Retained(o)
	}
	for _, c := range h.Dominated(o, nil) {
		if h.Strength(c) != graph.Strong {
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
			g = &suspect{point: o, class: k, group: true, first: c, largest: c}
			byClass[k] = g
		}
		if r > h.Retained(g.largest) {
			g.largest = c
		}
		g.count++
		g.retained += r
	}
	for _, k := range byCount(byClass, func(s *suspect) int64 { return s.retained }, p.className) {
		if g := byClass[k]; g.retained >= limit && g.count > 1 {
			groups = append(groups, *g)
			rest -= g.retained
		}
	}
	return large, groups, rest
}

// chainHead reports whether the step from the end of the trail to c goes along a chain or down a tree, and where that begins.
func (p *Pass) chainHead(trail []graph.Object, c graph.Object) (graph.Object, bool) {
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
func (p *Pass) linked(head graph.Object) int64 {
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
