package graph

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"heapcause/hprof"
)

// ErrTooLarge says that the dump has more objects than the numbering holds.
var ErrTooLarge = errors.New("the dump has more than 4,294,967,293 objects, the most that this version can number")

const maxObjects = 1<<32 - 3

// Build reads the dump twice and returns its graph: once for the classes, the roots and the address of each object, once
// for the references. A damaged dump is built from what is there.
func Build(ctx context.Context, f *hprof.File, opt Options) (*Heap, error) {
	b := &builder{h: &Heap{file: f, idSize: f.IDSize, opt: opt, classClass: noIdom}}
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"reading objects", b.survey},
		{"reading references", b.references},
		{"linking", b.assemble},
		{"strengths", b.strengths},
		{"dominators", b.dominators},
		{"retained sizes", b.retain},
	} {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		done := b.h.phase(step.name)
		if err := step.run(ctx); err != nil {
			return nil, err
		}
		done()
	}
	return b.h, nil
}

// builder is the working state of Build, dropped when it returns.
type builder struct {
	h      *Heap
	chunks []hprof.Segment // stretches that begin and end at a record, a few MiB each

	outIndex []uint64
	out      []uint32
	referent []refEdge
	extra    []refEdge // loader → class, thread → local: sorted by from
	order    []uint32  // reached objects, each after its immediate dominator
}

// refEdge is the referent edge of a reference object, or an extra edge.
type refEdge struct {
	from, to uint32
	kind     Strength
}

const chunkBytes = 4 << 20

// surveyed is what one worker found.
type surveyed struct {
	classes []hprof.Class
	roots   []rawRoot
	addrs   []uint64
}

type rawRoot struct {
	id            hprof.ID
	serial, frame uint32
	tag           hprof.Tag
}

// survey is the first read.
func (b *builder) survey(ctx context.Context) error {
	shift := uint(3)
	for {
		misaligned, err := b.surveyAt(ctx, shift)
		if err != nil {
			return err
		}
		if !misaligned {
			return nil
		}
		if shift == 0 {
			return errors.New("internal: misaligned at granule 1")
		}
		shift = 0
	}
}

func (b *builder) surveyAt(ctx context.Context, shift uint) (misaligned bool, err error) {
	h := b.h
	h.index = newAddrIndex(shift)
	b.chunks, h.problems = nil, slices.Clone(h.file.Problems)
	var (
		mu   sync.Mutex
		all  surveyed
		done atomic.Int64
		low  atomic.Uint64
	)
	total := h.file.HeapBytes()
	err = b.parallel(ctx, h.file.Segments, func() (func(hprof.Segment) error, func()) {
		c := hprof.NewCursor(h.file, false)
		var got surveyed
		var chunks []hprof.Segment
		var problems []hprof.Problem
		var p *page
		key := ^uint64(0)
		var bits uint64
		run := func(s hprof.Segment) error {
			start := s.Offset
			c.Reset(s.Offset, s.Length)
			for c.Next() {
				if o := c.Rec.Offset; o-start >= chunkBytes {
					if ctx.Err() != nil {
						return ctx.Err()
					}
					chunks = append(chunks, hprof.Segment{Offset: start, Length: o - start})
					h.progress("reading objects", done.Add(o-start), total)
					start = o
				}
				switch c.Rec.Tag {
				case hprof.InstanceDump, hprof.ObjectArray, hprof.PrimitiveArray, hprof.PrimitiveNoData:
				case hprof.ClassDump:
					got.classes = append(got.classes, c.DecodeClass())
				case hprof.HeapDumpInfo:
					continue
				default:
					got.roots = append(got.roots, rawRoot{c.Rec.ID, c.Rec.Serial, c.Rec.Frame, c.Rec.Tag})
					continue
				}
				a := c.Rec.ID
				bits |= a
				g := a >> shift
				if k := g >> pageBits; k != key {
					key, p = k, h.index.page(k)
				}
				p.set(g)
			}
			end := s.Offset + s.Length
			if err := c.Err(); err != nil {
				end = c.Offset()
				problems = append(problems, hprof.Problem{Offset: end, Bytes: s.Offset + s.Length - end, What: err.Error()})
			}
			if end > start {
				chunks = append(chunks, hprof.Segment{Offset: start, Length: end - start})
			}
			h.progress("reading objects", done.Add(s.Offset+s.Length-start), total)
			return nil
		}
		return run, func() {
			mu.Lock()
			defer mu.Unlock()
			low.Or(bits)
			all.classes = append(all.classes, got.classes...)
			all.roots = append(all.roots, got.roots...)
			b.chunks = append(b.chunks, chunks...)
			h.problems = append(h.problems, problems...)
		}
	})
	if err != nil {
		return false, err
	}
	if low.Load()&(1<<shift-1) != 0 {
		return true, nil
	}
	slices.SortFunc(b.chunks, func(x, y hprof.Segment) int { return cmp.Compare(x.Offset, y.Offset) })
	slices.SortFunc(h.problems, func(x, y hprof.Problem) int { return cmp.Compare(x.Offset, y.Offset) })
	h.chunks = b.chunks
	h.index.seal()
	h.n = h.index.n
	if h.n > maxObjects {
		return false, ErrTooLarge
	}
	slices.SortFunc(all.classes, func(x, y hprof.Class) int { return cmp.Compare(x.Offset, y.Offset) })
	h.makeClasses(all.classes)
	h.makeRoots(all.roots)
	return false, nil
}

