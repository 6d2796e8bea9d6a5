package graph

import (
	"slices"

	"heapcause/hprof"
)

// Reference is an outgoing reference by addresses.
type Reference struct {
	To       uint64
	Kind     EdgeKind // FieldEdge or ElementEdge
	Class    Class    // that declares the field
	Field    int32    // which of the class's Fields
	Index    int32    // of the element
	Strength Strength
}

// ReferenceReader tells the references of records that a scan comes by, what EachEdge says but for the edge to the class, without
// looking anything up twice. Not for concurrent use.
type ReferenceReader struct {
	h      *Heap
	fields [][]refField // by class; nil until needed
}

// refField is a reference field of instances of a class.
type refField struct {
	offset   int32
	field    int32
	class    Class
	referent bool
}

// ReferenceReader returns a reader.
func (h *Heap) ReferenceReader() *ReferenceReader {
	return &ReferenceReader{h: h, fields: make([][]refField, len(h.classes))}
}

// Each calls fn with each reference of the record to an object that the dump has, in the order of EachEdge, until it returns false.
func (r *ReferenceReader) Each(v *View, fn func(Reference) bool) {
	switch v.tag {
	case hprof.InstanceDump:
		r.instance(v, fn)
	case hprof.ObjectArray:
		r.array(v, fn)
	}
}

func (r *ReferenceReader) instance(v *View, fn func(Reference) bool) {
	h := r.h
	k := &h.classes[v.Class]
	if len(v.body) < int(k.size) {
		return // damage: its references are unknown
	}
	fields := r.fields[v.Class]
	if fields == nil {
		fields = h.refFields(v.Class)
		r.fields[v.Class] = fields
	}
	for i := range fields {
		f := &fields[i]
		if int(f.offset)+h.idSize > len(v.body) { // a class of a forged index
			return
		}
		to := hprof.Value(v.body[f.offset:], hprof.Object, h.idSize)
		if to == 0 {
			continue
		}
		if _, ok := h.index.find(to); !ok {
			continue
		}
		s := Strong
		if f.referent {
			s = h.referentStrength(k, v.body)
		}
		if !fn(Reference{To: to, Kind: FieldEdge, Class: f.class, Field: f.field, Strength: s}) {
			return
		}
	}
}

// refFields lists the reference fields of a class and its superclasses, in the order of the record.
func (h *Heap) refFields(c Class) []refField {
	out := []refField{}
	k := &h.classes[c]
	off := int32(0)
	for cl := c; cl != NoClass && off < k.size; cl = h.classes[cl].Super {
		for i, f := range h.classes[cl].Fields {
			if f.Type == hprof.Object {
				out = append(out, refField{off, int32(i), cl, off == k.referent})
			}
			off += int32(f.Type.Size(h.idSize))
		}
	}
	return out
}

func (r *ReferenceReader) array(v *View, fn func(Reference) bool) {
	h, i := r.h, int32(0)
	_ = v.Pieces(func(p []byte) error { // what cannot be read is left out
		for ; len(p) >= h.idSize; p = p[h.idSize:] {
			if to := hprof.Value(p, hprof.Object, h.idSize); to != 0 {
				if _, ok := h.index.find(to); ok && !fn(Reference{To: to, Kind: ElementEdge, Index: i}) {
					return errStop
				}
			}
			i++
		}
		return nil
	})
}

// HasReferences reports whether objects of a class may refer to others, their class aside.
func (h *Heap) HasReferences(c Class) bool {
	k := &h.classes[c]
	return k.IsArray && k.Elem == hprof.Object || len(k.refs) > 0 || k.referent >= 0
}

// Special returns the objects that refer to more than their records say, or have no record of their own: class objects, class loaders that
// define classes, and threads with locals, ascending.
func (h *Heap) Special() []Object {
	var out []Object
	for i := range h.classes {
		if o := h.classes[i].Object; o != NoObject {
			out = append(out, o)
		}
	}
	for o := range h.defined {
		out = append(out, o)
	}
	for o := range h.locals {
		out = append(out, o)
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(o Object) bool { return o == NoObject })
}
