package query

import (
	"encoding/binary"
	"unicode/utf16"

	"heapcause/graph"
	"heapcause/hprof"
)

// units is how many chars Java counts in a text.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// elements are the elements of an array, the elements of a collection, the entries of a map, or what is a list already.
func (w *worker) elements(v Value) Value {
	switch v.kind {
	case kindList:
		return v
	case kindObject:
	case kindRow:
		if o, ok := w.asObject(v); ok {
			return w.elements(objectValue(o))
		}
		return Value{}
	default:
		return Value{}
	}
	o := graph.Object(v.bits)
	if k := w.h.Class(w.h.ClassOf(o)); k.IsArray {
		return listValue(w.array(o, k))
	}
	r := w.borrow()
	defer w.giveBack(r)
	if !r.IsCollection(w.h.ClassOf(o)) {
		return Value{}
	}
	return listValue(w.collection(o, r.IsMap(w.h.ClassOf(o))))
}

// array is an array of the dump, read when its elements are asked for.
func (w *worker) array(o graph.Object, k *graph.ClassInfo) *list {
	size := k.Elem.Size(w.h.File().IDSize)
	l := &list{n: func() int64 { return w.h.Length(o) }}
	from := func(first int64, fn func(Value) bool) {
		v := w.load(o, 1)
		if v == nil || size == 0 {
			return
		}
		skip := first * int64(size)
		_ = v.Pieces(func(p []byte) error {
			if skip >= int64(len(p)) {
				skip -= int64(len(p))
				return nil
			}
			for p = append([]byte(nil), p[skip:]...); len(p) >= size; p = p[size:] { // fn may move the cursor
				if !fn(w.element(p, k.Elem, size)) {
					return errEnough
				}
			}
			skip = 0
			return nil
		})
	}
	l.each = func(fn func(Value) bool) { from(0, fn) }
	l.get = func(i int64) Value {
		v := w.load(o, 1)
		if v == nil || size == 0 {
			return Value{}
		}
		if b := v.Body(); b != nil {
			if at := int(i) * size; at+size <= len(b) {
				return w.element(b[at:], k.Elem, size)
			}
			return Value{}
		}
		var out Value
		from(i, func(x Value) bool {
			out = x
			return false
		})
		return out
	}
	return l
}

// element decodes an element. Bytes and chars are what texts are made of.
func (w *worker) element(p []byte, t hprof.Type, size int) Value {
	var bits uint64
	switch size {
	case 1:
		bits = uint64(p[0])
	case 2:
		bits = uint64(binary.BigEndian.Uint16(p))
	case 4:
		bits = uint64(binary.BigEndian.Uint32(p))
	case 8:
		bits = binary.BigEndian.Uint64(p)
	}
	v := w.typed(bits, t)
	v.content = t == hprof.Byte || t == hprof.Char
	return v
}

// collection is a collection or map of the JDK, walked when its elements are asked for.
func (w *worker) collection(o graph.Object, isMap bool) *list {
	return &list{
		n: func() int64 {
			r := w.borrow()
			defer w.giveBack(r)
			n, _ := r.Size(o)
			return n
		},
		each: func(fn func(Value) bool) {
			r := w.borrow()
			defer w.giveBack(r)
			if !isMap {
				r.Elements(o, func(x graph.Object) bool { return !w.failed() && fn(objectValue(x)) })
				return
			}
			r.Entries(o, func(k, v graph.Object) bool {
				return !w.failed() && fn(rowValue(&record{entryNames, []Value{objectValue(k), objectValue(v)}}))
			})
		},
	}
}

var entryNames = []string{"key", "value"}

// slice is X[i:j], both ends included; from the end where they are negative.
func (w *worker) slice(v Value, i, j int64) Value {
	l := w.elements(v)
	if l.kind != kindList {
		return Value{}
	}
	li := l.ref.(*list)
	n := li.n()
	if i < 0 {
		i += n
	}
	if j < 0 {
		j += n
	}
	return listValue(li.sub(i, j+1))
}

// index is X[i].
func (w *worker) index(v Value, i int64) Value {
	l := w.elements(v)
	if l.kind != kindList {
		return Value{}
	}
	return l.ref.(*list).at(i)
}
