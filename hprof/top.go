package hprof

import (
	"context"
	"errors"
	"io"
)

// window reads forward through the dump, keeping the last stretch.
type window struct {
	r     io.ReaderAt
	buf   []byte
	off   int64 // of buf[0]
	n     int   // valid bytes
	short int   // bytes that are read for the header of a record
}

// holds reports whether the window has n bytes at off.
func (w *window) holds(off int64, n int) bool {
	return off >= w.off && off+int64(n) <= w.off+int64(w.n)
}

// at returns n bytes at off, fewer at the end of the dump. The bytes are valid until the next call.
func (w *window) at(off int64, n int) ([]byte, error) {
	if w.holds(off, n) {
		return w.buf[off-w.off:][:n], nil
	}
	if n > len(w.buf) {
		w.buf = make([]byte, n)
	}
	want := w.buf
	if n <= minPeek { // header of a record that is skipped by seeking: do not read what follows
		want = w.buf[:min(len(w.buf), w.short)]
	}
	k, err := w.r.ReadAt(want, off)
	if err != nil && !errors.Is(err, io.EOF) {
		w.off, w.n = off, k
		return w.buf[:min(k, n)], err
	}
	w.off, w.n = off, k
	return w.buf[:min(k, n)], nil
}

const (
	minPeek   = 72 // holds the header of any record
	topWindow = 256 << 10
	maxRecord = 64 << 20 // of the records kept in memory: a longer symbol or stack trace is damage
)

// topReader walks the top-level records of one dump of a file.
type topReader struct {
	*File
	w         *window
	off       int64 // of the record at hand
	end       int64 // of what is read
	timed     bool  // a record came whose time is not 0
	seen      int   // records
	heap      bool  // the record before was one of heap records
	segmented bool  // there are heap segments, which an end record follows
	ended     bool  // the end record came, or it is said that there is none
	whole     bool  // the end record came
	work      int64 // looks that are left for searching
	next      int64 // where the next dump of the file begins, 0 when none
}

// readTop reads the header and the top-level records of the dump that begins at start.
func (f *File) readTop(ctx context.Context, start int64) (*topReader, error) {
	w := &window{r: f.r, buf: make([]byte, min(topWindow, max(f.Size, minPeek))), short: 8 << 10}
	head, err := w.at(start, minPeek)
	if err != nil && len(head) == 0 {
		return nil, err
	}
	if f.Header, err = parseHeader(head); err != nil {
		return nil, err
	}
	f.Symbols = make(map[ID]string)
	f.Frames = make(map[ID]Frame)
	f.Traces = make(map[uint32]Trace)
	start += f.Header.Bytes
	if err := f.mendIDSize(w, start); err != nil {
		return nil, err
	}
	return f.walkTop(ctx, start, f.Size)
}

// walkTop reads the top-level records from start to end.
func (f *File) walkTop(ctx context.Context, start, end int64) (*topReader, error) {
	w := &window{r: f.r, buf: make([]byte, min(topWindow, max(f.Size, minPeek))), short: 8 << 10}
	r := &topReader{File: f, w: w, off: start, end: end, work: workAtLeast + workPerByte*(end-start)}
	for n := 0; r.off < end; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !r.record() {
			break
		}
	}
	return r, nil
}

// sayEnd notes when the dump has not the end that it should have.
func (r *topReader) sayEnd() {
	switch {
	case r.ended || r.next > 0 && r.heap:
	case len(r.Segments) == 0:
		r.problem(r.end, 0, "the dump ends before its heap records")
	case r.segmented:
		r.problem(r.end, 0, "the dump ends between two heap records: its end record is missing")
	}
}

// record reads the record at off and moves behind it; false when there is no more to read.
func (r *topReader) record() bool {
	off := r.off
	h, err := r.w.at(off, minPeek)
	if err != nil {
		r.problem(off, r.end-off, "read error: %v", err)
		r.ended = true
		return false
	}
	if dumpStarts(h) {
		r.next = off
		return false
	}
	if r.ended && r.segmented && r.look(off) == noRecord {
		r.problem(off, r.end-off, "%d bytes follow the end of the dump: %s", r.end-off, r.defect(h))
		return false
	}
	if len(h) < 9 {
		r.problem(off, r.end-off, "the dump ends inside the header of a record")
		r.ended = true
		return false
	}
	g := r.look(off)
	if g == noRecord || g == doubtful && !r.leads(off) {
		r.resync(h)
		return true
	}
	r.seen++
	r.timed = r.timed || be.Uint32(h[1:]) != 0
	tag, length := h[0], int64(be.Uint32(h[5:]))
	if tag == TagHeapDump || tag == TagHeapDumpSegment {
		r.heapRecord(tag, length)
		return true
	}
	r.heap = false
	if tag == TagHeapDumpEnd {
		r.ended, r.whole = true, true
	}
	if at, ok := r.swallowed(g, off+9+length); ok {
		r.problem(off, at-off, "record of tag 0x%02x claims %d bytes, but records begin inside it", tag, length)
		r.off = at
		return true
	}
	r.keep(tag, length)
	r.off = off + 9 + length
	return true
}

