package path_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"heapcause/graph"
	"heapcause/graph/path"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// randomDump makes a small heap with references of all strengths.
func randomDump(r *rand.Rand) *hproftest.Dump {
	d := hproftest.New(8)
	node := d.Class("com.acme.Node", hproftest.Fields("Object a", "Object b"))
	var all []*hproftest.Object
	for range 4 + r.IntN(14) {
		switch r.IntN(8) {
		case 0:
			all = append(all, d.ArrayOf("java.lang.Object", r.IntN(4)))
		case 1:
			all = append(all, d.Soft(nil))
		case 2:
			all = append(all, d.Weak(nil))
		default:
			all = append(all, d.Instance(node))
		}
	}
	pick := func() *hproftest.Object { return all[r.IntN(len(all))] }
	for _, o := range all {
		switch o.Class.Name {
		case "com.acme.Node":
			for _, f := range []string{"a", "b"} {
				if r.IntN(3) > 0 {
					o.Set(f, pick())
				}
			}
		case "java.lang.Object[]":
			for i := range o.Len() {
				o.SetElem(i, pick())
			}
		default:
			o.Set("java.lang.ref.Reference::referent", pick())
		}
	}
	for range 1 + r.IntN(3) {
		d.Root([]hprof.Tag{hprof.RootJNIGlobal, hprof.RootMonitorUsed}[r.IntN(2)], pick())
	}
	if r.IntN(2) == 0 {
		d.Finalizer(pick())
	}
	d.Thread("main", "com.acme.Main.run(Main.java:1)").Local(0, pick())
	d.Class("com.acme.Cache", hproftest.Static("Object held", pick()))
	return d
}

func build(t testing.TB, d *hproftest.Dump, refs graph.References) *graph.Heap {
	t.Helper()
	h, err := graph.Build(context.Background(), d.Open(t), graph.Options{References: refs, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// strengths relaxes until nothing changes, from the definition: over all paths the best of the worst edge.
func strengths(h *graph.Heap, gone map[graph.Object]bool, leaves func(graph.Object, graph.Edge) bool) []graph.Strength {
	out := make([]graph.Strength, h.NumObjects())
	for i := range out {
		out[i] = graph.Unreachable
	}
	for _, r := range h.Roots() {
		if !gone[r.Object] {
			out[r.Object] = graph.Strong
		}
	}
	for changed := true; changed; {
		changed = false
		for o := range graph.Object(h.NumObjects()) {
			if out[o] == graph.Unreachable {
				continue
			}
			h.EachEdge(o, func(e graph.Edge) bool {
				if s := max(out[o], e.Strength); s < out[e.To] && !gone[e.To] && !leaves(o, e) {
					out[e.To], changed = s, true
				}
				return true
			})
		}
	}
	return out
}

func fieldA(h *graph.Heap) path.Edges {
	f := path.Field{Name: "a", Declared: make([]bool, h.NumClasses()), Of: graph.NoObject}
	for _, c := range h.ClassesByName("com.acme.Node") {
		f.Declared[c] = true
	}
	return path.Edges{Fields: []path.Field{f}}
}

// TestFree compares what cuts free with strengths found anew from the definition.
func TestFree(t *testing.T) {
	cuts := 0
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 7))
		h := build(t, randomDump(r), graph.References(seed%2))
		var set []graph.Object
		gone := map[graph.Object]bool{}
		for range r.IntN(4) {
			o := graph.Object(r.IntN(int(h.NumObjects())))
			if h.Strength(o) < graph.Unreachable {
				set, gone[o] = append(set, o), true
			}
		}
		cut := path.Cut{Objects: set}
		leaves := func(graph.Object, graph.Edge) bool { return false }
		if seed%3 > 0 {
			cut.Edges = fieldA(h)
			leaves = func(_ graph.Object, e graph.Edge) bool {
				return e.Label.Kind == graph.FieldEdge && e.Label.Name == "a" && h.Class(e.Label.Class).Name == "com.acme.Node"
			}
		}
		f, err := path.Free(context.Background(), h, cut)
		if err != nil {
			t.Fatal(err)
		}
		want := strengths(h, gone, leaves)
		if len(cut.Edges.Fields) == 0 {
			sameFreed(t, h, f, cut)
		}
		var n, bytes int64
		for o := range graph.Object(h.NumObjects()) {
			free := gone[o] || want[o] > h.Strength(o)
			if f.Has(o) != free || f.Strength(o) != want[o] {
				t.Fatalf("seed %d: %s is freed: %v, want %v; held %v, want %v", seed, h.Name(o), f.Has(o), free, f.Strength(o), want[o])
			}
			if free {
				n++
				bytes += h.Shallow(o)
			}
		}
		if f.Objects != n || f.Bytes != bytes {
			t.Fatalf("seed %d: %d objects of %d bytes, want %d of %d", seed, f.Objects, f.Bytes, n, bytes)
		}
		if n > int64(len(gone)) {
			cuts++
		}
		if kept := h.RetainedOf(set); len(cut.Edges.Fields) == 0 && (bytes < kept || len(gone) == 1 && seed%2 == 1 && bytes != kept) {
			t.Fatalf("seed %d: a set of %d frees %d bytes, its members retain %d", seed, len(gone), bytes, kept)
		}
	}
	if cuts < 20 {
		t.Errorf("only %d of the cuts freed anything besides", cuts)
	}
}

