package graph

import "heapcause/graph/layout"

// sizer finds shallow sizes from tables.
type sizer struct {
	h     *Heap
	fixed []int64              // by class; -1 where it depends on the object
	short []*[longLength]int64 // by class: sizes of arrays by length
}

func (h *Heap) sizer() *sizer {
	s := &sizer{h: h, fixed: make([]int64, len(h.classes)), short: make([]*[longLength]int64, len(h.classes))}
	var tables [16]*[longLength]int64
	for c := range h.classes {
		k := &h.classes[c]
		switch {
		case k.IsArray:
			if tables[k.Elem] == nil {
				t := new([longLength]int64)
				for n := range t {
					t[n] = h.model.Array(layout.Kind(k.Elem), uint32(n))
				}
				tables[k.Elem] = t
			}
			s.fixed[c], s.short[c] = -1, tables[k.Elem]
		case Class(c) == h.classClass, k.Name == stackChunk:
			s.fixed[c] = -1
		default:
			s.fixed[c] = h.model.Instance(int32(c))
		}
	}
	return s
}

// of returns the shallow size of an object in bytes.
func (s *sizer) of(o uint32) int64 {
	c := s.h.ClassOf(Object(o))
	n := s.h.length[o]
	if f := s.fixed[c]; f >= 0 && n == 0 {
		return f
	}
	if t := s.short[c]; t != nil && n < longLength {
		return t[n]
	}
	return s.h.Shallow(Object(o))
}

// small reports whether every sum of sizes surely fits 32 bits in units of 8 bytes.
func (s *sizer) small() bool {
	h := s.h
	align := int64(h.model.AlignBytes)
	if align%8 != 0 {
		return false
	}
	bits, total := int64(0), float64(0)
	for c := range h.classes {
		k := &h.classes[c]
		one := s.fixed[c]
		switch {
		case s.short[c] != nil:
			one = s.short[c][0] + align
		case Class(c) == h.classClass:
			one = h.model.PrimitiveMirror()
		case one < 0:
			one = h.model.Instance(int32(c))
		}
		mirror := h.model.Mirror(int32(c))
		bits |= one | mirror
		total += float64(one)*float64(k.Instances) + float64(mirror)
	}
	total += 16 * float64(h.arrayElements)
	return bits%8 == 0 && total < 1<<35-8
}

const stackChunk = "jdk.internal.vm.StackChunk"
