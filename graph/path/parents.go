package path

import (
	"context"
	"slices"

	"heapcause/graph"
)

// NoParent marks, in Parents, an object that is reached from nowhere, Root one that paths begin at.
const (
	NoParent = ^uint32(0)
	Root     = ^uint32(0) - 1
)

// Parents returns, for each object, the one before it on a shortest path from a GC root over references no weaker than limit, but for those
// left out. It goes through all references of the heap once, breadth first: statics before threads before other roots.
// progress may be nil. What does not fit into memory is refused with a *graph.MemoryError.
func Parents(ctx context.Context, h *graph.Heap, limit graph.Strength, out Edges, progress func(done, total int64)) ([]uint32, error) {
	g, err := newForward(ctx, h, progress)
	if err != nil {
		return nil, err
	}
	labelled, statics := out.labelled(h), out.statics(h)
	parent := make([]uint32, h.NumObjects())
	for i := range parent {
		parent[i] = NoParent
	}
	var queue []uint32
	push := func(o graph.Object, from uint32) {
		if parent[o] == NoParent {
			parent[o] = from
			queue = append(queue, uint32(o))
		}
	}
	for _, o := range rootsByRank(h) {
		push(o, Root)
	}
	for i := 0; i < len(queue); i++ {
		if i&0xffff == 0xffff && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		u := queue[i]
		c := h.ClassOf(graph.Object(u))
		if !labelled[c] && !statics[graph.Object(u)] {
			for _, v := range g.to[g.start[u]:g.start[u+1]] {
				push(graph.Object(v), u)
			}
		} else {
			h.EachEdge(graph.Object(u), func(e graph.Edge) bool {
				if e.Strength <= limit && !out.leaves(graph.Object(u), e) {
					push(e.To, u)
				}
				return true
			})
		}
		if class := h.Class(c).Object; class != graph.NoObject {
			push(class, u)
		}
	}
	return parent, h.Err()
}

func rootsByRank(h *graph.Heap) (out []graph.Object) {
	for _, r := range h.Roots() {
		if n := len(out); n == 0 || out[n-1] != r.Object {
			out = append(out, r.Object)
		}
	}
	rank := func(o graph.Object) int {
		if _, ok := h.AsClass(o); ok {
			return 0
		}
		if len(h.Locals(o)) > 0 {
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, b graph.Object) int { return rank(a) - rank(b) })
	return out
}
