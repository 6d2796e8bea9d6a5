package graph

import (
	"errors"
	"math"

	"heapcause/hprof"
)

// Field is a bound instance field. HPROF writes an instance's own class's fields first, then its superclass's, so a
// declared field lies at a constant distance from the end of the record in every subclass.
type Field struct {
	Class   Class // that declares it
	fromEnd int32
	typ     hprof.Type
}

// Type returns the field's declared type, 0 when the field is not bound.
func (f Field) Type() hprof.Type { return f.typ }

// Ok reports whether the field exists in the dump.
func (f Field) Ok() bool { return f.typ != 0 }

// Bind returns the field that a class of that name declares itself; names shadow, so superclasses are not searched. Of
// several classes of one name (loaders) it is the first; BindClass chooses.
func (h *Heap) Bind(class, field string) (Field, bool) {
	return h.BindClass(h.firstClass(class), field)
}

// BindClass is Bind for one class.
func (h *Heap) BindClass(c Class, field string) (Field, bool) {
	if c == NoClass {
		return Field{}, false
	}
	k := &h.classes[c]
	off := int32(0)
	for _, f := range k.Fields {
		if f.Name == field && k.size-off > 0 {
			h.opt.Reads.field(c, field)
			return Field{c, k.size - off, f.Type}, true
		}
		off += int32(f.Type.Size(h.idSize))
	}
	return Field{}, false
}

// FindField searches c and its superclasses for a field, nearest first.
func (h *Heap) FindField(c Class, field string) (Field, bool) {
	for range len(h.classes) {
		if c == NoClass {
			break
		}
		if f, ok := h.BindClass(c, field); ok {
			return f, true
		}
		c = h.classes[c].Super
	}
	return Field{}, false
}

// Static returns the raw bits and the type of a static that class c declares.
func (h *Heap) Static(c Class, name string) (uint64, hprof.Type, bool) {
	if c == NoClass {
		return 0, 0, false
	}
	for _, s := range h.classes[c].Statics {
		if s.Name == name {
			h.opt.Reads.static(c, name)
			return s.Value, s.Type, true
		}
	}
	return 0, 0, false
}

// StaticRef returns the object that a reference static holds, NoObject for null or a static that is not there.
func (h *Heap) StaticRef(class, name string) Object {
	for _, c := range h.byName[class] {
		if v, t, ok := h.Static(c, name); ok && t == hprof.Object {
			if o := h.object(v); o != NoObject {
				return o
			}
		}
	}
	return NoObject
}

// View reads the fields of one record. The zero values stand for fields that are not there.
type View struct {
	Object Object
	Class  Class
	tag    hprof.Tag
	addr   uint64
	h      *Heap
	body   []byte // fields or elements; nil for arrays longer than a window
	offset int64  // of the body in the dump
	bytes  int64
	count  uint32
}

// bits returns the raw bits of a field.
func (v *View) bits(f Field) uint64 {
	at := len(v.body) - int(f.fromEnd)
	if f.typ == 0 || at < 0 || at+f.typ.Size(v.h.idSize) > len(v.body) {
		return 0
	}
	return hprof.Value(v.body[at:], f.typ, v.h.idSize)
}

// Bits returns the raw bits of a field, 0 where it is not there.
func (v *View) Bits(f Field) uint64 { return v.bits(f) }

// Ref returns the object that a reference field holds, NoObject for null or one that the dump lacks.
func (v *View) Ref(f Field) Object {
	if f.typ != hprof.Object {
		return NoObject
	}
	return v.h.object(v.bits(f))
}

// RefAddr returns a reference field's address, 0 for null.
func (v *View) RefAddr(f Field) uint64 { return v.bits(f) }

// Int returns an integral, char or boolean field, sign-extended as Java would.
func (v *View) Int(f Field) int64 { return signed(v.bits(f), f.typ) }

// Bool reports whether a boolean or integral field is not zero.
func (v *View) Bool(f Field) bool { return v.bits(f) != 0 }

// Float returns a float or double field.
func (v *View) Float(f Field) float64 {
	if f.typ == hprof.Float {
		return float64(math.Float32frombits(uint32(v.bits(f))))
	}
	return math.Float64frombits(v.bits(f))
}

