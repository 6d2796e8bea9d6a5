package content

import (
	"math/bits"

	"heapcause/graph"
)

// text looks at a string.
func (k *worker) text(v *graph.View) {
	s, t := k.s, &k.strings
	if !s.reachable(v.Object) {
		t.Garbage++
		return
	}
	t.Reachable.Objects++
	a := v.Ref(s.value)
	enc, ok := s.encoding(v, a)
	if !ok {
		t.Hollow++
		return
	}
	n := k.h.Length(a)
	chars := n
	if enc == UTF16 {
		chars /= 2
	}
	if s.count.Ok() && s.offset.Ok() {
		if c := v.Int(s.count); c >= 0 && c < chars {
			t.Partial++
			chars = c
		}
	}
	if chars == 0 {
		t.Empty++
	}
	t.Seen[enc].add(k.h.ArraySize(k.h.ClassOf(a), n))
	t.Lengths[lengthBits(chars)].Strings++
	if s.sets.owned.add(a) {
		s.sets.shared.add(a)
	}
	if enc == UTF16 {
		s.sets.wide.add(a)
	}
}

// encoding says how a string stores its characters in the array a; false where that is no array of characters.
func (s *scanner) encoding(v *graph.View, a graph.Object) (Encoding, bool) {
	if a == graph.NoObject {
		return 0, false
	}
	switch c := s.h.ClassOf(a); {
	case s.isChars[c]:
		return Chars, true
	case s.isBytes[c] && s.coder.Ok() && v.Int(s.coder) != 0:
		return UTF16, true
	case s.isBytes[c]:
		return Latin1, true
	}
	return 0, false
}

// lengthBits is the class of a length in the distribution.
func lengthBits(n int64) int { return min(bits.Len64(uint64(max(n, 0))), 32) }

// finishStrings adds what the sets of arrays tell.
func (s *scanner) finishStrings(t *Strings) {
	if s.sets == nil {
		return
	}
	h := s.h
	t.Reachable.Bytes = t.Reachable.Objects * h.Layout().Instance(int32(s.value.Class))
	longest := top[Sized]{n: maxLargest, compare: bySize}
	s.sets.owned.each(func(a graph.Object) {
		enc, n, c := Latin1, h.Length(a), h.ClassOf(a)
		size := h.ArraySize(c, n)
		switch {
		case s.isChars[c]:
			enc = Chars
		case s.sets.wide.has(a):
			enc, n = UTF16, n/2
		}
		t.Arrays[enc].add(size)
		t.Lengths[lengthBits(n)].Arrays.add(size)
		longest.add(Sized{a, n})
		if s.sets.shared.has(a) {
			t.Shared.add(size)
		}
	})
	t.Longest = longest.sorted()
	strings, arrays := int64(0), int64(0)
	for e := range t.Seen {
		strings += t.Seen[e].Objects
		arrays += t.Arrays[e].Objects
	}
	t.SharedBy = strings - arrays + t.Shared.Objects
}
