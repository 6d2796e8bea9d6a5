package query

import (
	"math"
	"unicode/utf16"
	"unicode/utf8"

	"heapcause/graph"
	"heapcause/hprof"
)

// maxText is how many UTF-16 units of a string a query looks at.
const maxText = 1 << 20

func float32frombits(b uint64) float32 { return math.Float32frombits(uint32(b)) }
func float64frombits(b uint64) float64 { return math.Float64frombits(b) }

// stringFields are the bound fields of java.lang.String.
type stringFields struct {
	class                       graph.Class
	value, coder, offset, count graph.Field
}

func (s *stringFields) bind(h *graph.Heap) {
	s.class = graph.NoClass
	if cs := h.ClassesByName("java.lang.String"); len(cs) > 0 {
		s.class = cs[0]
		s.value, _ = h.BindClass(s.class, "value")
		s.coder, _ = h.BindClass(s.class, "coder")
		s.offset, _ = h.BindClass(s.class, "offset")
		s.count, _ = h.BindClass(s.class, "count")
	}
}

// pending is a string whose characters have still to be read.
type pending struct {
	array    graph.Object
	off, n   int // n is -1 for all
	wideByte bool
}

// stringOf reads the record of a java.lang.String.
func (s *stringFields) stringOf(v *graph.View) pending {
	p := pending{array: v.Ref(s.value), n: -1}
	if s.count.Ok() && s.offset.Ok() {
		p.off, p.n = int(v.Int(s.offset)), int(v.Int(s.count))
	}
	p.wideByte = s.coder.Ok() && v.Int(s.coder) != 0
	return p
}

// stringBytes decodes a java.lang.String as UTF-8 into the worker's buffer; false for what is none, or has lost its array.
func (w *worker) stringBytes(o graph.Object) ([]byte, bool) {
	if w.h.ClassOf(o) != w.stringAt.class || !w.stringAt.value.Ok() {
		return nil, false
	}
	v := w.load(o, cursorDepth-2)
	if v == nil {
		return nil, false
	}
	p := w.stringAt.stringOf(v)
	if p.array == graph.NoObject {
		return nil, false
	}
	return w.chars(p)
}

// chars reads the characters of a string; what is in pieces is left to Heap.Text.
func (w *worker) chars(p pending) ([]byte, bool) {
	a := w.load(p.array, cursorDepth-1)
	if a == nil {
		return nil, false
	}
	k := w.h.Class(a.Class)
	if !k.IsArray || k.Elem != hprof.Byte && k.Elem != hprof.Char {
		return nil, false
	}
	body, cut := a.Body(), maxText
	if body == nil && a.Len() > 0 {
		body = w.long(a)
	}
	wide := k.Elem == hprof.Char
	if wide || p.wideByte {
		w.buf = appendWide(w.buf[:0], part(body, 2*p.off, 2*p.n, 2*cut), wide)
		return w.buf, true
	}
	body = part(body, p.off, p.n, cut)
	if ascii(body) {
		return body, true
	}
	w.buf = w.buf[:0]
	for _, c := range body {
		w.buf = utf8.AppendRune(w.buf, rune(c))
	}
	return w.buf, true
}

// long reads the beginning of an array that is longer than a window.
func (w *worker) long(a *graph.View) []byte {
	var out []byte
	_ = a.Pieces(func(piece []byte) error {
		if out = append(out, piece...); len(out) > 4*maxText {
			return errEnough
		}
		return nil
	})
	return out
}

// part cuts a string's own bytes out of an array that it may share; n below 0 is all of it.
func part(b []byte, off, n, limit int) []byte {
	if off < 0 || off > len(b) {
		return nil
	}
	if b = b[off:]; n >= 0 && n < len(b) {
		b = b[:n]
	}
	return b[:min(len(b), limit)]
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendWide decodes UTF-16, big-endian as HPROF has chars, or little-endian as the JVM has strings.
func appendWide(out, b []byte, bigEndian bool) []byte {
	hi, lo := 1, 0
	if bigEndian {
		hi, lo = 0, 1
	}
	for i := 0; i+1 < len(b); i += 2 {
		r := rune(b[i+hi])<<8 | rune(b[i+lo])
		if utf16.IsSurrogate(r) && i+3 < len(b) {
			if x := utf16.DecodeRune(r, rune(b[i+2+hi])<<8|rune(b[i+2+lo])); x != utf8.RuneError {
				r = x
				i += 2
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