// heapRecord notes a record of heap records.
func (r *topReader) heapRecord(tag byte, length int64) {
	f := r.File
	body := r.off + 9
	known := len(f.Problems)
	have, missing := r.heapLength(tag, body, length)
	r.segmented = r.segmented || tag == TagHeapDumpSegment
	r.ended = r.ended || len(f.Problems) > known // it is said already
	if r.heap = have > 0; r.heap {
		f.Segments = append(f.Segments, Segment{body, have, missing})
	}
	r.off = body + have
}

// keep stores what the file needs of a record that is no heap record.
func (r *topReader) keep(tag byte, length int64) {
	if tag != TagUTF8 && tag != TagLoadClass && tag != TagFrame && tag != TagTrace {
		return
	}
	if length > maxRecord {
		r.problem(r.off, length, "record of tag 0x%02x claims %d bytes", tag, length)
	} else if b, err := r.w.at(r.off+9, int(length)); err != nil {
		r.problem(r.off, length, "read error: %v", err)
	} else if !r.topRecord(tag, b) {
		r.problem(r.off, length, "record of tag 0x%02x is too short (%d bytes)", tag, length)
	}
}

func plausibleTag(t byte) bool {
	return t >= 0x01 && t <= 0x07 || t >= 0x0A && t <= 0x0E || t == TagHeapDumpSegment || t == TagHeapDumpEnd
}

// heapLength mends the length of a heap record: one that wrapped at 4 GiB, was never filled in, or reaches past the end. It
// returns the bytes that are there and those that are missing.
func (r *topReader) heapLength(tag byte, body, length int64) (have, missing int64) {
	left := r.end - body
	if length == 0 && left > 9 && !r.recordStarts(body) {
		r.problem(body-9, 0, "heap record without a length: the writer was interrupted; reading to the end")
		return left, unknownRest
	}
	if length > left {
		if at, ok := r.find(body, min(body+segmentSearch, r.end), 0); ok {
			r.problem(body-9, 0, "heap record claims %d bytes, but the next record begins after %d", length, at-body)
			return at - body, 0
		}
		r.problem(r.end, length-left, "the dump ends inside a heap record: %d bytes are missing", length-left)
		return left, length - left
	}
	if tag == TagHeapDump {
		for n := length; n <= left; n += 1 << 32 {
			if n == left || r.recordStarts(body+n) {
				return n, 0
			}
		}
	}
	return length, 0
}

const (
	unknownRest   = 1 << 40  // bytes that may be missing of a heap record without a length
	segmentSearch = 16 << 20 // bytes of a heap record with an impossible length that are searched for its end
)

// recordStarts reports whether a top-level record could begin at off, or the dump ends there.
func (r *topReader) recordStarts(off int64) bool {
	if off == r.end || r.dumpAt(off) {
		return true
	}
	h, err := r.w.at(off, 9)
	if err != nil || len(h) < 9 {
		return false
	}
	return plausibleTag(h[0]) && (off+9+int64(be.Uint32(h[5:])) <= r.end || h[0] == TagHeapDump || h[0] == TagHeapDumpSegment)
}

// topRecord keeps one small record; false when it is too short.
func (f *File) topRecord(tag byte, b []byte) bool {
	s := f.IDSize
	switch tag {
	case TagUTF8:
		if len(b) < s {
			return false
		}
		f.Symbols[f.id(b)] = symbolText(b[s:])
	case TagLoadClass:
		if len(b) < 8+2*s {
			return false
		}
		f.Classes = append(f.Classes, LoadClass{be.Uint32(b), f.id(b[4:]), f.id(b[8+s:])})
	case TagFrame:
		if len(b) < 8+4*s {
			return false
		}
		f.Frames[f.id(b)] = Frame{f.id(b[s:]), f.id(b[2*s:]), f.id(b[3*s:]), be.Uint32(b[4*s:]), int32(be.Uint32(b[4*s+4:]))}
	case TagTrace:
		if len(b) < 12 {
			return false
		}
		n := int64(be.Uint32(b[8:]))
		if n > int64(len(b)-12)/int64(s) {
			return false
		}
		t := Trace{Serial: be.Uint32(b), Thread: be.Uint32(b[4:]), Frames: make([]ID, n)}
		for i := range t.Frames {
			t.Frames[i] = f.id(b[12+i*s:])
		}
		f.Traces[t.Serial] = t
	}
	return true
}

func (f *File) id(b []byte) ID {
	if f.IDSize == 4 {
		return ID(be.Uint32(b))
	}
	return be.Uint64(b)
}
