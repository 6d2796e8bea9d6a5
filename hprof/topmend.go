package hprof

import (
	"bytes"
	"fmt"
)

// Top-level records are mended as the heap's are (see chainLength). A header is convincing when its length fits its kind
// (fixed for most, the number of frames for a stack trace), its time is 0 where all before it were, as HotSpot writes them, a
// symbol has no NUL, and a heap record begins with a sub-record's tag. A place where a header makes no sense, or is doubtful and
// no header follows it, is damage: then reading goes on at the next chain of topChain convincing headers, or of fewer when the
// file ends just behind. What lies between is heap if the record before or behind it is: so a heap segment of a wrong
// length, or with a damaged header, loses nothing but what the cursor skips.
const topChain = 3

// look judges the header at off.
func (r *topReader) look(off int64) grade {
	r.work--
	if !r.w.holds(off, 9) {
		r.work -= readCost
	}
	h, err := r.w.at(off, minPeek)
	if err != nil || len(h) < 9 || !plausibleTag(h[0]) {
		return noRecord
	}
	n := int64(be.Uint32(h[5:]))
	heap := h[0] == TagHeapDump || h[0] == TagHeapDumpSegment
	if off+9+n > r.end && !heap || h[0] == TagHeapDumpEnd && n != 0 {
		return noRecord
	}
	return doubtUnless(r.fits(h[0], n, h[9:]) && (r.timed || be.Uint32(h[1:]) == 0))
}

// fits reports whether a record of n bytes that begins with body is as its kind prescribes.
func (r *topReader) fits(tag byte, n int64, body []byte) bool {
	s := r.IDSize
	body = body[:min(int64(len(body)), n)]
	switch tag {
	case TagUTF8:
		return len(body) >= s && n <= maxRecord && r.id(body) != 0 && bytes.IndexByte(body[s:], 0) < 0
	case TagLoadClass:
		return n == int64(8+2*s) && r.id(body[4:]) != 0
	case TagUnloadClass:
		return n == 4
	case TagFrame:
		return n == int64(8+4*s)
	case TagTrace:
		return len(body) >= 12 && n == 12+int64(be.Uint32(body[8:]))*int64(s)
	case TagHeapDump, TagHeapDumpSegment:
		return len(body) > 0 && headerLength[s>>3][body[0]] > 0
	}
	return tag == TagHeapDumpEnd
}

// leads reports whether a header follows the record at off.
func (r *topReader) leads(off int64) bool {
	h, err := r.w.at(off, 9)
	if err != nil || len(h) < 9 {
		return false
	}
	n := int64(be.Uint32(h[5:]))
	if h[0] == TagHeapDump || h[0] == TagHeapDumpSegment {
		return !r.heap || r.recordStarts(off+9+n) // of a strange heap record right behind another the end must fit
	}
	return r.recordStarts(off + 9 + n)
}

// swallowed finds a chain that begins inside the record at off of grade g, which ends at end: where nothing sound follows it, one that
// leads beyond its end, and where the record itself is doubtful, one that leads there.
func (r *topReader) swallowed(g grade, end int64) (int64, bool) {
	pass := end
	switch {
	case end < r.end && !r.dumpAt(end) && r.look(end) == noRecord:
		pass++
	case g != doubtful:
		return 0, false
	}
	return r.find(r.off+9, end, pass)
}

// find returns the first place at or after off, before to, where a chain of headers begins that leads to pass or beyond, or where
// another dump begins.
func (r *topReader) find(off, to, pass int64) (int64, bool) {
	scan := window{r: r.w.r, buf: make([]byte, min(topWindow, max(r.Size, minPeek)))}
	dump, searched := int64(-1), off // the dump ahead; there is none that begins before searched
	for off < to && r.work > 0 {
		r.work--
		b, err := scan.at(off, int(min(4096, r.end-off)))
		if err != nil || len(b) == 0 {
			break
		}
		if end := off + int64(len(b)); dump < 0 && end > searched {
			if i := bytes.Index(b, []byte(magic)); i >= 0 {
				dump = off + int64(i)
			}
			searched = end
		}
		b = b[:min(int64(len(b)), to-off)]
		i := 0
		for i < len(b) && !plausibleTag(b[i]) {
			i++
		}
		if dump >= 0 && off+int64(i) >= dump {
			return dump, true
		}
		if i == len(b) {
			off += int64(max(1, i-len(magic)+1))
			continue
		}
		off += int64(i)
		end, n, ok := r.chain(off, pass)
		switch {
		case ok:
			return off, true
		case n >= topChain:
			off = max(end, off+1)
		default:
			off++
		}
	}
	return 0, false
}

