package graph

import (
	"cmp"
	"container/heap"
	"slices"
)

// keptLargest is how many objects an index lists by retained size.
const keptLargest = 1000

// Largest returns the k objects of the greatest retained size among those that nothing dominates, the greatest first, then in
// address order. All of these objects together retain the whole heap.
func (h *Heap) Largest(k int) []Object {
	if h.kept != nil && k <= keptLargest {
		h.kept.largestOnce.Do(h.readLargest)
		return slices.Clone(h.kept.largest[:min(k, len(h.kept.largest))])
	}
	s := selection{h: h}
	each := func(o Object) bool {
		s.offer(o, k)
		return true
	}
	if h.kept != nil {
		h.kept.dominated(h.n, each)
	} else {
		lo, hi := h.childRange(NoObject)
		for _, o := range h.child[lo:hi] {
			each(Object(o))
		}
	}
	slices.SortFunc(s.of, s.compare)
	return s.of
}

// selection is a heap of objects with the least on top.
type selection struct {
	h  *Heap
	of []Object
}

// offer adds o, and drops the least when there are more than k.
func (s *selection) offer(o Object, k int) {
	switch {
	case k <= 0:
	case len(s.of) < k:
		heap.Push(s, o)
	case s.compare(o, s.of[0]) < 0:
		s.of[0] = o
		heap.Fix(s, 0)
	}
}

func (s *selection) compare(a, b Object) int {
	return cmp.Or(cmp.Compare(s.h.Retained(b), s.h.Retained(a)), cmp.Compare(a, b))
}

func (s *selection) Len() int           { return len(s.of) }
func (s *selection) Less(i, j int) bool { return s.compare(s.of[i], s.of[j]) > 0 }
func (s *selection) Swap(i, j int)      { s.of[i], s.of[j] = s.of[j], s.of[i] }
func (s *selection) Push(x any)         { s.of = append(s.of, x.(Object)) }
func (s *selection) Pop() any           { panic("internal: a selection only grows") }

// largest keeps the largest objects.
func (w *indexWriter) largest() error {
	var e encoder
	top := w.h.Largest(keptLargest)
	e.uint(uint64(len(top)))
	for _, o := range top {
		e.object(o)
	}
	return w.bytes(e.b)
}

func (h *Heap) readLargest() {
	r := &indexReader{h: h, x: h.kept.file}
	r.whole(partLargest, func(d *decoder) {
		h.kept.largest = make([]Object, d.count())
		for i := range h.kept.largest {
			if h.kept.largest[i] = d.object(h.n); h.kept.largest[i] == NoObject {
				d.fail()
				return
			}
		}
	})
	if r.bad {
		h.kept.largest = nil
		h.kept.file.Fail("its list of large objects is damaged")
	}
}
