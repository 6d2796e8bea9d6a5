package graph

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"

	"heapcause/graph/layout"
	"heapcause/hprof"
)

var be = binary.BigEndian

// edgeList is what one chunk contributes: the lists of its objects one behind the other.
type edgeList struct {
	objects []uint32
	degree  []uint32
	targets []uint32
}

// references is the second read: classes and lengths of objects, edges, evidence for the layout.
func (b *builder) references(ctx context.Context) error {
	h := b.h
	h.class = make([]uint32, h.n)
	h.length = make([]uint32, h.n)
	for i := range h.class {
		h.class[i] = noIdom
	}
	lists := make([]edgeList, len(b.chunks))
	order := map[int64]int{}
	for i, c := range b.chunks {
		order[c.Offset] = i
	}
	in := h.layoutInput()
	evidence := layout.NewEvidence(len(h.classes))
	var mu sync.Mutex
	var done, dangling, dups atomic.Int64
	total := h.file.HeapBytes()
	counts := make([]int64, len(h.classes))
	err := b.parallel(ctx, b.chunks, func() (func(hprof.Segment) error, func()) {
		w := &refWorker{h: h, cur: hprof.NewCursor(h.file, true), ev: layout.NewEvidence(len(h.classes)), counts: make([]int64, len(h.classes)), buf: make([]byte, 1<<20)}
		w.chunkField = chunkSizeField(h)
		run := func(s hprof.Segment) error {
			w.list = &lists[order[s.Offset]]
			if err := w.chunk(s); err != nil {
				return err
			}
			h.progress("reading references", done.Add(s.Length), total)
			return nil
		}
		return run, func() {
			w.loc.flush()
			h.loc.add(w.loc.out)
			mu.Lock()
			defer mu.Unlock()
			evidence.Merge(w.ev)
			b.referent = append(b.referent, w.referent...)
			dangling.Add(w.dangling)
			dups.Add(w.duplicates)
			for i, n := range w.counts {
				counts[i] += n
			}
		}
	})
	if err != nil {
		return err
	}
	h.loc.seal()
	h.dangling, h.duplicate = dangling.Load(), dups.Load()
	for i, n := range counts {
		h.classes[i].Instances = n
	}
	slices.SortFunc(b.referent, func(x, y refEdge) int { return int(int64(x.from) - int64(y.from)) })
	in.JavaVersion = h.JavaVersion()
	h.model = layout.Infer(in, evidence)
	return b.link(lists)
}

// refWorker reads chunks.
type refWorker struct {
	h          *Heap
	cur        *hprof.Cursor
	ev         *layout.Evidence
	loc        locWriter
	list       *edgeList
	referent   []refEdge
	counts     []int64
	dangling   int64
	duplicates int64
	buf        []byte
	chunkField Field
	lastID     hprof.ID
	lastClass  Class
}

func (w *refWorker) class(id hprof.ID) Class {
	if id == w.lastID {
		return w.lastClass
	}
	c, ok := w.h.byAddr[id]
	if !ok {
		c = w.h.missing
	}
	w.lastID, w.lastClass = id, c
	return c
}

func (w *refWorker) chunk(s hprof.Segment) error {
	h, c, l := w.h, w.cur, w.list
	c.Reset(s.Offset, s.Length)
	for c.Next() {
		r := &c.Rec
		var k Class
		switch r.Tag {
		case hprof.InstanceDump, hprof.ObjectArray:
			k = w.class(r.Class)
		case hprof.PrimitiveArray, hprof.PrimitiveNoData:
			k = h.prim[r.Elem]
		case hprof.ClassDump:
			k = Class(h.classClass)
		default:
			continue
		}
		o, ok := h.index.find(r.ID)
		if !ok {
			continue // the file changed under us
		}
		if !atomic.CompareAndSwapUint32(&h.class[o], noIdom, uint32(k)) {
			w.duplicates++
			continue
		}
		w.counts[k]++
		d := h.index.distance(r.ID)
		first := len(l.targets)
		switch r.Tag {
		case hprof.InstanceDump:
			w.loc.put(o, r.Offset)
			if d != 0 {
				w.ev.Instance(int32(k), d)
			}
			w.instance(o, k)
		case hprof.ObjectArray:
			w.loc.put(o, r.Offset)
			h.length[o] = r.Count
			if d != 0 {
				w.ev.Array(layout.Kind(hprof.Object), r.Count, d)
			}
			if err := c.Elements(w.buf, func(p []byte) error { w.elements(p); return nil }); err != nil {
				return err
			}
			w.addClassEdge(k)
		case hprof.ClassDump:
			if own, ok := h.byAddr[r.ID]; ok {
				if d != 0 {
					w.ev.Mirror(int32(own), d)
				}
				w.classObject(own)
			}
			w.addClassEdge(k)
		default:
			w.loc.put(o, r.Offset)
			h.length[o] = r.Count
			if d != 0 {
				w.ev.Array(layout.Kind(r.Elem), r.Count, d)
			}
			w.addClassEdge(k)
		}
		w.ev.Address(r.ID)
		if n := len(l.targets) - first; n > 0 {
			l.objects = append(l.objects, uint32(o))
			l.degree = append(l.degree, uint32(n))
		}
	}
	w.loc.flush()
	return c.Err()
}

