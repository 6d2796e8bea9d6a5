package jdk

import (
	"slices"

	"heapcause/graph"
)

// kind is how a collection keeps what it holds.
type kind int

const (
	arrayKind  kind = iota + 1 // in a reference array, size elements from 0 on, or all that are not null
	chainsKind                 // a table of chains of nodes: HashMap, Hashtable, ConcurrentHashMap, WeakHashMap
	linkedKind                 // nodes from a first one on: LinkedList, LinkedBlockingQueue
	treeKind                   // a red-black tree: TreeMap
	pairsKind                  // keys and values in turn in one array: IdentityHashMap, immutable maps
	innerKind                  // another collection holds it: HashSet, wrappers
	fixedKind                  // in fields: List.of(a, b), Collections.singletonList
)

// shape is how the collections of one class look. Fields are names, found in the class or its superclasses.
type shape struct {
	class string
	kind  kind
	isMap bool
	at    string   // the array, first node, root, or inner collection
	size  []string // path to the number of elements; none where all that is not null counts
	next  string   // of nodes
	key   string   // of nodes of maps
	item  string   // of nodes of lists; the value of nodes of maps
	only  []string // of fixedKind
	set   bool     // of innerKind: the elements are the keys of the inner map
}

// shapes of the JDK's collections, 5 to 25. Subclasses are found through the class table; the first that fits counts, so
// subclasses with a shape of their own come first.
var shapes = []*shape{
	{class: "java.util.ArrayList", kind: arrayKind, at: "elementData", size: []string{"size"}},
	{class: "java.util.Vector", kind: arrayKind, at: "elementData", size: []string{"elementCount"}},
	{class: "java.util.Arrays$ArrayList", kind: arrayKind, at: "a"},
	{class: "java.util.concurrent.CopyOnWriteArrayList", kind: arrayKind, at: "array"},
	{class: "java.util.concurrent.CopyOnWriteArraySet", kind: innerKind, at: "al"},
	{class: "java.util.ArrayDeque", kind: arrayKind, at: "elements"},
	{class: "java.util.PriorityQueue", kind: arrayKind, at: "queue", size: []string{"size"}},
	{class: "java.util.concurrent.PriorityBlockingQueue", kind: arrayKind, at: "queue", size: []string{"size"}},
	{class: "java.util.concurrent.DelayQueue", kind: innerKind, at: "q"},
	{class: "java.util.concurrent.ArrayBlockingQueue", kind: arrayKind, at: "items"},
	{class: "java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue", kind: arrayKind, at: "queue", size: []string{"size"}},
	{class: "java.util.LinkedList", kind: linkedKind, at: "first", size: []string{"size"}, next: "next", item: "item"},
	{class: "java.util.concurrent.LinkedBlockingQueue", kind: linkedKind, at: "head", size: []string{"count", "value"}, next: "next", item: "item"},
	{class: "java.util.concurrent.LinkedBlockingDeque", kind: linkedKind, at: "first", size: []string{"count"}, next: "next", item: "item"},
	{class: "java.util.concurrent.ConcurrentLinkedQueue", kind: linkedKind, at: "head", next: "next", item: "item"},
	{class: "java.util.concurrent.ConcurrentLinkedDeque", kind: linkedKind, at: "head", next: "next", item: "item"},
	{class: "java.util.concurrent.LinkedTransferQueue", kind: linkedKind, at: "head", next: "next", item: "item"},
	{class: "java.util.HashMap", kind: chainsKind, isMap: true, at: "table", size: []string{"size"}, next: "next", key: "key", item: "value"},
	{class: "java.util.Properties", kind: innerKind, isMap: true, at: "map"}, // 9+; older ones are Hashtables
	{class: "java.util.Hashtable", kind: chainsKind, isMap: true, at: "table", size: []string{"count"}, next: "next", key: "key", item: "value"},
	{class: "java.util.WeakHashMap", kind: chainsKind, isMap: true, at: "table", size: []string{"size"}, next: "next", key: "referent", item: "value"},
	{class: "java.util.concurrent.ConcurrentHashMap", kind: chainsKind, isMap: true, at: "table", next: "next", key: "key", item: "val"},
	{class: "java.util.IdentityHashMap", kind: pairsKind, isMap: true, at: "table", size: []string{"size"}},
	{class: "java.util.ImmutableCollections$MapN", kind: pairsKind, isMap: true, at: "table", size: []string{"size"}},
	{class: "java.util.ImmutableCollections$Map1", kind: fixedKind, isMap: true, only: []string{"k0", "v0"}},
	{class: "java.util.ImmutableCollections$ListN", kind: arrayKind, at: "elements"},
	{class: "java.util.ImmutableCollections$List12", kind: fixedKind, only: []string{"e0", "e1"}},
	{class: "java.util.ImmutableCollections$SetN", kind: arrayKind, at: "elements"},
	{class: "java.util.ImmutableCollections$Set12", kind: fixedKind, only: []string{"e0", "e1"}},
	{class: "java.util.TreeMap", kind: treeKind, isMap: true, at: "root", size: []string{"size"}, key: "key", item: "value"},
	{class: "java.util.TreeSet", kind: innerKind, at: "m", set: true},
	{class: "java.util.HashSet", kind: innerKind, at: "map", set: true},
	{class: "java.util.concurrent.ConcurrentHashMap$KeySetView", kind: innerKind, at: "map", set: true},
	{class: "java.util.concurrent.ConcurrentSkipListMap", kind: linkedKind, isMap: true, at: "head", next: "next", key: "key", item: "val"},
	{class: "java.util.concurrent.ConcurrentSkipListSet", kind: innerKind, at: "m", set: true},
	{class: "java.util.Collections$SetFromMap", kind: innerKind, at: "m", set: true},
	{class: "java.util.Collections$SynchronizedCollection", kind: innerKind, at: "c"},
	{class: "java.util.Collections$UnmodifiableCollection", kind: innerKind, at: "c"},
	{class: "java.util.Collections$CheckedCollection", kind: innerKind, at: "c"},
	{class: "java.util.Collections$SynchronizedMap", kind: innerKind, isMap: true, at: "m"},
	{class: "java.util.Collections$UnmodifiableMap", kind: innerKind, isMap: true, at: "m"},
	{class: "java.util.Collections$CheckedMap", kind: innerKind, isMap: true, at: "m"},
	{class: "java.util.Collections$SingletonList", kind: fixedKind, only: []string{"element"}},
	{class: "java.util.Collections$SingletonSet", kind: fixedKind, only: []string{"element"}},
	{class: "java.util.Collections$SingletonMap", kind: fixedKind, isMap: true, only: []string{"k", "v"}},
	{class: "java.util.EnumMap", kind: arrayKind, isMap: true, at: "vals", size: []string{"size"}, key: "keyUniverse"},
}

