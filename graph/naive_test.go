package graph_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// naive answers the questions of a Heap straight from the definitions in the package comment, from edges that it reads from the
// dump itself. It shares nothing with the builder but the numbering of objects, the roots and the shallow sizes.
type naive struct {
	h        *graph.Heap
	n        int
	edges    [][]graph.Edge
	root     []bool
	strength []graph.Strength
	start    []bool // the virtual root points at it
}

func newNaive(t *testing.T, h *graph.Heap, refs graph.References) *naive {
	t.Helper()
	v := &naive{h: h, n: int(h.NumObjects()), edges: readEdges(t, h, refs)}
	v.root = make([]bool, v.n)
	for _, r := range h.Roots() {
		v.root[r.Object] = true
	}
	v.findStrengths()
	v.findStarts()
	return v
}

// findStrengths relaxes until nothing changes: over all paths the best of the worst edge.
func (v *naive) findStrengths() {
	v.strength = make([]graph.Strength, v.n)
	for o := range v.strength {
		v.strength[o] = graph.Unreachable
		if v.root[o] {
			v.strength[o] = graph.Strong
		}
	}
	for changed := true; changed; {
		changed = false
		for o := range v.n {
			if v.strength[o] == graph.Unreachable {
				continue
			}
			for _, e := range v.edges[o] {
				if s := max(v.strength[o], e.Strength); s < v.strength[e.To] {
					v.strength[e.To], changed = s, true
				}
			}
		}
	}
}

// inner reports whether an edge counts for the dominators of its target.
func (v *naive) inner(u int, e graph.Edge) bool {
	s := v.strength[e.To]
	return v.strength[u] == s && (e.Strength == graph.Strong || e.Strength < s)
}

func (v *naive) findStarts() {
	v.start = slices.Clone(v.root)
	for u := range v.n {
		for _, e := range v.edges[u] {
			if s := v.strength[e.To]; s != graph.Unreachable && s != graph.Strong && e.Strength == s && v.strength[u] <= s {
				v.start[e.To] = true
			}
		}
	}
	// Unreachable: the lowest object of each strongly connected component that nothing outside refers to.
	for o := range v.n {
		if v.strength[o] != graph.Unreachable {
			continue
		}
		source := true
		from := v.reach(o, -1)
		for u := range v.n {
			if v.strength[u] == graph.Unreachable && u != o && v.reach(u, -1)[o] {
				source = source && from[u] && u > o
			}
		}
		v.start[o] = source
	}
}

// reach returns what o reaches by inner edges without the object avoided.
func (v *naive) reach(o, avoid int) []bool {
	seen := make([]bool, v.n)
	stack := []int{o}
	seen[o] = true
	for len(stack) > 0 {
		u := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, e := range v.edges[u] {
			if w := int(e.To); v.inner(u, e) && !seen[w] && w != avoid {
				seen[w] = true
				stack = append(stack, w)
			}
		}
	}
	return seen
}

// idoms removes each object in turn: what can no longer be reached from the virtual root is dominated by it.
func (v *naive) idoms() []int {
	doms := make([][]int, v.n)
	for d := range v.n {
		alive := make([]bool, v.n)
		for s := range v.n {
			if v.start[s] && s != d && !alive[s] {
				for w, ok := range v.reach(s, d) {
					alive[w] = alive[w] || ok
				}
			}
		}
		for o := range v.n {
			if o != d && !alive[o] {
				doms[o] = append(doms[o], d)
			}
		}
	}
	out := make([]int, v.n)
	for o := range v.n {
		out[o] = -1
		for _, d := range doms[o] { // the immediate one has the most dominators itself
			if out[o] < 0 || len(doms[d]) > len(doms[out[o]]) {
				out[o] = d
			}
		}
	}
	return out
}

// check compares a heap with the definitions.
func check(t *testing.T, h *graph.Heap, refs graph.References, r *rand.Rand) {
	t.Helper()
	v := newNaive(t, h, refs)
	idom := v.idoms()
	retained := make([]int64, v.n)
	for o := range v.n {
		for d := o; d >= 0; d = idom[d] {
			retained[d] += h.Shallow(graph.Object(o))
		}
	}
	var totals [graph.NumStrengths]graph.Totals
	in := make([][]graph.Object, v.n)
	for o := range v.n {
		x := graph.Object(o)
		if got := h.Strength(x); got != v.strength[o] {
			t.Fatalf("%s: strength %v, want %v", h.Name(x), got, v.strength[o])
		}
		want := graph.NoObject
		if idom[o] >= 0 {
			want = graph.Object(idom[o])
		}
		if got := h.Idom(x); got != want {
			t.Fatalf("%s (%v): dominator %d, want %d", h.Name(x), v.strength[o], int64(got), int64(want))
		}
		if got := h.Retained(x); got != retained[o] {
			t.Fatalf("%s: retains %d, want %d", h.Name(x), got, retained[o])
		}
		totals[v.strength[o]].Objects++
		totals[v.strength[o]].Bytes += h.Shallow(x)
		for _, e := range v.edges[o] {
			if e.Label.Kind != graph.ClassEdge && !slices.Contains(in[e.To], x) {
				in[e.To] = append(in[e.To], x)
			}
		}
		if back, ok := h.Lookup(h.Addr(x)); !ok || back != x {
			t.Fatalf("object %d: its address leads to %d", o, back)
		}
	}
	for o := range v.n {
		if got := h.In(graph.Object(o), nil); !slices.Equal(got, in[o]) {
			t.Fatalf("%s: referred to by %v, want %v", h.Name(graph.Object(o)), got, in[o])
		}
		checkPath(t, h, v, graph.Object(o), graph.NoObject)
		checkPath(t, h, v, graph.Object(o), graph.Object(r.IntN(v.n)))
	}
	if totals != h.Totals() {
		t.Fatalf("totals %v, want %v", h.Totals(), totals)
	}
	checkGroups(t, h, idom)
	checkTree(t, h, idom)
	checkSet(t, h, idom, r)
}

