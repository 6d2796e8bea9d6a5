package jdk

import (
	"encoding/binary"
	"slices"

	"heapcause/graph"
	"heapcause/hprof"
)

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
			if s.names(name) && r.fits(c, s) {
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
	for _, f := range slices.Concat(s.only[:min(len(s.only), 1)], s.has) {
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
		}
		return r.size(o, s)
	}
	return 0, false
}

// size counts the elements of what is no wrapper.
func (r *Reader) size(o graph.Object, s *shape) (int64, bool) {
	if k := r.CollectionClass(r.Heap.ClassOf(o)); k != nil && r.cursor.Load(o) {
		if c := k.Read(&r.cursor.View); c.Size >= 0 {
			return c.Size, true
		}
	}
	switch {
	case s.cells != "":
		return r.striped(o, s)
	case len(s.size) > 0:
		return r.Int(o, s.size...)
	}
	n := int64(0)
	r.entries(o, s, func(graph.Object, graph.Object) bool { n++; return true })
	return n, true
}

// striped adds up a counter that threads keep apart: a base and cells.
func (r *Reader) striped(o graph.Object, s *shape) (int64, bool) {
	at := o
	if len(s.size) > 1 {
		if at = r.Ref(o, s.size[0]); at == graph.NoObject { // a map that nothing was ever put into has no adder
			return 0, true
		}
	}
	n, ok := r.Int(at, s.size[len(s.size)-1])
	r.EachElement(r.Ref(at, s.cells), func(_ int, cell graph.Object) bool {
		more, _ := r.Int(cell, "value")
		n += more
		return true
	})
	return max(n, 0), ok
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
	case segmentsKind:
		r.segments(o, s, fn)
	case bitsKind:
		r.bits(o, s, fn)
	case fixedKind:
		switch {
		case len(s.only) == 0:
			return
		case s.isMap:
			fn(r.Ref(o, s.only[0]), r.Ref(o, s.only[1]))
			return
		case len(s.size) > 0: // one element, many times
			n, _ := r.Int(o, s.size...)
			e := r.Ref(o, s.only[0])
			for more := true; more && n > 0; n-- {
				more = fn(graph.NoObject, e)
			}
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

// segments walks the hash tables that a map is cut into.
func (r *Reader) segments(o graph.Object, s *shape, fn func(k, v graph.Object) bool) {
	var tables []graph.Object
	r.EachElement(r.Ref(o, s.at), func(_ int, segment graph.Object) bool {
		table := r.Ref(segment, "table")
		if r.Has(table, "array") { // AtomicReferenceArray
			table = r.Ref(table, "array")
		}
		tables = append(tables, table)
		return len(tables) < maxSegments
	})
	more := true
	for _, t := range tables {
		r.EachElement(t, func(_ int, bin graph.Object) bool {
			more = more && r.chain(bin, s, fn)
			return more
		})
	}
}

// maxSegments bounds the hash tables of one map: Java allows 65536.
const maxSegments = 1 << 16

// bits gives the constants of an enum whose bits are set, in a field or in an array of words.
func (r *Reader) bits(o graph.Object, s *shape, fn func(k, v graph.Object) bool) {
	var words []byte
	if f, ok := r.field(o, s.at); ok && f.Type() == hprof.Object {
		if r.list.Load(r.cursor.Ref(f)) {
			words = slices.Clone(r.list.Body())
		}
	} else {
		set, _ := r.Int(o, s.at)
		words = binary.BigEndian.AppendUint64(nil, uint64(set))
	}
	r.EachElement(r.Ref(o, s.key), func(i int, e graph.Object) bool {
		at := i / 64 * 8
		if at+8 > len(words) {
			return false
		}
		return binary.BigEndian.Uint64(words[at:])>>(i%64)&1 == 0 || fn(graph.NoObject, e)
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
		item := r.itemField(c, s)
		k, v := r.cursor.Ref(r.fields.Find(c, s.key)), r.cursor.Ref(item)
		following := r.cursor.Ref(r.fields.Find(c, s.next))
		if bin := r.cursor.Ref(r.fields.Find(c, "first")); bin != graph.NoObject && s.kind == chainsKind { // ConcurrentHashMap$TreeBin
			node = bin
			continue
		}
		// No item: a dummy head, or an element that was taken out; an item that is its node: taken out of a LinkedTransferQueue.
		entry := r.cursor.IsSet(item) && v != node || (s.kind == chainsKind || s.kind == segmentsKind) && k != graph.NoObject
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

// itemField is the field of a node's element or value: that of ConcurrentSkipListMap$Node was called value before JDK 9.
func (r *Reader) itemField(c graph.Class, s *shape) graph.Field {
	if f := r.fields.Find(c, s.item); f.Ok() {
		return f
	}
	return r.fields.Find(c, "value")
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

// Bins calls fn with the bin, key and hash code of each entry of a hash table until it returns false; the hash code is as the table
// keeps it. It is false for what is no table of chains.
func (r *Reader) Bins(o graph.Object, fn func(bin int, key graph.Object, hash int64) bool) bool {
	if o == graph.NoObject {
		return false
	}
	s := r.shapeOf(r.Heap.ClassOf(o))
	if s == nil || s.kind != chainsKind {
		return false
	}
	r.EachElement(r.Ref(o, s.at), func(i int, bin graph.Object) bool {
		return r.chain(bin, s, func(k, _ graph.Object) bool {
			return fn(i, k, r.cursor.Int(r.fields.Find(r.cursor.Class, "hash")))
		})
	})
	return true
}
