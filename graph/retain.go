package graph

import (
	"context"

	"heapcause/graph/dominator"
)

// retain finds shallow sizes, retained sizes, strengths and immediate dominators of all objects and writes them as columns.
func (b *builder) retain(ctx context.Context) error {
	held := b.place()
	b.jump.free()
	b.depth.free()
	b.ancestors = nil
	n := int64(b.count)
	object, err := newArray[uint32](n + 1) // preorder number → object
	if err != nil {
		return err
	}
	defer object.free()
	if b.sum, err = newSums(n+1, b.h.smallSizes()); err != nil {
		return err
	}
	b.addShallow(object.v)
	b.sum.accumulate(b.dom.v)
	if err := b.writeColumns(object.v, held); err != nil {
		return err
	}
	b.h.store.drop()
	b.release()
	return ctx.Err()
}

// dropEvery is how many objects a pass over the columns handles before it gives their memory back.
const dropEvery = 1 << 21

// eachPlace calls fn for every object in ascending order with its class, the class it is the class object of, if any, its
// shallow size, and at: its preorder number, or for a leaf the value of builder.leaf.
func (b *builder) eachPlace(fn func(o uint32, c, own Class, size int64, at uint32, core bool)) {
	h := b.h
	core, leaf := uint32(0), uint32(0)
	num, leaves := b.num.v, b.leaf.v
	h.index.each(func(addr uint64, o uint32, isCore bool) bool {
		c := h.ClassOf(Object(o))
		own := NoClass
		if c == h.classClass {
			own = h.classAt(addr)
		}
		size := h.sizeOf(Object(o), c, own)
		if isCore {
			fn(o, c, own, size, num[core], true)
			core++
		} else {
			fn(o, c, own, size, leaves[leaf], false)
			leaf++
		}
		if o%dropEvery == dropEvery-1 {
			h.store.drop()
		}
		return true
	})
}

// place finishes builder.leaf and adds the totals up. Plain classes that are no GC root (array classes, mostly) are leaves that
// their instances refer to: their dominators are folded here, as the instances go by.
func (b *builder) place() []heldMirror {
	h := b.h
	mirrors := b.loose
	b.eachPlace(func(o uint32, c, own Class, size int64, at uint32, core bool) {
		if m := mirrors[c]; m != nil {
			m.meet(b, at, o, core)
		}
		if own == NoClass || mirrors[own] == nil {
			h.count(b.placeOfLeaf(at), size)
		}
	})
	var held []heldMirror
	for c, m := range mirrors {
		if m == nil {
			continue
		}
		k := &h.classes[c]
		size := h.sizeOf(k.Object, h.classClass, Class(c))
		h.count(b.placeOfLeaf(m.at), size)
		if m.sole != noObject32 && m.at == m.soleAt {
			held = append(held, heldMirror{m.sole, uint32(k.Object), size})
		}
		p, _ := h.index.locate(k.Addr)
		b.leaf.v[p.place] = m.at
	}
	return held
}

// addShallow adds each object's shallow size to its own sum, a leaf's to that of its dominator.
func (b *builder) addShallow(object []uint32) {
	b.eachPlace(func(o uint32, _, _ Class, size int64, at uint32, core bool) {
		if core {
			object[at] = o
		}
		if at <= b.count {
			b.sum.add(at, size)
		}
	})
}

const noObject32 = ^uint32(0)

// heldMirror is a class object whose only holder is a leaf.
type heldMirror struct {
	leaf, mirror uint32
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

// writeColumns writes strength, immediate dominator and retained size of each object.
func (b *builder) writeColumns(object []uint32, held []heldMirror) error {
	h := b.h
	var err error
	if h.strength, err = column[uint8](h.store, h.n); err != nil {
		return err
	}
	if h.idom, err = column[uint32](h.store, h.n); err != nil {
		return err
	}
	if h.retained, err = h.newSizes(); err != nil {
		return err
	}
	b.eachPlace(func(o uint32, _, _ Class, size int64, at uint32, core bool) {
		d := uint32(0)
		switch {
		case core:
			d = b.dom.v[at]
			size = b.sum.get(at)
		case at <= b.count:
			d = at
		}
		h.strength[o] = uint8(b.placeOfLeaf(at))
		h.idom[o] = noIdom
		if d != 0 {
			h.idom[o] = object[d]
		}
		h.retained.set(o, size)
	})
	for _, m := range held {
		h.idom[m.mirror] = m.leaf
		h.retained.set(m.leaf, h.retained.get(m.leaf)+m.size)
	}
	return nil
}

// sizes is a column of sizes: 4 bytes each where all are below 32 GiB and multiples of 8, else 8.
type sizes struct {
	small []uint32
	large []int64
}

func (h *Heap) newSizes() (sizes, error) {
	if h.smallSizes() {
		v, err := column[uint32](h.store, h.n)
		return sizes{small: v}, err
	}
	v, err := column[int64](h.store, h.n)
	return sizes{large: v}, err
}

// smallSizes reports whether every sum of sizes fits 32 bits in units of 8 bytes.
func (h *Heap) smallSizes() bool {
	total := int64(0)
	for _, t := range h.totals {
		total += t.Bytes
	}
	return total < 1<<35-8 && h.sizeBits%8 == 0
}

// newSums is newSizes for working memory.
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

func (s *sizes) add(i uint32, v int64) {
	if s.small != nil {
		s.small[i] += uint32(v >> 3)
		return
	}
	s.large[i] += v
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

// width returns the bytes of one size.
func (s *sizes) width() uint64 {
	if s.small != nil {
		return 4
	}
	return 8
}

func (s *sizes) set(o uint32, v int64) {
	if s.small != nil {
		s.small[o] = uint32(v >> 3)
		return
	}
	s.large[o] = v
}