func (w *refWorker) ref(id hprof.ID) {
	if id == 0 {
		return
	}
	o, ok := w.h.index.find(id)
	if !ok {
		w.dangling++
		return
	}
	w.list.targets = append(w.list.targets, uint32(o))
}

func (w *refWorker) addClassEdge(k Class) {
	if o := w.h.classes[k].Object; o != NoObject {
		w.list.targets = append(w.list.targets, uint32(o))
	}
}

func (w *refWorker) instance(o Object, k Class) {
	r := &w.cur.Rec
	info := &w.h.classes[k]
	ids := w.h.idSize
	if len(r.Body) >= int(info.size) { // a shorter one is damage: its references are unknown
		if ids == 8 {
			for _, off := range info.refs {
				w.ref(be.Uint64(r.Body[off:]))
			}
		} else {
			for _, off := range info.refs {
				w.ref(hprof.ID(be.Uint32(r.Body[off:])))
			}
		}
		if info.referent >= 0 {
			w.reference(o, info)
		}
		if w.chunkField.Class == k && k != NoClass && w.chunkField.typ != 0 {
			w.h.length[o] = uint32(hprof.Value(r.Body[len(r.Body)-int(w.chunkField.fromEnd):], w.chunkField.typ, ids))
		}
	}
	w.addClassEdge(k)
}

// reference handles Reference::referent.
func (w *refWorker) reference(o Object, info *ClassInfo) {
	body := w.cur.Rec.Body
	id := hprof.Value(body[info.referent:], hprof.Object, w.h.idSize)
	if id == 0 {
		return
	}
	to, ok := w.h.index.find(id)
	if !ok {
		w.dangling++
		return
	}
	kind := info.kind
	if kind == Finalizer && info.next >= 0 && hprof.Value(body[info.next:], hprof.Object, w.h.idSize) != 0 {
		kind = Strong
	}
	if kind == Strong || w.h.opt.References == AllReferences {
		w.list.targets = append(w.list.targets, uint32(to))
		return
	}
	w.referent = append(w.referent, refEdge{uint32(o), uint32(to), kind})
}

func (w *refWorker) elements(p []byte) {
	if w.h.idSize == 8 {
		for ; len(p) >= 8; p = p[8:] {
			w.ref(be.Uint64(p))
		}
		return
	}
	for ; len(p) >= 4; p = p[4:] {
		w.ref(hprof.ID(be.Uint32(p)))
	}
}

// classObject adds the edges of a class object but the one to java.lang.Class.
func (w *refWorker) classObject(c Class) {
	k := &w.h.classes[c]
	for _, id := range []hprof.ID{k.superID, k.loaderID, k.signers, k.domain} {
		w.ref(id)
	}
	for _, f := range k.constants {
		if f.Type == hprof.Object {
			w.ref(f.Value)
		}
	}
	for _, f := range k.Statics {
		if f.Type == hprof.Object {
			w.ref(f.Value)
		}
	}
}

// layoutInput describes the classes to package layout.
func (h *Heap) layoutInput() *layout.Input {
	in := &layout.Input{IDSize: h.idSize, Classes: make([]layout.Class, len(h.classes))}
	for i := range h.classes {
		k := &h.classes[i]
		l := layout.Class{Name: k.Name, Super: int32(k.Super), IsArray: k.IsArray}
		for _, f := range k.Fields {
			l.Fields = append(l.Fields, layout.Field{Name: f.Name, Type: layout.Kind(f.Type)})
		}
		for _, f := range k.Statics {
			l.Statics = append(l.Statics, layout.Field{Name: f.Name, Type: layout.Kind(f.Type)})
		}
		in.Classes[i] = l
	}
	return in
}

// chunkSizeField binds StackChunk::size, on which the size of a stack chunk depends.
func chunkSizeField(h *Heap) Field {
	f, _ := h.Bind("jdk.internal.vm.StackChunk", "size")
	return f
}
