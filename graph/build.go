package graph

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"heapcause/graph/dominator"
	"heapcause/graph/layout"
	"heapcause/hprof"
)

// ErrTooLarge says that the dump has more objects than the numbering holds.
var ErrTooLarge = errors.New("the dump has more than 4,294,967,280 objects, the most that this version can number")

// maxObjects leaves room above the numbers for the roots of the strengths; a variable for tests.
var maxObjects uint64 = 1<<32 - 16

// Build reads the dump twice and returns its graph: once for the classes, the roots and the address of each object, once
// for the references. Where an instance comes before its class it reads once more. A damaged dump is built from what is there.
//
// Close the heap to release its memory and temporary files.
func Build(ctx context.Context, f *hprof.File, opt Options) (*Heap, error) {
	h := &Heap{file: f, idSize: f.IDSize, opt: opt}
	b := &builder{h: h}
	if err := refuse(ctx, f, opt); err != nil {
		return nil, err
	}
	err := b.run(ctx)
	b.release()
	if changed := f.Changed(); changed != nil && ctx.Err() == nil {
		err = changed // whatever else came of it
	}
	if err != nil {
		_ = h.Close()
		return nil, err
	}
	return h, nil
}

// builder is the working state of Build. Each part is dropped as soon as the next has no use for it: what is alive at
// the same time decides the peak of memory.
type builder struct {
	h *Heap

	root  []bool // classes whose class object is a GC root
	plain []bool // classes whose instances need no edge to it: it is a root, or refers to nothing but root classes

	adj     adjacency
	side    []sideEdge // sorted by from: referents that are not strong, loader → class, thread → local; into the core
	sideBit array[uint64]
	leafRef []sideEdge // the same into leaves
	locLog  *locLog    // where records lie
	leafLog *blockLog  // edges from the core into leaves
	in      *inbound   // nil when not wanted
	coreN   int64
	leafN   int64

	num     array[uint32] // core place → preorder number, 0 not reached
	spilled []byte        // the file mapping that num is in, if any
	limits  [NumStrengths]uint32
	low     array[uint32] // preorder number → the least ancestor that refers to it
	dom     array[uint32] // preorder number → that of its immediate dominator
	jump    array[uint32]
	depth   array[uint32]
	leaf    array[uint32] // leaf place → preorder number of its immediate dominator, or N+1+strength for the virtual root
	loose   []*looseMirror
	sum     sums   // preorder number → retained size
	count   uint32 // preorder numbers given

	parents   *sequence
	arcs      *arcLog
	ancestors *dominator.Ancestors
	repeated  bool // an identifier comes twice: damage
}

// sideEdge is an edge that is no field of an instance, or a referent: kept apart, few, with its strength.
type sideEdge struct {
	from uint32 // core place
	to   uint32 // place in the core, or among the leaves
	kind Strength
}

func (b *builder) run(ctx context.Context) error {
	h := b.h
	var err error
	if h.store, err = newStore(h.opt.TempDir, h.opt.columnsInMemory(h.file.Size)); err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"reading objects", b.survey},
		{"reading references", b.references},
		{"searching", b.search},
		{"dominators", b.dominators},
		{"leaves", b.leaves},
		{"retained sizes", b.retain},
		{"tree", b.tree},
	} {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		done := h.phase(step.name)
		if err := step.run(ctx); err != nil {
			return err
		}
		if h.store.f != nil {
			debug.FreeOSMemory() // buffers of one phase are not left lying beside the arrays of the next
		}
		done()
	}
	return nil
}

// release frees what an aborted build leaves.
func (b *builder) release() {
	b.adj.free()
	for _, a := range []*array[uint32]{&b.num, &b.low, &b.dom, &b.jump, &b.depth, &b.leaf} {
		a.free()
	}
	b.sideBit.free()
	b.sum.free()
	for _, f := range b.files() {
		_ = f.Close()
	}
	b.locLog, b.leafLog, b.parents, b.arcs, b.in = nil, nil, nil, nil, nil
}

