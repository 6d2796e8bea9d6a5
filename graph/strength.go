package graph

import (
	"context"

	"heapcause/graph/dominator"
)

// strengths finds each object's strength: a search per strength, in order, that starts at the referents of the references
// found so far. An object belongs to the first search that reaches it.
func (b *builder) strengths(ctx context.Context) error {
	h := b.h
	h.strength = make([]uint8, h.n)
	for i := range h.strength {
		h.strength[i] = uint8(Unreachable)
	}
	var stack []uint32
	push := func(v uint32, s Strength) {
		if h.strength[v] == uint8(Unreachable) {
			h.strength[v] = uint8(s)
			stack = append(stack, v)
		}
	}
	drain := func(s Strength) {
		for len(stack) > 0 {
			u := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, v := range b.out[b.outIndex[u]:b.outIndex[u+1]] {
				push(v, s)
			}
			for _, e := range b.referents(u) {
				if e.kind <= s {
					push(e.to, s)
				}
			}
		}
	}
	for _, r := range h.roots {
		push(uint32(r.Object), Strong)
	}
	drain(Strong)
	for s := Soft; s < Unreachable; s++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, e := range b.referent {
			if e.kind <= s && h.strength[e.from] <= uint8(s) {
				push(e.to, s)
			}
		}
		drain(s)
	}
	return nil
}

// referents returns the referent edges of a reference object.
func (b *builder) referents(u uint32) []refEdge {
	if k := &b.h.classes[b.h.class[u]]; k.referent < 0 {
		return nil
	}
	lo, hi := 0, len(b.referent)
	for lo < hi {
		if m := (lo + hi) / 2; b.referent[m].from < u {
			lo = m + 1
		} else {
			hi = m
		}
	}
	for hi < len(b.referent) && b.referent[hi].from == u {
		hi++
	}
	return b.referent[lo:hi]
}

// starts returns the vertices that the virtual root points at: GC roots, the referents each weaker strength begins
// with, and of the unreachable objects the lowest address of each source component.
func (b *builder) starts() []uint32 {
	h := b.h
	var out []uint32
	for _, r := range h.roots {
		out = append(out, uint32(r.Object))
	}
	for _, e := range b.referent {
		if s := h.strength[e.to]; s == uint8(e.kind) && h.strength[e.from] <= s {
			out = append(out, e.to)
		}
	}
	if h.opt.References == AllReferences {
		return out
	}
	return append(out, b.sources()...)
}

// sources: searching the unreachable objects in ascending order, each source component is entered at its lowest address,
// and by a root of the search, as nothing outside leads into it. Searching again from these roots in reverse order, the roots
// that are still new are exactly one per source component.
func (b *builder) sources() []uint32 {
	h := b.h
	seen := make([]uint64, h.n/64+1)
	var stack, first []uint32
	visit := func(v uint32) bool {
		if h.strength[v] != uint8(Unreachable) || seen[v/64]&(1<<(v%64)) != 0 {
			return false
		}
		seen[v/64] |= 1 << (v % 64)
		stack = append(stack, v)
		return true
	}
	search := func(v uint32) bool {
		if !visit(v) {
			return false
		}
		for len(stack) > 0 {
			u := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, t := range b.out[b.outIndex[u]:b.outIndex[u+1]] {
				visit(t)
			}
			for _, e := range b.referents(u) {
				visit(e.to)
			}
		}
		return true
	}
	for v := range uint32(h.n) {
		if search(v) {
			first = append(first, v)
		}
	}
	clear(seen)
	var out []uint32
	for i := len(first) - 1; i >= 0; i-- {
		if search(first[i]) {
			out = append(out, first[i])
		}
	}
	return out
}

// keep reports whether an edge counts for the dominators of its target.
func (h *Heap) keep(u, v uint32) bool { return h.strength[v] >= h.strength[u] }

// dominators drops the edges into stronger objects and computes the tree.
func (b *builder) dominators(context.Context) error {
	h := b.h
	roots := b.starts()
	index := make([]uint64, h.n+1)
	edges := b.out[:0] // compacted in place: a kept edge never moves up, unless weaker referents are added
	inside := 0
	for _, e := range b.referent {
		if b.inner(e) {
			inside++
		}
	}
	if inside > 0 {
		edges = make([]uint32, 0, len(b.out)+inside)
	}
	for u := range uint32(h.n) {
		for _, v := range b.out[b.outIndex[u]:b.outIndex[u+1]] {
			if h.keep(u, v) {
				edges = append(edges, v)
			}
		}
		if inside > 0 {
			for _, e := range b.referents(u) {
				if b.inner(e) {
					edges = append(edges, e.to)
				}
			}
		}
		index[u+1] = uint64(len(edges))
	}
	b.out, b.outIndex = edges, index
	t := dominator.Compute(dominator.Graph{Index: index, Edges: edges}, roots)
	h.idom = t.Idom
	for i, d := range h.idom {
		if d == dominator.Root || d == dominator.Unreached {
			h.idom[i] = noIdom
		}
	}
	b.order = t.Order
	return nil
}

// inner reports whether a referent edge lies inside a weaker strength than its own, where it counts like any other.
func (b *builder) inner(e refEdge) bool {
	s := b.h.strength[e.to]
	return s > uint8(e.kind) && b.h.strength[e.from] == s
}

// retain sums shallow sizes up the dominator tree.
func (b *builder) retain(context.Context) error {
	h := b.h
	h.retained = make([]int64, h.n)
	for o := range Object(h.n) {
		s := h.Shallow(o)
		h.retained[o] = s
		t := &h.totals[h.strength[o]]
		t.Objects++
		t.Bytes += s
	}
	for i := len(b.order) - 1; i >= 0; i-- {
		v := b.order[i]
		if d := h.idom[v]; d != noIdom {
			h.retained[d] += h.retained[v]
		}
	}
	return nil
}
