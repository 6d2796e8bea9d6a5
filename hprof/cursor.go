package hprof

import (
	"errors"
	"fmt"
	"io"
)

// Record is one heap dump sub-record, filled in place by Cursor.Next.
type Record struct {
	Offset int64 // of the tag, in the unpacked dump
	ID     ID    // object, or class for a class dump
	Class  ID    // instance: its class; object array: its array class
	Count  uint32
	Serial uint32 // roots: thread serial
	Frame  uint32 // roots: frame number (Java frame, JNI local) or trace serial (thread object); ^0 when there is none
	Tag    Tag
	Elem   Type // arrays: type of the elements
	// Index is the number that the reader gave to the class of an instance or object array, -1 when it is unknown; only where
	// the cursor mends.
	Index int32
	// Body holds the field bytes, the elements, or a class dump after its id. It is nil for arrays that are longer than
	// the window (then Cursor.Elements streams them) and when bodies are not wanted. Valid until the next call.
	Body []byte
	// Bytes is the length of the body in the dump.
	Bytes int64
}

// Cursor walks the sub-records of a stretch of the heap part. It holds one window of bytes, whatever the records claim.
type Cursor struct {
	Rec Record

	f      *File
	idSize int
	buf    []byte
	lo, hi int   // unread bytes are buf[lo:hi]
	base   int64 // file offset of buf[0]
	end    int64 // of the stretch
	next   int64 // offset of the next record when it lies past the window
	bodies bool
	chunk  int // bytes asked for at a time
	err    error
	m      *mender // nil unless the cursor mends
}

// minWindow is the least that holds any record but an array; class dumps of up to 64 Ki statics fit.
const (
	minWindow   = 4 << 20
	readChunk   = 256 << 10 // little enough for a processor's second cache
	smallWindow = 1 << 20
	smallChunk  = 16 << 10
)

// NewCursor returns a cursor with its own window. bodies says whether array elements are wanted: without them, long
// arrays are skipped unread.
func NewCursor(f *File, bodies bool) *Cursor {
	return &Cursor{f: f, idSize: f.IDSize, buf: make([]byte, min(minWindow, max(f.Size, 64))), bodies: bodies, chunk: readChunk}
}

// Reset places the cursor on the stretch [off, off+length), which must begin at a record unless the cursor mends.
func (c *Cursor) Reset(off, length int64) { c.Start(Segment{Offset: off, Length: length}) }

// Start is Reset for a segment.
func (c *Cursor) Start(s Segment) {
	c.base, c.end = s.Offset, s.Offset+s.Length
	c.next = s.Offset
	c.lo, c.hi = 0, 0
	c.err = nil
	if c.m != nil {
		c.m.start(s)
	}
}

// Err returns what ended the walk before the end of the stretch: nil or a *FormatError.
func (c *Cursor) Err() error { return c.err }

// Offset returns the place of the next record.
func (c *Cursor) Offset() int64 { return c.next }

// fill makes n bytes available at buf[lo:], reading forward; false at the end of the stretch.
func (c *Cursor) fill(n int) bool {
	if c.hi-c.lo >= n {
		return true
	}
	pos := c.base + int64(c.lo)
	if pos+int64(n) > c.end {
		return false
	}
	if n > len(c.buf) {
		return false
	}
	if c.lo > 0 {
		copy(c.buf, c.buf[c.lo:c.hi])
		c.hi -= c.lo
		c.base = pos
		c.lo = 0
	}
	for c.hi < n {
		want := min(int64(max(c.chunk, n-c.hi)), int64(len(c.buf)-c.hi), c.end-c.base-int64(c.hi))
		k, err := c.f.r.ReadAt(c.buf[c.hi:c.hi+int(want)], c.base+int64(c.hi))
		c.hi += k
		if c.hi >= n {
			return true
		}
		if err != nil || k == 0 {
			if err != nil && !errors.Is(err, io.EOF) {
				c.err = &FormatError{c.base + int64(c.hi), readError, err}
			}
			return false
		}
	}
	return true
}

// seek moves to an offset.
func (c *Cursor) seek(off int64) {
	if d := off - c.base; uint64(d) <= uint64(c.hi) {
		c.lo = int(d)
		return
	}
	c.base, c.lo, c.hi = off, 0, 0
}

const readError = "read error"

func (c *Cursor) fail(format string, args ...any) bool {
	if c.err == nil {
		c.err = &FormatError{c.next, fmt.Sprintf(format, args...), nil}
	}
	return false
}

func (c *Cursor) short(t Tag) bool {
	if c.err == nil {
		c.err = &FormatError{c.next, "the heap part ends inside a record of kind " + t.String(), io.ErrUnexpectedEOF}
	}
	return false
}

// Next decodes the next record into Rec. It returns false at the end of the stretch or on damage (see Err and Mend).
func (c *Cursor) Next() bool {
	if c.m != nil {
		return c.quick(c.m) || c.mend()
	}
	return c.decode()
}