// checkPath verifies that a path begins at a root, follows edges and is no weaker than its end, and that there is one if any.
func checkPath(t *testing.T, h *graph.Heap, v *naive, o, avoid graph.Object) {
	t.Helper()
	path, ok := h.PathAvoiding(o, func(u graph.Object) bool { return u == avoid })
	if want := v.strength[o] != graph.Unreachable && v.reachable(o, avoid); ok != want {
		t.Fatalf("%s avoiding %d: path found %v, want %v", h.Name(o), int64(avoid), ok, want)
	}
	for i, s := range path {
		if s.Object == avoid && avoid != o {
			t.Fatalf("%s: the path goes over %s", h.Name(o), h.Name(avoid))
		}
		if i == 0 {
			if !v.root[s.Object] || len(s.Roots) == 0 {
				t.Fatalf("%s: path begins at %s, no root", h.Name(o), h.Name(s.Object))
			}
			continue
		}
		found := false
		for _, e := range v.edges[path[i-1].Object] {
			found = found || e.To == s.Object && e.Label == s.Edge && e.Strength == s.Weak && e.Strength <= v.strength[o]
		}
		if !found {
			t.Fatalf("%s: path has no edge %s → %s by %s", h.Name(o), h.Name(path[i-1].Object), h.Name(s.Object), h.EdgeText(s.Edge))
		}
	}
}

// reachable reports whether a root reaches o without the object avoided by references that hold it.
func (v *naive) reachable(o, avoid graph.Object) bool {
	seen := make([]bool, v.n)
	var stack []graph.Object
	visit := func(w graph.Object) {
		if !seen[w] && (w == o || w != avoid) {
			seen[w] = true
			stack = append(stack, w)
		}
	}
	for r := range v.n {
		if v.root[r] {
			visit(graph.Object(r))
		}
	}
	for len(stack) > 0 {
		u := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, e := range v.edges[u] {
			if e.Strength <= v.strength[o] {
				visit(e.To)
			}
		}
	}
	return seen[o]
}

// checkGroups compares the sizes of classes, packages and loaders with the sums over their members.
func checkGroups(t *testing.T, h *graph.Heap, idom []int) {
	t.Helper()
	for name, c := range map[string]struct {
		groups []graph.Group
		key    func(graph.Object) any
		of     func(graph.Group) any
	}{
		"class":   {h.Classes(), func(o graph.Object) any { return h.ClassOf(o) }, func(g graph.Group) any { return g.Class }},
		"package": {h.Packages(), func(o graph.Object) any { return graph.Package(h.ClassName(o)) }, func(g graph.Group) any { return g.Name }},
		"loader":  {h.Loaders(), func(o graph.Object) any { return h.Class(h.ClassOf(o)).Loader }, func(g graph.Group) any { return g.Loader }},
	} {
		want := map[any]graph.Group{}
		for o := range graph.Object(h.NumObjects()) {
			k := c.key(o)
			g := want[k]
			g.Instances++
			g.Shallow += h.Shallow(o)
			covered := false
			for d := idom[o]; d >= 0; d = idom[d] {
				covered = covered || c.key(graph.Object(d)) == k
			}
			if !covered {
				g.Retained += h.Retained(o)
			}
			want[k] = g
		}
		if len(c.groups) != len(want) {
			t.Fatalf("%d groups by %s, want %d", len(c.groups), name, len(want))
		}
		for _, g := range c.groups {
			if w := want[c.of(g)]; g.Instances != w.Instances || g.Shallow != w.Shallow || g.Retained != w.Retained {
				t.Fatalf("%s %s: %+v, want %+v", name, g.Name, g, w)
			}
			if name == "class" && h.Class(g.Class).Instances != g.Instances {
				t.Fatalf("class %s: %d instances, %d in its description", g.Name, g.Instances, h.Class(g.Class).Instances)
			}
		}
	}
}