func (h *Heap) progress(phase string, done, total int64) {
	if h.opt.Progress != nil {
		h.opt.Progress(phase, done, total)
	}
}

// parallel gives the segments, in order, to workers; each has its own state and hands it in at the end.
func (b *builder) parallel(ctx context.Context, segs []hprof.Segment, worker func() (run func(hprof.Segment) error, finish func())) error {
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range min(b.h.opt.workers(), max(len(segs), 1)) {
		run, finish := worker()
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(segs) {
					finish()
					return nil
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

// makeClasses builds the class table: in address order, first record of an identifier wins.
func (h *Heap) makeClasses(dumped []hprof.Class) {
	names := make(map[hprof.ID]string, len(h.file.Classes))
	for _, l := range h.file.Classes {
		if _, ok := names[l.Class]; !ok {
			names[l.Class] = h.file.Symbol(l.Name)
		}
	}
	slices.SortStableFunc(dumped, func(a, b hprof.Class) int { return cmp.Compare(a.ID, b.ID) })
	dumped = slices.CompactFunc(dumped, func(a, b hprof.Class) bool { return a.ID == b.ID })
	h.byAddr = make(map[uint64]Class, len(dumped))
	for i := range dumped {
		d := &dumped[i]
		raw := names[d.ID]
		k := ClassInfo{
			Addr: d.ID, superID: d.Super, loaderID: d.Loader, signers: d.Signers, domain: d.ProtectionDomain,
			constants: d.Constants, offset: d.Offset, Super: NoClass,
		}
		k.Object, _ = h.index.find(d.ID)
		for _, f := range d.Fields {
			if f.Type.Size(h.idSize) == 0 {
				continue
			}
			k.Fields = append(k.Fields, FieldInfo{h.file.Symbol(f.Name), f.Type})
		}
		for _, f := range d.Statics {
			k.Statics = append(k.Statics, StaticInfo{h.file.Symbol(f.Name), f.Type, f.Value})
		}
		h.addClass(k, raw)
	}
	for i := range h.classes {
		k := &h.classes[i]
		if s, ok := h.byAddr[k.superID]; ok && k.superID != 0 {
			k.Super = s
		}
		k.Loader = h.object(k.loaderID)
	}
	for _, t := range primitives { // agents and other VMs leave the array classes out
		raw := "[" + map[hprof.Type]string{hprof.Boolean: "Z", hprof.Char: "C", hprof.Float: "F", hprof.Double: "D",
			hprof.Byte: "B", hprof.Short: "S", hprof.Int: "I", hprof.Long: "J"}[t]
		c := h.firstClass(javaName(raw))
		if c == NoClass {
			c = h.addClass(ClassInfo{Object: NoObject, Super: NoClass, Loader: NoObject}, raw)
		}
		h.prim[t] = c
	}
	h.missing = h.addClass(ClassInfo{Object: NoObject, Super: NoClass, Loader: NoObject, Missing: true}, "(class not in the dump)")
	if c := h.firstClass("java.lang.Class"); c != NoClass {
		h.classClass = uint32(c)
	} else {
		h.classClass = uint32(h.addClass(ClassInfo{Object: NoObject, Super: NoClass, Loader: NoObject, Missing: true}, "java/lang/Class"))
	}
	h.linkClasses()
}

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
	if h.byName == nil {
		h.byName = map[string][]Class{}
	}
	h.byName[k.Name] = append(h.byName[k.Name], c)
	if k.Addr != 0 {
		h.byAddr[k.Addr] = c
	}
	return c
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
