package path

import (
	"context"

	"heapcause/graph"
)

// local finds what removed objects free by looking at those alone that can change. A chain of changes leads from a removed object to
// each object that changes: whoever a path reaches through an unchanged object is held by the rest of that path as before. So it is
// enough to go forward from the set, and not to enter what certainly stays: GC roots, what is held as strongly as the set's only top
// but not below it, and what the nearest common dominator of the set does not dominate.
type local struct {
	h       *graph.Heap
	removed bitset // the set
	below   bitset // it and what its members dominate: these change, whatever else does
	region  bitset // below, and what else may change
	within  bitset // what the common dominator of the strongly held members dominates; nil for all
	top     graph.Object
	single  bool // whether top dominates all members
	enters  bool // whether strongly held objects may change besides those below
	refs    []bool
	budget  int64 // objects whose references may be read
	more    []uint32
	phase   graph.Strength
	after   []uint8
	stack   []uint32
	pending [graph.NumStrengths][]uint32
}

// freeLocally is Free for a cut of objects alone. It gives up, with a nil result, where whole is cheaper.
func freeLocally(ctx context.Context, h *graph.Heap, set []graph.Object) (*Freed, error) {
	n := h.NumObjects()
	if err := h.Afford("following what the objects held", 2*n); err != nil {
		return nil, err
	}
	l := &local{h: h, removed: newBitset(h), below: newBitset(h), region: newBitset(h), refs: h.Subclasses("java.lang.ref.Reference"), budget: n/8 + 1000}
	l.takeAway(set)
	if !l.spread(ctx) {
		return nil, ctx.Err()
	}
	l.after = make([]uint8, n)
	for o := range graph.Object(n) {
		l.after[o] = uint8(graph.Unreachable)
		if !l.region.has(o) && !l.removed.has(o) {
			l.after[o] = uint8(h.Strength(o))
		}
	}
	l.holdFromOutside()
	if err := l.holdAgain(ctx); err != nil {
		return nil, err
	}
	r := reach{h: h, cut: &Cut{Objects: set}, removed: l.removed, after: l.after}
	return r.freed(), h.Err()
}

// takeAway marks the set, what is below it, and where strongly held objects can be besides.
func (l *local) takeAway(set []graph.Object) {
	var members []graph.Object
	for _, o := range set {
		if !l.removed.has(o) {
			l.removed.set(o)
			if l.h.Strength(o) != graph.Unreachable {
				members = append(members, o)
			}
		}
	}
	tops := l.h.Undominated(members)
	l.single = len(tops) == 1
	for _, o := range tops {
		l.top = o
		markBelow(l.h, o, l.below)
	}
	copy(l.region, l.below)
	if l.single {
		return
	}
	strong := tops[:0]
	for _, o := range tops {
		if l.h.Strength(o) == graph.Strong {
			strong = append(strong, o)
		}
	}
	if l.enters = len(strong) > 1; !l.enters {
		return
	}
	if d := commonDominator(l.h, strong); d != graph.NoObject {
		l.within = newBitset(l.h)
		markBelow(l.h, d, l.within)
	}
}

// markBelow marks what an object dominates, itself included.
func markBelow(h *graph.Heap, o graph.Object, marked bitset) {
	if marked.has(o) {
		return
	}
	marked.set(o)
	stack := []uint32{uint32(o)}
	for len(stack) > 0 {
		o = graph.Object(stack[len(stack)-1])
		stack = stack[:len(stack)-1]
		h.EachDominated(o, func(d graph.Object) bool {
			if !marked.has(d) {
				marked.set(d)
				stack = append(stack, uint32(d))
			}
			return true
		})
	}
}

// commonDominator is the nearest object that dominates all of several, NoObject where only the virtual root does. Each dominator is
// visited once.
func commonDominator(h *graph.Heap, objects []graph.Object) graph.Object {
	seen := newBitset(h)
	var chain []graph.Object
	place := map[graph.Object]int{}
	for o := h.Idom(objects[0]); o != graph.NoObject && !seen.has(o); o = h.Idom(o) {
		seen.set(o)
		place[o] = len(chain)
		chain = append(chain, o)
	}
	nearest := 0
	for _, o := range objects[1:] {
		for o = h.Idom(o); o != graph.NoObject && !seen.has(o); o = h.Idom(o) {
			seen.set(o)
		}
		if o == graph.NoObject {
			return o
		}
		nearest = max(nearest, place[o]) // of those off the chain, the place where they met it is known
	}
	if nearest == len(chain) {
		return graph.NoObject
	}
	return chain[nearest]
}

