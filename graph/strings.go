package graph

import (
	"unicode/utf16"
	"unicode/utf8"

	"heapcause/hprof"
)

// stringFields are the bound fields of java.lang.String, whatever JDK wrote the dump.
type stringFields struct {
	value, coder, offset, count Field
	class                       Class
}

func (h *Heap) stringFields() *stringFields {
	h.strOnce.Do(func() {
		s := &h.str
		s.class = h.firstClass("java.lang.String")
		s.value, _ = h.BindClass(s.class, "value")
		s.coder, _ = h.BindClass(s.class, "coder")
		s.offset, _ = h.BindClass(s.class, "offset")
		s.count, _ = h.BindClass(s.class, "count")
	})
	return &h.str
}

// Text decodes a java.lang.String (Latin-1, UTF-16, char[], and JDK 6's offset and count) or a char[], of at most limit UTF-16
// units; longer ones end in "…". It is false for other objects.
func (h *Heap) Text(o Object, limit int) (string, bool) { return h.textAs(ContentText, o, limit) }

func (h *Heap) textAs(use TextUse, o Object, limit int) (string, bool) {
	if o == NoObject {
		return "", false
	}
	c := h.getCursor()
	defer h.cursors.Put(c)
	return c.TextAs(use, o, limit)
}

func (h *Heap) getCursor() *Cursor {
	if c, ok := h.cursors.Get().(*Cursor); ok {
		return c
	}
	return h.Cursor()
}

// Text is Heap.Text with this cursor, whose current object changes.
func (c *Cursor) Text(o Object, limit int) (string, bool) { return c.TextAs(ContentText, o, limit) }

// TextAs is Text for a reader that knows what the text is: see Reads.
func (c *Cursor) TextAs(use TextUse, o Object, limit int) (string, bool) {
	s, ok := c.text(o, limit)
	if ok && use != ContentText {
		c.h.opt.Reads.text(use, c.body)
	}
	return s, ok
}

func (c *Cursor) text(o Object, limit int) (string, bool) {
	h := c.h
	s := h.stringFields()
	if o == NoObject {
		return "", false
	}
	if k := &h.classes[h.ClassOf(o)]; k.IsArray && k.Elem == hprof.Char {
		return c.chars(o, 0, -1, false, limit)
	}
	if h.ClassOf(o) != s.class || !c.Load(o) || !s.value.Ok() {
		return "", false
	}
	v := c.Ref(s.value)
	off, n := 0, -1
	if s.count.Ok() && s.offset.Ok() {
		off, n = int(c.Int(s.offset)), int(c.Int(s.count))
	}
	utf16le := s.coder.Ok() && c.Int(s.coder) != 0
	if v == NoObject {
		return "", false
	}
	return c.chars(v, off, n, utf16le, limit)
}

// chars decodes a char[] or a byte[] (Latin-1, or UTF-16 in the JVM's native order) from element off on.
func (c *Cursor) chars(arr Object, off, n int, utf16Bytes bool, limit int) (string, bool) {
	if !c.Load(arr) {
		return "", false
	}
	k := &c.h.classes[c.Class]
	if !k.IsArray || k.Elem != hprof.Char && k.Elem != hprof.Byte {
		return "", false
	}
	b := c.body
	if off < 0 { // damage
		b, n = nil, 0
	}
	if b == nil && c.bytes > 0 && off >= 0 { // longer than a window: read the part that is wanted
		b = make([]byte, min(c.bytes, int64(2*limit+16)+2*int64(off)))
		if k, _ := c.h.file.ReadAt(b, c.offset); k < len(b) {
			b = b[:k]
		}
	}
	wide := k.Elem == hprof.Char || utf16Bytes
	if wide {
		units := make([]uint16, 0, min(len(b)/2, limit+1))
		for i := 0; i+1 < len(b) && len(units) <= limit+off; i += 2 {
			if k.Elem == hprof.Char {
				units = append(units, be.Uint16(b[i:]))
			} else {
				units = append(units, uint16(b[i])|uint16(b[i+1])<<8)
			}
		}
		units = cut(units, off, n)
		more := len(units) > limit
		if more {
			units = units[:limit]
		}
		s := string(utf16.Decode(units))
		if more {
			s += "…"
		}
		return s, true
	}
	b = cut(b, off, n)
	more := len(b) > limit
	if more {
		b = b[:limit]
	}
	out := make([]byte, 0, len(b))
	for _, x := range b {
		out = utf8.AppendRune(out, rune(x))
	}
	if more {
		out = append(out, "…"...)
	}
	return string(out), true
}

// cut returns n elements from off on, as many as there are.
func cut[T any](s []T, off, n int) []T {
	if off < 0 || off > len(s) {
		return nil
	}
	s = s[off:]
	if n >= 0 && n < len(s) {
		s = s[:n]
	}
	return s
}
