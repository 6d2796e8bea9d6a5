package export

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"heapcause/graph"
	"heapcause/hprof"
)

// maxValue bounds a text that is written, in bytes of UTF-8.
const maxValue = 64 << 10

// textReader hashes the texts of strings as UTF-8, however the JVM stores them: equal texts have equal hashes in all dumps. Lone surrogates
// count as U+FFFD. Not for concurrent use.
type textReader struct {
	h                           *graph.Heap
	values                      bool
	class                       graph.Class // java.lang.String
	value, coder, offset, count graph.Field
	strings, arrays             *graph.Cursor
	hash                        xxhash.Digest
	utf8                        []byte // of a piece
	text                        []byte // the beginning of the text, where values are wanted
	high                        uint16 // a surrogate that waits for its other half
}

// text is what a string holds.
type text struct {
	hash   int64
	length int32
	value  *string
	array  graph.Object
	ok     bool // the dump has the text
}

func newTextReader(h *graph.Heap, values bool) *textReader {
	r := &textReader{h: h, values: values, class: graph.NoClass, strings: h.Cursor(), arrays: h.Cursor()}
	var ok bool
	if r.value, ok = h.Bind("java.lang.String", "value"); ok {
		r.class = r.value.Class
		r.coder, _ = h.BindClass(r.class, "coder")
		r.offset, _ = h.BindClass(r.class, "offset")
		r.count, _ = h.BindClass(r.class, "count")
	}
	return r
}

// of reads a string.
func (r *textReader) of(o graph.Object) (t text) {
	t.array = graph.NoObject
	if !r.strings.Load(o) {
		return t
	}
	t.array = r.strings.Ref(r.value)
	if t.array == graph.NoObject || !r.arrays.Load(t.array) {
		return t
	}
	k := r.h.Class(r.arrays.Class)
	width := 0
	switch {
	case !k.IsArray:
	case k.Elem == hprof.Char, k.Elem == hprof.Byte && r.coder.Ok() && r.strings.Int(r.coder) != 0:
		width = 2
	case k.Elem == hprof.Byte:
		width = 1
	}
	if width == 0 {
		return t
	}
	n := int64(r.arrays.Len())
	if k.Elem == hprof.Byte {
		n /= int64(width)
	}
	from, to := int64(0), n
	if r.count.Ok() && r.offset.Ok() { // JDK 6: part of the array
		from = min(max(r.strings.Int(r.offset), 0), n)
		to = from + min(max(r.strings.Int(r.count), 0), n-from)
	}
	r.hash.Reset()
	r.text, r.high = r.text[:0], 0
	if err := r.read(from*int64(width), to*int64(width), width, k.Elem == hprof.Char); err != nil {
		return t
	}
	t.hash, t.length, t.ok = int64(r.hash.Sum64()), int32(to-from), true
	if r.values {
		s := string(r.text)
		t.value = &s
	}
	return t
}

// read hashes the bytes from..to of the array at hand.
func (r *textReader) read(from, to int64, width int, big bool) error {
	at := int64(0)
	err := r.arrays.Pieces(func(p []byte) error {
		lo, hi := max(from-at, 0), min(to-at, int64(len(p)))
		at += int64(len(p))
		if lo < hi {
			r.piece(p[lo:hi], width, big)
		}
		return nil
	})
	if err == nil && r.high != 0 {
		r.add(utf8.AppendRune(r.utf8[:0], utf8.RuneError))
	}
	return err
}

// piece hashes a piece of whole units.
func (r *textReader) piece(p []byte, width int, big bool) {
	if width == 1 {
		if ascii(p) {
			r.add(p)
			return
		}
		b := r.utf8[:0]
		for _, c := range p {
			b = utf8.AppendRune(b, rune(c))
		}
		r.utf8 = b
		r.add(b)
		return
	}
	b := r.utf8[:0]
	for ; len(p) >= 2; p = p[2:] {
		u := binary.LittleEndian.Uint16(p)
		if big {
			u = binary.BigEndian.Uint16(p)
		}
		b = r.unit(b, u)
	}
	r.utf8 = b
	r.add(b)
}

// unit appends what a UTF-16 unit completes.
func (r *textReader) unit(b []byte, u uint16) []byte {
	if r.high != 0 {
		high := rune(r.high)
		r.high = 0
		if c := utf16.DecodeRune(high, rune(u)); c != utf8.RuneError {
			return utf8.AppendRune(b, c)
		}
		b = utf8.AppendRune(b, utf8.RuneError)
	}
	if u >= 0xd800 && u < 0xdc00 {
		r.high = u
		return b
	}
	return utf8.AppendRune(b, rune(u)) // a low surrogate alone becomes U+FFFD
}

// add takes bytes of UTF-8.
func (r *textReader) add(b []byte) {
	_, _ = r.hash.Write(b)
	if r.values && len(r.text) <= maxValue {
		r.text = append(r.text, b...)
		if len(r.text) > maxValue {
			cut := maxValue
			for cut > 0 && !utf8.RuneStart(r.text[cut]) {
				cut--
			}
			r.text = append(r.text[:cut], "…"...)
		}
	}
}

// ascii reports whether bytes of Latin-1 are UTF-8, too.
func ascii(p []byte) bool {
	for ; len(p) >= 8; p = p[8:] {
		if binary.LittleEndian.Uint64(p)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range p {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
