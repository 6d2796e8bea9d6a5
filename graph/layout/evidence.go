package layout

import "math/bits"

// nearestKept is how many distances are kept for each class. They are the
// smallest, since larger ones say nothing of the size: objects of one class have
// one size, so a class needs one distance if all its objects touch, and the rest
// is for dumps with damage.
const nearestKept = 8

// maxInstanceDistance bounds what can still be the size of an instance: 65,535
// fields of 8 bytes at each of two levels. Larger distances are gaps.
const maxInstanceDistance = 1 << 20

// nearest holds the smallest distinct distances from objects of one class to
// their next neighbours, ascending, 0 where unused. A distance that was pushed
// out is larger than all kept, so it cannot come back, and the counts are exact
// in whatever order objects come.
type nearest struct {
	distance [nearestKept]uint32
	count    [nearestKept]uint64
	total    uint64
}

func (n *nearest) add(d uint32, count uint64) {
	for i := range n.distance {
		switch k := n.distance[i]; {
		case k == d:
			n.count[i] += count
			return
		case k == 0 || d < k:
			copy(n.distance[i+1:], n.distance[i:])
			copy(n.count[i+1:], n.count[i:])
			n.distance[i], n.count[i] = d, count
			return
		}
	}
}

// at returns how many objects have the distance d.
func (n *nearest) at(d int64) uint64 {
	for i, k := range n.distance {
		if int64(k) == d {
			return n.count[i]
		}
	}
	return 0
}

// below returns how many objects have a smaller distance than d.
func (n *nearest) below(d int64) uint64 {
	var sum uint64
	for i, k := range n.distance {
		if k != 0 && int64(k) < d {
			sum += n.count[i]
		}
	}
	return sum
}

// Evidence collects the distances between neighbours in address order. The
// methods that add to it do not allocate and take a few nanoseconds; an Evidence
// is for one goroutine, see Merge.
//
// A distance is the next object's address less the object's own. Class objects
// are objects too: a class dump's identifier is the address of its mirror.
type Evidence struct {
	instances []nearest // by class
	mirrors   []uint32  // by class, the smallest distance, 0 for none
	arrays    *arrayEvidence
	addresses uint64 // OR of addresses
}

// NewEvidence returns an empty collection for a dump with that many classes.
func NewEvidence(numClasses int) *Evidence {
	numClasses = max(numClasses, 0)
	return &Evidence{
		instances: make([]nearest, numClasses),
		mirrors:   make([]uint32, numClasses),
		arrays:    new(arrayEvidence),
	}
}

// Instance adds the distance from an instance of class. Unknown classes and a
// distance of 0 are passed over.
func (e *Evidence) Instance(class int32, distance uint64) {
	if uint(class) >= uint(len(e.instances)) || distance == 0 {
		return
	}
	n := &e.instances[class]
	n.total++
	if distance <= maxInstanceDistance {
		n.add(uint32(distance), 1)
	}
}

// Array adds the distance from an array of length elements; an object array has
// elements of kind Object.
func (e *Evidence) Array(elem Kind, length uint32, distance uint64) {
	if distance != 0 {
		e.arrays.add(elem, length, distance)
	}
}

// Mirror adds the distance from the mirror of class.
func (e *Evidence) Mirror(class int32, distance uint64) {
	if uint(class) >= uint(len(e.mirrors)) || distance == 0 {
		return
	}
	d := uint32(min(distance, maxInstanceDistance))
	if k := e.mirrors[class]; k == 0 || d < k {
		e.mirrors[class] = d
	}
}

// Address adds an object's address, for the object alignment.
func (e *Evidence) Address(addr uint64) {
	e.addresses |= addr
}

// AddressBits adds the OR of many addresses, for a caller that folds them itself.
func (e *Evidence) AddressBits(or uint64) {
	e.addresses |= or
}

// Merge adds what o collected. The result does not depend on how objects were
// dealt to collectors.
func (e *Evidence) Merge(o *Evidence) {
	e.addresses |= o.addresses
	for class := range min(len(e.instances), len(o.instances)) {
		from, to := &o.instances[class], &e.instances[class]
		to.total += from.total
		for i, d := range from.distance {
			if d != 0 {
				to.add(d, from.count[i])
			}
		}
	}
	for class := range min(len(e.mirrors), len(o.mirrors)) {
		e.Mirror(int32(class), uint64(o.mirrors[class]))
	}
	e.arrays.merge(o.arrays)
}

// alignment returns the object alignment that the addresses show, within what
// HotSpot accepts, and whether identifiers can be addresses at all.
func (e *Evidence) alignment() (align int64, addresses bool) {
	if e.addresses == 0 {
		return defaultAlign, true
	}
	lowest := int64(1) << min(bits.TrailingZeros64(e.addresses), 62)
	if lowest < defaultAlign {
		return defaultAlign, false
	}
	return min(lowest, maxAlign), true
}