// maxWrappers bounds how deep collections wrap each other.
const maxWrappers = 16

// shapeOf returns the shape of a class, nil when it is not known.
func (r *Reader) shapeOf(c graph.Class) *shape {
	if s, ok := r.shapes[c]; ok {
		return s
	}
	var found *shape
	for k := c; k != graph.NoClass && found == nil; k = r.Heap.Class(k).Super {
		name := r.Heap.Class(k).Name
		for _, s := range shapes {
			if s.class == name && r.fits(c, s) {
				found = s
				break
			}
		}
	}
	r.shapes[c] = found
	return found
}

// fits reports whether the class has the fields of a shape.
func (r *Reader) fits(c graph.Class, s *shape) bool {
	if s.at != "" && !r.fields.Find(c, s.at).Ok() {
		return false
	}
	for _, f := range s.only[:min(len(s.only), 1)] {
		if !r.fields.Find(c, f).Ok() {
			return false
		}
	}
	return len(s.size) == 0 || r.fields.Find(c, s.size[0]).Ok()
}

// IsCollection reports whether the class is a collection or map of a shape that is known.
func (r *Reader) IsCollection(c graph.Class) bool { return r.shapeOf(c) != nil }

// IsMap reports whether the class is a map of a shape that is known.
func (r *Reader) IsMap(c graph.Class) bool {
	s := r.shapeOf(c)
	return s != nil && s.isMap
}

// Size returns the number of elements, or of entries. It is false for what is no collection of a known shape.
func (r *Reader) Size(o graph.Object) (int64, bool) {
	for range maxWrappers {
		if o == graph.NoObject {
			return 0, false
		}
		s := r.shapeOf(r.Heap.ClassOf(o))
		switch {
		case s == nil:
			return 0, false
		case s.kind == innerKind:
			o = r.Ref(o, s.at)
			continue
		case len(s.size) > 0:
			return r.Int(o, s.size...)
		}
		n := int64(0)
		r.entries(o, s, func(graph.Object, graph.Object) bool { n++; return true })
		return n, true
	}
	return 0, false
}

// Elements calls fn with the elements of a list, set or queue, or the values of a map, until it returns false. Nulls are left out.
// It is false for what is no collection of a known shape. fn may use the reader, but not walk another collection with it.
func (r *Reader) Elements(o graph.Object, fn func(graph.Object) bool) bool {
	return r.each(o, func(k, v graph.Object, key bool) bool {
		if key {
			v = k
		}
		return v == graph.NoObject || fn(v)
	})
}

// Entries calls fn with the keys and values of a map until it returns false; either may be NoObject for null. Of other collections
// the elements are the values. It is false for what is no collection of a known shape. fn may use the reader, but not walk another
// collection with it.
func (r *Reader) Entries(o graph.Object, fn func(k, v graph.Object) bool) bool {
	return r.each(o, func(k, v graph.Object, _ bool) bool { return fn(k, v) })
}

func (r *Reader) each(o graph.Object, fn func(k, v graph.Object, key bool) bool) bool {
	set := false
	for range maxWrappers {
		if o == graph.NoObject {
			return false
		}
		s := r.shapeOf(r.Heap.ClassOf(o))
		if s == nil {
			return false
		}
		if s.kind == innerKind {
			o, set = r.Ref(o, s.at), set || s.set
			continue
		}
		r.entries(o, s, func(k, v graph.Object) bool { return fn(k, v, set) })
		return true
	}
	return false
}

