package graph_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// FuzzBuild holds that any bytes that open as a dump give a heap whose answers are consistent, without a panic.
func FuzzBuild(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(randomDump(rand.New(rand.NewPCG(seed, 1)), 8-4*int(seed%2)).Bytes())
		f.Add(wildDump(rand.New(rand.NewPCG(seed, 2)), 8-4*int(seed%2)).Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := hprof.OpenBytes(b)
		if err != nil {
			return
		}
		h, err := graph.Build(context.Background(), file, graph.Options{Workers: 2})
		if err != nil {
			if strings.Contains(err.Error(), "internal") {
				t.Fatal(err)
			}
			return
		}
		defer h.Close()
		if h.NumObjects() > int64(len(b)) {
			t.Fatalf("%d objects in %d bytes", h.NumObjects(), len(b))
		}
		var n int64
		for _, s := range h.Totals() {
			n += s.Objects
		}
		if n != h.NumObjects() {
			t.Fatalf("totals have %d objects of %d", n, h.NumObjects())
		}
		for o := range graph.Object(h.NumObjects()) {
			if d := h.Idom(o); d != graph.NoObject && h.Retained(d) < h.Retained(o) {
				t.Fatalf("object %d retains more than its dominator %d", o, d)
			}
			if back, ok := h.Lookup(h.Addr(o)); !ok || back != o {
				t.Fatalf("object %d: its address leads to %d", o, int64(back))
			}
			for _, u := range h.In(o, nil) {
				if u >= graph.Object(h.NumObjects()) {
					t.Fatalf("object %d is held by %d", o, u)
				}
			}
			h.Out(o, nil)
			h.Fields(o)
			h.Name(o)
			h.Text(o, 10)
			h.Path(o)
		}
		h.Classes()
		if _, err := graph.CountClasses(context.Background(), file, graph.Options{Workers: 1}); err != nil {
			t.Fatal(err)
		}
		if err := h.Scan(context.Background(), h.Subclasses("java.lang.Object"), func(int) func(*graph.View) {
			return func(v *graph.View) { v.EachRef(func(int, graph.Object) bool { return true }) }
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSparseAddresses builds a heap whose identifiers lie megabytes apart: the address index must not grow with the range.
func TestSparseAddresses(t *testing.T) {
	d := hproftest.New(8)
	node := d.Class("com.acme.Node", hproftest.Fields("Object next"))
	var last *hproftest.Object
	const n = 3000
	for range n {
		d.Skip(64 << 20)
		o := d.Instance(node)
		if last != nil {
			o.Set("next", last)
		}
		last = o
	}
	d.Root(hprof.RootJNIGlobal, last)
	h := build(t, d.Open(t), graph.Options{})
	o, ok := h.Lookup(last.ID)
	class, _ := h.Lookup(node.ID) // only the list holds its class
	if want := n*h.Shallow(o) + h.Shallow(class); !ok || h.Retained(o) != want {
		t.Errorf("the head of the list retains %d, want %d", h.Retained(o), want)
	}
}

// TestLongList builds a list of a million links that an array holds too, and one that nothing else holds: depth costs no stack.
func TestLongList(t *testing.T) {
	if testing.Short() {
		t.Skip("a million objects")
	}
	d := hproftest.New(8, hproftest.Segments(1<<20))
	node := d.Class("com.acme.Node", hproftest.Fields("Object next"))
	const n = 500_000
	all := d.ArrayOf("java.lang.Object", n)
	var held, free *hproftest.Object
	for i := range n {
		held = d.Instance(node, held)
		all.SetElem(i, held)
	}
	for range n {
		free = d.Instance(node, free)
	}
	d.Root(hprof.RootJNIGlobal, free)
	d.Root(hprof.RootJNIGlobal, held)
	d.Root(hprof.RootJNIGlobal, all)
	h := build(t, d.Open(t), graph.Options{})
	o, _ := h.Lookup(free.ID)
	if want := n * h.Shallow(o); h.Retained(o) != want {
		t.Errorf("the free list retains %d, want %d", h.Retained(o), want)
	}
	if o, _ = h.Lookup(held.ID); h.Retained(o) != h.Shallow(o) {
		t.Errorf("the head of the shared list retains %d, want itself alone", h.Retained(o))
	}
}
