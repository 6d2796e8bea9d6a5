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
	t := trail{h: h, limit: h.Strength(o), avoid: avoid, instances: instances}
	if err := t.begin(o); err != nil {
		return nil, false
	}
	defer t.end()
	for lo := 0; lo < len(t.met); {
		hi := len(t.met)
		if root := t.root(lo, hi); root >= 0 {
			return t.steps(root), true
		}
		for i := lo; i < hi; i++ {
			t.back(i)
		}
		slices.Sort(t.met[hi:]) // of two ways back the one over the lower address counts
		lo = hi
	}
	return nil, false
}

// trail is what a search has met: 8 bytes per object, and a bit per object of the heap in memory that is taken as it is touched.
type trail struct {
	h         *Heap
	limit     Strength // of the references that count
	avoid     func(Object) bool
	instances bool

	met  []uint64 // object<<32 | place of the next towards the target; each level ascending
	seen bitset
	room []byte // behind seen
}

func (t *trail) begin(target Object) (err error) {
	if t.room, err = mapAnon(int64(t.h.n/64+1) * 8); err != nil {
		return err
	}
	t.seen = bitset(asNumbers[uint64](t.room))
	t.seen.set(target)
	t.met = append(t.met, uint64(target)<<32)
	return nil
}

func (t *trail) end() {
	unmap(t.room)
	t.seen, t.room = nil, nil
}

func (t *trail) object(i int) Object { return Object(t.met[i] >> 32) }

// back goes from the object at place i to those that refer to it.
func (t *trail) back(i int) {
	v := t.object(i)
	visit := func(u Object) bool {
		if !t.seen.has(u) && t.holds(u, v) {
			t.seen.set(u)
			t.met = append(t.met, uint64(u)<<32|uint64(i))
		}
		return true
	}
	t.h.sources(v, visit)
	if c, ok := t.h.AsClass(v); ok && t.instances {
		for u := range t.h.Instances(c) {
			visit(u)
		}
	}
}

// holds reports whether u holds v, which it refers to, strongly enough.
func (t *trail) holds(u, v Object) bool {
	h := t.h
	if h.Strength(u) > t.limit || (t.avoid != nil && t.avoid(u)) {
		return false
	}
	if h.classes[h.ClassOf(u)].referent < 0 {
		return true
	}
	e, ok := h.Label(u, v)
	return ok && e.Strength <= t.limit
}

// root returns the place of the best GC root among those from lo to hi, -1 when none is one.
func (t *trail) root(lo, hi int) int {
	best := -1
	for i := lo; i < hi; i++ {
		if len(t.h.RootsOf(t.object(i))) > 0 && (best < 0 || t.h.rootRank(t.object(i)) < t.h.rootRank(t.object(best))) {
			best = i // a level is ascending: of one rank the first has the lowest address
		}
	}
	return best
}

// rootRank prefers class objects (statics), then threads, then the rest.
func (h *Heap) rootRank(o Object) int {
	if _, ok := h.AsClass(o); ok {
		return 0
	}
	if _, ok := h.locals[o]; ok {
		return 1
	}
	return 2
}

// steps returns the path from the root at a place to the target.
func (t *trail) steps(at int) []Step {
	h := t.h
	n := 1
	for i := at; i != 0; n++ { // 0 is the target's place
		i = int(uint32(t.met[i]))
	}
	out := make([]Step, 0, n)
	out = append(out, Step{Object: t.object(at), Roots: h.RootsOf(t.object(at))})
	for at != 0 {
		from := t.object(at)
		at = int(uint32(t.met[at]))
		e, _ := h.Label(from, t.object(at))
		out = append(out, Step{Object: t.object(at), Edge: e.Label, Weak: e.Strength})
	}
	return out
}
