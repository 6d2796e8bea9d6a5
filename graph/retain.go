package graph

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"heapcause/graph/dominator"
)

// retain finds shallow sizes, retained sizes of objects and sets, strengths and immediate dominators, and writes the columns
// that say so. Each pass over the objects needs few of the arrays by preorder number: what a later pass has no use for is
// freed or turned into what that pass needs.
func (b *builder) retain(ctx context.Context) error {
	held := b.foldMirrors()
	b.jump.free()
	b.depth.free()
	b.ancestors = nil
	n := int64(b.count)
	object, err := newArray[uint32](n + 1) // preorder number → object
	if err != nil {
		return err
	}
	defer object.free()
	sizes := b.h.sizer()
	if b.sum, err = newSums(n+1, sizes.small()); err != nil {
		return err
	}
	object.v[0] = noIdom
	shallow, err := b.addShallow(sizes, object.v)
	if err != nil {
		return err
	}
	dropPages(b.spilled)
	b.sum.accumulate(b.dom.v)
	if err := b.groupSets(sizes, shallow, object.v, held); err != nil {
		return err
	}
	b.nameDominators(object.v)
	object.free()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := b.writeColumns(sizes, held); err != nil {
		return err
	}
	b.h.store.drop()
	b.release()
	return ctx.Err()
}

// dropEvery is how many objects a pass over the columns handles before it gives their memory back.
const dropEvery = 1 << 21

// passed gives the memory of the columns back where a pass goes over another dropEvery objects.
func (h *Heap) passed(before, after uint64) {
	if before/dropEvery != after/dropEvery {
		h.store.drop()
	}
}

// foldMirrors finishes builder.leaf. Plain classes that are no GC root (array classes, mostly) are leaves that their
// instances refer to: their dominators are folded here, as the instances go by.
func (b *builder) foldMirrors() []heldMirror {
	h := b.h
	mirrors := b.loose
	wanted := make([]bool, len(mirrors))
	some := false
	for c, m := range mirrors {
		wanted[c] = m != nil && h.classes[c].Instances > 0
		some = some || wanted[c]
	}
	if some {
		for r := range h.allRuns() {
			core, leaf := r.firstCore, r.firstLeaf
			for j, isCore := range r.core {
				o := r.first + uint32(j)
				if c := h.ClassOf(Object(o)); wanted[c] {
					mirrors[c].meet(b, b.at(isCore, core, leaf), o, isCore)
				}
				if isCore {
					core++
				} else {
					leaf++
				}
			}
		}
	}
	var held []heldMirror
	for c, m := range mirrors {
		if m == nil {
			continue
		}
		k := &h.classes[c]
		if m.sole != noObject32 && m.at == m.soleAt {
			held = append(held, heldMirror{m.sole, uint32(k.Object), m.at, h.Shallow(k.Object)})
		}
		p, _ := h.index.locate(k.Addr)
		b.leaf.v[p.place] = m.at
	}
	return held
}

// at returns the preorder number of a core object, or a leaf's value of builder.leaf.
func (b *builder) at(isCore bool, core, leaf uint32) uint32 {
	if isCore {
		return b.num.v[core]
	}
	return b.leaf.v[leaf]
}

// addShallow adds each object's shallow size to its own sum, a leaf's to that of its dominator, adds the totals up, writes the
// strengths, and notes the object of each preorder number. It returns the bytes of each class.
func (b *builder) addShallow(sizes *sizer, object []uint32) ([]int64, error) {
	h := b.h
	out, err := newColumnWriter[uint8](h.store, h.n)
	if err != nil {
		return nil, err
	}
	num, leaves := b.num.v, b.leaf.v
	type tally struct {
		totals  [NumStrengths]Totals
		byClass []int64
	}
	var all []*tally
	err = h.eachRun(func() func(*run) error {
		t := &tally{byClass: make([]int64, len(h.classes))}
		all = append(all, t)
		var strengths []uint8
		return func(r *run) error {
			strengths = slices.Grow(strengths[:0], len(r.core))[:len(r.core)]
			core, leaf := r.firstCore, r.firstLeaf
			for j, isCore := range r.core {
				o := r.first + uint32(j)
				size := sizes.of(o)
				var at uint32
				if isCore {
					at = num[core]
					object[at] = o
					core++
				} else {
					at = leaves[leaf]
					leaf++
				}
				if at <= b.count {
					b.sum.add(at, size)
				}
				s := b.placeOfLeaf(at)
				strengths[j] = uint8(s)
				t.totals[s].Objects++
				t.totals[s].Bytes += size
				t.byClass[h.ClassOf(Object(o))] += size
			}
			return out.write(uint64(r.first), strengths)
		}
	})
	if err != nil {
		return nil, err
	}
	byClass := make([]int64, len(h.classes))
	for _, t := range all {
		for s := range t.totals {
			h.totals[s].Objects += t.totals[s].Objects
			h.totals[s].Bytes += t.totals[s].Bytes
		}
		for c, n := range t.byClass {
			byClass[c] += n
		}
	}
	h.strength, err = out.finish()
	return byClass, err
}