func (c *Cursor) decode() bool {
	c.seek(c.next)
	if c.next >= c.end {
		return false
	}
	s := c.idSize
	if c.hi-c.lo < 64 && !c.fill(int(min(64, c.end-c.next))) {
		return c.short(0)
	}
	b := c.buf[c.lo:c.hi]
	r := &c.Rec
	r.Offset = c.next
	t := Tag(b[0])
	r.Tag = t
	switch t {
	case InstanceDump:
		n := 9 + 2*s
		if len(b) < n {
			return c.short(t)
		}
		if s == 8 {
			r.ID, r.Class, r.Count = be.Uint64(b[1:]), be.Uint64(b[13:]), be.Uint32(b[21:])
		} else {
			r.ID, r.Class, r.Count = ID(be.Uint32(b[1:])), ID(be.Uint32(b[9:])), be.Uint32(b[13:])
		}
		r.Bytes = int64(r.Count)
		return c.body(n)
	case PrimitiveArray, PrimitiveNoData:
		n := 10 + s
		if len(b) < n {
			return c.short(t)
		}
		r.ID = c.id(b[1:])
		r.Count = be.Uint32(b[5+s:])
		r.Elem = Type(b[9+s])
		r.Class = 0
		size := 0
		if r.Elem <= Long {
			size = int(typeSize[r.Elem])
		}
		if size == 0 {
			return c.fail("primitive array of element type %d", r.Elem)
		}
		r.Bytes = int64(r.Count) * int64(size)
		if t == PrimitiveNoData {
			r.Bytes = 0
		}
		return c.body(n)
	case ObjectArray:
		n := 9 + 2*s
		if len(b) < n {
			return c.short(t)
		}
		r.ID, r.Class, r.Count = c.id(b[1:]), c.id(b[9+s:]), be.Uint32(b[5+s:])
		r.Elem = Object
		r.Bytes = int64(r.Count) * int64(s)
		return c.body(n)
	case ClassDump:
		return c.classDump()
	}
	return c.root(t, b)
}

// body exposes the bytes after a header of n bytes.
func (c *Cursor) body(n int) bool {
	r := &c.Rec
	total := int64(n) + r.Bytes
	if c.next+total > c.end {
		return c.short(r.Tag)
	}
	room := total // with the beginning of what follows, where that is looked at: it is in the window then
	if c.m != nil {
		room = min(total+peekBytes, c.end-c.next)
	}
	if int64(c.hi-c.lo) >= room {
		r.Body = c.buf[c.lo+n : c.lo+int(total)]
		c.next += total
		return true
	}
	r.Body = nil
	if room <= int64(len(c.buf)) && (c.bodies || r.Tag == InstanceDump) {
		if !c.fill(int(room)) && int64(c.hi-c.lo) < total {
			return c.short(r.Tag)
		}
		r.Body = c.buf[c.lo+n : c.lo+int(total)]
	} else if r.Tag == InstanceDump {
		return c.fail("instance dump claims %d bytes of fields", r.Bytes)
	}
	c.next += total
	return true
}

// root decodes a GC root or another small record.
func (c *Cursor) root(t Tag, b []byte) bool {
	s := c.idSize
	r := &c.Rec
	r.Body, r.Bytes, r.Count = nil, 0, 0
	r.Serial, r.Frame = 0, ^uint32(0)
	n := 1 + s
	switch t {
	case RootUnknown, RootStickyClass, RootMonitorUsed, RootInternedString, RootFinalizing, RootDebugger, RootReferenceCleanup, RootVMInternal, RootUnreachable:
	case RootJNIGlobal:
		n += s
	case RootJNILocal, RootJavaFrame, RootThreadObject, RootJNIMonitor:
		n += 8
	case RootNativeStack, RootThreadBlock:
		n += 4
	case HeapDumpInfo:
		n = 5 + s
	default:
		return c.fail("unknown sub-record tag 0x%02x", uint8(t))
	}
	if len(b) < n {
		return c.short(t)
	}
	if t == HeapDumpInfo {
		r.Serial, r.ID = be.Uint32(b[1:]), c.id(b[5:])
		c.next += int64(n)
		return true
	}
	r.ID = c.id(b[1:])
	switch t {
	case RootJNILocal, RootJavaFrame, RootThreadObject, RootJNIMonitor:
		r.Serial, r.Frame = be.Uint32(b[1+s:]), be.Uint32(b[5+s:])
	case RootNativeStack, RootThreadBlock:
		r.Serial = be.Uint32(b[1+s:])
	}
	c.next += int64(n)
	return true
}

func (c *Cursor) id(b []byte) ID {
	if c.idSize == 4 {
		return ID(be.Uint32(b))
	}
	return be.Uint64(b)
}

// Elements streams the body of the current record in pieces of whole elements (of the id size for object arrays), in order.
// It works for every array, whether Rec.Body is set or not; buf is the reader's room.
func (c *Cursor) Elements(buf []byte, fn func(piece []byte) error) error {
	r := c.Rec
	if r.Body != nil || r.Bytes == 0 {
		return fn(r.Body)
	}
	begin, left := c.next-r.Bytes, r.Bytes
	if at := begin - c.base; at < int64(c.hi) { // what the window holds of it is not read again
		if n := min(left, int64(c.hi)-at) &^ 7; n > 0 {
			if err := fn(c.buf[at : at+n]); err != nil {
				return err
			}
			begin, left = begin+n, left-n
		}
	}
	return c.f.ReadBody(begin, left, buf, fn)
}

// ReadBody calls fn with the n bytes at off in pieces of at most len(buf), which must be a multiple of 8.
func (f *File) ReadBody(off, n int64, buf []byte, fn func(piece []byte) error) error {
	for n > 0 {
		b := buf[:min(int64(len(buf)), n)]
		if k, err := f.r.ReadAt(b, off); k < len(b) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return &FormatError{off, "array body", err}
		}
		if err := fn(b); err != nil {
			return err
		}
		off += int64(len(b))
		n -= int64(len(b))
	}
	return nil
}

// NewSmallCursor returns a cursor for reading single records: its window is small, and arrays that do not fit are streamed.
func NewSmallCursor(f *File) *Cursor {
	c := &Cursor{f: f, idSize: f.IDSize, buf: make([]byte, min(smallWindow, max(f.Size, 64))), bodies: true, chunk: smallChunk}
	c.end = f.Size
	return c
}

// Reseek moves to the record at off, keeping what the window holds.
func (c *Cursor) Reseek(off int64) {
	c.next, c.err, c.end = off, nil, c.f.Size
	c.seek(off)
}
