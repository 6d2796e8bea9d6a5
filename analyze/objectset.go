package analyze

import (
	"slices"

	"heapcause/graph"
)

// objectSet is a set of objects in address order: 8 bytes a member, for sets of millions.
type objectSet []graph.Object

// newSet takes the slice over.
func newSet(os []graph.Object) objectSet {
	slices.Sort(os)
	return slices.Compact(os)
}

func (s objectSet) has(o graph.Object) bool {
	_, ok := slices.BinarySearch(s, o)
	return ok
}

// bits is a set of object numbers with one bit each.
type bits []uint64

func newBits(n int64) bits { return make(bits, (n+63)/64) }

func (b bits) has(o graph.Object) bool { return b[o/64]>>(o%64)&1 != 0 }

func (b bits) set(o graph.Object) { b[o/64] |= 1 << (o % 64) }

// retainedBy returns what would be freed if the whole set went: the retained sizes of the members that no other member
// dominates. Each dominator is visited once, so a chain of a million members costs a million steps.
func (p *Pass) retainedBy(set objectSet) int64 {
	h := p.Heap
	member, seen, under := newBits(h.NumObjects()), newBits(h.NumObjects()), newBits(h.NumObjects())
	for _, o := range set {
		member.set(o)
	}
	var sum int64
	var chain []graph.Object
	for _, o := range set {
		chain = chain[:0]
		covered := false
		for d := h.Idom(o); d != graph.NoObject; d = h.Idom(d) {
			if seen.has(d) {
				covered = under.has(d)
				break
			}
			chain = append(chain, d)
			if member.has(d) {
				covered = true
				break
			}
		}
		for _, d := range chain {
			seen.set(d)
			if covered {
				under.set(d)
			}
		}
		if !covered {
			sum += h.Retained(o)
		}
	}
	return sum
}