func (r *Reader) entries(o graph.Object, s *shape, fn func(k, v graph.Object) bool) {
	switch s.kind {
	case arrayKind:
		r.arrayElements(o, s, fn)
	case pairsKind:
		r.pairs(o, s, fn)
	case chainsKind:
		r.EachElement(r.Ref(o, s.at), func(_ int, bin graph.Object) bool { return r.chain(bin, s, fn) })
	case linkedKind:
		first := r.Ref(o, s.at)
		if r.Has(first, "node") { // the index of a skip list
			first = r.Ref(first, "node")
		}
		r.chain(first, s, fn)
	case treeKind:
		r.tree(r.Ref(o, s.at), s, fn)
	case fixedKind:
		if s.isMap {
			fn(r.Ref(o, s.only[0]), r.Ref(o, s.only[1]))
			return
		}
		for _, f := range s.only {
			if e := r.Ref(o, f); e != graph.NoObject && !r.empty(e) && !fn(graph.NoObject, e) {
				return
			}
		}
	}
}

// empty reports whether an object is the marker that List.of(a) has for no second element.
func (r *Reader) empty(o graph.Object) bool {
	return r.Heap.ClassName(o) == "java.lang.Object" && o == r.Heap.StaticRef("java.util.ImmutableCollections", "EMPTY")
}

func (r *Reader) arrayElements(o graph.Object, s *shape, fn func(k, v graph.Object) bool) {
	n := int64(-1)
	if len(s.size) > 0 && !s.isMap {
		n, _ = r.Int(o, s.size...)
	}
	array := r.Ref(o, s.at)
	var keys []graph.Object // of an EnumMap: as many as the enum has constants
	if s.key != "" {
		r.EachElement(r.Ref(o, s.key), func(i int, k graph.Object) bool {
			for len(keys) < i {
				keys = append(keys, graph.NoObject)
			}
			keys = append(keys, k)
			return true
		})
	}
	r.EachElement(array, func(i int, e graph.Object) bool {
		if n >= 0 && int64(i) >= n {
			return false
		}
		k := graph.NoObject
		if i < len(keys) {
			k = keys[i]
		}
		return fn(k, e)
	})
}

func (r *Reader) pairs(o graph.Object, s *shape, fn func(k, v graph.Object) bool) {
	key, at := graph.NoObject, -1
	stopped := false
	r.EachElement(r.Ref(o, s.at), func(i int, e graph.Object) bool {
		if i%2 == 0 {
			if at >= 0 && !fn(key, graph.NoObject) { // the one before has null for its value
				stopped = true
				return false
			}
			key, at = e, i
			return true
		}
		k := graph.NoObject
		if at == i-1 {
			k = key
		}
		at = -1
		stopped = !fn(k, e)
		return !stopped
	})
	if at >= 0 && !stopped {
		fn(key, graph.NoObject)
	}
}

// chain follows nodes to the end. Damage can close it into a ring: it is left when it comes back to a node that lies a power of
// two steps back (Brent, 1980).
func (r *Reader) chain(node graph.Object, s *shape, fn func(k, v graph.Object) bool) bool {
	mark := graph.NoObject
	for i, next := 1, 1; node != graph.NoObject && node != mark; i++ {
		if i == next {
			mark, next = node, 2*next
		}
		if !r.cursor.Load(node) {
			return true
		}
		c := r.cursor.Class
		k, v := r.cursor.Ref(r.fields.Find(c, s.key)), r.cursor.Ref(r.fields.Find(c, s.item))
		following := r.cursor.Ref(r.fields.Find(c, s.next))
		if bin := r.cursor.Ref(r.fields.Find(c, "first")); bin != graph.NoObject && s.kind == chainsKind { // ConcurrentHashMap$TreeBin
			node = bin
			continue
		}
		// No item: a dummy head, or an element that was taken out; an item that is its node: taken out of a LinkedTransferQueue.
		entry := r.cursor.IsSet(r.fields.Find(c, s.item)) && v != node || s.kind == chainsKind && k != graph.NoObject
		if entry && !fn(k, v) {
			return false
		}
		if following == node { // taken out of a ConcurrentLinkedQueue
			return true
		}
		node = following
	}
	return true
}

// tree walks a red-black tree in order, with a stack as deep as the tree.
func (r *Reader) tree(root graph.Object, s *shape, fn func(k, v graph.Object) bool) {
	const maxDepth = 200 // a red-black tree of 2^32 nodes has 64 levels
	var stack []graph.Object
	for node := root; node != graph.NoObject || len(stack) > 0; {
		for ; node != graph.NoObject && len(stack) < maxDepth && !slices.Contains(stack, node); node = r.Ref(node, "left") {
			stack = append(stack, node)
		}
		if len(stack) == 0 {
			return
		}
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !r.cursor.Load(top) {
			node = graph.NoObject
			continue
		}
		c := r.cursor.Class
		k, v, right := r.cursor.Ref(r.fields.Find(c, s.key)), r.cursor.Ref(r.fields.Find(c, s.item)), r.cursor.Ref(r.fields.Find(c, "right"))
		if !fn(k, v) {
			return
		}
		node = right
	}
}
