package hprof

import (
	"fmt"
)

// After damage a [Cursor] that mends looks for the next plausible record. What is plausible:
//
//   - The tag is one of the format's (Android's only in a dump of version 1.0.3), and the record ends within its stretch.
//   - An identifier is not 0. Where the identifiers of all classes are multiples of 8, they are addresses: then an object's is
//     a multiple of 8 too and lies between a 256th of the lowest and four times the highest of a class.
//   - Where all class dumps have one trace serial, as HotSpot's have, every record has it.
//   - An instance's class is known, is no array class, and has as many bytes of fields as the record.
//   - An object array's class is known and is an array class. A primitive array's element type exists.
//   - A class dump is of a known class, its superclass too, and the names of its fields are symbols.
//   - It begins a chain: each of the records that follow it closely is plausible as well. chainLength records, roots only
//     where identifiers are addresses, or fewer where the stretch ends just behind the last.
//
// So the content of an array is taken for records only in a damaged stretch, and there only if it looks like several of
// this very heap. An array that ends in nonsense is given up, and its content searched, only if a chain begins in it that leads
// beyond its end: then its length is what was wrong, and the records are those that it swallowed.
//
// Nothing depends on what was read in another stretch, so the result is the same for any number of workers. Each byte is looked
// at a bounded number of times: a chain that fails is not followed again from its own middle, and a budget ends a search that
// a hostile dump would prolong.
const (
	chainLength  = 4  // plausible records that make a chain
	doubtLength  = 64 // records that are followed from a doubtful one
	doubtEnough  = 16 // of them show that it was one, even if damage follows
	workPerByte  = 16 // budget of a stretch: looks per byte of it
	workAtLeast  = 1 << 16
	readCost     = 256 // looks that a look costs for which the file must be read
	problemLimit = 256 // damaged places of a stretch that are listed one by one
	probeWindow  = 64 << 10
	shortRead    = 1 << 10 // bytes that are read for the header of a record far away
	peekBytes    = 9 + 2*8 // decides about any record but a class dump
)

// grade says how much a place of the heap part looks like the beginning of a record.
type grade uint8

const (
	noRecord   grade = iota // its tag, a type in it, or its length make no sense
	cutRecord               // it reaches past the end of a file that was cut off
	doubtful                // it could be one, but its class or an identifier is unknown
	convincing              // it satisfies every rule
)

// prober looks at places of a stretch beside the cursor's window.
type prober struct {
	f      *File
	known  *Known
	beside *Cursor // whose window is looked into first, or nil
	scan   window  // reads forward
	w      window  // follows records
	s      int     // bytes of an identifier
	end    int64   // of the stretch
	claim  int64   // where the stretch would end if the file were not cut off
	work   int64   // looks that are left
}

func newProber(f *File, k *Known) *prober {
	room := func() window {
		return window{r: f.r, buf: make([]byte, min(probeWindow, max(f.Size, minPeek))), short: shortRead}
	}
	return &prober{f: f, known: k, s: f.IDSize, scan: room(), w: room()}
}

func (p *prober) reset(off, end, claim int64) {
	p.end, p.claim = end, claim
	p.work = workAtLeast + workPerByte*(end-off)
}

// at returns n bytes at off, fewer at the end of the stretch.
func (p *prober) at(w *window, off int64, n int) []byte {
	p.work--
	if n = int(min(int64(n), p.end-off)); n <= 0 {
		return nil
	}
	if c := p.beside; c != nil && off >= c.base && off+int64(n) <= c.base+int64(c.hi) {
		return c.buf[off-c.base:][:n] // the cursor has it
	}
	if !w.holds(off, n) {
		p.work -= readCost
	}
	b, _ := w.at(off, n)
	return b
}

