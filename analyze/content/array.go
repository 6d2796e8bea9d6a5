package content

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"

	"github.com/cespare/xxhash/v2"

	"heapcause/graph"
	"heapcause/hprof"
)

// Tags of the records of arrays and boxes.
const (
	boxTag      = 1 << 31
	constantTag = 1 << 30
	hashBits    = 30
)

// primitive looks at an array of numbers.
func (k *worker) primitive(v *graph.View) {
	if !k.s.reachable(v.Object) {
		k.arrays.Garbage++
		return
	}
	k.arrays.Primitive.add(k.array(v))
	n := v.Len()
	if n == 0 {
		k.arrays.Zero[v.Class]++
		return
	}
	elem := k.h.Class(v.Class).Elem
	r, ok := k.hash.of(v, elem)
	if !ok {
		return // it cannot be read
	}
	r.Object = uint32(v.Object)
	k.out.Put(r)
}

// hasher hashes elements.
type hasher struct {
	seed   maphash.Seed
	first  xxhash.Digest
	second maphash.Hash
}

// of hashes an array to a record without its object.
func (h *hasher) of(v *graph.View, elem hprof.Type) (graph.SpillRecord, bool) {
	w := elem.Size(8)
	b := v.Body()
	var one, two uint64
	var constant bool
	if b != nil {
		one, two = xxhash.Sum64(b), maphash.Bytes(h.seed, b)
		constant = allEqual(b, b, w)
	} else {
		h.first.Reset()
		h.second.Reset()
		var head []byte
		constant = true
		if v.Pieces(func(p []byte) error {
			if head == nil {
				head = bytes.Clone(p[:min(w, len(p))])
			}
			constant = constant && allEqual(head, p, w)
			_, _ = h.first.Write(p)
			_, _ = h.second.Write(p)
			return nil
		}) != nil || head == nil {
			return graph.SpillRecord{}, false
		}
		one, two = h.first.Sum64(), h.second.Sum64()
	}
	salt := uint64(elem) * 0x9E3779B97F4A7C15
	r := graph.SpillRecord{Key: one ^ salt, Tag: uint32((two ^ salt) >> (64 - hashBits))}
	if constant && v.Len() >= ConstantElements {
		r.Tag |= constantTag
	}
	return r, true
}

// allEqual reports whether all elements of b, w bytes wide, are equal to the first of head.
func allEqual(head, b []byte, w int) bool {
	if len(b) < w || len(head) < w || !bytes.Equal(head[:w], b[:w]) {
		return false
	}
	last := len(b) - w
	return bytes.Equal(b[last:], b[:w]) && bytes.Equal(b[w:], b[:last])
}

// refs looks at an array of references.
func (k *worker) refs(v *graph.View) {
	if !k.s.reachable(v.Object) {
		k.arrays.Garbage++
		return
	}
	size := k.array(v)
	k.arrays.Refs.add(size)
	n := int64(v.Len())
	if n == 0 {
		k.arrays.Zero[v.Class]++
		return
	}
	if k.last != v.Class {
		k.last, k.row = v.Class, k.arrays.Classes[v.Class]
		if k.row == nil {
			k.row = &RefArrays{}
			k.arrays.Classes[v.Class] = k.row
		}
	}
	e := k.elements(v)
	r := k.row
	r.add(size)
	r.Elements += n
	r.Nulls += e.nulls
	if n >= SparseElements && 4*e.nulls >= 3*n {
		r.Sparse.add(size)
		r.SparseNulls += e.nulls
	}
	if n >= ConstantElements && !e.differ {
		key := RefKey{v.Class, n, e.first == 0}
		a := k.arrays.Equal[key]
		a.add(size)
		k.arrays.Equal[key] = a
	}
}

// elements is what the elements of an array of references tell.
type elements struct {
	nulls  int64
	first  uint64
	seen   bool
	differ bool
}

func (k *worker) elements(v *graph.View) elements {
	var e elements
	ids := k.h.File().IDSize
	var set *idSet
	if int64(v.Len()) >= MaxDistinct {
		set = k.idSet()
	}
	_ = v.Pieces(func(p []byte) error { // what cannot be read is not counted
		if ids == 8 {
			e.wide(p)
		} else {
			e.narrow(p)
		}
		set.addAll(p, ids)
		return nil
	})
	if set != nil {
		k.arrays.Distinct[v.Object] = set.n
	}
	return e
}

func (e *elements) wide(p []byte) {
	le := binary.LittleEndian
	if !e.seen && len(p) >= 8 {
		e.first, e.seen = le.Uint64(p), true
	}
	nulls, differ, first := int64(0), uint64(0), e.first
	for ; len(p) >= 8; p = p[8:] {
		x := le.Uint64(p)
		if x == 0 {
			nulls++
		}
		differ |= x ^ first
	}
	e.nulls += nulls
	e.differ = e.differ || differ != 0
}

func (e *elements) narrow(p []byte) {
	le := binary.LittleEndian
	if !e.seen && len(p) >= 4 {
		e.first, e.seen = uint64(le.Uint32(p)), true
	}
	for ; len(p) >= 4; p = p[4:] {
		x := le.Uint32(p)
		if x == 0 {
			e.nulls++
		}
		e.differ = e.differ || uint64(x) != e.first
	}
}
