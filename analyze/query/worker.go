package query

import (
	"context"
	"fmt"

	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

// eval computes an expression for the rows that its worker is at.
type eval func() Value

// worker is what the closures of one goroutine share: the rows at hand and readers of the dump. Not for concurrent use.
type worker struct {
	h    *graph.Heap
	ctx  context.Context
	rows []Value // by slot: aliases, group keys, aggregates

	view *graph.View // the record that the scan is at, nil when there is none

	cursors [cursorDepth]*graph.Cursor
	readers []*jdk.Reader // not in use
	fields  *jdk.FieldCache
	buf     []byte

	attrs map[string]attribute

	classClass graph.Class
	stringAt   stringFields

	err   error
	ticks int
}

// cursorDepth is how many steps of a path keep a place in the dump of their own.
const cursorDepth = 4

func newWorker(ctx context.Context, h *graph.Heap) *worker {
	w := &worker{h: h, ctx: ctx, classClass: graph.NoClass, fields: jdk.NewFieldCache(h), attrs: allAttributes()}
	if cs := h.ClassesByName("java.lang.Class"); len(cs) > 0 {
		w.classClass = cs[0]
	}
	w.stringAt.bind(h)
	return w
}

// fail keeps the first error; loops end when they see it.
func (w *worker) fail(err error) Value {
	if w.err == nil {
		w.err = err
	}
	return Value{}
}

// failed is called in loops: it asks now and then whether the query was cancelled.
func (w *worker) failed() bool {
	if w.ticks++; w.ticks&1023 == 0 && w.err == nil {
		w.err = w.ctx.Err()
	}
	return w.err != nil
}

// load returns the record of an object: the scan's where it is there, else read with the cursor of that depth.
func (w *worker) load(o graph.Object, depth int) *graph.View {
	if w.view != nil && w.view.Object == o {
		return w.view
	}
	depth = min(depth, cursorDepth-1)
	c := w.cursors[depth]
	if c == nil {
		c = w.h.Cursor()
		w.cursors[depth] = c
	}
	if !c.Load(o) {
		return nil
	}
	return &c.View
}

// borrow hands out a reader that nobody walks with.
func (w *worker) borrow() *jdk.Reader {
	if n := len(w.readers); n > 0 {
		r := w.readers[n-1]
		w.readers = w.readers[:n-1]
		return r
	}
	return jdk.NewReader(w.h)
}

func (w *worker) giveBack(r *jdk.Reader) { w.readers = append(w.readers, r) }

// asObject returns the object that a value stands for: itself, a class's object, the number or address of one.
func (w *worker) asObject(v Value) (graph.Object, bool) {
	switch v = classObject(w.h, v); v.kind {
	case kindObject:
		return graph.Object(v.bits), true
	case kindInt:
		if v.bits < uint64(w.h.NumObjects()) {
			return graph.Object(v.bits), true
		}
	case kindAddr:
		return w.h.Lookup(v.bits)
	case kindRow: // of a sub-select with one column
		if r := v.ref.(*record); len(r.vals) == 1 {
			return w.asObject(r.vals[0])
		}
	}
	return graph.NoObject, false
}

// asClass returns the class that a value stands for.
func (w *worker) asClass(v Value) (graph.Class, bool) {
	if v.kind == kindClass {
		return graph.Class(v.bits), true
	}
	if v.kind == kindObject && w.h.ClassOf(graph.Object(v.bits)) != w.classClass {
		return graph.NoClass, false
	}
	o, ok := w.asObject(v)
	if !ok {
		return graph.NoClass, false
	}
	return w.h.AsClass(o)
}

// fieldReader reads one field of objects of any class.
type fieldReader struct {
	w     *worker
	depth int
	find  func(c graph.Class) graph.Field
	name  string

	lastClass graph.Class
	last      graph.Field
	known     map[graph.Class]graph.Field
}

func (r *fieldReader) of(c graph.Class) graph.Field {
	if c == r.lastClass {
		return r.last
	}
	f, ok := r.known[c]
	if !ok {
		f = r.find(c)
		r.known[c] = f
	}
	r.lastClass, r.last = c, f
	return f
}

func (r *fieldReader) read(v Value) Value {
	switch v.kind {
	case kindObject:
		return r.readObject(graph.Object(v.bits))
	case kindClass:
		return r.w.static(graph.Class(v.bits), r.name)
	case kindRow:
		x, _ := v.ref.(*record).get(r.name)
		return x
	case kindList:
		if l := v.ref.(*list); r.name != "length" && l.n() == 1 {
			return r.read(l.at(0))
		}
	case kindNull:
		return v
	}
	if a, ok := r.w.attrs[r.name]; ok {
		return a.get(r.w, v)
	}
	return Value{}
}

func (r *fieldReader) readObject(o graph.Object) Value {
	w := r.w
	c := w.h.ClassOf(o)
	f := r.of(c)
	if !f.Ok() || c == w.classClass {
		if k, ok := w.asClass(objectValue(o)); ok {
			return w.static(k, r.name)
		}
		return Value{}
	}
	view := w.load(o, r.depth)
	if view == nil {
		return Value{}
	}
	return fieldValue(view, f)
}

// fieldValue reads a bound field of a record.
func fieldValue(v *graph.View, f graph.Field) Value {
	switch f.Type() {
	case hprof.Object:
		return objectValue(v.Ref(f))
	case hprof.Boolean:
		return boolValue(v.Bool(f))
	case hprof.Char:
		return charValue(uint64(v.Int(f)))
	case hprof.Float, hprof.Double:
		return floatValue(v.Float(f))
	}
	return intValue(v.Int(f))
}

// static returns a static of a class or of its superclasses.
func (w *worker) static(c graph.Class, name string) Value {
	for range w.h.NumClasses() {
		if c == graph.NoClass {
			break
		}
		if bits, t, ok := w.h.Static(c, name); ok {
			return w.typed(bits, t)
		}
		c = w.h.Class(c).Super
	}
	return Value{}
}

// typed turns raw bits into a value.
func (w *worker) typed(bits uint64, t hprof.Type) Value {
	switch t {
	case hprof.Object:
		o, ok := w.h.Lookup(bits)
		if bits == 0 || !ok {
			return Value{}
		}
		return objectValue(o)
	case hprof.Boolean:
		return boolValue(bits != 0)
	case hprof.Char:
		return charValue(bits & 0xffff)
	case hprof.Float:
		return floatValue(float64(float32frombits(bits)))
	case hprof.Double:
		return floatValue(float64frombits(bits))
	case hprof.Byte:
		return intValue(int64(int8(bits)))
	case hprof.Short:
		return intValue(int64(int16(bits)))
	case hprof.Int:
		return intValue(int64(int32(bits)))
	}
	return intValue(int64(bits))
}

// errTooMany is what a bound says.
func errTooMany(what string, n int64, hint string) error {
	return &BoundError{fmt.Sprintf("the query makes more than %d %s", n, what), hint}
}

// BoundError says that a query needs more than its bounds allow.
type BoundError struct {
	Msg  string
	Hint string
}

func (e *BoundError) Error() string { return e.Msg }
