package hproftest

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"heapcause/hprof"
)

// Shape is a heap of one extreme form and any size, written as a stream. Programs with leaks make such heaps, and they are
// where analysers turn quadratic: Shapes is for measuring that none costs more than its size explains.
type Shape struct {
	Name string
	N    int // the size to measure at, against a tenth of it; objects are about N, or a small multiple
	make func(w *shapeWriter, n int)
}

// WriteFile writes the shape at size n to a new file of that name.
func (s Shape) WriteFile(path string, n int) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(path)
		}
	}()
	w := &shapeWriter{Dump: New(8), out: bufio.NewWriterSize(f, 1<<20)}
	s.make(w, n)
	return w.end()
}

// Shapes are the extreme forms.
var Shapes = []Shape{
	{"list, items in an array too", 5_000_000, func(w *shapeWriter, n int) { w.list(n, listItems) }},
	{"list, leaf items in an array too", 5_000_000, func(w *shapeWriter, n int) { w.list(n, listLeaves) }},
	{"list, links in an array too", 5_000_000, func(w *shapeWriter, n int) { w.list(n, listLinks) }},
	{"list, links all hold one object", 5_000_000, func(w *shapeWriter, n int) { w.list(n, listShared) }},
	{"array", 10_000_000, (*shapeWriter).array},
	{"deep tree", 5_000_000, (*shapeWriter).deepTree},
	{"classes", 1_000_000, (*shapeWriter).manyClasses},
	{"threads with locals", 100_000, (*shapeWriter).manyThreads},
	{"star of stars", 10_000_000, (*shapeWriter).stars},
	{"finalizer chain", 1_000_000, (*shapeWriter).finalizers},
	{"islands", 5_000_000, (*shapeWriter).islands},
}

// shapeWriter is a dump whose objects beyond those of Dump go straight to the file.
type shapeWriter struct {
	*Dump
	out   *bufio.Writer
	seg   []byte // body of the segment being filled
	begun bool
	err   error
}

const shapeSegment = 1 << 20

// begin writes what the Dump holds: from here on objects are streamed, in ascending address order.
func (w *shapeWriter) begin() {
	w.begun = true
	cut := &cutWriter{w: w.out, keep: 9} // all but the end record
	if _, err := w.WriteTo(cut); err != nil {
		w.err = err
	}
}

// cutWriter holds the last bytes back.
type cutWriter struct {
	w    *bufio.Writer
	keep int
	tail []byte
}

func (c *cutWriter) Write(p []byte) (int, error) {
	c.tail = append(c.tail, p...)
	if n := len(c.tail) - c.keep; n > 0 {
		if _, err := c.w.Write(c.tail[:n]); err != nil {
			return 0, err
		}
		c.tail = append(c.tail[:0], c.tail[n:]...)
	}
	return len(p), nil
}

func (w *shapeWriter) end() error {
	w.flush()
	w.raw(byte(hprof.TagHeapDumpEnd), 0, 0, 0, 0, 0, 0, 0, 0)
	return errors.Join(w.err, w.out.Flush())
}

func (w *shapeWriter) raw(b ...byte) {
	if _, err := w.out.Write(b); err != nil && w.err == nil {
		w.err = err
	}
}

// flush ends the segment.
func (w *shapeWriter) flush() {
	if len(w.seg) == 0 {
		return
	}
	w.head(len(w.seg))
	w.raw(w.seg...)
	w.seg = w.seg[:0]
}

func (w *shapeWriter) head(length int) {
	w.raw(be.AppendUint32([]byte{byte(hprof.TagHeapDumpSegment), 0, 0, 0, 0}, uint32(length))...)
}

// object streams an instance whose fields are all references.
func (w *shapeWriter) object(c *Class, refs ...ID) ID {
	at := w.place(12 + 4*int64(len(refs)))
	b := append(w.seg, byte(hprof.InstanceDump))
	b = be.AppendUint64(b, at)
	b = append(b, 0, 0, 0, 1)
	b = be.AppendUint64(b, c.ID)
	b = be.AppendUint32(b, uint32(8*len(refs)))
	for _, r := range refs {
		b = be.AppendUint64(b, r)
	}
	w.seg = b
	if len(w.seg) > shapeSegment {
		w.flush()
	}
	return at
}

// refs streams an Object[] in a segment of its own.
func (w *shapeWriter) refs(n int, elem func(i int) ID) ID {
	w.flush()
	at := w.place(16 + 4*int64(n))
	w.head(25 + 8*n)
	b := append([]byte{byte(hprof.ObjectArray)}, be.AppendUint64(nil, at)...)
	b = append(b, 0, 0, 0, 1)
	b = be.AppendUint32(b, uint32(n))
	b = be.AppendUint64(b, w.ArrayClass("java.lang.Object").ID)
	for i := range n {
		if b = be.AppendUint64(b, elem(i)); len(b) > 1<<16 {
			w.raw(b...)
			b = b[:0]
		}
	}
	w.raw(b...)
	return at
}

func (w *shapeWriter) rootOf(id ID) {
	rootBytesTo(w, root{tag: hprof.RootJNIGlobal, id: id})
}

func rootBytesTo(w *shapeWriter, r root) {
	e := &encoder{idSize: 8, b: w.seg}
	rootBytes(e, r)
	w.seg = e.b
}

