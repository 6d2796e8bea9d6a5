package collections

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

// Scan reads the records of all collections, the larger hash tables and the nodes of queues that do not know their size.
var Scan = &analyze.Scan{Name: "collections", Start: start}

// Bounds of the scan.
const (
	minTable = 32      // slots from which a hash table is looked at
	maxNodes = 4 << 20 // nodes of queues that are kept, to count them
)

const none = ^uint32(0)

// row is one collection: as small as can be, since there may be millions.
type row struct {
	object, store uint32
	size          int32 // -1 until it is known
	use           jdk.Use
	inner         bool // another collection has it for its own
}

// table is a hash table with how many of its slots are in use.
type table struct {
	array, used uint32
}

// link is a node of a queue.
type link struct {
	object, next uint32
	item         bool
}

// found is what the scan finds, each in address order.
type found struct {
	rows   []row
	tables []table
	links  []link
	trees  []graph.Object // roots of the trees that chains became
}

// scanner is the work at hand. What to do with a record is known by its class.
type scanner struct {
	h       *graph.Heap
	classes []*jdk.CollectionClass // by class
	tables  []bool
	nodes   []node
	trees   []graph.Field // field that is null in the root of a tree; for a TreeBin the one of its root
	parts   []*found
	all     bool // unreachable ones too
}

// node has the fields of a class of nodes.
type node struct{ next, item graph.Field }

func start(b *analyze.Binder) analyze.Scanner {
	h := b.Heap
	n := h.NumClasses()
	s := &scanner{h: h, classes: make([]*jdk.CollectionClass, n), tables: make([]bool, n), nodes: make([]node, n), trees: make([]graph.Field, n), all: len(h.Problems()) > 0}
	r := jdk.NewReader(h)
	some := false
	var nodes []string
	for c := range graph.Class(n) {
		k := h.Class(c)
		if k.Instances == 0 {
			continue
		}
		if s.classes[c] = r.CollectionClass(c); s.classes[c] != nil {
			some = true
			if name := s.classes[c].Node(); name != "" && !slices.Contains(nodes, name) {
				nodes = append(nodes, name)
			}
		}
		switch k.Name {
		case "java.util.HashMap$Node[]", "java.util.HashMap$Entry[]", "java.util.Hashtable$Entry[]", "java.util.WeakHashMap$Entry[]", "java.util.concurrent.ConcurrentHashMap$Node[]":
			s.tables[c] = true
		case "java.util.HashMap$TreeNode":
			s.trees[c], _ = h.BindClass(c, "parent")
		case "java.util.concurrent.ConcurrentHashMap$TreeBin":
			s.trees[c], _ = h.BindClass(c, "waiter") // null but while a writer waits for readers
		}
	}
	for _, name := range nodes {
		s.bindNodes(name)
	}
	if !some {
		return nil
	}
	return s
}

// bindNodes binds the nodes of queues, unless there are so many that they cost too much memory.
func (s *scanner) bindNodes(name string) {
	var all []graph.Class
	total := int64(0)
	for c := range graph.Class(s.h.NumClasses()) {
		if k := s.h.Class(c); k.Instances > 0 && !k.IsArray && (k.Name == name || strings.HasSuffix(name, "$") && strings.HasPrefix(k.Name, name)) {
			all = append(all, c)
			total += k.Instances
		}
	}
	if total > maxNodes {
		return
	}
	for _, c := range all {
		next, _ := s.h.FindField(c, "next")
		item, ok := s.h.FindField(c, "item")
		if !ok { // of a skip list
			item, _ = s.h.FindField(c, "value")
		}
		if next.Ok() && item.Ok() {
			s.nodes[c] = node{next, item}
		}
	}
}

// Wants implements analyze.Scanner.
func (s *scanner) Wants(c graph.Class) bool {
	return s.classes[c] != nil || s.tables[c] || s.nodes[c].next.Ok() || s.trees[c].Ok()
}

// Worker implements analyze.Scanner.
func (s *scanner) Worker() func(*graph.View) {
	out := &found{}
	s.parts = append(s.parts, out)
	return func(v *graph.View) {
		if !s.all && s.h.Strength(v.Object) == graph.Unreachable {
			return
		}
		switch c := v.Class; {
		case s.classes[c] != nil:
			x := s.classes[c].Read(v)
			out.rows = append(out.rows, row{object: uint32(v.Object), store: number(x.Store), size: int32(min(x.Size, math.MaxInt32)), use: x.Use})
		case s.tables[c]:
			if n := v.Len(); n >= minTable {
				out.tables = append(out.tables, table{uint32(v.Object), used(v, s.h.File().IDSize)})
			}
		case s.nodes[c].next.Ok():
			n := s.nodes[c]
			item := v.IsSet(n.item) && v.Ref(n.item) != v.Object
			out.links = append(out.links, link{uint32(v.Object), number(v.Ref(n.next)), item})
		case s.trees[c].Ok() && !v.IsSet(s.trees[c]):
			out.trees = append(out.trees, v.Object)
		}
	}
}

func number(o graph.Object) uint32 {
	if o == graph.NoObject {
		return none
	}
	return uint32(o)
}

func object(n uint32) graph.Object {
	if n == none {
		return graph.NoObject
	}
	return graph.Object(n)
}

// used counts the slots that are not null.
func used(v *graph.View, idSize int) uint32 {
	n := uint32(0)
	if body := v.Body(); body != nil {
		for ; len(body) >= idSize; body = body[idSize:] {
			if hprof.Value(body, hprof.Object, idSize) != 0 {
				n++
			}
		}
		return n
	}
	v.EachRef(func(int, graph.Object) bool { n++; return true })
	return n
}

// Finish implements analyze.Scanner.
func (s *scanner) Finish() any {
	all := &found{}
	for _, p := range s.parts {
		all.rows = joined(all.rows, p.rows)
		all.tables = joined(all.tables, p.tables)
		all.links = joined(all.links, p.links)
		all.trees = joined(all.trees, p.trees)
	}
	s.parts = nil
	slices.SortFunc(all.rows, func(a, b row) int { return cmp.Compare(a.object, b.object) })
	slices.SortFunc(all.tables, func(a, b table) int { return cmp.Compare(a.array, b.array) })
	slices.SortFunc(all.links, func(a, b link) int { return cmp.Compare(a.object, b.object) })
	slices.Sort(all.trees)
	return all
}

// joined appends, and copies nothing where there is nothing before.
func joined[T any](all, part []T) []T {
	if all == nil {
		return part
	}
	return append(all, part...)
}
