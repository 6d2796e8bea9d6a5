package extract

import (
	"math"
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/cespare/xxhash/v2"

	"heapcause/graph"
	"heapcause/hprof"
)

// masker replaces contents.
type masker struct {
	h        *graph.Heap
	reads    *graph.Reads
	key      *key
	ids      int                 // bytes of an identifier
	words    map[uint64]struct{} // hashes of the names of classes and packages, which the copy tells anyway
	kept     map[uint64]struct{} // hashes of arrays that Options.Keep keeps
	keep     *regexp.Regexp      // classes whose contents are kept; nil for none
	plans    []plan              // by class
	keptLong map[hprof.ID]bool   // and by address, for those that are read in pieces
	narrow   []byte              // room for a char[] as Latin-1
}

func newMasker(h *graph.Heap, reads *graph.Reads, keep *regexp.Regexp) (*masker, error) {
	k, err := newKey()
	if err != nil {
		return nil, err
	}
	m := &masker{h: h, reads: reads, key: k, ids: h.File().IDSize, keep: keep, words: map[uint64]struct{}{}, kept: map[uint64]struct{}{}, keptLong: map[hprof.ID]bool{}}
	for c := range graph.Class(h.NumClasses()) {
		name := h.Class(c).Name
		for _, s := range []string{name, graph.Package(name)} {
			m.words[xxhash.Sum64String(s)] = struct{}{}
		}
	}
	m.plans = make([]plan, h.NumClasses())
	for c := range m.plans {
		m.plans[c] = m.plan(graph.Class(c))
	}
	return m, nil
}

// array replaces the elements of a whole array, unless they are to be kept.
func (m *masker) array(elem hprof.Type, b []byte) {
	if len(b) == 0 || m.stays(elem, b) {
		return
	}
	if use := m.reads.Text(b); use == graph.ContentText || !m.shaped(use, elem, b) {
		m.mask(elem, b)
	}
}

// stays reports whether the copy has arrays of these elements as they are. No others may become such.
func (m *masker) stays(elem hprof.Type, b []byte) bool {
	return m.reads.Text(b) == graph.NameText || m.word(elem, b) || m.keeps(b)
}

// keeps reports whether Options.Keep keeps arrays of these elements.
func (m *masker) keeps(b []byte) bool {
	if len(m.kept) == 0 {
		return false
	}
	_, ok := m.kept[xxhash.Sum64(b)]
	return ok
}

// word reports whether characters are the name of a class or package.
func (m *masker) word(elem hprof.Type, b []byte) bool {
	if elem != hprof.Byte && elem != hprof.Char || len(b) > 2*math.MaxUint16 {
		return false
	}
	if elem == hprof.Char {
		m.narrow = m.narrow[:0]
		for i := 0; i+1 < len(b); i += 2 {
			if b[i] != 0 {
				return false
			}
			m.narrow = append(m.narrow, b[i+1])
		}
		b = m.narrow
	}
	_, ok := m.words[xxhash.Sum64(b)]
	return ok
}

// matches reports whether Options.Keep names a class.
func (m *masker) matches(c graph.Class) bool {
	return m.keep != nil && c != graph.NoClass && m.keep.MatchString(m.h.Class(c).Name)
}

// plan says what to do with the fields of a class's instances.
type plan struct {
	size int // bytes of all fields
	refs []int
	mask []masked
}

// masked is a field that is replaced.
type masked struct {
	at    int
	typ   hprof.Type
	how   how
	class graph.Class // that declares it
	field uint64      // its number
}

// how a value is replaced.
type how int

const (
	small how = iota // by a small number
	hash             // by another hash code
	box              // by another number, but for those that have a box of their own
)

func (m *masker) plan(c graph.Class) plan {
	var p plan
	own := m.matches(c)
	for k := c; k != graph.NoClass && p.size <= math.MaxInt32; k = m.h.Class(k).Super {
		for _, f := range m.h.Class(k).Fields {
			if f.Type == hprof.Object {
				p.refs = append(p.refs, p.size)
			} else if how, ok := m.field(k, f); ok && !own {
				p.mask = append(p.mask, masked{p.size, f.Type, how, k, uint64(k)<<16 | uint64(len(p.mask)&0xffff)})
			}
			p.size += f.Type.Size(m.ids)
		}
	}
	return p
}

