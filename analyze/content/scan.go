package content

import (
	"cmp"
	"hash/maphash"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/hprof"
)

// Scan looks at every string, array and box. Its outcome is a *Found.
var Scan = &analyze.Scan{Name: "contents", Start: start}

const (
	maxLargest = 100 // largest arrays, longest strings
	maxGroups  = 1000
)

// scanner is the scan at work. What it looks at is decided by the class.
type scanner struct {
	h       *graph.Heap
	all     bool // part of the dump is missing: all counts as reachable
	does    []func(*worker, *graph.View)
	value   graph.Field // of String
	coder   graph.Field
	offset  graph.Field
	count   graph.Field
	isChars []bool // by class: char[], byte[]
	isBytes []bool
	boxes   []*boxKind
	seed    maphash.Seed
	sets    *ownedSets
	spill   *graph.Spill
	err     error
	workers []*worker
}

func start(b *analyze.Binder) analyze.Scanner {
	h := b.Heap
	n := h.NumClasses()
	s := &scanner{
		h: h, all: len(h.Problems()) > 0, does: make([]func(*worker, *graph.View), n), isChars: make([]bool, n), isBytes: make([]bool, n),
		seed: maphash.MakeSeed(),
	}
	records := int64(0)
	for c := range graph.Class(n) {
		switch k := h.Class(c); {
		case k.IsArray && k.Elem == hprof.Object:
			s.does[c] = (*worker).refs
		case k.IsArray:
			s.does[c] = (*worker).primitive
			s.isChars[c], s.isBytes[c] = k.Elem == hprof.Char, k.Elem == hprof.Byte
			records += k.Instances
		}
	}
	s.bindStrings(b)
	records += s.bindBoxes()
	s.spill, s.err = h.NewSpill(records)
	return s
}

func (s *scanner) bindStrings(b *analyze.Binder) {
	var ok bool
	if s.value, ok = b.Need("java.lang.String", "value"); !ok {
		return
	}
	s.coder, _ = b.BindClass(s.value.Class, "coder")
	s.offset, _ = b.BindClass(s.value.Class, "offset")
	s.count, _ = b.BindClass(s.value.Class, "count")
	n := s.h.NumObjects()
	s.sets = &ownedSets{newBitset(n), newBitset(n), newBitset(n)}
	s.does[s.value.Class] = (*worker).text
}

// Wants implements analyze.Scanner.
func (s *scanner) Wants(c graph.Class) bool { return s.err == nil && s.does[c] != nil }

// Worker implements analyze.Scanner.
func (s *scanner) Worker() func(*graph.View) {
	k := newWorker(s)
	s.workers = append(s.workers, k)
	return func(v *graph.View) { s.does[v.Class](k, v) }
}

// reachable reports whether an object is to be looked at closely.
func (s *scanner) reachable(o graph.Object) bool {
	return s.all || s.h.Strength(o) != graph.Unreachable
}

// worker has what one worker found.
type worker struct {
	s       *scanner
	h       *graph.Heap
	out     *graph.SpillWriter
	hash    hasher
	strings Strings
	arrays  Arrays
	boxes   []Box
	largest top[Sized]
	last    graph.Class // of the array of references before
	row     *RefArrays  // of that class
	ids     *idSet
}

func newWorker(s *scanner) *worker {
	k := &worker{s: s, h: s.h, last: graph.NoClass, boxes: make([]Box, len(s.boxes)), largest: top[Sized]{n: maxLargest, compare: bySize}}
	k.arrays = Arrays{Zero: map[graph.Class]int64{}, Distinct: map[graph.Object]int64{}, Classes: map[graph.Class]*RefArrays{}, Equal: map[RefKey]Amount{}}
	k.hash.second.SetSeed(s.seed)
	k.hash.seed = s.seed
	if s.err == nil {
		k.out = s.spill.Writer()
	}
	return k
}

// bySize has the largest first, equal ones in address order.
func bySize(a, b Sized) int {
	return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Object, b.Object))
}

// array counts an array by its size and returns that.
func (k *worker) array(v *graph.View) int64 {
	size := k.h.ArraySize(v.Class, int64(v.Len()))
	k.largest.add(Sized{v.Object, size})
	for i := 0; i < NumHumongous && size >= HumongousFrom<<i; i++ {
		k.arrays.Humongous[i].add(size)
	}
	return size
}