func signed(b uint64, t hprof.Type) int64 {
	switch t {
	case hprof.Byte:
		return int64(int8(b))
	case hprof.Short:
		return int64(int16(b))
	case hprof.Int:
		return int64(int32(b))
	}
	return int64(b)
}

// Addr returns the address of the object.
func (v *View) Addr() uint64 { return v.addr }

// Len returns the number of elements of an array.
func (v *View) Len() int { return int(v.count) }

// Body returns the raw bytes, big-endian: fields (own class first) or elements. It is nil for arrays longer than a window.
func (v *View) Body() []byte { return v.body }

// EachRef calls fn with the index and object of each non-null element of an object array until it returns false.
func (v *View) EachRef(fn func(i int, o Object) bool) {
	i, stop := 0, false
	ids := v.h.idSize
	walk := func(p []byte) error {
		for ; len(p) >= ids && !stop; p = p[ids:] {
			if id := hprof.Value(p, hprof.Object, ids); id != 0 {
				if o := v.h.object(id); o != NoObject && !fn(i, o) {
					stop = true
				}
			}
			i++
		}
		if stop {
			return errStop
		}
		return nil
	}
	if v.body != nil {
		_ = walk(v.body)
		return
	}
	_ = v.h.file.ReadBody(v.offset, v.bytes, make([]byte, 64<<10), walk)
}

// Pieces calls fn with the body in pieces of whole elements, in order: once with all of it where Body has it, else as it is read.
func (v *View) Pieces(fn func(piece []byte) error) error {
	if v.body != nil || v.bytes == 0 {
		return fn(v.body)
	}
	return v.h.file.ReadBody(v.offset, v.bytes, make([]byte, 64<<10), fn)
}

var errStop = errors.New("stop")

// Cursor reads objects of the dump one at a time. It keeps a window, so that neighbours cost little. Not for concurrent use.
type Cursor struct {
	View
	cur *hprof.Cursor

	block int64  // where the block begins that cur is in, -1 when it is in none
	last  Object // the record of the block that cur is behind
	left  int    // records that the block may still have
	prev  hprof.ID
}

// Cursor returns a reader of objects.
func (h *Heap) Cursor() *Cursor {
	return &Cursor{View: View{h: h, Object: NoObject}, cur: hprof.NewSmallCursor(h.file), block: -1}
}

// Load makes o, an instance or array, the current object; false for class objects, NoObject, and where the record is lost.
func (c *Cursor) Load(o Object) bool {
	h := c.h
	if o == NoObject || uint64(o) >= h.n {
		c.Object, c.body = NoObject, nil
		return false
	}
	if o == c.Object {
		return true
	}
	want := h.index.addr(o)
	found := false
	h.loc.each(o, func(off int64) bool {
		if off != c.block || o <= c.last { // a block ascends: what follows in it is found by going on
			c.cur.Reseek(off)
			c.block, c.left, c.prev = off, locatorStep, 0
		}
		for ; c.left > 0 && c.cur.Next(); c.left-- {
			r := &c.cur.Rec
			if !object(r.Tag) {
				continue
			}
			if r.ID <= c.prev { // of damaged or interleaved records one may have been passed that counts
				off = -1
			}
			if c.prev = r.ID; r.ID == want {
				found = true
				c.block, c.last = off, o
				c.left--
				return true
			}
		}
		c.block = -1
		return false
	})
	if !found {
		c.Object, c.body = NoObject, nil
		return false
	}
	c.set(o, &c.cur.Rec, c.cur.Offset())
	return true
}

func object(t hprof.Tag) bool {
	return t == hprof.InstanceDump || t == hprof.ObjectArray || t == hprof.PrimitiveArray || t == hprof.PrimitiveNoData
}

// set makes the record r, which ends at offset end, the current object.
func (v *View) set(o Object, r *hprof.Record, end int64) {
	v.Object, v.Class, v.tag, v.addr = o, v.h.ClassOf(o), r.Tag, r.ID
	v.body, v.bytes, v.offset, v.count = r.Body, r.Bytes, end-r.Bytes, 0
	if r.Tag != hprof.InstanceDump {
		v.count = r.Count
	}
}

// IsSet reports whether a reference field is not null, though what it refers to may be lost.
func (v *View) IsSet(f Field) bool { return f.typ == hprof.Object && v.bits(f) != 0 }
