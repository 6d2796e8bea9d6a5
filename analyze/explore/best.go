package explore

import (
	"cmp"
	"container/heap"
	"slices"

	"heapcause/graph"
)

// best keeps the objects of the greatest retained size of many, of equal ones those of the lowest addresses.
type best struct {
	h *graph.Heap
	k int // how many; below 0 all
	n int64
	// least on top; see container/heap
	of       []graph.Object
	retained []int64
}

func newBest(h *graph.Heap, k int) *best { return &best{h: h, k: k} }

// offer adds an object.
func (b *best) offer(o graph.Object) {
	b.n++
	size := b.h.Retained(o)
	switch {
	case len(b.of) < b.k:
		heap.Push(b, sized{o, size})
	case b.k > 0 && (size > b.retained[0] || size == b.retained[0] && o < b.of[0]):
		b.of[0], b.retained[0] = o, size
		heap.Fix(b, 0)
	}
}

// sorted returns the objects that are kept, the greatest first.
func (b *best) sorted() []graph.Object {
	slices.SortFunc(b.of, func(x, y graph.Object) int {
		return cmp.Or(cmp.Compare(b.h.Retained(y), b.h.Retained(x)), cmp.Compare(x, y))
	})
	return b.of
}

type sized struct {
	object   graph.Object
	retained int64
}

func (b *best) Len() int { return len(b.of) }

func (b *best) Less(i, j int) bool {
	return b.retained[i] < b.retained[j] || b.retained[i] == b.retained[j] && b.of[i] > b.of[j]
}

func (b *best) Swap(i, j int) {
	b.of[i], b.of[j] = b.of[j], b.of[i]
	b.retained[i], b.retained[j] = b.retained[j], b.retained[i]
}

func (b *best) Push(x any) {
	s := x.(sized)
	b.of, b.retained = append(b.of, s.object), append(b.retained, s.retained)
}

// Pop implements heap.Interface; nothing is ever taken out.
func (b *best) Pop() any { return nil }
