package content

import (
	"math/bits"
	"sync/atomic"

	"heapcause/graph"
)

// bitset is a set of objects that workers add to at once.
type bitset []uint64

func newBitset(n int64) bitset { return make(bitset, (n+63)/64) }

// add adds o and reports whether it was there.
func (b bitset) add(o graph.Object) bool {
	m := uint64(1) << (o % 64)
	return atomic.OrUint64(&b[o/64], m)&m != 0
}

func (b bitset) has(o graph.Object) bool { return b[o/64]>>(o%64)&1 != 0 }

// each calls fn with the members, ascending.
func (b bitset) each(fn func(graph.Object)) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			fn(graph.Object(64*i + bits.TrailingZeros64(w)))
		}
	}
}

// ownedSets says of arrays how strings use them.
type ownedSets struct {
	owned  bitset // by a string
	shared bitset // by more than one
	wide   bitset // by a string of UTF-16 bytes
}

// kind says what an array's content is compared with: 0 for those that are no string's.
func (s *ownedSets) kind(o graph.Object) int {
	switch {
	case s == nil || !s.owned.has(o):
		return plainArray
	case s.wide.has(o):
		return wideString
	}
	return narrowString
}

const (
	plainArray = iota
	narrowString
	wideString
	numKinds
)