// files returns the temporary files that are still open.
func (b *builder) files() []*os.File {
	var out []*os.File
	if b.locLog != nil {
		out = append(out, b.locLog.f)
	}
	if b.leafLog != nil {
		out = append(out, b.leafLog.f)
	}
	if b.parents != nil {
		out = append(out, b.parents.f)
	}
	if b.arcs != nil {
		out = append(out, b.arcs.f)
	}
	if b.in != nil {
		out = append(out, b.in.f)
	}
	return out
}

const chunkBytes = 4 << 20

// surveyed is what the first read finds besides addresses.
type surveyed struct {
	classes    []hprof.Class // not known before the read
	roots      []rawRoot
	addrs      []uint64 // in the sparse form
	core       []uint64
	objects    uint64 // records of objects
	unknown    bool   // an instance came whose class was not known yet
	misaligned bool
}

type rawRoot struct {
	id            hprof.ID
	serial, frame uint32
	tag           hprof.Tag
}

// survey is the first read. To tell leaves from the core it has to know the classes: HotSpot writes them first, so a look at
// the start suffices; where that guess was wrong the read is done again.
func (b *builder) survey(ctx context.Context) error {
	h := b.h
	known := b.leadingClasses()
	shift, sparse := uint(3), false
	var truth map[hprof.ID]bool // class objects that are roots, once they have been read
	for range 6 {
		h.resetClasses(known)
		b.predictRoots(truth)
		if h.index != nil {
			h.index.free()
		}
		h.index = newAddrIndex(h.store, shift, h.file.Size)
		got, err := b.readObjects(ctx, sparse, h.learn(known))
		if errors.Is(err, errSparse) {
			sparse = true
			continue
		}
		if err != nil {
			return err
		}
		if got.misaligned && shift > 0 {
			shift = 0
			continue
		}
		got.classes = sortClasses(append(slices.Clip(known), got.classes...))
		if len(got.classes) != len(known) {
			known = got.classes
			if got.unknown {
				continue
			}
			h.resetClasses(known)
			b.predictRoots(truth)
		}
		if sparse {
			h.index.sealSorted(got.addrs, got.core)
		} else {
			h.index.seal()
		}
		if h.index.n > maxObjects {
			return ErrTooLarge
		}
		h.n = h.index.n
		h.resolveClasses()
		h.makeRoots(got.roots)
		b.repeated = got.objects > h.n
		if b.confirmRoots() {
			h.index.promote(h.extraSources())
			b.coreN, b.leafN = int64(h.index.nCore), int64(h.n-h.index.nCore)
			return b.fits()
		}
		truth = map[hprof.ID]bool{}
		for i, r := range b.root {
			truth[h.classes[i].Addr] = r
		}
	}
	return errors.New("internal: the classes of the dump do not settle")
}

// extraSources returns the addresses of the objects that have edges besides their fields: loaders and threads with locals.
func (h *Heap) extraSources() []uint64 {
	var out []uint64
	for l := range h.defined {
		out = append(out, h.index.addr(l))
	}
	for t := range h.locals {
		out = append(out, h.index.addr(t))
	}
	return out
}

// leadingClasses reads the class dumps that come before the first object.
func (b *builder) leadingClasses() []hprof.Class {
	c := hprof.NewCursor(b.h.file, false)
	c.Mend(hprof.NewKnown(b.h.file, nil))
	out := make([]hprof.Class, 0, len(b.h.file.Classes))
	for _, s := range b.h.file.Segments {
		for c.Start(s); c.Next(); {
			switch c.Rec.Tag {
			case hprof.ClassDump:
				out = append(out, c.DecodeClass())
			case hprof.InstanceDump, hprof.ObjectArray, hprof.PrimitiveArray, hprof.PrimitiveNoData:
				return sortClasses(out)
			}
		}
		if c.Err() != nil {
			break
		}
	}
	return sortClasses(out)
}

