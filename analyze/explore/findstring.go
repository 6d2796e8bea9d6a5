package explore

import (
	"context"
	"regexp"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/hprof"
)

// maxSearched bytes of one text are looked at; few programs have a longer one.
const maxSearched = 64 << 20

// stringShape is what the strings of the dump have in their fields.
type stringShape struct {
	class   graph.Class
	coder   graph.Field
	hasPart bool // offset and count: several strings share an array (before JDK 7u6)
}

func shapeOfStrings(h *graph.Heap) (s stringShape, ok bool) {
	cs := h.ClassesByName("java.lang.String")
	if len(cs) == 0 {
		return s, false
	}
	s.class = cs[0]
	s.coder, _ = h.BindClass(s.class, "coder")
	_, s.hasPart = h.BindClass(s.class, "offset")
	return s, true
}

// strings finds strings by their text: the arrays that match first, in one read; then the strings that have these.
func (f *finder) strings(ctx context.Context) error {
	s, ok := shapeOfStrings(f.h)
	f.out.Title = "Strings that match " + f.opt.String.String()
	found := analyze.NewBitSet(f.h)
	if ok {
		var err error
		if s.hasPart {
			err = f.partStrings(ctx, s, found)
		} else {
			err = f.wholeStrings(ctx, s, found)
		}
		if err != nil {
			return err
		}
	}
	if f.classes != nil {
		found = f.holdersOf(found)
		f.hits(found, "object", "found that refer to such a string", f.short)
		return nil
	}
	f.hits(found, "string", "found", f.short)
	return nil
}

// holdersOf returns the objects of the classes asked for that refer to one of the set.
func (f *finder) holdersOf(set analyze.BitSet) analyze.BitSet {
	out := analyze.NewBitSet(f.h)
	eachOf(set, func(o graph.Object) {
		f.h.EachIn(o, func(u graph.Object) bool {
			if f.wants(u) {
				out.Add(u)
			}
			return true
		})
	})
	return out
}

// partStrings reads each string by itself: a text is a part of an array that others share.
func (f *finder) partStrings(ctx context.Context, s stringShape, found analyze.BitSet) error {
	wanted := make([]bool, f.h.NumClasses())
	wanted[s.class] = true
	return f.scan(ctx, wanted, found, func() func(*graph.View) bool {
		c := f.h.Cursor()
		return func(v *graph.View) bool {
			text, ok := c.Text(v.Object, maxSearched)
			return ok && f.opt.String.MatchString(text)
		}
	})
}

// wholeStrings matches arrays: a byte[] as Latin-1 and as UTF-16, for which of them it is only the string tells.
func (f *finder) wholeStrings(ctx context.Context, s stringShape, found analyze.BitSet) error {
	wanted := make([]bool, f.h.NumClasses())
	for c := range wanted {
		k := f.h.Class(graph.Class(c))
		wanted[c] = k.IsArray && (k.Elem == hprof.Byte || k.Elem == hprof.Char)
	}
	narrow, wide := analyze.NewBitSet(f.h), analyze.NewBitSet(f.h)
	var mu sync.Mutex
	err := f.h.Scan(ctx, wanted, func(int) func(*graph.View) {
		m := &matcher{re: f.opt.String}
		return func(v *graph.View) {
			body, ok := m.body(v)
			if !ok {
				return
			}
			chars := f.h.Class(v.Class).Elem == hprof.Char
			asNarrow := !chars && m.latin1(body)
			asWide := m.utf16(body, chars)
			if asNarrow || asWide {
				mu.Lock()
				if asNarrow {
					narrow.Add(v.Object)
				}
				if asWide {
					wide.Add(v.Object)
				}
				mu.Unlock()
			}
		}
	})
	if err != nil {
		return err
	}
	c := f.h.Cursor()
	chars := func(o graph.Object) bool { return f.h.Class(f.h.ClassOf(o)).Elem == hprof.Char }
	take := func(set analyze.BitSet, coder int64) {
		eachOf(set, func(array graph.Object) {
			f.h.EachIn(array, func(u graph.Object) bool {
				if f.h.ClassOf(u) == s.class && (chars(array) || c.Load(u) && c.Int(s.coder) == coder) {
					found.Add(u)
				}
				return true
			})
		})
	}
	take(narrow, 0)
	take(wide, 1)
	return ctx.Err()
}

// matcher matches the bytes of arrays. Each worker has its own.
type matcher struct {
	re     *regexp.Regexp
	buf    []byte // UTF-8
	pieced []byte // a body that did not fit a window
}

// body returns the bytes of an array, of a very long one the beginning.
func (m *matcher) body(v *graph.View) ([]byte, bool) {
	if b := v.Body(); b != nil || v.Len() == 0 {
		return b, true
	}
	m.pieced = m.pieced[:0]
	err := v.Pieces(func(p []byte) error {
		m.pieced = append(m.pieced, p...)
		if len(m.pieced) >= maxSearched {
			return errEnough
		}
		return nil
	})
	return m.pieced, err == nil || len(m.pieced) >= maxSearched
}

// latin1 matches bytes that are a character each.
func (m *matcher) latin1(b []byte) bool {
	if ascii(b) {
		return m.re.Match(b)
	}
	m.buf = m.buf[:0]
	for _, x := range b {
		m.buf = utf8.AppendRune(m.buf, rune(x))
	}
	return m.re.Match(m.buf)
}

func ascii(b []byte) bool {
	for _, x := range b {
		if x >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// utf16 matches units of two bytes: of a byte[] in the order of the JVM, little endian; of a char[] as the dump has them.
func (m *matcher) utf16(b []byte, big bool) bool {
	if len(b)%2 != 0 {
		return false
	}
	m.buf = m.buf[:0]
	lo, hi := 0, 1
	if big {
		lo, hi = 1, 0
	}
	for i := 0; i+1 < len(b); i += 2 {
		r := rune(b[i+lo]) | rune(b[i+hi])<<8
		if utf16.IsSurrogate(r) && i+3 < len(b) {
			if pair := utf16.DecodeRune(r, rune(b[i+2+lo])|rune(b[i+2+hi])<<8); pair != utf8.RuneError {
				r = pair
				i += 2
			}
		}
		m.buf = utf8.AppendRune(m.buf, r)
	}
	return m.re.Match(m.buf)
}

// scan shows the objects of some classes to a predicate, one for each worker, and adds those for which it is true.
func (f *finder) scan(ctx context.Context, wanted []bool, found analyze.BitSet, start func() func(*graph.View) bool) error {
	var mu sync.Mutex
	err := f.h.Scan(ctx, wanted, func(int) func(*graph.View) {
		is := start()
		return func(v *graph.View) {
			if is(v) {
				mu.Lock()
				found.Add(v.Object)
				mu.Unlock()
			}
		}
	})
	if err == nil {
		err = ctx.Err()
	}
	return err
}