// sameFreed compares with what going through the whole graph says.
func sameFreed(t *testing.T, h *graph.Heap, f *path.Freed, cut path.Cut) {
	t.Helper()
	whole, err := path.FreeWhole(context.Background(), h, cut)
	if err != nil {
		t.Fatal(err)
	}
	if f.Objects != whole.Objects || f.Bytes != whole.Bytes || f.After != whole.After || !slices.Equal(f.Set(), whole.Set()) {
		t.Fatalf("a set of %d frees %d objects, by the whole graph %d: %v, %v", len(cut.Objects), f.Objects, whole.Objects, f.After, whole.After)
	}
}

// TestFreeMany is TestFree of sets alone, against the search through the whole graph, with unreachable members too.
func TestFreeMany(t *testing.T) {
	seeds := uint64(120)
	if testing.Short() {
		seeds = 40
	}
	weaker := 0
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 11))
		h := build(t, randomDump(r), graph.References(seed%2))
		for range 8 {
			var set []graph.Object
			for range 1 + r.IntN(6) {
				set = append(set, graph.Object(r.IntN(int(h.NumObjects()))))
			}
			cut := path.Cut{Objects: set}
			f, err := path.Free(context.Background(), h, cut)
			if err != nil {
				t.Fatal(err)
			}
			sameFreed(t, h, f, cut)
			if f.Objects > f.After[graph.Unreachable].Objects {
				weaker++
			}
		}
	}
	if weaker < int(seeds)/10 {
		t.Errorf("only %d of the sets left something held more weakly", weaker)
	}
}

// TestFinder: each path begins at a root and follows edges, roots are told once, the shortest first, and the first is as short as can be.
func TestFinder(t *testing.T) {
	several := 0
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 9))
		h := build(t, randomDump(r), graph.DefaultReferences)
		parent, err := path.Parents(context.Background(), h, graph.Strong, path.Edges{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for o := range graph.Object(h.NumObjects()) {
			if h.ClassName(o) != "com.acme.Node" {
				continue
			}
			f := path.NewFinder(context.Background(), h, o, h.Strength(o), path.Edges{})
			seen, last, n := map[graph.Object]bool{}, 0, 0
			for steps, ok := f.Next(); ok; steps, ok = f.Next() {
				n++
				checkSteps(t, h, o, steps)
				if len(steps) < last || seen[steps[0].Object] {
					t.Fatalf("seed %d: path %d to %s is out of order or begins where another does", seed, n, h.Name(o))
				}
				last, seen[steps[0].Object] = len(steps), true
				if n == 1 && h.Strength(o) == graph.Strong && len(steps) != depth(parent, o) {
					t.Fatalf("seed %d: the first path to %s has %d steps, the search forward %d", seed, h.Name(o), len(steps), depth(parent, o))
				}
			}
			if (n > 0) != (h.Strength(o) < graph.Unreachable) {
				t.Fatalf("seed %d: %d paths to %s, which is held %v", seed, n, h.Name(o), h.Strength(o))
			}
			if n > 1 {
				several++
			}
		}
	}
	if several < 30 {
		t.Errorf("only %d objects had several paths", several)
	}
}

func depth(parent []uint32, o graph.Object) int {
	n := 1
	for p := parent[o]; p != path.Root; p = parent[p] {
		n++
	}
	return n
}

func checkSteps(t *testing.T, h *graph.Heap, o graph.Object, steps []graph.Step) {
	t.Helper()
	if len(steps[0].Roots) == 0 || steps[len(steps)-1].Object != o {
		t.Fatalf("a path to %s begins at %s and ends at %s", h.Name(o), h.Name(steps[0].Object), h.Name(steps[len(steps)-1].Object))
	}
	for i := 1; i < len(steps); i++ {
		found := false
		h.EachEdge(steps[i-1].Object, func(e graph.Edge) bool {
			found = found || e.To == steps[i].Object && e.Label == steps[i].Edge && e.Strength <= h.Strength(o)
			return !found
		})
		if !found {
			t.Fatalf("a path to %s has no edge %s → %s", h.Name(o), h.Name(steps[i-1].Object), h.Name(steps[i].Object))
		}
	}
}

// TestCrowd: a parent of many children that refer back, and a long chain, cost a step each.
func TestCrowd(t *testing.T) {
	const n = 50_000
	d := hproftest.New(8)
	node := d.Class("com.acme.Node", hproftest.Fields("Object a", "Object b"))
	hub := d.ArrayOf("java.lang.Object", n)
	var last *hproftest.Object
	for i := range n {
		last = d.Instance(node, hub, last)
		hub.SetElem(i, last)
	}
	d.Root(hprof.RootJNIGlobal, last)
	h := build(t, d, graph.DefaultReferences)
	for _, o := range []graph.Object{slices.Collect(h.Instances(h.ClassesByName("com.acme.Node")[0]))[n/2], slices.Collect(h.Instances(h.ClassesByName("java.lang.Object[]")[0]))[0]} {
		f := path.NewFinder(context.Background(), h, o, graph.Strong, path.Edges{})
		steps, ok := f.Next()
		if !ok || len(steps) > 3 {
			t.Errorf("%s: %v, %d steps", h.Name(o), ok, len(steps))
		}
		if _, more := f.Next(); more {
			t.Error("another path from the one root")
		}
	}
	out := path.Edges{Fields: []path.Field{{Name: "a", Declared: fieldA(h).Fields[0].Declared, Of: graph.NoObject}}}
	f := path.NewFinder(context.Background(), h, slices.Collect(h.Instances(h.ClassesByName("com.acme.Node")[0]))[0], graph.Strong, out)
	if steps, ok := f.Next(); !ok || len(steps) != n {
		t.Errorf("the chain: %v, %d steps", ok, len(steps))
	}
}