// node makes a class of that many references and begins.
func (w *shapeWriter) node(fields ...string) *Class {
	c := w.Class("com.acme.Node", Sticky(), Fields(fields...))
	w.ArrayClass("java.lang.Object")
	w.begin()
	return c
}

// What an array holds besides the list.
const (
	listItems  = iota // items with a reference of their own
	listLeaves        // items without one
	listLinks         // the links themselves
	listShared        // nothing: all items are one object
)

// list is a list of n links from the lowest address up, each with an item.
func (w *shapeWriter) list(n, held int) {
	c := w.node("Object next", "Object item")
	step := ID(48) // a link of 24 bytes, an item of 24
	first := w.next
	w.rootOf(first)
	shared := w.next + ID(n)*step
	for i := range n {
		at := w.next
		next, item := at+step, at+24
		if i == n-1 {
			next = 0
		}
		if held == listShared {
			item = shared
		}
		w.object(c, next, item)
		if held == listItems {
			w.object(c, 0, first)
		} else {
			w.object(c, 0, 0)
		}
	}
	if held == listShared {
		w.object(c, 0, 0)
		return
	}
	offset := ID(24)
	if held == listLinks {
		offset = 0
	}
	w.rootOf(w.refs(n, func(i int) ID { return first + ID(i)*step + offset }))
}

// array is one Object[] of n elements, half of them with a reference of their own.
func (w *shapeWriter) array(n int) {
	c := w.node("Object a", "Object b")
	first := w.next
	for i := range n {
		if i%2 == 0 {
			w.object(c, 0, 0)
		} else {
			w.object(c, first, 0)
		}
	}
	w.rootOf(w.refs(n, func(i int) ID { return first + ID(i)*24 }))
}

// deepTree is a binary tree with parent references: every right child goes on down, every left one has two leaves.
func (w *shapeWriter) deepTree(n int) {
	c := w.node("Object left", "Object right", "Object parent")
	const size = 24
	parent := ID(0)
	w.rootOf(w.next)
	for i := range n / 4 { // a node, its left child, and that one's children
		at := w.next
		right := at + 4*size
		if i == n/4-1 {
			right = 0
		}
		w.object(c, at+size, right, parent)
		w.object(c, at+2*size, at+3*size, at)
		w.object(c, 0, 0, at+size)
		w.object(c, 0, 0, at+size)
		parent = at
	}
}

// manyClasses is n classes by loaders of a thousand, each with a static, a superclass from the same loader, and an instance.
func (w *shapeWriter) manyClasses(n int) {
	shared := w.ByteArray(1, 2, 3)
	var loader *Object
	var super *Class
	made := make([]*Class, n)
	for i := range n {
		if i%1000 == 0 {
			loader = w.ClassLoader(fmt.Sprint("loader ", i))
			w.Root(hprof.RootJNIGlobal, loader)
			super = w.Class(fmt.Sprint("com.acme.Base", i), Loader(loader), Fields("Object a"))
		}
		made[i] = w.Class(fmt.Sprintf("com.acme.p%d.C%d", i/100, i), Super(super), Loader(loader), Static("Object s", shared))
	}
	w.begin()
	for i, c := range made {
		at := w.object(c, 0)
		if i%2 == 0 {
			w.rootOf(at)
		}
	}
}

// manyThreads is n threads with ten frames and ten locals each.
func (w *shapeWriter) manyThreads(n int) {
	frames := make([]string, 10)
	for i := range frames {
		frames[i] = fmt.Sprintf("com.acme.Work.step%d(Work.java:%d)", i, i+1)
	}
	c := w.Class("com.acme.Node", Sticky(), Fields("Object next"))
	for i := range n {
		t := w.Thread(fmt.Sprint("worker-", i), frames...)
		o := w.Instance(c)
		for f := range frames {
			t.Local(f, o)
			o = w.Instance(c, o)
		}
		t.Local(0, o)
	}
	w.begin()
}

// stars is an array of √n arrays of √n objects, each of which holds the array above it and one object of the next star.
func (w *shapeWriter) stars(n int) {
	c := w.node("Object up", "Object over")
	k := 1
	for k*k < n {
		k++
	}
	const size = 24
	star := ID(size*k) + ID(align8(16+4*int64(k))) // k objects and their array
	first := w.next
	for s := range k {
		up := w.next + ID(size*k)
		for i := range k {
			over := ID(0)
			if s < k-1 {
				over = w.next + star - ID(size*i) + ID(size*((i*7)%k))
			}
			w.object(c, up, over)
		}
		begin := up - ID(size*k)
		w.refs(k, func(i int) ID { return begin + ID(size*i) })
	}
	w.rootOf(w.refs(k, func(i int) ID { return first + ID(i)*star + ID(size*k) }))
}

// finalizers is n registered objects in the JVM's doubly linked list, each with a part.
func (w *shapeWriter) finalizers(n int) {
	thing := w.Class("com.acme.Thing", Sticky(), Fields("Object part"))
	for range n {
		w.Finalizer(w.Instance(thing, w.ByteArray(1)))
	}
	w.begin()
}

// islands is n objects that no root reaches: pairs that hold each other, and lists that lead into one another.
func (w *shapeWriter) islands(n int) {
	c := w.node("Object a", "Object b")
	last := w.object(c, 0, 0)
	for i := range n / 2 {
		at := w.next
		if i%2 == 0 {
			w.object(c, at+24, last)
			w.object(c, at, last)
		} else {
			w.object(c, last, last)
			last = w.object(c, at, last)
		}
	}
}