// dumpIn returns where another dump begins in a stretch.
func (r *topReader) dumpIn(off, to int64) (int64, bool) {
	b := make([]byte, min(topWindow, to-off))
	for off < to {
		n, err := r.w.r.ReadAt(b[:min(int64(len(b)), to-off)], off)
		if i := bytes.Index(b[:n], []byte(magic)); i >= 0 {
			return off + int64(i), true
		}
		if err != nil || n < len(magic) {
			break
		}
		off += int64(n - len(magic) + 1)
	}
	return 0, false
}

// chain follows convincing headers from off.
func (r *topReader) chain(off, pass int64) (end int64, n int, ok bool) {
	for cur := off; r.work > 0; {
		if cur == r.end || n > 0 && r.dumpAt(cur) {
			return cur, n, n > 0
		}
		if cur > r.end { // a heap record that was cut off
			return cur, n, n >= topChain
		}
		if n >= topChain && cur >= pass {
			return cur, n, true
		}
		if r.look(cur) != convincing {
			return cur, n, false
		}
		h, _ := r.w.at(cur, 9)
		cur += 9 + int64(be.Uint32(h[5:]))
		n++
	}
	return off, n, false
}

// resync moves to the next plausible record behind the damaged one at off, whose header is h.
func (r *topReader) resync(h []byte) {
	off := r.off
	if r.heap { // the dump may have been cut off, and another appended
		s := &r.Segments[len(r.Segments)-1]
		if at, ok := r.dumpIn(s.Offset, off); ok {
			s.Length, s.Missing = at-s.Offset, off-at
			r.problem(at, 0, "the dump ends inside a heap record, and another follows: %d bytes are missing", off-at)
			r.off, r.ended = at, true
			return
		}
	}
	at, ok := r.find(off+1, r.end, 0)
	if !ok {
		at = r.end
	}
	heap := r.heap || !ok || r.heapAt(at)
	switch {
	case !ok && !r.heap && plausibleTag(h[0]):
		r.problem(off, at-off, "the dump ends inside a record: %s", r.defect(h))
		r.off, r.ended = at, true
		return
	case r.heap:
		s := &r.Segments[len(r.Segments)-1]
		s.Length = at - s.Offset
	case heap:
		r.Segments = append(r.Segments, Segment{off, at - off, 0})
	}
	if heap {
		r.problem(off, 0, "%s: what comes before the next record is read as heap", r.defect(h))
	} else {
		r.problem(off, at-off, "%s: skipped to the next record", r.defect(h))
	}
	r.heap = heap
	r.ended = r.ended || !ok
	r.off = at
}

// heapAt reports whether the record at off is one of the heap part.
func (r *topReader) heapAt(off int64) bool {
	h, err := r.w.at(off, 1)
	return err == nil && len(h) == 1 && (h[0] == TagHeapDump || h[0] == TagHeapDumpSegment || h[0] == TagHeapDumpEnd)
}

// defect says what is wrong with a header.
func (r *topReader) defect(h []byte) string {
	if len(h) == 0 || !plausibleTag(h[0]) || len(h) < 9 {
		return fmt.Sprintf("unknown record tag 0x%02x", h[0])
	}
	return fmt.Sprintf("record of tag 0x%02x claims %d bytes", h[0], be.Uint32(h[5:]))
}

// dumpStarts reports whether bytes are the start of a dump.
func dumpStarts(b []byte) bool { return bytes.HasPrefix(b, []byte(magic)) }

func (r *topReader) dumpAt(off int64) bool {
	b, err := r.w.at(off, len(magic))
	return err == nil && dumpStarts(b)
}

// mendIDSize finds the size of identifiers that a damaged header does not tell: the length of a LOAD_CLASS record shows it.
func (f *File) mendIDSize(w *window, off int64) error {
	if f.IDSize == 4 || f.IDSize == 8 {
		return nil
	}
	bad := f.IDSize
	for range 1 << 20 {
		h, err := w.at(off, 9)
		if err != nil || len(h) < 9 || !plausibleTag(h[0]) {
			break
		}
		n := int64(be.Uint32(h[5:]))
		if h[0] == TagLoadClass && (n == 16 || n == 24) {
			f.IDSize = int(n-8) / 2
			f.problem(0, 0, "the header claims identifiers of %d bytes; its records have %d", bad, f.IDSize)
			return nil
		}
		off += 9 + n
	}
	return fmt.Errorf("%w: identifiers of %d bytes (4 and 8 exist); the header is damaged", ErrNotHPROF, bad)
}
