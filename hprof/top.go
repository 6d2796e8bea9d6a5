package hprof

import (
	"context"
	"errors"
	"io"
)

// window reads forward through the dump, keeping the last stretch.
type window struct {
	r   io.ReaderAt
	buf []byte
	off int64 // of buf[0]
	n   int   // valid bytes
}

// at returns n bytes at off, fewer at the end of the dump. The bytes are valid until the next call.
func (w *window) at(off int64, n int) ([]byte, error) {
	if off >= w.off && off+int64(n) <= w.off+int64(w.n) {
		return w.buf[off-w.off:][:n], nil
	}
	if n > len(w.buf) {
		w.buf = make([]byte, n)
	}
	want := w.buf
	if n <= 64 { // header of a record that is skipped by seeking: do not read what follows
		want = w.buf[:min(len(w.buf), 8192)]
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
	topWindow = 256 << 10
	maxRecord = 64 << 20 // of the records kept in memory: a longer symbol or stack trace is damage
)

// readTop walks the top-level records.
func (f *File) readTop(ctx context.Context) error {
	w := &window{r: f.r, buf: make([]byte, min(topWindow, max(f.Size, 64)))}
	head, err := w.at(0, 64)
	if err != nil && len(head) == 0 {
		return err
	}
	if f.Header, err = parseHeader(head); err != nil {
		return err
	}
	f.Symbols = make(map[ID]string)
	f.Frames = make(map[ID]Frame)
	f.Traces = make(map[uint32]Trace)
	off := f.Header.Bytes
	segmented, ended := false, false
	for n := 0; off < f.Size; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		h, err := w.at(off, 9)
		if err != nil {
			f.problem(off, f.Size-off, "read error: %v", err)
			return nil
		}
		if len(h) < 9 {
			f.problem(off, f.Size-off, "the dump ends inside the header of a record")
			return nil
		}
		tag, length := h[0], int64(be.Uint32(h[5:]))
		if !plausibleTag(tag) {
			f.problem(off, f.Size-off, "unknown record tag 0x%02x", tag)
			return nil
		}
		body := off + 9
		if tag == TagHeapDump || tag == TagHeapDumpSegment {
			known := len(f.Problems)
			length = f.heapLength(w, tag, body, length)
			segmented = segmented || tag == TagHeapDumpSegment
			ended = ended || len(f.Problems) > known // it is said already
			if length > 0 {
				f.Segments = append(f.Segments, Segment{body, length})
			}
			off = body + length
			continue
		}
		ended = ended || tag == TagHeapDumpEnd
		if body+length > f.Size {
			f.problem(off, f.Size-off, "the dump ends inside a record of tag 0x%02x that claims %d bytes", tag, length)
			return nil
		}
		if tag == TagUTF8 || tag == TagLoadClass || tag == TagFrame || tag == TagTrace {
			if length > maxRecord {
				f.problem(off, length, "record of tag 0x%02x claims %d bytes", tag, length)
			} else if b, err := w.at(body, int(length)); err != nil {
				f.problem(off, length, "read error: %v", err)
			} else if !f.topRecord(tag, b) {
				f.problem(off, length, "record of tag 0x%02x is too short (%d bytes)", tag, length)
			}
		}
		off = body + length
	}
	switch {
	case ended:
	case len(f.Segments) == 0:
		f.problem(f.Size, 0, "the dump ends before its heap records")
	case segmented:
		f.problem(f.Size, 0, "the dump ends between two heap records: its end record is missing")
	}
	return nil
}

func plausibleTag(t byte) bool {
	return t >= 0x01 && t <= 0x07 || t >= 0x0A && t <= 0x0E || t == TagHeapDumpSegment || t == TagHeapDumpEnd
}

// heapLength mends the length of a heap record: one that wrapped at 4 GiB, was never filled in, or reaches past the end.
func (f *File) heapLength(w *window, tag byte, body, length int64) int64 {
	left := f.Size - body
	if length == 0 && left > 9 && !f.recordStarts(w, body) {
		f.problem(body-9, 0, "heap record without a length: the writer was interrupted; reading to the end")
		return left
	}
	if length > left {
		f.problem(f.Size, length-left, "the dump ends inside a heap record: %d bytes are missing", length-left)
		return left
	}
	if tag == TagHeapDump {
		for n := length; n <= left; n += 1 << 32 {
			if n == left || f.recordStarts(w, body+n) {
				return n
			}
		}
	}
	return length
}

// recordStarts reports whether a top-level record could begin at off, or the dump ends there.
func (f *File) recordStarts(w *window, off int64) bool {
	if off == f.Size {
		return true
	}
	h, err := w.at(off, 9)
	if err != nil || len(h) < 9 {
		return false
	}
	return plausibleTag(h[0]) && (off+9+int64(be.Uint32(h[5:])) <= f.Size || h[0] == TagHeapDump)
}

// topRecord keeps one small record; false when it is too short.
func (f *File) topRecord(tag byte, b []byte) bool {
	s := f.IDSize
	switch tag {
	case TagUTF8:
		if len(b) < s {
			return false
		}
		f.Symbols[f.id(b)] = string(b[s:])
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