// mayChange reports whether an object that is not below the set can lose what holds it.
func (l *local) mayChange(o graph.Object) bool {
	s := l.h.Strength(o)
	switch {
	case l.single:
		return s > l.h.Strength(l.top)
	case s == graph.Strong:
		return l.enters && (l.within == nil || l.within.has(o)) && len(l.h.RootsOf(o)) == 0
	}
	return true
}

// leads reports whether a reference of an object that changes can lead to another that may.
func (l *local) leads(o graph.Object) bool {
	return l.enters || l.refs[l.h.ClassOf(o)] || l.h.Strength(o) > graph.Strong && (!l.single || l.h.Strength(o) > l.h.Strength(l.top))
}

// spread finds the region. It reports false where that has become too large, and when it was stopped.
func (l *local) spread(ctx context.Context) bool {
	for o := range graph.Object(l.h.NumObjects()) {
		if o&0xffff == 0xffff && ctx.Err() != nil {
			return false
		}
		if l.below.has(o) && l.leads(o) && !l.visit(o) {
			return false
		}
	}
	for n := 0; n < len(l.more); n++ { // grows while it runs
		if n&0xffff == 0xffff && ctx.Err() != nil {
			return false
		}
		if o := graph.Object(l.more[n]); l.leads(o) && !l.visit(o) {
			return false
		}
	}
	return true
}

func (l *local) visit(o graph.Object) bool {
	if l.budget--; l.budget < 0 {
		return false
	}
	l.h.EachEdge(o, func(e graph.Edge) bool {
		if !l.region.has(e.To) && l.mayChange(e.To) {
			l.region.set(e.To)
			l.more = append(l.more, uint32(e.To))
		}
		return true
	})
	return true
}

// outside reports whether an object holds others as it did before.
func (l *local) outside(o graph.Object) bool {
	return !l.region.has(o) && !l.removed.has(o) && l.h.Strength(o) < graph.Unreachable
}

// holdFromOutside finds the references into the region. What is below the set, all such of its own strength being gone, is reached from
// outside by reference objects, and by what is held weakly itself.
func (l *local) holdFromOutside() {
	h := l.h
	classes := false
	for _, o := range l.more {
		x := graph.Object(o)
		if _, ok := h.AsClass(x); ok {
			classes = true
		}
		own := h.Strength(x)
		h.EachIn(x, func(u graph.Object) bool {
			if !l.outside(u) || l.refs[h.ClassOf(u)] {
				return true
			}
			l.pending[h.Strength(u)] = append(l.pending[h.Strength(u)], o)
			return h.Strength(u) > own
		})
	}
	for u := range graph.Object(h.NumObjects()) {
		c := h.ClassOf(u)
		weak := h.Strength(u) > graph.Strong
		if !classes && !weak && !l.refs[c] || !l.outside(u) {
			continue
		}
		if k := h.Class(c).Object; k != graph.NoObject && l.region.has(k) {
			l.hold(k, h.Strength(u))
		}
		if weak || l.refs[c] {
			h.EachEdge(u, func(e graph.Edge) bool {
				if l.region.has(e.To) {
					l.hold(e.To, max(h.Strength(u), e.Strength))
				}
				return true
			})
		}
	}
}

// hold notes that an object of the region is held from outside; of a class object once for a run of its instances.
func (l *local) hold(o graph.Object, s graph.Strength) {
	if p := l.pending[s]; len(p) == 0 || p[len(p)-1] != uint32(o) {
		l.pending[s] = append(p, uint32(o))
	}
}

// holdAgain finds, strength by strength, how what is in the region is held now.
func (l *local) holdAgain(ctx context.Context) error {
	for l.phase = graph.Strong; l.phase < graph.Unreachable; l.phase++ {
		for i := 0; i < len(l.pending[l.phase]); i++ { // grows while it runs
			l.push(graph.Object(l.pending[l.phase][i]))
			for n := 0; len(l.stack) > 0; n++ {
				if n&0xffff == 0xffff && ctx.Err() != nil {
					return ctx.Err()
				}
				u := graph.Object(l.stack[len(l.stack)-1])
				l.stack = l.stack[:len(l.stack)-1]
				l.follow(u)
			}
		}
		l.pending[l.phase] = nil
	}
	return ctx.Err()
}

func (l *local) push(o graph.Object) {
	if l.region.has(o) && !l.removed.has(o) && l.after[o] == uint8(graph.Unreachable) {
		l.after[o] = uint8(l.phase)
		l.stack = append(l.stack, uint32(o))
	}
}

func (l *local) follow(u graph.Object) {
	l.h.EachEdge(u, func(e graph.Edge) bool {
		switch {
		case e.Strength <= l.phase:
			l.push(e.To)
		case l.region.has(e.To):
			l.hold(e.To, e.Strength)
		}
		return true
	})
}
