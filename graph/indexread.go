package graph

import (
	"unsafe"

	"heapcause/graph/index"
	"heapcause/graph/layout"
	"heapcause/hprof"
)

// indexReader fills a Heap from an index. It checks that sections fit together, so that no number in them leads out of a column;
// blocks of columns are checked as they are touched.
type indexReader struct {
	h       *Heap
	x       *index.File
	classes int
	bad     bool

	sorted, class16, small bool
}

func (r *indexReader) open() {
	h := r.h
	if r.whole(partMain, r.main); r.bad {
		return
	}
	if r.whole(partClasses, r.classTable); r.bad {
		return
	}
	h.bindClasses()
	r.addresses()
	r.columns()
	r.lists()
	r.locator()
}

// whole decodes a section that is verified and read at once.
func (r *indexReader) whole(id uint32, fn func(d *decoder)) {
	part := r.x.Section(id)
	if !part.All() {
		r.bad = true
		return
	}
	d := newDecoder(part.Bytes)
	if fn(d); !d.done() {
		r.bad = true
	}
}

func (r *indexReader) main(d *decoder) {
	h := r.h
	if d.uint() != uint64(h.idSize) {
		d.fail()
	}
	h.n = d.below(maxObjects + 1)
	r.classes = int(d.below(1 << 31))
	h.index = &addrIndex{n: h.n, shift: uint(d.below(64))}
	h.dangling = int64(d.uint())
	r.sorted, r.class16, r.small = d.bool(), d.bool(), d.bool()
	if h.n > 0 && r.classes == 0 {
		d.fail()
	}
	for i := range h.prim {
		h.prim[i] = d.class(r.classes)
	}
	h.classClass, h.missing = d.class(r.classes), d.class(r.classes)
	if h.missing == NoClass || h.classClass == NoClass {
		d.fail()
	}
	for i := range h.totals {
		h.totals[i] = Totals{d.int(), d.int()}
	}
	n := d.count()
	h.model = &layout.Model{}
	if h.model.UnmarshalBinary(d.b[d.at:d.at+n]) != nil {
		d.fail()
		return
	}
	d.at += n
	for range d.count() {
		h.problems = append(h.problems, hprof.Problem{Offset: d.int(), Bytes: d.int(), What: d.str()})
	}
	for range d.count() {
		s := hprof.Segment{Offset: d.int(), Length: d.int()}
		if s.Offset < 0 || s.Length < 0 || s.Offset > h.file.Size || s.Length > h.file.Size-s.Offset {
			d.fail()
		}
		h.chunks = append(h.chunks, s)
	}
	r.roots(d)
}

func (r *indexReader) roots(d *decoder) {
	h := r.h
	h.roots = make([]Root, d.count())
	for i := range h.roots {
		h.roots[i] = Root{d.object(h.n), hprof.Tag(d.uint()), uint32(d.uint()), int32(d.int())}
	}
	n := d.count()
	h.locals = make(map[Object][]Local, n)
	for range n {
		t := d.object(h.n)
		ls := make([]Local, d.count())
		for i := range ls {
			ls[i] = Local{d.object(h.n), hprof.Tag(d.uint()), int32(d.int())}
		}
		h.locals[t] = ls
	}
}

// room takes slices from one allocation.
type room[T any] struct{ left []T }

func newRoom[T any](n int) room[T] { return room[T]{make([]T, n)} }

// take returns n items; false when they are used up.
func (r *room[T]) take(n int) ([]T, bool) {
	switch {
	case n > len(r.left):
		return nil, false
	case n == 0:
		return nil, true
	}
	out := r.left[:n:n]
	r.left = r.left[n:]
	return out, true
}

