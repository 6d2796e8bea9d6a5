package jdk

import (
	"math/bits"

	"heapcause/graph"
	"heapcause/graph/layout"
	"heapcause/hprof"
)

// Collection is what the record of a collection tells.
type Collection struct {
	Store graph.Object // its array, first node or inner collection; NoObject where it has none
	Size  int64        // -1 where other records have it
	Use   Use
}

// Use says what an empty collection has been through.
type Use uint8

// The uses. What never had a place for an element and counts no changes is unknown.
const (
	UseUnknown Use = iota
	NeverUsed      // nothing was put into it
	WasUsed
)

// CollectionClass reads the records of the collections of one class, for scans: its fields are bound once.
type CollectionClass struct {
	h           *graph.Heap
	shape       *shape
	store, size graph.Field
	cells       graph.Field // a counter is spread where it is not null
	mods        graph.Field // structural changes so far
	head, tail  graph.Field // of rings
	second      graph.Field // of List12 and Set12
	none        uint64      // the address that stands for no second element
}

// CollectionClass returns the reader of a class's records, nil when the class is no collection of a known shape.
func (r *Reader) CollectionClass(c graph.Class) *CollectionClass {
	if k, ok := r.classes[c]; ok {
		return k
	}
	var k *CollectionClass
	if s := r.shapeOf(c); s != nil {
		k = &CollectionClass{h: r.Heap, shape: s, store: r.fields.Find(c, s.at), mods: r.fields.Find(c, "modCount")}
		if len(s.size) == 1 {
			k.size = r.fields.Find(c, s.size[0])
		}
		switch {
		case s.cells != "" && len(s.size) == 1:
			k.cells = r.fields.Find(c, s.cells)
		case s.room == ringRoom:
			k.head, k.tail = r.fields.Find(c, "head"), r.fields.Find(c, "tail")
		case s.size == nil && s.kind == arrayKind:
			for _, f := range []string{"size", "count"} {
				if f := r.fields.Find(c, f); f.Ok() && len(s.has) > 0 || f.Ok() && s.class == "java.util.ImmutableCollections$SetN" {
					k.size = f
				}
			}
		case len(s.only) == 2 && !s.isMap:
			k.second = r.fields.Find(c, s.only[1])
			if o := r.Heap.StaticRef("java.util.ImmutableCollections", "EMPTY"); o != graph.NoObject {
				k.none = r.Heap.Addr(o)
			}
		}
	}
	r.classes[c] = k
	return k
}

// Read reads the record at hand.
func (k *CollectionClass) Read(v *graph.View) Collection {
	c := Collection{Store: v.Ref(k.store), Size: k.sizeOf(v)}
	capacity := k.Capacity(c.Store)
	if capacity >= 0 && k.shape.kind == arrayKind || k.shape.kind == pairsKind {
		c.Size = min(c.Size, max(capacity, 0)) // a damaged field says anything
	}
	switch {
	case c.Size > 0:
		c.Use = WasUsed
	case k.mods.Ok() && v.Int(k.mods) == 0:
		c.Use = NeverUsed
	case k.mods.Ok():
		c.Use = WasUsed
	case k.shape.kind == chainsKind && !v.IsSet(k.store):
		c.Use = NeverUsed
	case k.shape.kind == chainsKind:
		c.Use = WasUsed
	case k.shape.fresh > 0 && capacity > k.shape.fresh:
		c.Use = WasUsed
	case k.shape.fresh > 0:
		c.Use = NeverUsed
	}
	return c
}

func (k *CollectionClass) sizeOf(v *graph.View) int64 {
	s := k.shape
	switch {
	case s.kind == innerKind, s.node != "", s.kind == segmentsKind, k.cells.Ok() && v.IsSet(k.cells):
		return -1
	case k.size.Ok():
		return max(v.Int(k.size), 0)
	case len(s.size) > 0: // in another object
		return -1
	case s.kind == bitsKind:
		return int64(bits.OnesCount64(uint64(v.Int(k.store))))
	case k.tail.Ok():
		n := k.h.Length(v.Ref(k.store))
		d := v.Int(k.tail) - v.Int(k.head)
		if d < 0 {
			d += n
		}
		return min(max(d, 0), n)
	case s.kind == arrayKind:
		return k.h.Length(v.Ref(k.store))
	case k.second.Ok() && v.IsSet(k.second) && v.RefAddr(k.second) != k.none:
		return 2
	case s.kind == fixedKind:
		return int64(min(len(s.only), 1))
	}
	return -1
}

// IsMap reports whether it has entries.
func (k *CollectionClass) IsMap() bool { return k.shape.isMap }

// Hashed reports whether it is a table of chains.
func (k *CollectionClass) Hashed() bool { return k.shape.kind == chainsKind }

// Listed reports whether it keeps its elements one behind the other in an array.
func (k *CollectionClass) Listed() bool { return k.shape.kind == arrayKind && !k.shape.isMap }

// Wraps reports whether another collection has the elements; Owns, whether that one is its own.
func (k *CollectionClass) Wraps() bool { return k.shape.kind == innerKind }

// Owns reports whether the collection that it wraps is its own.
func (k *CollectionClass) Owns() bool { return k.shape.owns }

// Node is the class of the nodes that must be counted to know the size; one that ends in $ stands for all that begin so.
func (k *CollectionClass) Node() string { return k.shape.node }

// Capacity is how many elements its array has places for, -1 for what has no array.
func (k *CollectionClass) Capacity(store graph.Object) int64 {
	if !k.store.Ok() || k.store.Type() != hprof.Object {
		return -1
	}
	switch k.shape.kind {
	case arrayKind, chainsKind, pairsKind:
	default:
		return -1
	}
	if store == graph.NoObject {
		return 0
	}
	if !k.h.Class(k.h.ClassOf(store)).IsArray {
		return -1
	}
	n := k.h.Length(store)
	if k.shape.kind == pairsKind {
		n /= 2
	}
	return n
}

// Slack is what the array takes beyond the shortest one that would do; all of it when the collection is empty.
func (k *CollectionClass) Slack(store graph.Object, size int64) int64 {
	if k.shape.room == anyRoom && size > 0 || k.Capacity(store) <= 0 {
		return 0
	}
	shallow := k.h.Shallow(store)
	if size == 0 {
		return shallow
	}
	slots := min(k.slots(size), k.h.Length(store))
	return max(shallow-k.h.Layout().Array(layout.Object, uint32(slots)), 0)
}

// slots is the length of the shortest array for a number of elements.
func (k *CollectionClass) slots(n int64) int64 {
	switch k.shape.room {
	case ringRoom:
		return n + 1
	case hashRoom:
		return power(n + (n+2)/3)
	case oddRoom:
		return n + (n+2)/3
	case pairsRoom:
		return 2 * power(n+(n+1)/2)
	}
	return n
}

// power returns the least power of two that is not below n.
func power(n int64) int64 {
	if n <= 1 {
		return 1
	}
	return 1 << bits.Len64(uint64(n-1))
}
