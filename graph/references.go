package graph

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"

	"heapcause/graph/layout"
	"heapcause/hprof"
)

var be = binary.BigEndian

// references is the second read: classes and lengths of objects, edges, and evidence for the layout.
func (b *builder) references(ctx context.Context) error {
	h := b.h
	if err := h.allocColumns(); err != nil {
		return err
	}
	var heap int64
	for _, c := range h.chunks {
		heap += c.Length
	}
	// A reference of 4 or 8 bytes becomes a varint of at most 6; an instance of 17 or 25 bytes adds one for its class.
	if err := b.adj.init(b.coreN, 2*heap+16); err != nil {
		return err
	}
	var err error
	leaves, err := newAppender(h.opt.TempDir)
	if err != nil {
		return err
	}
	b.leafLog = &blockLog{appender: leaves}
	places, err := newAppender(h.opt.TempDir)
	if err != nil {
		return err
	}
	b.locLog = &locLog{places}
	if h.opt.inbound() {
		if b.in, err = newInbound(h.opt.TempDir, h.n); err != nil {
			return err
		}
	}
	evidence := layout.NewEvidence(len(h.classes))
	byID := newClassMap(h.classes)
	chunkSize, _ := h.Bind(stackChunk, "size")
	counts := make([]int64, len(h.classes))
	slots := h.classSlots()
	var mu sync.Mutex
	var done atomic.Int64
	if b.repeated { // the first record in the file wins, whatever the number of workers
		defer func(n int) { h.opt.Workers = n }(h.opt.Workers)
		h.opt.Workers = 1
	}
	err = h.parallel(ctx, h.chunks, func() (func(hprof.Segment) error, func() error) {
		w := &linker{
			b: b, h: h, byID: byID, cur: hprof.NewCursor(h.file, true), ev: layout.NewEvidence(len(h.classes)),
			counts: make([]int64, len(h.classes)), buf: elementRoom(h.file), chunkSize: chunkSize, classSlots: slots,
			loc: locWriter{log: b.locLog, out: make([]locBlock, 0, locBatch)},
		}
		if b.in != nil {
			w.in = b.in.writer()
		}
		run := func(s hprof.Segment) error {
			if err := w.chunk(s); err != nil {
				return err
			}
			n := done.Add(s.Length)
			if before := n - s.Length; before/dropBytes != n/dropBytes {
				h.store.drop()
			}
			h.progress("reading references", n, heap)
			return nil
		}
		return run, func() error {
			w.loc.flush()
			if w.loc.err != nil {
				return w.loc.err
			}
			mu.Lock()
			defer mu.Unlock()
			evidence.Merge(w.ev)
			b.side = append(b.side, w.side...)
			b.leafRef = append(b.leafRef, w.leafRef...)
			h.dangling += w.dangling
			for i, n := range w.counts {
				counts[i] += n
			}
			h.long = append(h.long, w.long...)
			h.arrayElements += w.elementCount
			if w.in != nil {
				return w.in.flush()
			}
			return nil
		}
	})
	if err != nil {
		return err
	}
	if h.loc, err = b.locLog.locator(h.store, h.n); err != nil {
		return err
	}
	_ = b.locLog.f.Close()
	b.locLog = nil
	found := int64(0)
	for i, n := range counts {
		h.classes[i].Instances = n
		found += n
	}
	if found < int64(h.n) {
		h.claimLost()
	}
	slices.SortFunc(h.long, func(x, y longArray) int { return cmp.Compare(x.object, y.object) })
	in := h.layoutInput()
	in.JavaVersion = h.JavaVersion()
	if h.n > 0 {
		in.AddressSpan = h.index.addr(Object(h.n-1)) - h.index.addr(0)
	}
	if h.opt.Sizes == ComputedSizes {
		h.model = layout.Computed(in)
	} else {
		h.model = layout.Infer(in, evidence)
	}
	if err := b.extraEdges(); err != nil {
		return err
	}
	if err := h.index.settle(); err != nil {
		return err
	}
	h.store.drop()
	if b.in != nil {
		err := b.in.finish(h)
		_ = b.in.f.Close()
		b.in = nil
		return err
	}
	return nil
}

