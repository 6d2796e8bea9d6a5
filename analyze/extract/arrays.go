package extract

import (
	"bytes"
	"encoding/binary"

	"github.com/cespare/xxhash/v2"

	"heapcause/hprof"
)

var be = binary.BigEndian

// purpose is what a permutation is for: each has its own.
type purpose uint64

const (
	ofTexts purpose = iota + 1
	ofSpans
	ofElements
	ofFlags
	ofNumbers
	ofBoxes
	ofHashes
	ofFields
)

// tweak chooses the permutation for a purpose and what it is used on.
func tweak(p purpose, a, b uint64) uint64 { return uint64(p)<<40 | a<<32 | b }

// constantFrom is the number of elements from which rules look whether they are all equal: see content.ConstantElements.
const constantFrom = 8

// exactBits are those of the contents that a permutation replaces, so that no two become one. Of longer ones, hashes of 64 bits
// stand for them.
const exactBits = 62

// mask replaces the elements of a whole array.
func (m *masker) mask(elem hprof.Type, b []byte) {
	w := elem.Size(8)
	n := len(b) / w
	switch {
	case zero(b):
	case n >= constantFrom && constant(b, w):
		m.constant(elem, b)
	case elem == hprof.Boolean:
		m.booleans(b)
	case elem == hprof.Byte || elem == hprof.Char:
		m.text(elem, b)
	default:
		m.numbers(elem, b)
	}
}

func zero(b []byte) bool {
	for len(b) >= 8 {
		if binary.NativeEndian.Uint64(b) != 0 {
			return false
		}
		b = b[8:]
	}
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

// constant reports whether all elements, w bytes wide, are equal.
func constant(b []byte, w int) bool { return bytes.Equal(b[w:], b[:len(b)-w]) }

// constant replaces the element that a whole array consists of.
func (m *masker) constant(elem hprof.Type, b []byte) {
	w := elem.Size(8)
	if elem == hprof.Boolean { // all true
		return
	}
	for {
		m.element(elem, b[:w])
		for i := w; i < len(b); i += w {
			copy(b[i:], b[:w])
		}
		if !m.stays(elem, b) {
			return
		}
	}
}

// element replaces one element that is not 0 by another; printable characters by such.
func (m *masker) element(elem hprof.Type, e []byte) {
	v := hprof.Value(e, elem, 8)
	size := uint64(1) << (8 * len(e)) // 0 for 64 bits
	printable := (elem == hprof.Byte || elem == hprof.Char) && v >= firstPrintable && v <= lastPrintable
	for {
		if v = m.key.permute(tweak(ofElements, uint64(elem), 0), size, v); v == 0 {
			continue
		}
		if (elem != hprof.Byte && elem != hprof.Char) || (v >= firstPrintable && v <= lastPrintable) == printable {
			break
		}
	}
	hprof.PutValue(e, elem, 8, v)
}

// booleans replaces an array that is not all false; 1 and 0 are all that it may hold.
func (m *masker) booleans(b []byte) {
	n := len(b)
	if n > exactBits {
		h, _ := m.hash(b)
		clear(b)
		for i := range 64 {
			if i < n {
				b[i] = byte(h>>i) & 1
			}
		}
		return
	}
	x, all := uint64(0), uint64(1)<<n-1
	for i := range b {
		x |= uint64(b[i]&1) << i
	}
	if x == all || x == 0 {
		return
	}
	for {
		if x = m.key.permute(tweak(ofFlags, 0, uint64(n)), all+1, x); x != 0 && x != all {
			break
		}
	}
	for i := range b {
		b[i] = byte(x>>i) & 1
	}
}

// numbers replaces an array of numbers by one that is not all 0 either.
func (m *masker) numbers(elem hprof.Type, b []byte) {
	if bits := 8 * len(b); bits < exactBits {
		x := uint64(0)
		for _, c := range b {
			x = x<<8 | uint64(c)
		}
		for {
			x = m.key.permute(tweak(ofNumbers, uint64(elem), uint64(len(b))), 1<<bits, x)
			for i, rest := len(b)-1, x; i >= 0; i-- {
				b[i], rest = byte(rest), rest>>8
			}
			if x != 0 && !m.stays(elem, b) {
				return
			}
		}
	}
	h, _ := m.hash(b)
	clear(b)
	be.PutUint64(b, h|1)
}

// hash is a number that stands for the content of an array.
func (m *masker) hash(b []byte) (uint64, uint64) { return m.key.hash(xxhash.Sum64(b), uint64(len(b))) }
