package graph

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"heapcause/graph/layout"
	"heapcause/hprof"
)

// ClassCount is one line of a class histogram.
type ClassCount struct {
	Name      string // as in Java source
	Instances int64
	Bytes     int64 // shallow
}

// Histogram is the class histogram of a dump, by bytes, then name. Classes of one name are added up, as the JVM does.
type Histogram struct {
	Classes  []ClassCount
	Total    Totals
	Layout   *layout.Model
	Problems []hprof.Problem
}

// tally counts the objects of one class. The size of an array is known only once the layout is: sizes are a multiple of 256
// bytes of elements and a rest, so the rests are counted one by one.
type tally struct {
	n     int64
	units int64   // of 256 bytes of elements
	rest  []int64 // arrays: objects by bytes of elements modulo 256
}

func (t *tally) array(bytes int64) {
	t.n++
	t.units += bytes >> 8
	if t.rest == nil {
		t.rest = make([]int64, 256)
	}
	t.rest[bytes&255]++
}

// CountClasses reads the dump once and returns its class histogram without building a graph. Sizes come from the layout that
// neighbours in the file show. Where these show none, classes come after their instances, or sizes are to be computed, it falls back to Build.
func CountClasses(ctx context.Context, f *hprof.File, opt Options) (*Histogram, error) {
	if opt.Sizes == ComputedSizes { // the version is read from objects
		return recount(ctx, f, opt)
	}
	h := &Heap{file: f, idSize: f.IDSize, opt: opt}
	b := &builder{h: h}
	known := b.leadingClasses()
	h.resetClasses(known)
	rules := h.learn(known)
	chunkSize, _ := h.Bind(stackChunk, "size")
	ev := layout.NewEvidence(len(h.classes))
	counts := make([]tally, len(h.classes))
	late := map[hprof.ID]*tally{}
	var lateClasses []hprof.Class
	var chunks []int32
	var problems []hprof.Problem
	var mu sync.Mutex
	var done atomic.Int64
	total := f.HeapBytes()
	err := h.parallel(ctx, f.Segments, func() (func(hprof.Segment) error, func() error) {
		w := &counter{
			h: h, cur: hprof.NewCursor(f, false), ev: layout.NewEvidence(len(h.classes)), counts: make([]tally, len(h.classes)),
			late: map[hprof.ID]*tally{}, chunkSize: chunkSize,
		}
		w.cur.Mend(rules)
		run := func(s hprof.Segment) error {
			w.segment(s)
			h.progress("counting", done.Add(s.Length), total)
			return ctx.Err()
		}
		return run, func() error {
			mu.Lock()
			defer mu.Unlock()
			ev.Merge(w.ev)
			for i := range w.counts {
				counts[i].add(&w.counts[i])
			}
			for id, t := range w.late {
				if late[id] == nil {
					late[id] = &tally{}
				}
				late[id].add(t)
			}
			lateClasses = append(lateClasses, w.classes...)
			chunks = append(chunks, w.chunks...)
			problems = append(problems, w.problems...)
			return nil
		}
	})
	if changed := f.Changed(); changed != nil && ctx.Err() == nil {
		err = changed
	}
	if err != nil {
		return nil, err
	}
	if known = sortClasses(append(known, lateClasses...)); len(known) > len(h.byAddr) {
		return recount(ctx, f, opt)
	}
	m := layout.Infer(h.layoutInput(), ev)
	if m.Estimated { // file order is not address order (ZGC, Shenandoah): neighbours have to be found by address
		return recount(ctx, f, opt)
	}
	out := &Histogram{Layout: m, Problems: append(slices.Clone(f.Problems), problems...)}
	sortProblems(out.Problems)
	out.Problems = withReadProblems(out.Problems, f)
	h.sum(out, m, counts, late, chunks)
	return out, nil
}

// recount is CountClasses for a dump that one read does not explain.
func recount(ctx context.Context, f *hprof.File, opt Options) (*Histogram, error) {
	opt.NoInbound = true
	h, err := Build(ctx, f, opt)
	if err != nil {
		return nil, err
	}
	defer func() { _ = h.Close() }()
	out := &Histogram{Layout: h.model, Problems: h.Problems()}
	for _, g := range h.Classes() {
		out.add(g.Name, g.Instances, g.Shallow)
	}
	out.sort()
	return out, nil
}

func (t *tally) add(o *tally) {
	t.n += o.n
	t.units += o.units
	if o.rest == nil {
		return
	}
	if t.rest == nil {
		t.rest = make([]int64, 256)
	}
	for i, n := range o.rest {
		t.rest[i] += n
	}
}

// counter is one worker.
type counter struct {
	h         *Heap
	cur       *hprof.Cursor
	ev        *layout.Evidence
	counts    []tally
	late      map[hprof.ID]*tally
	classes   []hprof.Class
	chunks    []int32
	problems  []hprof.Problem
	chunkSize Field
}