// boxes are the classes whose value is a number that a program keeps, with the highest one that has a box of its own.
var boxes = map[string]int64{
	"java.lang.Byte": 127, "java.lang.Character": 127, "java.lang.Short": 127, "java.lang.Integer": 127, "java.lang.Long": 127,
	"java.lang.Float": 0, "java.lang.Double": 0,
}

// field says how a field of a primitive type is replaced; false where it is kept.
func (m *masker) field(c graph.Class, f graph.FieldInfo) (how, bool) {
	name := m.h.Class(c).Name
	_, boxed := boxes[name]
	switch {
	case f.Type == hprof.Boolean || m.matches(c):
		return 0, false
	case boxed && f.Name == "value":
		return box, f.Type != hprof.Byte
	case f.Name == "hash" && f.Type == hprof.Int && strings.HasPrefix(name, "java."):
		return hash, true
	}
	return small, !m.reads.Field(c, f.Name)
}

// fields replaces the fields of an instance.
func (m *masker) fields(c graph.Class, b []byte) {
	p := &m.plans[c]
	if len(b) < p.size { // what the bytes are is not known
		clear(b)
		return
	}
	clear(b[p.size:])
	for i := range p.mask {
		f := &p.mask[i]
		if v := hprof.Value(b[f.at:], f.typ, m.ids); v != 0 {
			hprof.PutValue(b[f.at:], f.typ, m.ids, m.value(f, v))
		}
	}
}

// value replaces a value that is not 0.
func (m *masker) value(f *masked, v uint64) uint64 {
	size := uint64(1) << (8 * f.typ.Size(m.ids)) // 0 for 64 bits
	switch f.how {
	case hash:
		for {
			if v = m.key.permute(tweak(ofHashes, 0, 0), size, v); v != 0 {
				return v
			}
		}
	case box:
		if m.open(f, v) {
			return v
		}
		for {
			if v = m.key.permute(tweak(ofBoxes, uint64(f.typ), uint64(f.class)), size, v); !m.open(f, v) {
				return v
			}
		}
	}
	return m.little(f, v)
}

// open reports whether the value of a box is kept: small numbers, which have one box each, and ranges that a report tells of.
func (m *masker) open(f *masked, v uint64) bool {
	if f.typ == hprof.Float || f.typ == hprof.Double {
		return v == 0
	}
	n := signed(v, f.typ)
	return n >= -128 && n <= boxes[m.h.Class(f.class).Name] || m.reads.InRange(f.class, n)
}

func signed(v uint64, t hprof.Type) int64 {
	switch t {
	case hprof.Short:
		return int64(int16(v))
	case hprof.Int:
		return int64(int32(v))
	}
	return int64(v)
}

// little is a number from 1 to 7 that stands for a value: equal values of a field have the same, so that a field with one value
// in all instances still has.
func (m *masker) little(f *masked, v uint64) uint64 {
	h, _ := m.key.hash(v, tweak(ofFields, 0, 0)^f.field)
	n := h%7 + 1
	switch f.typ {
	case hprof.Float:
		return uint64(math.Float32bits(float32(n)))
	case hprof.Double:
		return math.Float64bits(float64(n))
	case hprof.Char:
		return '`' + n
	}
	return n
}

// static replaces the value of a static of a primitive type, unless it was read.
func (m *masker) static(c graph.Class, name string, f hprof.Field) uint64 {
	if f.Value == 0 || f.Type == hprof.Object || f.Type == hprof.Boolean || m.matches(c) || m.reads.Static(c, name) {
		return f.Value
	}
	return m.little(&masked{typ: f.Type, class: c, field: f.Name}, f.Value)
}

// text decodes an array of characters, a rune for each.
func decode(elem hprof.Type, b []byte) (runes []rune, wide bool) {
	if elem == hprof.Byte && !(len(b) >= 4 && len(b)%2 == 0 && b[1] == 0 && b[3] == 0) { // Latin-1
		for _, c := range b {
			runes = append(runes, rune(c))
		}
		return runes, false
	}
	for i := 0; i+1 < len(b); i += 2 {
		u := rune(be.Uint16(b[i:]))
		if elem == hprof.Byte {
			u = rune(b[i]) | rune(b[i+1])<<8
		}
		if utf16.IsSurrogate(u) {
			u = '\uFFFD'
		}
		runes = append(runes, u)
	}
	return runes, true
}