func (r *indexReader) classTable(d *decoder) {
	h := r.h
	if r.classes > len(d.b) {
		d.fail()
		return
	}
	h.classes = make([]ClassInfo, r.classes)
	fields, statics := newRoom[FieldInfo](d.count()), newRoom[StaticInfo](d.count())
	refs, constants := newRoom[int32](d.count()), newRoom[hprof.Field](d.count())
	var ok [4]bool
	for i := range h.classes {
		k := &h.classes[i]
		k.Name = d.str()
		k.Addr, k.superID, k.loaderID, k.signers, k.domain = d.uint(), d.uint(), d.uint(), d.uint(), d.uint()
		k.Object, k.Loader, k.Super = d.object(h.n), d.object(h.n), d.class(r.classes)
		k.Missing, k.IsArray, k.Elem = d.bool(), d.bool(), hprof.Type(d.below(16))
		k.Instances, k.size = d.int(), int32(d.below(maxFieldBytes+1))
		k.referent, k.next = int32(d.int()), int32(d.int())
		k.kind, k.hidden = Strength(d.below(uint64(NumStrengths))), d.bool()
		if k.Fields, ok[0] = fields.take(d.count()); ok[0] {
			for j := range k.Fields {
				k.Fields[j] = FieldInfo{d.str(), hprof.Type(d.below(16))}
			}
		}
		if k.Statics, ok[1] = statics.take(d.count()); ok[1] {
			for j := range k.Statics {
				k.Statics[j] = StaticInfo{d.str(), hprof.Type(d.below(16)), d.uint()}
			}
		}
		if k.constants, ok[2] = constants.take(d.count()); ok[2] {
			for j := range k.constants {
				k.constants[j] = hprof.Field{Type: hprof.Type(d.below(16)), Value: d.uint()}
			}
		}
		if k.refs, ok[3] = refs.take(d.count()); ok[3] {
			last := uint64(0)
			for j := range k.refs {
				last += d.below(maxFieldBytes + 1)
				k.refs[j] = int32(last)
			}
		}
		if d.bad || ok != [4]bool{true, true, true, true} {
			d.fail()
			return
		}
	}
}

// bindClasses makes what is found through the class table.
func (h *Heap) bindClasses() {
	h.byName = make(map[string][]Class, len(h.classes))
	h.byAddr = make(map[uint64]Class, len(h.classes))
	h.defined = map[Object][]Class{}
	one := newRoom[Class](len(h.classes))
	for i := range h.classes {
		k, c := &h.classes[i], Class(i)
		if same := h.byName[k.Name]; same != nil {
			h.byName[k.Name] = append(same, c)
		} else {
			first, _ := one.take(1)
			first[0] = c
			h.byName[k.Name] = first
		}
		if k.Addr != 0 {
			h.byAddr[k.Addr] = c
		}
		if k.Loader != NoObject && k.Object != NoObject {
			h.defined[k.Loader] = append(h.defined[k.Loader], c)
		}
	}
}

func (r *indexReader) addresses() {
	pages := r.x.Section(partPages)
	bitsPart, ranks, sorted := r.x.Section(partBits), r.x.Section(partRanks), r.x.Section(partSorted)
	p := &packedAddrs{shift: r.h.index.shift, n: r.h.n, bitsPart: bitsPart, ranksPart: ranks, sortedPart: sorted}
	switch {
	case r.sorted:
		p.sorted = asNumbers[uint64](sorted.Bytes)
	case !pages.All():
		r.bad = true
		return
	default:
		for b := asNumbers[uint64](pages.Bytes); len(b) >= 2; b = b[2:] {
			p.dir = append(p.dir, pageEntry{b[0], b[1]})
		}
		p.bits, p.ranks = asNumbers[uint64](bitsPart.Bytes), asNumbers[uint32](ranks.Bytes)
	}
	r.bad = r.bad || !p.open()
	r.h.index.packed = p
}

// part returns a section that must have so many bytes.
func (r *indexReader) part(id uint32, bytes uint64) *index.Section {
	s := r.x.Section(id)
	r.bad = r.bad || uint64(len(s.Bytes)) != bytes
	return s
}