func (w *counter) segment(s hprof.Segment) {
	h, c := w.h, w.cur
	// The object before, whose distance shows when the next one comes.
	var prev hprof.ID
	var prevTag hprof.Tag
	var prevClass Class
	var prevCount uint32
	var prevElem hprof.Type
	for c.Start(s); c.Next(); {
		r := &c.Rec
		var k Class
		switch r.Tag {
		case hprof.InstanceDump:
			if k = Class(r.Index); k == NoClass {
				w.lateCount(r.Class).n++
			} else {
				w.counts[k].n++
				if w.chunkSize.Ok() && k == w.chunkSize.Class && len(r.Body) >= int(w.chunkSize.fromEnd) {
					w.chunks = append(w.chunks, int32(hprof.Value(r.Body[len(r.Body)-int(w.chunkSize.fromEnd):], w.chunkSize.typ, h.idSize)))
				}
			}
		case hprof.ObjectArray:
			if k = Class(r.Index); k == NoClass {
				w.lateCount(r.Class).n++
			} else {
				w.counts[k].array(int64(r.Count) * 4) // in units of 4: a reference is 4 or 8 bytes
			}
		case hprof.PrimitiveArray, hprof.PrimitiveNoData:
			k = h.prim[r.Elem]
			w.counts[k].array(int64(r.Count) * int64(r.Elem.Size(h.idSize)))
		case hprof.ClassDump:
			if k = h.classAt(r.ID); k == NoClass {
				w.classes = append(w.classes, c.DecodeClass())
			}
		default:
			continue
		}
		if d := r.ID - prev; prevClass != NoClass && prev != 0 && r.ID > prev {
			switch prevTag {
			case hprof.InstanceDump:
				w.ev.Instance(int32(prevClass), d)
			case hprof.ClassDump:
				w.ev.Mirror(int32(prevClass), d)
			default:
				w.ev.Array(layout.Kind(prevElem), prevCount, d)
			}
		}
		w.ev.Address(r.ID)
		prev, prevTag, prevClass, prevCount, prevElem = r.ID, r.Tag, k, r.Count, r.Elem
	}
	w.problems = append(w.problems, damageOf(c, s)...)
}

func (w *counter) lateCount(id hprof.ID) *tally {
	t := w.late[id]
	if t == nil {
		t = &tally{}
		w.late[id] = t
	}
	return t
}

// sum turns counts into lines.
func (h *Heap) sum(out *Histogram, m *layout.Model, counts []tally, late map[hprof.ID]*tally, chunks []int32) {
	for i := range counts {
		t := &counts[i]
		k := &h.classes[i]
		if t.n == 0 && Class(i) != h.classClass {
			continue
		}
		bytes := int64(0)
		switch {
		case k.IsArray:
			unit := int64(1) // bytes per counted byte
			if k.Elem == hprof.Object {
				unit = int64(m.RefBytes) / 4
			}
			bytes = t.units * 256 * unit
			for rest, n := range t.rest {
				if n == 0 {
					continue
				}
				elem, length := layout.Kind(k.Elem), uint32(rest)
				if k.Elem == hprof.Object {
					length = uint32(rest) / 4
				} else {
					length /= uint32(k.Elem.Size(h.idSize))
				}
				bytes += n * m.Array(elem, length)
			}
		case Class(i) == h.classClass:
			bytes = t.n * m.PrimitiveMirror()
			for j := range h.classes {
				if h.classes[j].Addr != 0 {
					t.n++
					bytes += m.Mirror(int32(j))
				}
			}
		case len(chunks) > 0 && k.Name == stackChunk:
			for _, n := range chunks {
				bytes += m.StackChunk(int32(i), n)
			}
		default:
			bytes = t.n * m.Instance(int32(i))
		}
		out.add(k.Name, t.n, bytes)
	}
	n := int64(0)
	for _, t := range late {
		n += t.n
	}
	if n > 0 {
		out.add("(class not in the dump)", n, n*m.Instance(int32(h.missing)))
	}
	out.sort()
}

func (o *Histogram) add(name string, n, bytes int64) {
	o.Classes = append(o.Classes, ClassCount{name, n, bytes})
	o.Total.Objects += n
	o.Total.Bytes += bytes
}

func (o *Histogram) sort() {
	slices.SortStableFunc(o.Classes, func(a, b ClassCount) int { return cmp.Compare(a.Name, b.Name) })
	merged := o.Classes[:0]
	for _, c := range o.Classes {
		if n := len(merged); n > 0 && merged[n-1].Name == c.Name {
			merged[n-1].Instances += c.Instances
			merged[n-1].Bytes += c.Bytes
			continue
		}
		merged = append(merged, c)
	}
	o.Classes = merged
	slices.SortStableFunc(o.Classes, func(a, b ClassCount) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), strings.Compare(a.Name, b.Name))
	})
}

// Histogram is the histogram of a graph, whose dump need not be read again for it. It is that of CountClasses.
func (h *Heap) Histogram() *Histogram {
	out := &Histogram{Layout: h.model, Problems: h.Problems()}
	for _, g := range h.Classes() {
		out.add(g.Name, g.Instances, g.Shallow)
	}
	out.sort()
	return out
}
