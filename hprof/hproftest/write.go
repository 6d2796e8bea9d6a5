package hproftest

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"heapcause/hprof"
)

// Order rearranges the records of the heap part, which come as HotSpot writes them: class dumps, objects, roots.
type Order func(records []Record)

// Record is a record of the heap part; its content is of no concern to an Order.
type Record struct {
	kind  uint8
	index uint32
}

const (
	classRecord = iota
	objectRecord
	rootRecord
	rawRecord
)

// Reversed puts roots first and classes last.
func Reversed(rs []Record) {
	for i, j := 0, len(rs)-1; i < j; i, j = i+1, j-1 {
		rs[i], rs[j] = rs[j], rs[i]
	}
}

// Shuffled mixes all records.
func Shuffled(seed uint64) Order {
	return func(rs []Record) {
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(rs), func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
	}
}

// Unordered mixes objects and roots and leaves the classes first, as collectors do that walk the heap by marking.
func Unordered(seed uint64) Order {
	return func(rs []Record) {
		n := 0
		for n < len(rs) && rs[n].kind == classRecord {
			n++
		}
		Shuffled(seed)(rs[n:])
	}
}

// Interleaved deals the records to n runs, as several threads that allocate in turn would leave them.
func Interleaved(n int) Order {
	return func(rs []Record) {
		out := make([]Record, 0, len(rs))
		for r := range n {
			for i := r; i < len(rs); i += n {
				out = append(out, rs[i])
			}
		}
		copy(rs, out)
	}
}