// classSlot is where a class object stands, if the dump has it.
type classSlot struct {
	slot
	ok bool
}

func (h *Heap) classSlots() []classSlot {
	out := make([]classSlot, len(h.classes))
	for c := range out {
		out[c].slot, out[c].ok = h.index.locate(h.classes[c].Addr)
	}
	return out
}

// dropBytes of the dump are read before the columns' memory is given back.
const dropBytes = 256 << 20

// linker is one worker of the second read.
type linker struct {
	b            *builder
	h            *Heap
	byID         *classMap
	cur          *hprof.Cursor
	classSlots   []classSlot
	ev           *layout.Evidence
	loc          locWriter
	in           *inboundWriter
	side         []sideEdge
	leafRef      []sideEdge
	long         []longArray
	elementCount int64
	counts       []int64
	dangling     int64
	buf          []byte
	chunkSize    Field

	batch []batched // objects whose references wait to be looked up
	ids   []uint64  // their references
	sink  uint64

	lists      []byte   // encoded adjacency of the chunk
	owners     []uint32 // core objects with a list, and where it begins in lists
	begins     []uint32
	begun      int // where the list of the object at hand begins, its last edge, and what that leads to
	lastEdge   int
	lastTarget int64
	leafLog    []byte
	lastCore   int64
	lastLeaf   int64
	self       slot
}

// batched is an object in a batch. Looking references up is bound by memory latency, and a batch of look-ups overlaps.
type batched struct {
	self     slot
	class    Class
	end      uint32   // of its references in linker.ids
	referent Strength // of the last of them, if that is a referent that is not strong
}

const (
	batchIDs  = 256
	smallList = 32 // arrays up to this many elements go into batches
)

// chunk reads one chunk.
func (w *linker) chunk(s hprof.Segment) error {
	h, c := w.h, w.cur
	w.lists, w.owners, w.begins, w.leafLog = w.lists[:0], w.owners[:0], w.begins[:0], w.leafLog[:0]
	w.lastCore, w.lastLeaf = 0, 0
	lastID, lastClass := hprof.ID(0), NoClass
	class := func(id hprof.ID) Class {
		if id != lastID || lastClass == NoClass {
			lastID = id
			if lastClass = w.byID.get(id); lastClass == NoClass {
				lastClass = h.missing
			}
		}
		return lastClass
	}
	c.Reset(s.Offset, s.Length)
	for c.Next() {
		r := &c.Rec
		w.loc.n++
		var k Class
		switch r.Tag {
		case hprof.InstanceDump, hprof.ObjectArray:
			k = class(r.Class)
		case hprof.PrimitiveArray, hprof.PrimitiveNoData:
			k = h.prim[r.Elem]
		case hprof.ClassDump:
			k = h.classClass
		default:
			continue
		}
		self, ok := h.index.locate(r.ID)
		if !ok {
			continue // the file changed under us
		}
		o := Object(self.object)
		if !w.claim(o, k) {
			continue
		}
		w.counts[k]++
		d := h.index.distance(r.ID)
		w.ev.Address(r.ID)
		p := batched{self: self, class: k}
		ids := uint32(len(w.ids))
		switch r.Tag {
		case hprof.InstanceDump:
			w.loc.put(o, r.Offset)
			if d != 0 {
				w.ev.Instance(int32(k), d)
			}
			p.referent = w.instance(o, k)
		case hprof.ObjectArray:
			w.loc.put(o, r.Offset)
			w.setLength(o, r.Count)
			if d != 0 {
				w.ev.Array(layout.Kind(hprof.Object), r.Count, d)
			}
			if r.Count > smallList || r.Body == nil {
				if err := w.longArray(&p); err != nil {
					return err
				}
				continue
			}
			w.elements(r.Body)
		case hprof.ClassDump:
			if own := w.byID.get(r.ID); own != NoClass {
				if d != 0 {
					w.ev.Mirror(int32(own), d)
				}
				for id := range h.classes[own].references(h.opt.References) {
					w.add(id)
				}
			}
		default:
			w.loc.put(o, r.Offset)
			w.setLength(o, r.Count)
			if d != 0 {
				w.ev.Array(layout.Kind(r.Elem), r.Count, d)
			}
		}
		if n := uint32(len(w.ids)); self.core || n > ids {
			p.end = n
			w.batch = append(w.batch, p)
			if n >= batchIDs || len(w.batch) >= batchIDs {
				w.drain()
			}
		}
	}
	w.drain()
	w.loc.end()
	w.place()
	if err := w.b.leafLog.write(w.leafLog); err != nil {
		return err
	}
	return c.Err()
}

