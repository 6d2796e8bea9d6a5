package graph

import (
	"encoding/binary"
	"slices"

	"heapcause/graph/index"
)

// lists holds a list of ascending objects for each object, as varints: the number of entries; from inSkip on the bytes that follow;
// the first entry as difference from the list's own number, the others as difference from the one before.
type lists struct {
	offset []uint64 // every inStep lists: where they begin in data
	data   []byte
	limit  uint64 // entries are below

	offsetPart, dataPart *index.Section // where they come from an index
}

const (
	inStep = 64 // lists per entry of the offset column
	inSkip = 16 // lists from this length on carry their length in bytes
)

// encodeList appends the list of o; src is sorted and its repetitions are removed.
func encodeList(b []byte, o uint64, src []uint32) []byte {
	if !slices.IsSorted(src) {
		slices.Sort(src)
	}
	return appendList(b, o, slices.Compact(src))
}

// appendList appends the list of o; src is ascending.
func appendList(b []byte, o uint64, src []uint32) []byte {
	b = binary.AppendUvarint(b, uint64(len(src)))
	if len(src) == 0 {
		return b
	}
	mark := len(b)
	b = binary.AppendUvarint(b, zigzag(int64(src[0])-int64(o)))
	for i := 1; i < len(src); i++ {
		b = binary.AppendUvarint(b, uint64(src[i]-src[i-1]))
	}
	if len(src) >= inSkip {
		var l [10]byte
		n := binary.PutUvarint(l[:], uint64(len(b)-mark))
		b = slices.Insert(b, mark, l[:n]...)
	}
	return b
}

// each calls fn with each entry of the list of o, ascending, until it returns false, and returns how many there are. fn may be
// nil.
func (l *lists) each(o uint64, fn func(Object) bool) int64 {
	if l.offset == nil {
		return 0
	}
	if l.offsetPart != nil && !l.offsetPart.Ok(o/inStep*8) {
		return 0
	}
	r := listReader{l: l, pos: l.offset[o/inStep]}
	if r.ok = r.pos; r.pos > uint64(len(l.data)) {
		r.damaged()
	}
	for i := o &^ (inStep - 1); ; i++ {
		n := r.uvarint()
		size, skip := uint64(0), n >= inSkip
		if skip {
			size = r.uvarint()
		}
		if r.bad || n > uint64(len(l.data)) {
			return 0
		}
		switch {
		case i == o && fn == nil:
			return int64(n)
		case i == o:
			if !r.entries(o, n, fn) {
				return 0
			}
			return int64(n)
		case skip:
			r.skip(size)
		default:
			for range n {
				r.uvarint()
			}
		}
	}
}

// listReader decodes varints, verifying blocks of an index as it comes to them.
type listReader struct {
	l       *lists
	pos, ok uint64 // bytes below ok may be read
	bad     bool
}

// entries hands the n entries of list o to fn; false when they are damaged.
func (r *listReader) entries(o, n uint64, fn func(Object) bool) bool {
	at := int64(o)
	for j := range n {
		d := r.uvarint()
		if r.bad {
			return false
		}
		if j == 0 {
			at += unzigzag(d)
		} else {
			at += int64(d)
		}
		if uint64(at) >= r.l.limit {
			return r.damaged() == 0
		}
		if !fn(Object(at)) {
			return true
		}
	}
	return true
}

func (r *listReader) uvarint() uint64 {
	if r.pos < r.ok { // one byte, mostly
		if c := r.l.data[r.pos]; c < 0x80 {
			r.pos++
			return uint64(c)
		}
	}
	return r.longUvarint()
}

func (r *listReader) longUvarint() uint64 {
	if r.pos+binary.MaxVarintLen64 > r.ok {
		r.extend()
	}
	if r.bad || r.pos > r.ok {
		return r.damaged()
	}
	x, k := binary.Uvarint(r.l.data[r.pos:r.ok])
	if k <= 0 {
		return r.damaged()
	}
	r.pos += uint64(k)
	return x
}

func (r *listReader) skip(n uint64) {
	if n > uint64(len(r.l.data))-r.pos {
		r.damaged()
		return
	}
	r.pos += n
	r.ok = max(r.ok, r.pos)
}

// extend moves ok forward so that a varint fits, or to the end.
func (r *listReader) extend() {
	if r.l.dataPart == nil {
		r.ok = uint64(len(r.l.data))
		return
	}
	for r.ok < r.pos+binary.MaxVarintLen64 {
		to := r.l.dataPart.VerifiedTo(r.ok)
		if to == r.ok {
			return
		}
		r.ok = to
	}
}

// damaged returns 0.
func (r *listReader) damaged() uint64 {
	r.bad, r.pos = true, r.ok
	if r.l.dataPart != nil {
		r.l.dataPart.Fail()
	}
	return 0
}

// all calls fn with each entry of each list, in order, until it returns false. It decodes every list once, where each skips over up
// to inStep lists to come to its own.
func (l *lists) all(fn func(o, entry Object) bool) {
	for first := uint64(0); first < l.limit && l.offset != nil; first += inStep {
		if l.offsetPart != nil && !l.offsetPart.Ok(first/inStep*8) {
			return
		}
		r := listReader{l: l, pos: l.offset[first/inStep]}
		if r.ok = r.pos; r.pos > uint64(len(l.data)) {
			r.damaged()
			return
		}
		for o := first; o < min(first+inStep, l.limit); o++ {
			n := r.uvarint()
			if n >= inSkip {
				r.uvarint()
			}
			on := true
			if r.bad || n > uint64(len(l.data)) || !r.entries(o, n, func(e Object) bool { on = fn(Object(o), e); return on }) || !on {
				return
			}
		}
	}
}
