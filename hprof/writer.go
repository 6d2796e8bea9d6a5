package hprof

import (
	"io"
	"math"
)

// Writer writes a dump in the format that HotSpot writes: records before the heap, then heap segments, then the end. Methods must
// be called in that order. An error of the output stays, and Close returns it.
type Writer struct {
	w       io.Writer
	idSize  int
	head    []byte // of the record at hand
	segment []byte // heap records that are not written yet
	long    int64  // bytes of the heap record at hand that go straight to the output
	err     error
}

// writtenSegment is how long a heap segment becomes, unless a record is longer.
const writtenSegment = 1 << 20

// NewWriter writes the header of a dump.
func NewWriter(w io.Writer, h Header) *Writer {
	o := &Writer{w: w, idSize: h.IDSize}
	o.begin()
	o.head = append(o.head, magic...)
	o.head = append(o.head, h.Version...)
	o.head = append(o.head, 0)
	o.u4(uint32(h.IDSize))
	o.head = be.AppendUint64(o.head, uint64(h.Time.UnixMilli()))
	o.out(o.head)
	return o
}

func (o *Writer) begin() { o.head = o.head[:0] }

func (o *Writer) u4(v uint32) { o.head = be.AppendUint32(o.head, v) }

func (o *Writer) id(v ID) { o.head = appendID(o.head, v, o.idSize) }

func appendID(b []byte, v ID, size int) []byte {
	if size == 4 {
		return be.AppendUint32(b, uint32(v))
	}
	return be.AppendUint64(b, v)
}

func (o *Writer) out(b []byte) {
	if o.err == nil {
		_, o.err = o.w.Write(b)
	}
}

// top writes a record of the bytes in head.
func (o *Writer) top(tag byte, more []byte) {
	var h [9]byte
	h[0] = tag
	be.PutUint32(h[5:], uint32(len(o.head)+len(more)))
	o.out(h[:])
	o.out(o.head)
	o.out(more)
}

// Symbol writes a UTF8 record; the text is in the JVM's modified UTF-8.
func (o *Writer) Symbol(id ID, text []byte) {
	o.begin()
	o.id(id)
	o.top(TagUTF8, text)
}

// LoadClass writes a LOAD_CLASS record.
func (o *Writer) LoadClass(c LoadClass) {
	o.begin()
	o.u4(c.Serial)
	o.id(c.Class)
	o.u4(1)
	o.id(c.Name)
	o.top(TagLoadClass, nil)
}

// Frame writes a FRAME record.
func (o *Writer) Frame(id ID, f Frame) {
	o.begin()
	o.id(id)
	o.id(f.Method)
	o.id(f.Signature)
	o.id(f.Source)
	o.u4(f.Class)
	o.u4(uint32(f.Line))
	o.top(TagFrame, nil)
}

// Trace writes a TRACE record.
func (o *Writer) Trace(t Trace) {
	o.begin()
	o.u4(t.Serial)
	o.u4(t.Thread)
	o.u4(uint32(len(t.Frames)))
	for _, f := range t.Frames {
		o.id(f)
	}
	o.top(TagTrace, nil)
}

// record begins a heap record: head has its header, n bytes of body follow by Body.
func (o *Writer) record(n int64) {
	total := int64(len(o.head)) + n
	if len(o.segment) > 0 && int64(len(o.segment))+total > writtenSegment {
		o.flush()
	}
	if o.long = 0; total <= writtenSegment {
		o.segment = append(o.segment, o.head...)
		return
	}
	o.long = n
	tag := byte(TagHeapDumpSegment)
	if total > math.MaxUint32 {
		tag = TagHeapDump // whose length may wrap
	}
	var h [9]byte
	h[0] = tag
	be.PutUint32(h[5:], uint32(total))
	o.out(h[:])
	o.out(o.head)
}