// grade judges the record at off and returns where it ends, 0 when it is none.
func (p *prober) grade(off int64) (int64, grade) {
	b := p.at(&p.w, off, minPeek)
	if len(b) == 0 {
		return 0, noRecord
	}
	t := Tag(b[0])
	n := p.headerBytes(t)
	if n == 0 {
		return 0, noRecord
	}
	if len(b) < n {
		return p.within(off, int64(n), noRecord)
	}
	s := p.s
	switch t {
	case InstanceDump:
		c, ok := p.known.get(p.id(b[5+s:]))
		count := int64(be.Uint32(b[5+2*s:]))
		ok = ok && (c.bytes == count || c.bytes == notKnown && count <= maxFields)
		return p.within(off, int64(n)+count, p.sure(ok, b))
	case ObjectArray:
		c, ok := p.known.get(p.id(b[9+s:]))
		ok = ok && (c.bytes == noInstance || c.bytes == notKnown)
		return p.within(off, int64(n)+int64(s)*int64(be.Uint32(b[5+s:])), p.sure(ok, b))
	case PrimitiveArray, PrimitiveNoData:
		e := Type(b[9+s])
		if e == Object || e.Size(s) == 0 {
			return 0, noRecord
		}
		size := int64(n)
		if t == PrimitiveArray {
			size += int64(e.Size(s)) * int64(be.Uint32(b[5+s:]))
		}
		return p.within(off, size, p.sure(true, b))
	case ClassDump:
		return p.classDump(off, b)
	case HeapDumpInfo:
		_, ok := p.f.Symbols[p.id(b[5:])]
		return p.within(off, int64(n), doubtUnless(ok))
	}
	return p.within(off, int64(n), doubtUnless(p.known.object(p.id(b[1:]))))
}

// maxFields is what the instances of a class of unknown fields may have at most, bytes.
const maxFields = 1 << 16

func doubtUnless(ok bool) grade {
	if ok {
		return convincing
	}
	return doubtful
}

// sure grades a record of an object by its identifier and trace serial.
func (p *prober) sure(ok bool, b []byte) grade {
	return doubtUnless(ok && p.known.object(p.id(b[1:])) && p.known.serial(be.Uint32(b[1+p.s:])))
}

// within returns the end of a record of n bytes at off, if the stretch holds it.
func (p *prober) within(off, n int64, g grade) (int64, grade) {
	if off+n <= p.end {
		return off + n, g
	}
	if off+n <= p.claim {
		return p.end, cutRecord
	}
	return 0, noRecord
}

func (p *prober) id(b []byte) ID {
	if p.s == 4 {
		return ID(be.Uint32(b))
	}
	return be.Uint64(b)
}

// classDump grades a class dump. A doubtful identifier is told before its length is worked out, which may take long.
func (p *prober) classDump(off int64, b []byte) (int64, grade) {
	s := p.s
	_, ok := p.known.get(p.id(b[1:]))
	super := p.id(b[5+s:])
	if super != 0 {
		_, found := p.known.get(super)
		ok = ok && found
	}
	g := p.sure(ok, b)
	n := int64(1 + 4 + 7*s + 4)
	for part := range 3 {
		b := p.at(&p.w, off+n, 2)
		if len(b) < 2 {
			return p.within(off, n+2, g)
		}
		count := int(be.Uint16(b))
		n += 2
		head := int64([3]int{3, s + 1, s + 1}[part])
		if part == 2 && off+n+head*int64(count) > p.end {
			return p.within(off, n+head*int64(count), g)
		}
		for range count {
			b := p.at(&p.w, off+n, int(head))
			if int64(len(b)) < head {
				return p.within(off, n+head, g)
			}
			size := Type(b[head-1]).Size(s)
			if size == 0 {
				return 0, noRecord
			}
			if part > 0 && g == convincing {
				if _, ok := p.f.Symbols[p.id(b)]; !ok {
					g = doubtful
				}
			}
			n += head
			if part < 2 {
				n += int64(size)
			}
		}
	}
	return p.within(off, n, g)
}

// chain follows plausible records from off. It reports whether they make a chain that leads to pass or beyond, where it ends,
// and how many records it has.
func (p *prober) chain(off, pass int64) (end int64, n int, ok bool) {
	weight := 0
	for cur := off; p.work > 0; {
		if cur >= p.end {
			return cur, n, n > 0
		}
		next, g := p.grade(cur)
		if g == cutRecord {
			return cur, n, n > 0 && cur > pass
		}
		if g == noRecord && n > 0 && p.segmentHeader(cur) {
			cur += 9
			continue
		}
		if g != convincing {
			return cur, n, false
		}
		t := Tag(p.at(&p.w, cur, 1)[0])
		if !p.usual(t) {
			return cur, n, false
		}
		if n++; p.known.addresses || !t.IsRoot() {
			weight++
		}
		if cur = next; weight >= chainLength && cur >= pass {
			return cur, n, true
		}
	}
	return off, n, false
}