// checkTree verifies the dominator tree downwards.
func checkTree(t *testing.T, h *graph.Heap, idom []int) {
	t.Helper()
	want := map[graph.Object][]graph.Object{}
	for o, d := range idom {
		p := graph.Object(d)
		if d < 0 {
			p = graph.NoObject
		}
		want[p] = append(want[p], graph.Object(o))
	}
	for o := range graph.Object(len(idom) + 1) {
		if int(o) == len(idom) {
			o = graph.NoObject
		}
		if got := h.Dominated(o, nil); !slices.Equal(got, want[o]) || h.NumDominated(o) != int64(len(got)) {
			t.Fatalf("object %d dominates %v, want %v", int64(o), got, want[o])
		}
	}
}

// checkSet compares the retained size of a random set with the sum over the members that no other dominates.
func checkSet(t *testing.T, h *graph.Heap, idom []int, r *rand.Rand) {
	t.Helper()
	var set []graph.Object
	for range 1 + r.IntN(6) {
		set = append(set, graph.Object(r.IntN(len(idom))))
	}
	slices.Sort(set)
	set = slices.Compact(set)
	var want int64
	for _, o := range set {
		covered := false
		for d := idom[o]; d >= 0; d = idom[d] {
			covered = covered || slices.Contains(set, graph.Object(d))
		}
		if !covered {
			want += h.Retained(o)
		}
	}
	if got := h.RetainedOf(append(set, set[0])); got != want {
		t.Fatalf("set %v retains %d, want %d", set, got, want)
	}
}

// randomDump makes a small heap with every kind of edge and root.
func randomDump(r *rand.Rand, idSize int) *hproftest.Dump {
	var opts []hproftest.Option
	if r.IntN(3) == 0 {
		opts = append(opts, hproftest.Records(hproftest.Shuffled(r.Uint64())))
	}
	if r.IntN(4) == 0 {
		opts = append(opts, hproftest.Segments(200))
	}
	d := hproftest.New(idSize, opts...)
	loader := d.ClassLoader("app")
	parts := []hproftest.ClassPart{hproftest.Fields("Object a", "Object b", "int n")}
	if r.IntN(2) == 0 {
		parts = append(parts, hproftest.Loader(loader))
	}
	node := d.Class("com.acme.Node", parts...)
	var all []*hproftest.Object
	n := 3 + r.IntN(14)
	for range n {
		switch r.IntN(8) {
		case 0:
			all = append(all, d.ByteArray(1, 2, 3))
		case 1:
			all = append(all, d.ArrayOf("java.lang.Object", r.IntN(4)))
		case 2:
			all = append(all, d.Soft(nil))
		case 3:
			all = append(all, d.Weak(nil))
		case 4:
			all = append(all, d.Phantom(nil))
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
				if r.IntN(4) > 0 {
					o.SetElem(i, pick())
				}
			}
		case "byte[]":
		default:
			o.Set("java.lang.ref.Reference::referent", pick())
		}
	}
	for range r.IntN(3) {
		f := d.Finalizer(pick())
		if r.IntN(2) == 0 {
			d.Enqueue(f, d.FinalizerQueue())
		}
	}
	for range r.IntN(3) {
		d.Root([]hprof.Tag{hprof.RootJNIGlobal, hprof.RootMonitorUsed, hprof.RootUnknown}[r.IntN(3)], pick())
	}
	if r.IntN(2) == 0 {
		d.Thread("main", "com.acme.Main.run(Main.java:1)").Local(0, pick())
	}
	if r.IntN(2) == 0 {
		d.Class("com.acme.Cache", hproftest.Static("Object held", pick()), hproftest.Loader(loader))
	}
	if r.IntN(3) == 0 {
		d.Root(hprof.RootJNIGlobal, loader)
	}
	return d
}

func build(t testing.TB, f *hprof.File, opt graph.Options) *graph.Heap {
	t.Helper()
	h, err := graph.Build(context.Background(), f, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// seeds returns how many random heaps are compared: HEAPCAUSE_SEEDS when it is set.
func seeds(t *testing.T) uint64 {
	if s := os.Getenv("HEAPCAUSE_SEEDS"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return 60
	}
	return 400
}

// TestRandomHeaps compares heaps with every kind of edge and root with the definitions.
func TestRandomHeaps(t *testing.T) {
	for seed := range seeds(t) {
		for _, refs := range []graph.References{graph.DefaultReferences, graph.AllReferences} {
			idSize := 8 - 4*int(seed%2)
			t.Run(fmt.Sprintf("seed %d, references %d, ids %d", seed, refs, idSize), func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 1))
				d := randomDump(r, idSize)
				if seed%4 > 1 {
					d = wildDump(r, idSize)
				}
				h := build(t, d.Open(t), graph.Options{References: refs, Workers: 1 + int(seed%3)})
				check(t, h, refs, r)
			})
		}
	}
}