// eachRun gives the runs of all objects to workers.
func (h *Heap) eachRun(worker func() func(*run) error) error {
	var g errgroup.Group
	var next, passed atomic.Int64
	for range min(h.opt.workers(), h.index.runs()) {
		do := worker()
		g.Go(func() error {
			var r run
			for {
				i := int(next.Add(1)) - 1
				if i >= h.index.runs() {
					return nil
				}
				r = h.index.run(i, r.core)
				if err := do(&r); err != nil {
					return err
				}
				n := uint64(len(r.core))
				after := uint64(passed.Add(int64(n)))
				h.passed(after-n, after)
			}
		})
	}
	return g.Wait()
}

// nameDominators turns the immediate dominators from preorder numbers into objects.
func (b *builder) nameDominators(object []uint32) {
	dom := b.dom.v
	for w := len(dom) - 1; w > 0; w-- {
		dom[w] = object[dom[w]]
	}
}

const noObject32 = ^uint32(0)

// heldMirror is a class object whose only holder is a leaf.
type heldMirror struct {
	leaf, mirror uint32
	at           uint32 // as in builder.leaf, of both
	size         int64
}

// looseMirror is the state of a class object that is no root and held by its instances, perhaps among others.
type looseMirror struct {
	at     uint32 // as in builder.leaf
	sole   uint32 // the one leaf that holds it so far, when nothing else does
	soleAt uint32
}

// meet adds the edge of an instance.
func (m *looseMirror) meet(b *builder, at, o uint32, core bool) {
	if m.at == b.rootOf(Strong) {
		if b.placeOfLeaf(at) == Strong {
			m.sole = noObject32
		}
		return
	}
	s := b.placeOfLeaf(at)
	old := m.at
	from := at
	if at > b.count {
		from = 0
	}
	if !core && old == 0 {
		m.at, m.sole, m.soleAt = at, o, at
		return
	}
	so := Unreachable + 1
	if old != 0 {
		so = b.placeOfLeaf(old)
	}
	if !core && s < so {
		m.at, m.sole, m.soleAt = at, o, at
		return
	}
	if s > so {
		return
	}
	m.sole = noObject32
	m.at = b.meet(old, from, s)
}

// placeOfLeaf returns the strength of a value of builder.leaf.
func (b *builder) placeOfLeaf(at uint32) Strength {
	if at > b.count {
		return Strength(at - b.count - 1)
	}
	return b.strengthOf(at)
}

// looseMirrors returns the state of each plain class that is no root, by class, from what leaves found: 0 where nothing but
// instances holds the class object.
func (b *builder) looseMirrors() []*looseMirror {
	h := b.h
	out := make([]*looseMirror, len(h.classes))
	for c := range h.classes {
		k := &h.classes[c]
		if k.Object == NoObject || b.root[c] || !b.plain[c] {
			continue
		}
		p, ok := h.index.locate(k.Addr)
		if !ok || p.core {
			continue
		}
		out[c] = &looseMirror{at: b.leaf.v[p.place], sole: noObject32}
	}
	for c, m := range out {
		if m != nil && h.classes[c].Instances == 0 && m.at == 0 {
			m.at = b.rootOf(Unreachable) // nothing at all holds it
		}
	}
	return out
}