// learn tells a cursor that mends what is known of the classes, of which these have a dump: the table begins with them.
func (h *Heap) learn(dumped []hprof.Class) *hprof.Known {
	known := make([]hprof.KnownClass, len(dumped))
	for i := range dumped {
		k := &h.classes[i]
		known[i] = hprof.KnownClass{ID: dumped[i].ID, Index: int32(i), Bytes: int64(k.size), Array: k.IsArray, Trace: dumped[i].Trace}
		if !h.wholeChain(Class(i)) {
			known[i].Bytes = -1
		}
	}
	return hprof.NewKnown(h.file, known)
}

// wholeChain reports whether the dump describes all superclasses of c, so that its field bytes are certain.
func (h *Heap) wholeChain(c Class) bool {
	for range len(h.classes) {
		if h.classes[c].Super == NoClass {
			return h.classes[c].superID == 0
		}
		c = h.classes[c].Super
	}
	return false
}

// sortClasses orders class dumps by identifier; of several of one identifier the first in the file wins.
func sortClasses(cs []hprof.Class) []hprof.Class {
	slices.SortStableFunc(cs, func(x, y hprof.Class) int { return cmp.Or(cmp.Compare(x.ID, y.ID), cmp.Compare(x.Offset, y.Offset)) })
	return slices.CompactFunc(cs, func(x, y hprof.Class) bool { return x.ID == y.ID })
}

// predictRoots guesses which class objects are GC roots before the roots have been read: those of the boot loader that are
// neither arrays nor hidden.
func (b *builder) predictRoots(truth map[hprof.ID]bool) {
	h := b.h
	root := make([]bool, len(h.classes))
	for i := range h.classes {
		k := &h.classes[i]
		if truth != nil {
			root[i] = k.Addr != 0 && truth[k.Addr]
			continue
		}
		root[i] = k.Addr != 0 && k.loaderID == 0 && !k.IsArray && !hiddenName(h.rawName[i])
	}
	b.setRoots(root)
}

func (b *builder) setRoots(root []bool) {
	h := b.h
	b.root, b.plain = root, make([]bool, len(h.classes))
	isRoot := func(id hprof.ID) bool {
		c, ok := h.byAddr[id]
		return id == 0 || ok && root[c]
	}
	for i := range h.classes {
		k := &h.classes[i]
		b.plain[i] = root[i] || k.Addr == 0
		if !b.plain[i] && root[h.classClass] {
			b.plain[i] = true
			for id := range k.references(h.opt.References) {
				if !isRoot(id) {
					b.plain[i] = false
					break
				}
			}
		}
	}
}

// confirmRoots replaces the guess by the truth and reports whether the core was told from the leaves rightly. A class that is a root
// beyond the guess, of JNI say, does no harm: what refers to it is in the core then, where it need not be.
func (b *builder) confirmRoots() bool {
	h := b.h
	guess := b.plain
	root := make([]bool, len(h.classes))
	for _, r := range h.roots {
		if c, ok := h.AsClass(r.Object); ok {
			root[c] = true
		}
	}
	held := true
	for c, guessed := range b.root {
		held = held && (root[c] || !guessed)
	}
	if held && b.sameCore() {
		return true
	}
	b.setRoots(root)
	return slices.Equal(guess, b.plain) && b.sameCore()
}

// sameCore reports whether each class object is where its references say.
func (b *builder) sameCore() bool {
	h := b.h
	for i := range h.classes {
		if k := &h.classes[i]; k.Object != NoObject && h.index.isCore(k.Addr) != b.coreClass(Class(i)) {
			return false
		}
	}
	return true
}

// coreClass reports whether a class object refers to anything but root classes.
func (b *builder) coreClass(c Class) bool {
	h := b.h
	if !b.plain[h.classClass] {
		return true
	}
	for id := range h.classes[c].references(h.opt.References) {
		if k, ok := h.byAddr[id]; id != 0 && (!ok || !b.root[k]) {
			return true
		}
	}
	return false
}

