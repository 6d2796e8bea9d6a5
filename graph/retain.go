package graph

import (
	"cmp"
	"context"
	"slices"
)

// retain finds shallow sizes, retained sizes, strengths and immediate dominators of all objects and writes them as columns.
//
// Plain classes that are no GC root (array classes, mostly) are leaves that their instances refer to: their dominators
// are folded here, as their instances go by.
func (b *builder) retain(ctx context.Context) error {
	h := b.h
	n := int64(b.count)
	object, err := newArray[uint32](n + 1) // preorder number → object
	if err != nil {
		return err
	}
	defer object.free()
	b.sum, err = newArray[int64](n + 1)
	if err != nil {
		return err
	}
	mirrors := b.looseMirrors()
	core, leaf := uint32(0), uint32(0)
	h.index.each(func(addr uint64, o uint32, isCore bool) bool {
		c := h.ClassOf(Object(o))
		var own Class = NoClass
		if c == h.classClass {
			own = h.classAt(addr)
		}
		size := h.sizeOf(Object(o), c, own)
		var at uint32 // the object's number, or for a leaf that of its dominator
		if isCore {
			at = b.num.v[core]
			object.v[at] = o
			core++
		} else {
			at = b.leaf.v[leaf]
			leaf++
		}
		if m := mirrors[c]; m != nil {
			m.meet(b, at, o, isCore)
		}
		if own != NoClass && mirrors[own] != nil {
			return true // added when all instances have been seen
		}
		s := Unreachable
		if at <= b.count {
			b.sum.v[at] += size
			s = b.strengthOf(at)
		} else {
			s = Strength(at - b.count - 1)
		}
		h.count(s, size)
		return true
	})
	var held []heldMirror
	for c, m := range mirrors {
		if m == nil {
			continue
		}
		k := &h.classes[c]
		size := h.sizeOf(k.Object, h.classClass, Class(c))
		s := b.placeOfLeaf(m.at)
		h.count(s, size)
		if m.sole != noObject32 && m.at == m.soleAt {
			held = append(held, heldMirror{m.sole, uint32(k.Object), size})
		}
		if m.at <= b.count {
			b.sum.v[m.at] += size
		}
		p, _ := h.index.locate(k.Addr)
		b.leaf.v[p.place] = m.at
	}
	slices.SortFunc(held, func(x, y heldMirror) int { return cmp.Compare(x.mirror, y.mirror) })
	for w := n; w >= 1; w-- {
		b.sum.v[b.dom.v[w]] += b.sum.v[w]
	}
	if err := b.writeColumns(object.v, held); err != nil {
		return err
	}
	h.store.drop()
	return nil
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

// looseMirrors returns the state of each plain class that is no root, by class.
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
		at := b.leaf.v[p.place]
		if at == b.rootOf(Unreachable) {
			at = 0
		}
		out[c] = &looseMirror{at: at, sole: noObject32}
	}
	for c, m := range out {
		if m != nil && h.classes[c].Instances == 0 && m.at == 0 {
			m.at = b.rootOf(Unreachable)
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
	core, leaf := uint32(0), uint32(0)
	h.index.each(func(addr uint64, o uint32, isCore bool) bool {
		c := h.ClassOf(Object(o))
		var at, d uint32
		var kept int64
		if isCore {
			at = b.num.v[core]
			core++
			d = b.dom.v[at]
			kept = b.sum.v[at]
		} else {
			at = b.leaf.v[leaf]
			leaf++
			if at <= b.count {
				d = at
			}
			own := NoClass
			if c == h.classClass {
				own = h.classAt(addr)
			}
			kept = h.sizeOf(Object(o), c, own)
		}
		h.strength[o] = uint8(b.placeOfLeaf(at))
		h.idom[o] = noIdom
		if d != 0 {
			h.idom[o] = object[d]
		}
		h.retained.set(o, kept)
		return true
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
	total := int64(0)
	for _, t := range h.totals {
		total += t.Bytes
	}
	if total < 1<<35-8 && h.sizeBits%8 == 0 {
		v, err := column[uint32](h.store, h.n)
		return sizes{small: v}, err
	}
	v, err := column[int64](h.store, h.n)
	return sizes{large: v}, err
}

func (s *sizes) get(o uint32) int64 {
	if s.small != nil {
		return int64(s.small[o]) << 3
	}
	return s.large[o]
}

func (s *sizes) set(o uint32, v int64) {
	if s.small != nil {
		s.small[o] = uint32(v >> 3)
		return
	}
	s.large[o] = v
}
