package collections

import (
	"cmp"
	"slices"
	"strings"

	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/hprof"
)

// Bounds of the search for an owner.
const (
	maxOwnerSteps = 32 // from a collection to the field of a class that is no part of a collection
	maxReferrers  = 8  // of an object; of more the dominator is taken
)

// owners finds the fields that hold collections. Those of arrays and collections are kept, since many elements share them.
type owners struct {
	c     *Census
	cur   *graph.Cursor
	ids   map[string]int32
	names []string
	known map[graph.Object]int32
	part  map[graph.Class]bool // whether a class is part of a collection
	buf   []graph.Object
}

func newOwners(c *Census) owners {
	return owners{c: c, cur: c.Heap.Cursor(), ids: map[string]int32{}, known: map[graph.Object]int32{}, part: map[graph.Class]bool{}}
}

func (w *owners) id(name string) int32 {
	name = signature.Name(name) // generated classes have a number of their own in each run
	if i, ok := w.ids[name]; ok {
		return i
	}
	i := int32(len(w.names))
	w.ids[name] = i
	w.names = append(w.names, name)
	return i
}

// of returns the field that holds an object: through arrays, and through the collections that it is an element of.
func (w *owners) of(o graph.Object, depth int) int32 {
	h := w.c.Heap
	for ; depth < maxOwnerSteps; depth++ {
		u := w.holder(o)
		if u == graph.NoObject {
			return w.id(w.rootText(o))
		}
		if !w.isPart(u) {
			return w.id(w.field(u, o))
		}
		c := h.ClassOf(u)
		if !h.Class(c).IsArray && w.c.Reader.CollectionClass(c) == nil {
			o = u // a node
			continue
		}
		if i, ok := w.known[u]; ok {
			return i
		}
		i := w.of(u, depth+1)
		w.known[u] = i
		return i
	}
	return w.id("(an element deep inside a collection)")
}

// rootText names what holds an object that no other does.
func (w *owners) rootText(o graph.Object) string {
	for _, r := range w.c.Heap.RootsOf(o) {
		return "(" + r.Kind.String() + ")"
	}
	return "(several holders)"
}

// holder chooses among what refers to an object: its dominator if that does, else the first by class and address.
func (w *owners) holder(o graph.Object) graph.Object {
	h := w.c.Heap
	dom := h.Idom(o)
	if h.InDegree(o) > maxReferrers {
		return dom
	}
	w.buf = slices.DeleteFunc(h.In(o, w.buf[:0]), func(u graph.Object) bool {
		return u == o || h.Strength(u) > h.Strength(o) // what cannot be what holds it
	})
	switch {
	case len(w.buf) == 0:
		return dom
	case slices.Contains(w.buf, dom):
		return dom
	}
	return slices.MinFunc(w.buf, func(a, b graph.Object) int {
		return cmp.Or(cmp.Compare(h.ClassName(a), h.ClassName(b)), cmp.Compare(a, b))
	})
}

// isPart reports whether an object only stands between a collection and its elements: an array, a node, a collection.
func (w *owners) isPart(o graph.Object) bool {
	h := w.c.Heap
	c := h.ClassOf(o)
	part, ok := w.part[c]
	if !ok {
		k := h.Class(c)
		part = k.IsArray || w.c.Reader.CollectionClass(c) != nil || w.isNode(k.Name)
		w.part[c] = part
	}
	return part
}

// isNode reports whether a class is nested in a collection of the platform or of a library, as nodes are.
func (w *owners) isNode(name string) bool {
	outer, _, nested := strings.Cut(name, "$")
	if !nested {
		return false
	}
	for _, c := range w.c.Heap.ClassesByName(outer) {
		if w.c.Reader.CollectionClass(c) != nil {
			return strings.HasPrefix(name, "java.util.") || strings.HasPrefix(name, "com.google.common.") || strings.HasPrefix(name, "it.unimi.dsi.")
		}
	}
	return strings.HasPrefix(name, "java.util.Collections$")
}

// field names the field of u that refers to o.
func (w *owners) field(u, o graph.Object) string {
	h := w.c.Heap
	if _, class := h.AsClass(u); !class && w.cur.Load(u) {
		addr := h.Addr(o)
		for c, n := w.cur.Class, 0; c != graph.NoClass && n < 100; c, n = h.Class(c).Super, n+1 {
			for _, f := range h.Class(c).Fields {
				if f.Type != hprof.Object {
					continue
				}
				if b, ok := h.BindClass(c, f.Name); ok && w.cur.RefAddr(b) == addr {
					return h.Class(c).Name + "." + f.Name
				}
			}
		}
	}
	e, ok := h.Label(u, o)
	switch {
	case ok && e.Label.Kind == graph.StaticEdge:
		return h.Class(e.Label.Class).Name + "." + e.Label.Name
	case ok && e.Label.Kind == graph.LocalEdge:
		return "(local variable)"
	}
	return "(" + h.ClassName(u) + ")"
}