// drain looks up the references of a batch.
func (w *linker) drain() {
	w.sink += w.h.index.touch(w.ids)
	from := uint32(0)
	for i := range w.batch {
		p := &w.batch[i]
		w.begin(p.self)
		last := p.end
		if p.referent != Strong {
			last--
		}
		for _, id := range w.ids[from:last] {
			w.ref(id)
		}
		if p.referent != Strong {
			w.referent(w.ids[last], p.referent)
		}
		w.finish(p.class)
		from = p.end
	}
	w.batch, w.ids = w.batch[:0], w.ids[:0]
}

// longArray handles an array of many elements, which is a batch of its own, piece by piece.
func (w *linker) longArray(p *batched) error {
	w.drain()
	w.begin(p.self)
	piece := batchIDs * w.h.idSize
	err := w.cur.Elements(w.buf, func(b []byte) error {
		for len(b) > 0 {
			n := min(piece, len(b))
			w.elements(b[:n])
			b = b[n:]
			w.sink += w.h.index.touch(w.ids)
			for _, id := range w.ids {
				w.ref(id)
			}
			w.ids = w.ids[:0]
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.finish(p.class)
	return nil
}

// begin starts the list of an object.
func (w *linker) begin(self slot) {
	w.self = self
	w.begun, w.lastTarget = len(w.lists), int64(self.place)
}

// finish ends the list of an object with its class.
func (w *linker) finish(k Class) {
	if !w.b.plain[k] {
		if c := &w.classSlots[k]; c.ok {
			w.edge(c.slot)
		}
	}
	if len(w.lists) > w.begun {
		w.lists[w.lastEdge] |= 1
		w.owners = append(w.owners, w.self.place)
		w.begins = append(w.begins, uint32(w.begun))
	}
	if len(w.lists) > 1<<30 {
		w.place()
	}
}

// claim notes the class of an object; false when another record did so before.
func (w *linker) claim(o Object, k Class) bool {
	h := w.h
	switch {
	case w.b.repeated && h.ClassOf(o) != NoClass: // then there is one worker alone
		return false
	case h.class16 != nil:
		h.class16[o] = uint16(k) + 1
	default:
		h.class32[o] = uint32(k) + 1
	}
	return true
}

// place hands the encoded lists over.
func (w *linker) place() {
	at := w.b.adj.place(w.lists)
	for i, k := range w.owners {
		w.b.adj.setList(k, at+int64(w.begins[i]))
	}
	w.lists, w.owners, w.begins = w.lists[:0], w.owners[:0], w.begins[:0]
}

// edge adds a strong edge from the object at hand.
func (w *linker) edge(to slot) {
	if !w.self.core {
		return
	}
	if to.core {
		w.lastEdge = len(w.lists)
		w.lists = binary.AppendUvarint(w.lists, zigzag(int64(to.place)-w.lastTarget)<<1)
		w.lastTarget = int64(to.place)
		return
	}
	w.leafLog = binary.AppendUvarint(w.leafLog, zigzag(int64(w.self.place)-w.lastCore))
	w.leafLog = binary.AppendUvarint(w.leafLog, zigzag(int64(to.place)-w.lastLeaf))
	w.lastCore, w.lastLeaf = int64(w.self.place), int64(to.place)
}

func (w *linker) ref(id hprof.ID) {
	if to, ok := w.target(id); ok {
		w.edge(to)
	}
}

// target finds what the object at hand refers to and notes the reference for the inbound lists.
func (w *linker) target(id hprof.ID) (slot, bool) {
	to, ok := w.h.index.locate(id)
	if !ok {
		w.dangling++
		return to, false
	}
	if w.in != nil {
		w.in.put(to.object, w.self.object)
	}
	return to, true
}

// add notes a reference for the batch.
func (w *linker) add(id hprof.ID) {
	if id != 0 {
		w.ids = append(w.ids, id)
	}
}

// instance notes the references of an instance; the last is a referent when that is not Strong.
func (w *linker) instance(o Object, k Class) (referent Strength) {
	r := &w.cur.Rec
	info := &w.h.classes[k]
	if len(r.Body) < int(info.size) {
		return Strong // damage: its references are unknown
	}
	if w.h.idSize == 8 {
		for _, off := range info.refs {
			w.add(be.Uint64(r.Body[off:]))
		}
	} else {
		for _, off := range info.refs {
			w.add(hprof.ID(be.Uint32(r.Body[off:])))
		}
	}
	if w.chunkSize.Ok() && w.chunkSize.Class == k {
		if n := hprof.Value(r.Body[len(r.Body)-int(w.chunkSize.fromEnd):], w.chunkSize.typ, w.h.idSize); n < 1<<31 {
			w.setLength(o, uint32(n))
		}
	}
	if info.referent >= 0 {
		if id := hprof.Value(r.Body[info.referent:], hprof.Object, w.h.idSize); id != 0 {
			w.add(id)
			return w.h.referentStrength(info, r.Body)
		}
	}
	return Strong
}

// referent handles Reference::referent where it is not strong.
func (w *linker) referent(id hprof.ID, kind Strength) {
	to, ok := w.target(id)
	if !ok {
		return
	}
	e := sideEdge{w.self.place, to.place, kind}
	if to.core {
		w.side = append(w.side, e)
	} else {
		w.leafRef = append(w.leafRef, e)
	}
}

// elements notes the references of a piece of an object array.
func (w *linker) elements(p []byte) {
	if w.h.idSize == 8 {
		for ; len(p) >= 8; p = p[8:] {
			w.add(be.Uint64(p))
		}
		return
	}
	for ; len(p) >= 4; p = p[4:] {
		w.add(hprof.ID(be.Uint32(p)))
	}
}

func (w *linker) setLength(o Object, n uint32) {
	w.elementCount += int64(n)
	if n < longLength {
		w.h.length[o] = uint8(n)
		return
	}
	w.h.length[o] = longLength
	w.long = append(w.long, longArray{uint32(o), n})
}

// extraEdges adds loader → class and thread → local. Their sources are in the core: see survey.
func (b *builder) extraEdges() error {
	h := b.h
	var in *inboundWriter
	if b.in != nil {
		in = b.in.writer()
	}
	add := func(from, to Object) {
		f, _ := h.index.locate(h.index.addr(from))
		t, _ := h.index.locate(h.index.addr(to))
		if in != nil {
			in.put(t.object, f.object)
		}
		e := sideEdge{f.place, t.place, Strong}
		if t.core {
			b.side = append(b.side, e)
		} else {
			b.leafRef = append(b.leafRef, e)
		}
	}
	if h.opt.References == DefaultReferences {
		for l, cs := range h.defined {
			for _, c := range cs {
				if !h.classes[c].hidden {
					add(l, h.classes[c].Object)
				}
			}
		}
	}
	for t, ls := range h.locals {
		for _, l := range ls {
			add(t, l.Object)
		}
	}
	if in != nil {
		if err := in.flush(); err != nil {
			return err
		}
	}
	order := func(x, y sideEdge) int {
		return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to), cmp.Compare(x.kind, y.kind))
	}
	slices.SortFunc(b.side, order)
	b.side = slices.Compact(b.side)
	slices.SortFunc(b.leafRef, order)
	b.leafRef = slices.Compact(b.leafRef)
	var err error
	if b.sideBit, err = newArray[uint64](b.coreN/64 + 1); err != nil {
		return err
	}
	for _, e := range b.side {
		b.sideBit.v[e.from/64] |= 1 << (e.from % 64)
	}
	return nil
}

// blockLog is a temporary file of blocks that are written by several workers.
type blockLog struct {
	*appender
	blocks [][2]int64 // offset, length
}

func (l *blockLog) write(b []byte) error {
	return l.append(b, func(at int64) { l.blocks = append(l.blocks, [2]int64{at, int64(len(b))}) })
}