// Body writes the next bytes of the heap record that was begun.
func (o *Writer) Body(b []byte) {
	if o.long > 0 {
		o.long -= int64(len(b))
		o.out(b)
		return
	}
	o.segment = append(o.segment, b...)
}

// flush writes the heap segment at hand.
func (o *Writer) flush() {
	if len(o.segment) == 0 {
		return
	}
	var h [9]byte
	h[0] = TagHeapDumpSegment
	be.PutUint32(h[5:], uint32(len(o.segment)))
	o.out(h[:])
	o.out(o.segment)
	o.segment = o.segment[:0]
}

// writtenTrace is the serial of the stack trace that HotSpot gives to all classes and objects. Where other writers say what
// allocated an object, that is left out.
const writtenTrace = 1

// Object begins the record of an instance or array as r has it, but for its body of r.Bytes bytes, which Body writes.
func (o *Writer) Object(r *Record) {
	o.begin()
	o.head = append(o.head, byte(r.Tag))
	o.id(r.ID)
	o.u4(writtenTrace)
	switch r.Tag {
	case InstanceDump:
		o.id(r.Class)
		o.u4(r.Count)
	case ObjectArray:
		o.u4(r.Count)
		o.id(r.Class)
	default:
		o.u4(r.Count)
		o.head = append(o.head, byte(r.Elem))
	}
	o.record(r.Bytes)
}

// Root writes a GC root, or Android's heap info. The address of a JNI global reference is left out.
func (o *Writer) Root(r *Record) {
	o.begin()
	o.head = append(o.head, byte(r.Tag))
	if r.Tag == HeapDumpInfo {
		o.u4(r.Serial)
		o.id(r.ID)
		o.record(0)
		return
	}
	o.id(r.ID)
	switch r.Tag {
	case RootJNIGlobal:
		o.id(0)
	case RootJNILocal, RootJavaFrame, RootThreadObject, RootJNIMonitor:
		o.u4(r.Serial)
		o.u4(r.Frame)
	case RootNativeStack, RootThreadBlock:
		o.u4(r.Serial)
	}
	o.record(0)
}

// Class writes a class dump.
func (o *Writer) Class(c *Class) {
	o.begin()
	o.head = append(o.head, byte(ClassDump))
	o.id(c.ID)
	o.u4(writtenTrace)
	for _, id := range []ID{c.Super, c.Loader, c.Signers, c.ProtectionDomain, 0, 0} {
		o.id(id)
	}
	o.u4(c.InstanceSize)
	o.u2(len(c.Constants))
	for _, f := range c.Constants {
		o.u2(int(f.Name))
		o.value(f)
	}
	o.u2(len(c.Statics))
	for _, f := range c.Statics {
		o.id(f.Name)
		o.value(f)
	}
	o.u2(len(c.Fields))
	for _, f := range c.Fields {
		o.id(f.Name)
		o.head = append(o.head, byte(f.Type))
	}
	o.record(0)
}

func (o *Writer) u2(n int) { o.head = be.AppendUint16(o.head, uint16(n)) }

func (o *Writer) value(f Field) {
	o.head = append(o.head, byte(f.Type))
	var b [8]byte
	PutValue(b[:], f.Type, o.idSize, f.Value)
	o.head = append(o.head, b[:f.Type.Size(o.idSize)]...)
}

// Err returns the error of the output, nil as long as there is none.
func (o *Writer) Err() error { return o.err }

// Close writes the end of the dump, not closing the output.
func (o *Writer) Close() error {
	o.flush()
	o.begin()
	o.top(TagHeapDumpEnd, nil)
	return o.err
}

// PutValue writes the raw bits of a value of type t to the start of b.
func PutValue(b []byte, t Type, idSize int, bits uint64) {
	switch t.Size(idSize) {
	case 1:
		b[0] = byte(bits)
	case 2:
		be.PutUint16(b, uint16(bits))
	case 4:
		be.PutUint32(b, uint32(bits))
	case 8:
		be.PutUint64(b, bits)
	}
}