// writeColumns writes immediate dominator and retained size of each object: builder.dom and builder.leaf hold objects now.
func (b *builder) writeColumns(sizes *sizer, held []heldMirror) error {
	h := b.h
	idom, err := newColumnWriter[uint32](h.store, h.n)
	if err != nil {
		return err
	}
	retained, err := newSizesWriter(h.store, h.n, b.sum.small != nil)
	if err != nil {
		return err
	}
	num, leaves, dom := b.num.v, b.leaf.v, b.dom.v
	byLeaf, byMirror := slices.Clone(held), held
	slices.SortFunc(byLeaf, func(x, y heldMirror) int { return cmp.Compare(x.leaf, y.leaf) })
	slices.SortFunc(byMirror, func(x, y heldMirror) int { return cmp.Compare(x.mirror, y.mirror) })
	err = h.eachRun(func() func(r *run) error {
		var doms []uint32
		var kept []int64
		return func(r *run) error {
			n := len(r.core)
			doms, kept = slices.Grow(doms[:0], n)[:n], slices.Grow(kept[:0], n)[:n]
			core, leaf := r.firstCore, r.firstLeaf
			for j, isCore := range r.core {
				if isCore {
					at := num[core]
					doms[j], kept[j] = dom[at], b.sum.get(at)
					core++
				} else {
					doms[j], kept[j] = leaves[leaf], sizes.of(r.first+uint32(j))
					leaf++
				}
			}
			i, _ := slices.BinarySearchFunc(byLeaf, r.first, func(m heldMirror, o uint32) int { return cmp.Compare(m.leaf, o) })
			for ; i < len(byLeaf) && byLeaf[i].leaf-r.first < uint32(n); i++ {
				kept[byLeaf[i].leaf-r.first] += byLeaf[i].size
			}
			i, _ = slices.BinarySearchFunc(byMirror, r.first, func(m heldMirror, o uint32) int { return cmp.Compare(m.mirror, o) })
			for ; i < len(byMirror) && byMirror[i].mirror-r.first < uint32(n); i++ {
				doms[byMirror[i].mirror-r.first] = byMirror[i].leaf
			}
			if err := idom.write(uint64(r.first), doms); err != nil {
				return err
			}
			return retained.write(uint64(r.first), kept)
		}
	})
	if err != nil {
		return err
	}
	if h.idom, err = idom.finish(); err != nil {
		return err
	}
	h.retained, err = retained.finish()
	return err
}

// sizes is a column of sizes: 4 bytes each where all are below 32 GiB and multiples of 8, else 8.
type sizes struct {
	small []uint32
	large []int64
}

// sizesWriter writes a column of sizes.
type sizesWriter struct {
	small *columnWriter[uint32]
	large *columnWriter[int64]
}

func newSizesWriter(s *store, n uint64, small bool) (w sizesWriter, err error) {
	if small {
		w.small, err = newColumnWriter[uint32](s, n)
	} else {
		w.large, err = newColumnWriter[int64](s, n)
	}
	return w, err
}

// write sets the sizes from first on; it overwrites v.
func (w *sizesWriter) write(first uint64, v []int64) error {
	if w.large != nil {
		return w.large.write(first, v)
	}
	units := asNumbers[uint32](asBytes(v))[:len(v)] // each unit lands at or before what is still to be read
	for i, x := range v {
		units[i] = uint32(x >> 3)
	}
	return w.small.write(first, units)
}

func (w *sizesWriter) finish() (s sizes, err error) {
	if w.small != nil {
		s.small, err = w.small.finish()
	} else {
		s.large, err = w.large.finish()
	}
	return s, err
}

// newSums returns zero sums.
func newSums(n int64, small bool) (sums, error) {
	var s sums
	var err error
	if small {
		s.a, err = newArray[uint32](n)
		s.small = s.a.v
	} else {
		s.b, err = newArray[int64](n)
		s.large = s.b.v
	}
	return s, err
}

// sums are sizes in memory that can be freed.
type sums struct {
	sizes
	a array[uint32]
	b array[int64]
}

func (s *sums) free() {
	s.a.free()
	s.b.free()
}

// add adds v to a size; safe for concurrent use.
func (s *sizes) add(i uint32, v int64) {
	if s.small != nil {
		atomic.AddUint32(&s.small[i], uint32(v>>3))
		return
	}
	atomic.AddInt64(&s.large[i], v)
}

// accumulate adds each number's sum to that of its immediate dominator, from the last to the first.
func (s *sizes) accumulate(idom []uint32) {
	if s.small != nil {
		dominator.Accumulate(idom, s.small)
		return
	}
	dominator.Accumulate(idom, s.large)
}

func (s *sizes) get(o uint32) int64 {
	if s.small != nil {
		return int64(s.small[o]) << 3
	}
	return s.large[o]
}
