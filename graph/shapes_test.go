package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// TestNamedShapes compares well-known shapes with what everybody knows of them: immediate dominators by name, "" for the root.
func TestNamedShapes(t *testing.T) {
	for _, c := range []struct {
		name, edges, roots string
		want               string // idom of a, b, c, … in turn, "." for the virtual root
	}{
		{"chain", "ab bc cd", "a", ".abc"},
		{"diamond", "ab ac bd cd", "a", ".aaa"},
		{"self loop", "aa ab", "a", ".a"},
		{"cycle", "ab bc ca", "b", "c.b"},
		{"two roots", "ac bc", "ab", "..."},
		{"root below root", "ab bc", "ab", "..b"},
		{"island", "ab ba", "", ".a"},
		{"island entered from outside", "ab ba ca", "", "ca."},
		{"two islands into one", "ac bc", "", "..."},
		{"island into the reachable", "ab cb", "a", ".a."},
		{"irreducible", "ab ac bc cb", "a", ".aa"},
		{"ladder", "ab bc cd be cf ef fe", "a", ".abcbb"},
	} {
		for _, idSize := range []int{4, 8} {
			t.Run(fmt.Sprintf("%s, ids %d", c.name, idSize), func(t *testing.T) {
				d := hproftest.New(idSize)
				node := d.Class("com.acme.Node", hproftest.Sticky(), hproftest.Fields("Object a", "Object b", "Object c"))
				objects := make([]*hproftest.Object, len(c.want))
				for i := range objects {
					objects[i] = d.Instance(node)
				}
				var degree [26]int
				for i := 0; i < len(c.edges); i += 3 {
					u, v := c.edges[i]-'a', c.edges[i+1]-'a'
					objects[u].Set(string(rune('a'+degree[u])), objects[v])
					degree[u]++
				}
				for _, r := range c.roots {
					d.Root(hprof.RootJNIGlobal, objects[r-'a'])
				}
				h := build(t, d.Open(t), graph.Options{})
				got := ""
				for _, o := range objects {
					name := "."
					for i, p := range objects {
						if h.Idom(object(t, h, o.ID)) == object(t, h, p.ID) {
							name = string(rune('a' + i))
						}
					}
					got += name
				}
				if got != c.want {
					t.Errorf("dominators %s, want %s", got, c.want)
				}
			})
		}
	}
}

// chain writes n instances with one field, each referring to the one before, without an object of the test per link.
func chain(d *hproftest.Dump, class *hproftest.Class, n int) (head, tail hprof.ID) {
	ids := d.IDSize()
	const step = 32
	id := func(b []byte, x hprof.ID) []byte {
		for i := ids - 1; i >= 0; i-- {
			b = append(b, byte(x>>(8*i)))
		}
		return b
	}
	at := d.Instance(class).Omit().ID // where the next object would lie
	tail = at
	prev := hprof.ID(0)
	b := make([]byte, 0, n*(9+3*ids))
	for range n {
		b = append(b, byte(hprof.InstanceDump))
		b = id(b, at)
		b = append(b, 0, 0, 0, 1)
		b = id(b, class.ID)
		b = append(b, 0, 0, 0, byte(ids))
		b = id(b, prev)
		prev = at
		at += step
	}
	d.RawRecord(b...)
	d.Goto(at)
	return prev, tail
}

// TestFiveMillionLinks builds a list so long that nothing may recurse or be quadratic.
func TestFiveMillionLinks(t *testing.T) {
	if testing.Short() {
		t.Skip("five million objects")
	}
	for _, reversed := range []bool{false, true} {
		const n = 5_000_000
		d := hproftest.New(4)
		node := d.Class("com.acme.Node", hproftest.Sticky(), hproftest.Fields("Object next"))
		head, tail := chain(d, node, n)
		if !reversed {
			d.Root(hprof.RootJNIGlobal, head)
		}
		began := time.Now()
		h := build(t, d.Open(t), graph.Options{})
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("building took %v", took)
		}
		top, last := object(t, h, head), object(t, h, tail)
		if got, want := h.Retained(top), n*h.Shallow(top); got != want || h.Idom(top) != graph.NoObject {
			t.Errorf("the head retains %d, want %d", got, want)
		}
		want := graph.Strong
		if reversed {
			want = graph.Unreachable
		}
		if h.Strength(last) != want || h.Retained(last) != h.Shallow(last) || h.Idom(last) != last+1 {
			t.Errorf("the last link: %v, retains %d, dominated by %d", h.Strength(last), h.Retained(last), int64(h.Idom(last)))
		}
		const deep = 100_000
		if path, ok := h.Path(top - deep); ok == reversed || ok && len(path) != deep+1 {
			t.Errorf("path of %d steps, found %v", len(path), ok)
		}
		for _, g := range h.Classes() {
			if g.Name == "com.acme.Node" && (g.Instances != n || g.Retained != n*h.Shallow(top)) {
				t.Errorf("the class: %+v", g)
			}
		}
	}
}