// parallel gives the segments, in order, to workers; each has its own state and hands it in at the end.
func (h *Heap) parallel(ctx context.Context, segs []hprof.Segment, worker func() (run func(hprof.Segment) error, finish func() error)) error {
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range min(h.opt.workers(), max(len(segs), 1)) {
		run, finish := worker()
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(segs) {
					return finish()
				}
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err := run(segs[i]); err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}

// readObjects marks the address of every object and collects classes and roots.
func (b *builder) readObjects(ctx context.Context, sparse bool, known *hprof.Known) (*surveyed, error) {
	h := b.h
	h.chunks, h.problems = nil, slices.Clone(h.file.Problems)
	var mu sync.Mutex
	var done atomic.Int64
	all := &surveyed{}
	total := h.file.HeapBytes()
	err := h.parallel(ctx, h.file.Segments, func() (func(hprof.Segment) error, func() error) {
		w := &surveyor{b: b, h: h, cur: hprof.NewCursor(h.file, true), sparse: sparse, buf: elementRoom(h.file)}
		w.cur.Mend(known)
		run := func(s hprof.Segment) error {
			return w.segment(s, func(n int64) error {
				h.progress("reading objects", done.Add(n), total)
				return ctx.Err()
			})
		}
		return run, func() error {
			mu.Lock()
			defer mu.Unlock()
			all.misaligned = all.misaligned || w.bits&(1<<h.index.shift-1) != 0
			all.unknown = all.unknown || w.unknown
			all.objects += w.objects
			all.classes = append(all.classes, w.classes...)
			all.roots = append(all.roots, w.roots...)
			all.addrs = append(all.addrs, w.addrs...)
			all.core = append(all.core, w.core...)
			h.chunks = append(h.chunks, w.chunks...)
			h.problems = append(h.problems, w.problems...)
			return nil
		}
	})
	slices.SortFunc(h.chunks, func(x, y hprof.Segment) int { return cmp.Compare(x.Offset, y.Offset) })
	sortProblems(h.problems)
	return all, err
}

// elementRoom returns room for pieces of long arrays.
func elementRoom(f *hprof.File) []byte { return make([]byte, min(1<<20, f.Size&^7+8)) }

// surveyor is one worker of the first read.
type surveyor struct {
	surveyed
	b        *builder
	h        *Heap
	cur      *hprof.Cursor
	sparse   bool
	buf      []byte
	bits     uint64
	chunks   []hprof.Segment
	problems []hprof.Problem

	cell          *cell // being filled
	cellKey       uint64
	page          *page
	pageKey       uint64
	all, coreBits uint64
}

// segment reads one segment and cuts it into chunks for the second read.
func (w *surveyor) segment(s hprof.Segment, tick func(int64) error) error {
	c := w.cur
	start, end := s.Offset, s.Offset // of the chunk
	for c.Start(s); c.Next(); end = c.Offset() {
		r := &c.Rec
		if r.Offset-start >= chunkBytes || r.Offset != end {
			if end > start {
				w.chunks = append(w.chunks, hprof.Segment{Offset: start, Length: end - start})
			}
			if err := tick(max(r.Offset-start, 0)); err != nil {
				return err
			}
			start = r.Offset
		}
		core := false
		switch r.Tag {
		case hprof.InstanceDump:
			core = w.coreInstance(w.class(r.Index), r.Body)
		case hprof.ObjectArray:
			core = !w.b.plain[w.class(r.Index)]
			if !core {
				core = c.Elements(w.buf, notNull) != nil // damage: the second read finds out
			}
		case hprof.PrimitiveArray, hprof.PrimitiveNoData:
			core = !w.b.plain[w.h.prim[r.Elem]]
		case hprof.ClassDump:
			k := w.h.classAt(r.ID)
			if k == NoClass {
				w.classes = append(w.classes, c.DecodeClass())
			}
			core = k == NoClass || w.b.coreClass(k)
		case hprof.HeapDumpInfo:
			continue
		default:
			w.roots = append(w.roots, rawRoot{r.ID, r.Serial, r.Frame, r.Tag})
			continue
		}
		if err := w.mark(r.ID, core); err != nil {
			return err
		}
	}
	w.flush()
	w.problems = append(w.problems, damageOf(c, s)...)
	if end > start {
		w.chunks = append(w.chunks, hprof.Segment{Offset: start, Length: end - start})
	}
	return tick(max(s.Offset+s.Length-start, 0))
}

// sortProblems orders problems by place.
func sortProblems(ps []hprof.Problem) {
	slices.SortFunc(ps, func(x, y hprof.Problem) int {
		return cmp.Or(cmp.Compare(x.Offset, y.Offset), cmp.Compare(x.What, y.What), cmp.Compare(x.Bytes, y.Bytes))
	})
}

// damageOf returns what a cursor skipped in a segment that it has read, and what it did not come to.
func damageOf(c *hprof.Cursor, s hprof.Segment) []hprof.Problem {
	out := c.Problems()
	if err := c.Err(); err != nil {
		what := err.Error()
		if e := (*hprof.FormatError)(nil); errors.As(err, &e) && errors.Is(e.Err, io.ErrUnexpectedEOF) {
			what = e.What
		}
		out = append(out, hprof.Problem{Offset: c.Offset(), Bytes: s.Offset + s.Length - c.Offset(), What: what})
	}
	return out
}

// class returns the class that the cursor found.
func (w *surveyor) class(index int32) Class {
	if index < 0 {
		w.unknown = true
		return w.h.missing
	}
	return Class(index)
}

// coreInstance reports whether an instance has an edge that matters.
func (w *surveyor) coreInstance(k Class, body []byte) bool {
	if !w.b.plain[k] {
		return true
	}
	info := &w.h.classes[k]
	if len(body) < int(info.size) {
		return false
	}
	if w.h.idSize == 8 {
		for _, off := range info.refs {
			if be.Uint64(body[off:]) != 0 {
				return true
			}
		}
		return info.referent >= 0 && be.Uint64(body[info.referent:]) != 0
	}
	for _, off := range info.refs {
		if be.Uint32(body[off:]) != 0 {
			return true
		}
	}
	return info.referent >= 0 && be.Uint32(body[info.referent:]) != 0
}

var errNotNull = errors.New("a reference that is not null")

// notNull ends the reading of an array at the first piece with a reference.
func notNull(p []byte) error {
	if allZero(p) {
		return nil
	}
	return errNotNull
}

func allZero(p []byte) bool {
	for ; len(p) >= 8; p = p[8:] {
		if be.Uint64(p) != 0 {
			return false
		}
	}
	for _, x := range p {
		if x != 0 {
			return false
		}
	}
	return true
}

// mark notes the address of an object. Neighbours in the file are mostly neighbours in memory: a cell is written once.
func (w *surveyor) mark(a uint64, core bool) error {
	w.objects++
	w.bits |= a
	if w.sparse {
		w.addrs = append(w.addrs, a)
		if core {
			w.core = append(w.core, a)
		}
		return nil
	}
	g := a >> w.h.index.shift
	if key := g >> 6; key != w.cellKey || w.cell == nil {
		w.flush()
		if pk := g >> pageBits; pk != w.pageKey || w.page == nil {
			p, err := w.h.index.page(pk)
			if err != nil {
				return err
			}
			w.page, w.pageKey = p, pk
		}
		w.cell, w.cellKey = &w.page.cells[key&(pageCells-1)], key
	}
	bit := uint64(1) << (g & 63)
	w.all |= bit
	if core {
		w.coreBits |= bit
	}
	return nil
}

func (w *surveyor) flush() {
	if w.cell != nil {
		w.cell.mark(w.all, w.coreBits)
	}
	w.cell, w.all, w.coreBits = nil, 0, 0
}

func (h *Heap) progress(phase string, done, total int64) {
	if h.opt.Progress != nil {
		h.opt.Progress(phase, done, total)
	}
}

// resetClasses builds the class table, in address order of the class objects.
func (h *Heap) resetClasses(dumped []hprof.Class) {
	room := len(dumped) + 16 // a million classes are not moved time and again
	h.classes, h.rawName, h.byName = make([]ClassInfo, 0, room), make([]string, 0, room), make(map[string][]Class, room)
	names := make(map[hprof.ID]string, len(h.file.Classes))
	for _, l := range h.file.Classes {
		if _, ok := names[l.Class]; !ok {
			names[l.Class] = h.file.Symbol(l.Name)
		}
	}
	h.byAddr = make(map[uint64]Class, len(dumped))
	for i := range dumped {
		d := &dumped[i]
		k := ClassInfo{
			Addr: d.ID, superID: d.Super, loaderID: d.Loader, signers: d.Signers, domain: d.ProtectionDomain,
			constants: d.Constants, Super: NoClass, Object: NoObject, Loader: NoObject,
		}
		for _, f := range d.Fields {
			if f.Type.Size(h.idSize) == 0 {
				continue
			}
			k.Fields = append(k.Fields, FieldInfo{h.file.Symbol(f.Name), f.Type})
		}
		for _, f := range d.Statics {
			k.Statics = append(k.Statics, StaticInfo{h.file.Symbol(f.Name), f.Type, f.Value})
		}
		h.addClass(k, names[d.ID])
	}
	for i := range h.classes {
		k := &h.classes[i]
		if s, ok := h.byAddr[k.superID]; ok && k.superID != 0 {
			k.Super = s
		}
	}
	for _, t := range primitives { // agents and other VMs leave the array classes out
		raw := "[" + string(primitiveCode[t])
		c := h.firstClass(javaName(raw))
		if c == NoClass {
			c = h.addClass(ClassInfo{Object: NoObject, Super: NoClass, Loader: NoObject}, raw)
		}
		h.prim[t] = c
	}
	h.missing = h.addClass(ClassInfo{Object: NoObject, Super: NoClass, Loader: NoObject, Missing: true}, "(class not in the dump)")
	if h.classClass = h.firstClass("java.lang.Class"); h.classClass == NoClass {
		h.classClass = h.addClass(ClassInfo{Object: NoObject, Super: NoClass, Loader: NoObject, Missing: true}, "java/lang/Class")
	}
	h.linkClasses()
}

var primitiveCode = [16]byte{hprof.Boolean: 'Z', hprof.Char: 'C', hprof.Float: 'F', hprof.Double: 'D', hprof.Byte: 'B', hprof.Short: 'S', hprof.Int: 'I', hprof.Long: 'J'}

func (h *Heap) addClass(k ClassInfo, raw string) Class {
	if raw == "" {
		raw = fmt.Sprintf("(class 0x%x without a name)", k.Addr)
	}
	k.Name = javaName(raw)
	if raw[0] == '[' && len(raw) > 1 {
		k.IsArray, k.Elem = true, hprof.Object
		if t := primitiveOf(raw[1]); t != 0 && len(raw) == 2 {
			k.Elem = t
		}
	}
	c := Class(len(h.classes))
	h.classes = append(h.classes, k)
	h.rawName = append(h.rawName, raw)
	h.byName[k.Name] = append(h.byName[k.Name], c)
	if k.Addr != 0 {
		h.byAddr[k.Addr] = c
	}
	return c
}

// resolveClasses binds the class table to object numbers.
func (h *Heap) resolveClasses() {
	h.defined = map[Object][]Class{}
	for i := range h.classes {
		k := &h.classes[i]
		k.Object, k.Loader = h.object(k.Addr), h.object(k.loaderID)
		if k.Loader != NoObject && k.Object != NoObject {
			h.defined[k.Loader] = append(h.defined[k.Loader], Class(i))
		}
	}
}

// object returns the object at an identifier, NoObject for null and for what the dump lacks.
func (h *Heap) object(id hprof.ID) Object {
	if id == 0 {
		return NoObject
	}
	o, ok := h.index.find(id)
	if !ok {
		return NoObject
	}
	return o
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
