package collections

import (
	"cmp"
	"math"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// Census is what is known of the collections of a heap.
type Census struct {
	Heap    *graph.Heap
	Reader  *jdk.Reader
	Classes []*Group // by class; the most wasteful first, then by name
	Owners  []*Group // by class and the field that holds them, in the same order
	Stride  int64    // the owners are of every so many of some class's collections: 1 where of all
	Unsized int64    // queues whose elements were not counted

	found      *found
	owners     owners
	collisions []Collision // nil until they are asked for
}

// Of returns the census of a heap, nil where there is no collection. The rule or inspection must list Scan.
func Of(p *analyze.Pass) *Census {
	return analyze.Shared(p, "collections", func() *Census {
		f := analyze.Result[*found](p, Scan)
		if f == nil {
			return nil
		}
		c := &Census{Heap: p.Heap, Reader: jdk.NewReader(p.Heap), found: f, Stride: 1}
		c.finish()
		c.count()
		return c
	})
}

// finish finds the sizes that the collections' own records did not tell. Wrappers come last: they have those of what they wrap.
func (c *Census) finish() {
	h, r := c.Heap, c.Reader
	rows := c.found.rows
	for i := range rows {
		w := &rows[i]
		k := r.CollectionClass(h.ClassOf(graph.Object(w.object)))
		switch {
		case w.size >= 0 || k.Wraps():
		case k.Node() != "":
			w.size = c.linked(w)
		default:
			if n, ok := r.Size(graph.Object(w.object)); ok {
				w.size = int32(min(n, math.MaxInt32))
			}
		}
	}
	for i := range rows {
		w := &rows[i]
		if k := r.CollectionClass(h.ClassOf(graph.Object(w.object))); k.Wraps() {
			c.wrapper(w, k)
		}
	}
}

// wrapper takes size and use from what a collection wraps, and marks that as its own where it is.
func (c *Census) wrapper(w *row, k *jdk.CollectionClass) {
	if k.Owns() {
		if in := c.rowOf(object(w.store)); in != nil {
			in.inner = true
		}
	}
	at := w
	for range maxWraps {
		if at = c.rowOf(object(at.store)); at == nil {
			return
		}
		if at.size >= 0 && !c.Reader.CollectionClass(c.Heap.ClassOf(graph.Object(at.object))).Wraps() {
			w.size, w.use = at.size, at.use
			return
		}
	}
}

// maxWraps bounds how deep collections wrap each other.
const maxWraps = 16

func (c *Census) rowOf(o graph.Object) *row {
	return analyze.RowOf(c.found.rows, o, func(w row) graph.Object { return graph.Object(w.object) })
}

// linked counts the nodes of a queue that have an item; -1 where they were not kept. Damage can close the chain into a ring: no more
// steps are made than there are nodes.
func (c *Census) linked(w *row) int32 {
	first := object(w.store)
	if c.Reader.Has(first, "node") { // the index of a skip list
		first = c.Reader.Ref(first, "node")
	}
	n := int32(0)
	for range len(c.found.links) {
		l := analyze.RowOf(c.found.links, first, func(l link) graph.Object { return graph.Object(l.object) })
		if l == nil {
			break
		}
		if l.item {
			n++
		}
		if l.next == l.object { // taken out
			break
		}
		first = object(l.next)
	}
	if len(c.found.links) == 0 && first != graph.NoObject {
		c.Unsized++
		return -1
	}
	return n
}

// Size returns the number of elements of a collection that the scan saw.
func (c *Census) Size(o graph.Object) (int64, bool) {
	w := c.rowOf(o)
	if w == nil || w.size < 0 {
		return 0, false
	}
	return int64(w.size), true
}

// Large calls fn with the collections of min elements or more, in address order, those left out that another one has for its own.
func (c *Census) Large(least int64, fn func(o graph.Object, size int64)) {
	for i := range c.found.rows {
		if w := &c.found.rows[i]; int64(w.size) >= least && !w.inner {
			fn(graph.Object(w.object), int64(w.size))
		}
	}
}

// store returns the array of a collection or of what it wraps for its own, with the class that knows it.
func (c *Census) store(w *row) (*jdk.CollectionClass, *row) {
	for range maxWraps {
		k := c.Reader.CollectionClass(c.Heap.ClassOf(graph.Object(w.object)))
		if !k.Owns() {
			return k, w
		}
		in := c.rowOf(object(w.store))
		if in == nil {
			return k, w
		}
		w = in
	}
	return c.Reader.CollectionClass(c.Heap.ClassOf(graph.Object(w.object))), w
}

// maxOwned collections of a class are asked for their owners: it takes a look at what refers to each.
const maxOwned = 50_000

// count makes the groups by class and by owner.
func (c *Census) count() {
	h := c.Heap
	classes := map[graph.Class]*Group{}
	for i := range c.found.rows {
		w := &c.found.rows[i]
		if w.inner {
			continue
		}
		class := h.ClassOf(graph.Object(w.object))
		g := classes[class]
		if g == nil {
			g = &Group{Class: class}
			classes[class] = g
		}
		g.add(c, w, 1)
	}
	c.owners = newOwners(c)
	groups := map[ownerKey]*Group{}
	nth := map[graph.Class]int64{}
	for i := range c.found.rows {
		w := &c.found.rows[i]
		if w.inner {
			continue
		}
		class := h.ClassOf(graph.Object(w.object))
		stride := (classes[class].Count + maxOwned - 1) / maxOwned
		c.Stride = max(c.Stride, stride)
		if nth[class]++; (nth[class]-1)%stride != 0 {
			continue
		}
		k := ownerKey{class, c.owners.of(graph.Object(w.object), 0)}
		g := groups[k]
		if g == nil {
			g = &Group{Class: class, Owner: c.owners.names[k.owner]}
			groups[k] = g
		}
		g.add(c, w, stride)
	}
	for _, g := range classes {
		c.Classes = append(c.Classes, g)
	}
	for _, g := range groups {
		c.Owners = append(c.Owners, g)
	}
	for _, list := range [][]*Group{c.Classes, c.Owners} {
		slices.SortFunc(list, func(a, b *Group) int {
			return cmp.Or(cmp.Compare(b.Waste(), a.Waste()), cmp.Compare(b.Count, a.Count), cmp.Compare(h.Class(a.Class).Name, h.Class(b.Class).Name), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.First, b.First))
		})
	}
}

type ownerKey struct {
	class graph.Class
	owner int32
}

// Owner names the field that holds an object.
func (c *Census) Owner(o graph.Object) string { return c.owners.names[c.owners.of(o, 0)] }