// TestMillionFinalizers builds the doubly linked list of the registered, with some of them enqueued.
func TestMillionFinalizers(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 20_000
	}
	for _, queued := range []int{0, 100} {
		d := hproftest.New(8)
		thing := d.Class("com.acme.Thing", hproftest.Fields("Object part"), hproftest.Sticky())
		d.Root(hprof.RootJNIGlobal, d.ByteArray(1)) // keeps the class byte[] out of the count
		var last, statement *hproftest.Object
		for i := range n {
			statement = d.Instance(thing, d.ByteArray(1))
			last = d.Finalizer(statement)
			if i < queued {
				d.Enqueue(last, d.FinalizerQueue())
			}
		}
		h := build(t, d.Open(t), graph.Options{})
		if got, want := h.Totals()[graph.Finalizer].Objects, int64(2*(n-queued)); got != want {
			t.Errorf("%d objects are held by finalization, want %d", got, want)
		}
		o, f := object(t, h, statement.ID), object(t, h, last.ID)
		if h.Strength(o) != graph.Finalizer || h.Idom(o) != graph.NoObject || h.Strength(f) != graph.Strong {
			t.Errorf("the last registered: %v, its Finalizer %v", h.Strength(o), h.Strength(f))
		}
		want := h.Shallow(f) // the queue leads into the middle of the list, and prev from there to its head
		if queued == 0 {
			want *= int64(n)
		}
		if got := h.Retained(f); got != want {
			t.Errorf("%d enqueued: the head of the list retains %d, want %d", queued, got, want)
		}
		path, ok := h.Path(o)
		if !ok || len(path) != 3 || h.EdgeText(path[2].Edge) != "java.lang.ref.Reference::referent" || path[2].Weak != graph.Finalizer {
			t.Errorf("path %+v", path)
		}
	}
}

// TestWideObjects builds objects with very many references, out and in.
func TestWideObjects(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 20_000
	}
	d := hproftest.New(8)
	shared := d.ByteArray(1, 2, 3)
	same, own, twice := d.ArrayOf("java.lang.Object", n), d.ArrayOf("java.lang.Object", n), d.ArrayOf("java.lang.Object", n)
	for i := range n {
		same.SetElem(i, shared)
		x := d.Boxed(i)
		own.SetElem(i, x)
		if i%2 == 0 {
			twice.SetElem(i, x)
		}
	}
	holder := d.Class("com.acme.Statics", hproftest.Sticky())
	for i := range 2000 {
		holder.SetStatic(fmt.Sprintf("Object s%d", i), shared)
	}
	for _, a := range []*hproftest.Object{same, own, twice} {
		d.Root(hprof.RootJNIGlobal, a)
	}
	h := build(t, d.Open(t), graph.Options{})
	boxed := h.Shallow(object(t, h, own.ID) + 3)
	o := object(t, h, own.ID)
	if got, want := h.Retained(o), h.Shallow(o)+int64(n/2)*boxed; got != want {
		t.Errorf("the array retains %d, want %d", got, want)
	}
	want := []graph.Object{object(t, h, same.ID), object(t, h, holder.ID)}
	if got := h.In(object(t, h, shared.ID), nil); !slices.Equal(got, want) {
		t.Errorf("the shared object is held by %v, want %v", got, want)
	}
	if got := len(h.Out(object(t, h, same.ID), nil)); got != n+1 {
		t.Errorf("%d edges, want %d", got, n+1)
	}
	if h.NumDominated(o) != int64(n/2) {
		t.Errorf("the array dominates %d", h.NumDominated(o))
	}
}

