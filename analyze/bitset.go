package analyze

import (
	"math/bits"

	"heapcause/graph"
)

// BitSet is a set of objects with one bit for each object of the heap. Not for concurrent use.
type BitSet []uint64

// NewBitSet returns an empty set.
func NewBitSet(h *graph.Heap) BitSet { return make(BitSet, (h.NumObjects()+63)/64) }

// Has reports whether o is a member.
func (b BitSet) Has(o graph.Object) bool { return b[o/64]>>(o%64)&1 != 0 }

// Add puts o in and reports whether it was not there.
func (b BitSet) Add(o graph.Object) bool {
	if b.Has(o) {
		return false
	}
	b[o/64] |= 1 << (o % 64)
	return true
}

// Members returns the objects of the set, ascending.
func (b BitSet) Members() []graph.Object {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	out := make([]graph.Object, 0, n)
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			out = append(out, graph.Object(i*64+bits.TrailingZeros64(w)))
		}
	}
	return out
}
