package jdk

import (
	"heapcause/graph"
)

// FieldCache finds fields by class and name.
type FieldCache struct {
	h *graph.Heap
	m map[fieldKey]graph.Field
}

type fieldKey struct {
	class graph.Class
	name  string
}

// NewFieldCache returns an empty cache.
func NewFieldCache(h *graph.Heap) *FieldCache { return &FieldCache{h, map[fieldKey]graph.Field{}} }

// Find returns the field of that name that c or the nearest of its superclasses declares.
func (f *FieldCache) Find(c graph.Class, name string) graph.Field {
	k := fieldKey{c, name}
	b, ok := f.m[k]
	if !ok {
		b, _ = f.h.FindField(c, name)
		f.m[k] = b
	}
	return b
}