// segmentHeader reports whether the header of a heap segment lies at off: a wrong length makes one segment swallow the next.
func (p *prober) segmentHeader(off int64) bool {
	b := p.at(&p.w, off, 10)
	return len(b) == 10 && b[0] == TagHeapDumpSegment && be.Uint32(b[1:]) == 0 && p.headerBytes(Tag(b[9])) > 0
}

// find returns the first place from off on, before to, where a chain begins that leads to pass or beyond, and the chain's end.
func (p *prober) find(off, to, pass int64) (at, end int64, ok bool) {
	for off < to && p.work > 0 {
		b := p.at(&p.scan, off, int(min(4096, to-off)))
		if len(b) == 0 {
			break
		}
		i := 0
		for i < len(b) && p.headerBytes(Tag(b[i])) == 0 {
			i++
		}
		off += int64(i)
		if i == len(b) {
			continue
		}
		end, n, ok := p.chain(off, pass)
		switch {
		case ok:
			return off, end, true
		case n >= chainLength:
			off = max(end, off+1) // its middle was part of it
		default:
			off++
		}
	}
	return 0, 0, false
}

// sound reports whether a place that is not plain may be read on from: records follow from it until one convinces, the stretch ends,
// or enough of them came. It returns the end of what was followed.
func (p *prober) sound(off int64) (int64, bool) {
	for n := range doubtLength {
		if off >= p.end {
			break
		}
		next, g := p.grade(off)
		switch {
		case g == noRecord:
			return off, n >= doubtEnough
		case g == cutRecord:
			return off, true
		case g == convincing && !Tag(p.at(&p.w, off, 1)[0]).IsRoot():
			return next, true
		}
		off = next
	}
	return off, true
}

// why says what is wrong with the record at off.
func (p *prober) why(off int64) string {
	b := p.at(&p.w, off, minPeek)
	if len(b) == 0 {
		return "nothing follows"
	}
	t := Tag(b[0])
	n := p.headerBytes(t)
	switch {
	case n == 0:
		return fmt.Sprintf("unknown sub-record tag 0x%02x", b[0])
	case len(b) < n:
		return "the heap part ends inside a record of kind " + t.String()
	case t == PrimitiveArray && (Type(b[9+p.s]) == Object || Type(b[9+p.s]).Size(p.s) == 0):
		return fmt.Sprintf("primitive array of element type %d", b[9+p.s])
	case t == PrimitiveArray, t == ObjectArray:
		return fmt.Sprintf("%s claims %d elements", t, be.Uint32(b[5+p.s:]))
	case t == InstanceDump:
		return fmt.Sprintf("%s claims %d bytes of fields", t, be.Uint32(b[5+2*p.s:]))
	}
	return fmt.Sprintf("%s that nothing plausible follows", t)
}

// headerBytes returns the length of a sub-record up to its variable part, 0 for a tag that does not exist.
func (p *prober) headerBytes(t Tag) int { return int(headerLength[p.s>>3][t]) }

// usual reports whether a tag belongs to the dump's version.
func (p *prober) usual(t Tag) bool { return t < 0x80 || t == RootUnknown || p.f.Version == "1.0.3" }

// headerLength is by identifier size (4, 8) and tag; of a class dump it is what comes before the counts.
var headerLength = [2][256]uint8{headerLengths(4), headerLengths(8)}

func headerLengths(s uint8) (n [256]uint8) {
	for t := range n {
		if Tag(t).IsRoot() {
			n[t] = 1 + s
		}
	}
	n[RootJNIGlobal] += s
	for _, t := range []Tag{RootJNILocal, RootJavaFrame, RootThreadObject, RootJNIMonitor} {
		n[t] += 8
	}
	n[RootNativeStack] += 4
	n[RootThreadBlock] += 4
	n[HeapDumpInfo] = 5 + s
	n[InstanceDump], n[ObjectArray] = 9+2*s, 9+2*s
	n[PrimitiveArray], n[PrimitiveNoData] = 10+s, 10+s
	n[ClassDump] = 5 + 7*s + 4
	return n
}
