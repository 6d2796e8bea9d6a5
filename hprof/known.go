package hprof

import "math/bits"

// KnownClass is what a reader has learnt of one class.
type KnownClass struct {
	ID    ID
	Index int32  // the reader's own number of the class, not negative
	Bytes int64  // of field data in each of its instances; negative when not known
	Array bool   // its objects are arrays
	Trace uint32 // trace serial of its class dump
}

// Known is what a reader knows of a dump's classes. A cursor that has it tells records from what only looks like one: see
// [Cursor.Mend]. It does not change once it is made, so cursors of several goroutines may share it.
type Known struct {
	keys  []ID
	vals  []knownClass
	shift uint
	size  int

	trace     uint32 // of every record, where hasTrace
	hasTrace  bool
	addresses bool // identifiers are addresses: low ≤ id ≤ high, and a multiple of 8
	low, high ID
}

type knownClass struct {
	index int32
	bytes int64 // of an instance; notKnown, or noInstance for an array class
}

const (
	notKnown   = -1
	noInstance = -2

	// learnFrom is the least number of class dumps that show what all identifiers and trace serials have in common.
	learnFrom = 4
)

// NewKnown collects the classes that have a dump and those of which f only has the name.
func NewKnown(f *File, dumped []KnownClass) *Known {
	n := len(dumped) + len(f.Classes)
	k := &Known{shift: uint(64 - max(6, bits.Len(uint(2*n))))}
	k.keys = make([]ID, 1<<(64-k.shift))
	k.vals = make([]knownClass, len(k.keys))
	for i := range dumped {
		c := &dumped[i]
		v := knownClass{c.Index, c.Bytes}
		if c.Array {
			v.bytes = noInstance
		}
		k.put(c.ID, v)
	}
	for _, l := range f.Classes {
		v := knownClass{-1, notKnown}
		if name := f.Symbol(l.Name); name != "" && name[0] == '[' {
			v.bytes = noInstance
		}
		k.put(l.Class, v)
	}
	k.learn(dumped)
	return k
}

// learn finds what identifiers and trace serials of class dumps have in common. Class objects lie in the heap, so where all
// their identifiers are multiples of 8, objects' are addresses of the same order of magnitude. HotSpot writes one serial
// everywhere; profiling agents do not.
func (k *Known) learn(dumped []KnownClass) {
	if len(dumped) < learnFrom {
		return
	}
	k.trace, k.hasTrace = dumped[0].Trace, true
	k.addresses, k.low = true, ^ID(0)
	for i := range dumped {
		c := &dumped[i]
		k.hasTrace = k.hasTrace && c.Trace == k.trace
		k.addresses = k.addresses && c.ID != 0 && c.ID%8 == 0
		k.low, k.high = min(k.low, c.ID), max(k.high, c.ID)
	}
	k.low /= 256
	if k.high < 1<<62 {
		k.high *= 4
	}
}

func (k *Known) put(id ID, v knownClass) {
	if id == 0 {
		return
	}
	mask := len(k.keys) - 1
	for j := k.slot(id); ; j = (j + 1) & mask {
		if k.keys[j] == id {
			return
		}
		if k.keys[j] == 0 {
			k.keys[j], k.vals[j] = id, v
			k.size++
			return
		}
	}
}

func (k *Known) slot(id ID) int { return int((id * 0x9E3779B97F4A7C15) >> k.shift) }

// get finds a class by its identifier.
func (k *Known) get(id ID) (knownClass, bool) {
	mask := len(k.keys) - 1
	for j := k.slot(id); ; j = (j + 1) & mask {
		if k.keys[j] == id && id != 0 {
			return k.vals[j], true
		}
		if k.keys[j] == 0 {
			return knownClass{-1, notKnown}, false
		}
	}
}

// object reports whether an object could have this identifier.
func (k *Known) object(id ID) bool {
	if !k.addresses {
		return id != 0
	}
	return id%8 == 0 && id >= k.low && id <= k.high
}

// serial reports whether a record could have this trace serial.
func (k *Known) serial(n uint32) bool { return !k.hasTrace || n == k.trace }
