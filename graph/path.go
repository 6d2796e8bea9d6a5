package graph

import "slices"

// Step is one hop of a path: Object is reached from the previous step by Edge. The first step is a GC root; its Roots say why.
type Step struct {
	Object Object
	Edge   EdgeLabel // zero for the first
	Weak   Strength  // strength of that edge
	Roots  []Root    // of the first step
}

// Path returns a shortest path from a GC root to o over the references that hold it: those no weaker than o's own strength.
// Of equally short paths it takes statics before threads before other roots, then the lowest addresses. It is false when no
// root reaches o.
func (h *Heap) Path(o Object) ([]Step, bool) {
	return h.PathAvoiding(o, nil)
}

// PathAvoiding is Path without the objects for which avoid is true (o itself is never avoided).
func (h *Heap) PathAvoiding(o Object, avoid func(Object) bool) ([]Step, bool) {
	if h.Strength(o) == Unreachable {
		return nil, false
	}
	if p, ok := h.search(o, avoid, false); ok {
		return p, true
	}
	return h.search(o, avoid, true)
}

// search goes back from o level by level until it meets GC roots. instances says whether to go from classes to their
// instances too: these are many, and only a class that its loader does not keep (hidden, array) needs them.
func (h *Heap) search(o Object, avoid func(Object) bool, instances bool) ([]Step, bool) {
	limit := h.Strength(o)
	seen := map[Object]Object{o: NoObject} // → next towards o
	level := []Object{o}
	for len(level) > 0 {
		var goal []Object
		for _, v := range level {
			if len(h.RootsOf(v)) > 0 {
				goal = append(goal, v)
			}
		}
		if len(goal) > 0 {
			return h.steps(h.bestRoot(goal), seen), true
		}
		var next []Object
		for _, v := range level {
			visit := func(u Object) bool {
				if h.Strength(u) > limit || (avoid != nil && avoid(u)) {
					return true
				}
				if _, ok := seen[u]; ok {
					return true
				}
				if h.classes[h.ClassOf(u)].referent >= 0 {
					if e, ok := h.Label(u, v); !ok || e.Strength > limit {
						return true
					}
				}
				seen[u] = v
				next = append(next, u)
				return true
			}
			h.sources(v, visit)
			if c, ok := h.AsClass(v); ok && instances {
				for u := range h.Instances(c) {
					visit(u)
				}
			}
		}
		slices.Sort(next)
		level = next
	}
	return nil, false
}

// bestRoot prefers class objects (statics), then threads, then the rest; then the lowest address.
func (h *Heap) bestRoot(goal []Object) Object {
	rank := func(o Object) int {
		if _, ok := h.AsClass(o); ok {
			return 0
		}
		if _, ok := h.locals[o]; ok {
			return 1
		}
		return 2
	}
	best := goal[0]
	for _, g := range goal[1:] {
		if r, b := rank(g), rank(best); r < b || r == b && g < best {
			best = g
		}
	}
	return best
}

func (h *Heap) steps(root Object, next map[Object]Object) []Step {
	out := []Step{{Object: root, Roots: h.RootsOf(root)}}
	for u := root; next[u] != NoObject; u = next[u] {
		e, _ := h.Label(u, next[u])
		out = append(out, Step{Object: next[u], Edge: e.Label, Weak: e.Strength})
	}
	return out
}