func (r *indexReader) columns() {
	h, k, n := r.h, r.h.kept, r.h.n
	classes := uint64(r.classes)
	if r.class16 {
		k.class, k.classShift = r.part(partClass, 2*n), 1
		h.class16 = asNumbers[uint16](k.class.Bytes)
		k.class.Valid = func(b []byte) bool { return inRange(asNumbers[uint16](b), 1, classes) }
	} else {
		k.class, k.classShift = r.part(partClass, 4*n), 2
		h.class32 = asNumbers[uint32](k.class.Bytes)
		k.class.Valid = func(b []byte) bool { return inRange(asNumbers[uint32](b), 1, classes) }
	}
	k.length = r.part(partLength, n)
	h.length = k.length.Bytes
	k.long = r.x.Section(partLong)
	h.long = asLong(k.long.Bytes)
	r.bad = r.bad || len(k.long.Bytes)%longBytesEach != 0
	k.strength = r.part(partStrength, (n+1)/2)
	k.strengths = k.strength.Bytes
	k.strength.Valid = func(b []byte) bool {
		for _, x := range b {
			if x&15 >= uint8(NumStrengths) || x>>4 >= uint8(NumStrengths) {
				return false
			}
		}
		return true
	}
	k.idom = r.part(partIdom, 4*n)
	h.idom = asNumbers[uint32](k.idom.Bytes)
	k.idom.Valid = func(b []byte) bool {
		for _, d := range asNumbers[uint32](b) {
			if uint64(d) >= n && d != noIdom {
				return false
			}
		}
		return true
	}
	if r.small {
		k.retained = r.part(partRetained, 4*n)
		h.retained.small = asNumbers[uint32](k.retained.Bytes)
	} else {
		k.retained = r.part(partRetained, 8*n)
		h.retained.large = asNumbers[int64](k.retained.Bytes)
	}
}

// inRange reports whether all numbers are from lo to hi.
func inRange[T number](v []T, lo, hi uint64) bool {
	for _, x := range v {
		if uint64(x) < lo || uint64(x) > hi {
			return false
		}
	}
	return true
}

func (r *indexReader) lists() {
	of := func(offset, data uint32, entries uint64) lists {
		o, d := r.part(offset, 8*entries), r.x.Section(data)
		return lists{offset: asNumbers[uint64](o.Bytes), data: d.Bytes, limit: r.h.n, offsetPart: o, dataPart: d}
	}
	r.h.kept.kids = of(partKidOffset, partKids, r.h.n/inStep+1)
	r.h.in = of(partInOffset, partIn, r.h.n/inStep+2)
}

// keptThreads reads the threads: there may be many, and few commands want them.
func (h *Heap) keptThreads() {
	r := &indexReader{h: h, x: h.kept.file}
	r.whole(partThreads, func(d *decoder) {
		for range d.count() {
			t := Thread{Object: d.object(h.n), Serial: uint32(d.uint())}
			for range d.count() {
				t.Frames = append(t.Frames, Frame{d.str(), d.str(), d.str(), int32(d.int())})
			}
			h.threads = append(h.threads, t)
		}
	})
	if r.bad {
		h.threads = nil
		h.kept.file.Fail("its threads are damaged")
	}
}

// keptGroups reads the retained sizes of sets.
func (h *Heap) keptGroups() (out [3][]Group) {
	r := &indexReader{h: h, x: h.kept.file}
	r.whole(partGroups, func(d *decoder) {
		for i := range out {
			gs := make([]Group, d.count())
			for j := range gs {
				gs[j] = Group{d.str(), d.class(len(h.classes)), d.object(h.n), d.int(), d.int(), d.int()}
			}
			out[i] = gs
		}
	})
	if r.bad {
		h.kept.file.Fail("its sums are damaged")
		return [3][]Group{}
	}
	return out
}

const longBytesEach = int(unsafe.Sizeof(longArray{}))

func longBytes(v []longArray) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), len(v)*longBytesEach)
}

func asLong(b []byte) []longArray {
	if len(b) < longBytesEach {
		return nil
	}
	return unsafe.Slice((*longArray)(unsafe.Pointer(&b[0])), len(b)/longBytesEach)
}
