package query

import (
	"context"

	"heapcause/analyze"
	"heapcause/graph"
)

// RetainedSet returns what would go if all members of a set went, the members included: what no path of its own strength reaches
// that keeps clear of the set. It walks the whole graph.
func RetainedSet(ctx context.Context, h *graph.Heap, set analyze.BitSet) (analyze.BitSet, error) {
	m := &marker{h: h, set: set, live: analyze.NewBitSet(h)}
	for i := range h.Roots() {
		m.mark(h.Roots()[i].Object)
	}
	if err := m.drain(ctx); err != nil {
		return nil, err
	}
	out := analyze.NewBitSet(h)
	for o := range graph.Object(h.NumObjects()) {
		if o&0xffff == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if set.Has(o) {
			out.Add(o)
		} else if h.Strength(o) != graph.Unreachable && !m.live.Has(o) {
			out.Add(o)
		}
	}
	m.belowUnreachable(out)
	return out, ctx.Err()
}

// marker finds what is reached without the set.
type marker struct {
	h         *graph.Heap
	set, live analyze.BitSet
	stack     []graph.Object
}

func (m *marker) mark(o graph.Object) {
	if o != graph.NoObject && !m.set.Has(o) && m.live.Add(o) {
		m.stack = append(m.stack, o)
	}
}

func (m *marker) drain(ctx context.Context) error {
	for steps := 0; len(m.stack) > 0; steps++ {
		if steps&0xfff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		o := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		m.h.EachEdge(o, func(e graph.Edge) bool {
			if e.To != graph.NoObject && max(m.h.Strength(o), e.Strength) <= m.h.Strength(e.To) { // weaker paths do not hold it
				m.mark(e.To)
			}
			return true
		})
	}
	return nil
}

// belowUnreachable adds what members that nothing reaches dominate.
func (m *marker) belowUnreachable(out analyze.BitSet) {
	h := m.h
	var stack []graph.Object
	for o := range graph.Object(h.NumObjects()) {
		if !m.set.Has(o) || h.Strength(o) != graph.Unreachable {
			continue
		}
		stack = append(stack[:0], o)
		for len(stack) > 0 {
			x := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			h.EachDominated(x, func(d graph.Object) bool {
				if out.Add(d) {
					stack = append(stack, d)
				}
				return true
			})
		}
	}
}