// TestSparseEqualsDense builds each random heap twice: dense, and so sparse that the address index has to fall back. Nothing but
// the addresses may differ.
func TestSparseEqualsDense(t *testing.T) {
	n := uint64(16)
	if testing.Short() {
		n = 4
	}
	for seed := range n {
		var heaps [2]*graph.Heap
		for i, gap := range []int64{64, 4 << 20} {
			r := rand.New(rand.NewPCG(seed, 3))
			d := wildDump(r, 8)
			d.Goto(1 << 40)
			for range 2500 {
				d.Skip(gap)
				d.ByteArray(1)
			}
			heaps[i] = build(t, d.Open(t), graph.Options{Workers: 1 + int(seed%2)})
		}
		dense, sparse := heaps[0], heaps[1]
		if dense.NumObjects() != sparse.NumObjects() || dense.Dangling() != sparse.Dangling() {
			t.Fatalf("seed %d: %d objects, dense %d", seed, sparse.NumObjects(), dense.NumObjects())
		}
		for o := range graph.Object(dense.NumObjects()) {
			if dense.Strength(o) != sparse.Strength(o) || dense.Idom(o) != sparse.Idom(o) || dense.ClassName(o) != sparse.ClassName(o) || !slices.Equal(dense.In(o, nil), sparse.In(o, nil)) {
				t.Fatalf("seed %d: object %d: %v and %v, dominators %d and %d", seed, o, dense.Strength(o), sparse.Strength(o), int64(dense.Idom(o)), int64(sparse.Idom(o)))
			}
			if back, ok := sparse.Lookup(sparse.Addr(o)); !ok || back != o {
				t.Fatalf("seed %d: object %d: its address leads to %d", seed, o, int64(back))
			}
		}
	}
}

// TestWorkersGiveOneHeap builds random heaps with one worker and with four.
func TestWorkersGiveOneHeap(t *testing.T) {
	for seed := range uint64(30) {
		d := wildDump(rand.New(rand.NewPCG(seed, 4)), 8-4*int(seed%2))
		one, four := build(t, d.Open(t), graph.Options{Workers: 1}), build(t, d.Open(t), graph.Options{Workers: 4})
		for o := range graph.Object(one.NumObjects()) {
			if one.Strength(o) != four.Strength(o) || one.Idom(o) != four.Idom(o) || one.Retained(o) != four.Retained(o) || one.ClassOf(o) != four.ClassOf(o) || one.Addr(o) != four.Addr(o) {
				t.Fatalf("seed %d: object %d differs", seed, o)
			}
		}
		if !slices.Equal(one.Roots(), four.Roots()) || !slices.Equal(one.Classes(), four.Classes()) || one.Totals() != four.Totals() {
			t.Fatalf("seed %d: roots, groups or totals differ", seed)
		}
	}
}

// TestRepeatedReferences has an array that refers to a few thousand objects again and again, and others that refer to them once.
func TestRepeatedReferences(t *testing.T) {
	defer graph.SetInboundCrowd(500)()
	const distinct, n = 3000, 60_000 // more than are remembered while writing
	d := hproftest.New(8)
	c := d.Class("com.acme.Item", hproftest.Fields("int id"))
	items := make([]any, distinct)
	for i := range items {
		items[i] = d.Instance(c, i)
	}
	wide := d.ArrayOf("java.lang.Object", n)
	for i := range n {
		wide.SetElem(i, items[i%distinct])
	}
	once := d.Array("java.lang.Object", items...)
	d.Root(hprof.RootJNIGlobal, wide)
	d.Root(hprof.RootJNIGlobal, once)
	h := build(t, d.Open(t), graph.Options{Workers: 1})
	want := []graph.Object{object(t, h, wide.ID), object(t, h, once.ID)}
	for i, x := range items {
		if got := h.In(object(t, h, x.(*hproftest.Object).ID), nil); !slices.Equal(got, want) {
			t.Fatalf("item %d is held by %v, want %v", i, got, want)
		}
	}
}