// Bytes returns the dump.
func (d *Dump) Bytes() []byte {
	var b bytes.Buffer
	if _, err := d.WriteTo(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// WriteFile writes the dump to a file of that name in a folder of the test's and returns its path.
func (d *Dump) WriteFile(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if _, err := d.WriteTo(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// Open writes the dump to memory and opens it.
func (d *Dump) Open(t testing.TB) *hprof.File {
	t.Helper()
	f, err := hprof.OpenBytes(d.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// WriteTo writes the dump.
func (d *Dump) WriteTo(w io.Writer) (int64, error) {
	if d.pack != nil {
		var plain bytes.Buffer
		if _, err := d.plain(&plain); err != nil {
			return 0, err
		}
		n, err := w.Write(d.pack(plain.Bytes()))
		return int64(n), err
	}
	return d.plain(w)
}

// encoder collects bytes and hands them on.
type encoder struct {
	w      io.Writer
	b      []byte
	n      int64
	idSize int
	err    error
}

func (e *encoder) flush() {
	if e.err == nil {
		_, e.err = e.w.Write(e.b)
	}
	e.n += int64(len(e.b))
	e.b = e.b[:0]
}

func (e *encoder) u1(x byte)   { e.b = append(e.b, x) }
func (e *encoder) u2(x int)    { e.b = be.AppendUint16(e.b, uint16(x)) }
func (e *encoder) u4(x uint32) { e.b = be.AppendUint32(e.b, x) }
func (e *encoder) id(x ID)     { e.value(hprof.Object, x) }

func (e *encoder) value(t hprof.Type, x uint64) {
	switch t.Size(e.idSize) {
	case 1:
		e.b = append(e.b, byte(x))
	case 2:
		e.b = be.AppendUint16(e.b, uint16(x))
	case 4:
		e.b = be.AppendUint32(e.b, uint32(x))
	case 8:
		e.b = be.AppendUint64(e.b, x)
	}
}

// top begins a top-level record and returns what ends it.
func (e *encoder) top(tag byte) func() {
	e.flush()
	e.b = append(e.b, tag, 0, 0, 0, 0, 0, 0, 0, 0)
	return func() {
		be.PutUint32(e.b[5:], uint32(len(e.b)-9))
		e.flush()
	}
}

func (d *Dump) plain(w io.Writer) (int64, error) {
	e := &encoder{w: w, idSize: d.idSize}
	e.b = append(e.b, "JAVA PROFILE "+d.version+"\x00"...)
	e.u4(uint32(d.idSize))
	e.b = be.AppendUint64(e.b, uint64(d.time.UnixMilli()))
	if d.heapFirst {
		d.heap(e)
		d.meta(e)
	} else {
		d.meta(e)
		d.heap(e)
	}
	e.flush()
	return e.n, e.err
}

// meta writes symbols, classes and stack traces.
func (d *Dump) meta(e *encoder) {
	names := make([]ID, len(d.classes))
	for i, c := range d.classes {
		names[i] = d.Symbol(c.raw())
		for _, f := range c.fields {
			d.Symbol(f.name)
		}
		for _, s := range c.statics {
			d.Symbol(s.name)
		}
	}
	for _, s := range d.symbols {
		end := e.top(hprof.TagUTF8)
		e.id(d.symbol[s])
		e.b = append(e.b, s...)
		end()
	}
	for i, c := range d.classes {
		if c.noLoad {
			continue
		}
		end := e.top(hprof.TagLoadClass)
		e.u4(c.Serial)
		e.id(c.ID)
		e.u4(1)
		e.id(names[i])
		end()
	}
	for i, f := range d.frames {
		end := e.top(hprof.TagFrame)
		e.id(ID(i + 1))
		e.id(f.method)
		e.id(f.signature)
		e.id(f.source)
		e.u4(f.class)
		e.u4(uint32(f.line))
		end()
	}
	d.trace(e, 1, 0, nil)
	for _, t := range d.threads {
		d.trace(e, t.Trace, t.Serial, t.frames)
	}
	for _, b := range d.topRaw {
		e.b = append(e.b, b...)
	}
}

func (d *Dump) trace(e *encoder, serial, thread uint32, frames []ID) {
	end := e.top(hprof.TagTrace)
	e.u4(serial)
	e.u4(thread)
	e.u4(uint32(len(frames)))
	for _, f := range frames {
		e.id(f)
	}
	end()
}

// heap writes the heap part in segments.
func (d *Dump) heap(e *encoder) {
	e.flush()
	var rs []Record
	for i, c := range d.classes {
		if !c.noDump {
			rs = append(rs, Record{classRecord, uint32(i)})
		}
	}
	for i, o := range d.objects {
		if !o.gone {
			rs = append(rs, Record{objectRecord, uint32(i)})
		}
	}
	roots := slices.Clone(d.roots)
	for _, c := range d.classes {
		if c.sticky && !d.loose {
			roots = append(roots, root{tag: hprof.RootStickyClass, id: c.ID})
		}
	}
	for i := range roots {
		rs = append(rs, Record{rootRecord, uint32(i)})
	}
	for i := range d.heapRaw {
		rs = append(rs, Record{rawRecord, uint32(i)})
	}
	if d.order != nil {
		d.order(rs)
	}
	tag := byte(hprof.TagHeapDumpSegment)
	if d.segment == 0 {
		tag = hprof.TagHeapDump
	}
	rec := &encoder{idSize: d.idSize}
	end := e.top(tag)
	for _, r := range rs {
		rec.b = rec.b[:0]
		switch r.kind {
		case classRecord:
			d.classRecord(rec, d.classes[r.index])
		case objectRecord:
			d.objectRecord(rec, d.objects[r.index])
		case rootRecord:
			rootBytes(rec, roots[r.index])
		case rawRecord:
			rec.b = append(rec.b, d.heapRaw[r.index]...)
		}
		if d.segment > 0 && len(e.b) > 9 && int64(len(e.b)-9+len(rec.b)) > d.segment {
			end()
			end = e.top(tag)
		}
		e.b = append(e.b, rec.b...)
	}
	end()
	if d.segment > 0 {
		e.top(hprof.TagHeapDumpEnd)()
	}
}

func (d *Dump) classRecord(e *encoder, c *Class) {
	e.u1(byte(hprof.ClassDump))
	e.id(c.ID)
	e.u4(1)
	e.id(address(c.Super))
	e.id(address(c.Loader))
	e.id(c.signers)
	e.id(c.domain)
	e.id(0)
	e.id(0)
	e.u4(uint32(c.size))
	e.u2(len(c.constants))
	for i, s := range c.constants {
		e.u2(i)
		e.u1(byte(s.typ))
		e.value(s.typ, s.bits)
	}
	e.u2(len(c.statics))
	for _, s := range c.statics {
		e.id(d.Symbol(s.name))
		e.u1(byte(s.typ))
		e.value(s.typ, s.bits)
	}
	e.u2(len(c.fields))
	for _, f := range c.fields {
		e.id(d.Symbol(f.name))
		e.u1(byte(f.typ))
	}
}

func (d *Dump) objectRecord(e *encoder, o *Object) {
	switch o.Class.elem {
	case 0:
		e.u1(byte(hprof.InstanceDump))
		e.id(o.ID)
		e.u4(1)
		e.id(o.Class.ID)
		e.u4(uint32(len(o.body)))
	case hprof.Object:
		e.u1(byte(hprof.ObjectArray))
		e.id(o.ID)
		e.u4(1)
		e.u4(o.count)
		e.id(o.Class.ID)
	default:
		e.u1(byte(hprof.PrimitiveArray))
		e.id(o.ID)
		e.u4(1)
		e.u4(o.count)
		e.u1(byte(o.Class.elem))
	}
	e.b = append(e.b, o.body...)
}

func rootBytes(e *encoder, r root) {
	e.u1(byte(r.tag))
	e.id(r.id)
	switch r.tag {
	case hprof.RootJNIGlobal:
		e.id(0x7f00)
	case hprof.RootJNILocal, hprof.RootJavaFrame, hprof.RootThreadObject, hprof.RootJNIMonitor:
		e.u4(r.serial)
		e.u4(r.frame)
	case hprof.RootNativeStack, hprof.RootThreadBlock:
		e.u4(r.serial)
	}
}
