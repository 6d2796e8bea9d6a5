package graph

import "encoding/binary"

// encoder writes the small parts of an index: varints, and strings that are written once each.
type encoder struct {
	b    []byte
	strs map[string]uint64 // → ordinal of first appearance
}

func (e *encoder) uint(x uint64) { e.b = binary.AppendUvarint(e.b, x) }

func (e *encoder) int(x int64) { e.b = binary.AppendVarint(e.b, x) }

func (e *encoder) bool(x bool) {
	if x {
		e.uint(1)
	} else {
		e.uint(0)
	}
}

// object writes a number of an object; NoObject is 0.
func (e *encoder) object(o Object) { e.uint(uint64(o) + 1) }

// str writes a string: its ordinal + 1 when it came before, else 0, its length and its bytes.
func (e *encoder) str(s string) {
	if i, ok := e.strs[s]; ok {
		e.uint(i + 1)
		return
	}
	if e.strs == nil {
		e.strs = map[string]uint64{}
	}
	e.strs[s] = uint64(len(e.strs))
	e.uint(0)
	e.uint(uint64(len(s)))
	e.b = append(e.b, s...)
}

// decoder reads what an encoder wrote. After the first damage all answers are zero and bad is set. Strings are parts of
// one string.
type decoder struct {
	b    []byte
	text string // the same bytes
	at   int
	bad  bool
	strs []string
}

func newDecoder(b []byte) *decoder { return &decoder{b: b, text: string(b)} }

func (d *decoder) fail() { d.bad, d.at = true, len(d.b) }

func (d *decoder) uint() uint64 {
	x, k := binary.Uvarint(d.b[d.at:])
	if k <= 0 {
		d.fail()
		return 0
	}
	d.at += k
	return x
}

func (d *decoder) int() int64 {
	x, k := binary.Varint(d.b[d.at:])
	if k <= 0 {
		d.fail()
		return 0
	}
	d.at += k
	return x
}

func (d *decoder) bool() bool { return d.uint() != 0 }

func (d *decoder) object(n uint64) Object {
	x := d.uint()
	if x > n {
		d.fail()
		return NoObject
	}
	return Object(x - 1) // 0 becomes NoObject
}

// below reads a number that must be less than n.
func (d *decoder) below(n uint64) uint64 {
	x := d.uint()
	if x >= n {
		d.fail()
		return 0
	}
	return x
}

// class reads a class of a table of n, or NoClass.
func (d *decoder) class(n int) Class {
	return Class(d.below(uint64(n)+1)) - 1
}

// count reads how many items follow, each of at least one byte: no more than there are bytes.
func (d *decoder) count() int {
	x := d.uint()
	if x > uint64(len(d.b)-d.at) {
		d.fail()
		return 0
	}
	return int(x)
}

func (d *decoder) str() string {
	switch x := d.uint(); {
	case d.bad:
		return ""
	case x > uint64(len(d.strs)):
		d.fail()
		return ""
	case x > 0:
		return d.strs[x-1]
	}
	n := d.count()
	s := d.text[d.at : d.at+n]
	d.at += n
	d.strs = append(d.strs, s)
	return s
}

// done reports whether everything was read and right.
func (d *decoder) done() bool { return !d.bad && d.at == len(d.b) }
