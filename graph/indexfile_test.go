package graph_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"heapcause/graph"
	"heapcause/graph/index"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// keep writes the index of a dump that was built and returns its path.
func keep(t testing.TB, h *graph.Heap, dir string) (path string, key index.Key) {
	t.Helper()
	key, err := index.KeyOf(h.File().Path, "")
	if err != nil {
		t.Fatal(err)
	}
	path, _, err = h.WriteIndex(context.Background(), dir, key)
	if err != nil {
		t.Fatal(err)
	}
	return path, key
}

// reopen opens an index with a dump of which only the header is read.
func reopen(t testing.TB, path string, key index.Key, opt graph.Options) (*graph.Heap, error) {
	t.Helper()
	return reopenWith(t, path, key, opt, hprof.Options{HeaderOnly: true, TempDir: t.TempDir()})
}

func reopenWith(t testing.TB, path string, key index.Key, opt graph.Options, how hprof.Options) (*graph.Heap, error) {
	t.Helper()
	f, err := hprof.Open(context.Background(), key.Dump, how)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	x, err := index.Open(path, &key)
	if err != nil {
		return nil, err
	}
	h, err := graph.OpenIndex(x, f, opt)
	if err == nil {
		t.Cleanup(func() { _ = h.Close() })
	}
	return h, err
}

// kept builds a dump's graph, keeps it and opens it again.
func kept(t testing.TB, dump string, opt graph.Options) (built, opened *graph.Heap) {
	t.Helper()
	built = build(t, openDump(t, dump), opt)
	path, key := keep(t, built, t.TempDir())
	opened, err := reopen(t, path, key, opt)
	if err != nil {
		t.Fatal(err)
	}
	return built, opened
}

// answers are what a heap says of one object.
type answers struct {
	Addr               uint64
	Class, Own         graph.Class
	IsClass            bool
	Length             int64
	Shallow, Retained  int64
	Idom               graph.Object
	Strength           graph.Strength
	In, Dominated, Out []graph.Object
	Roots              []graph.Root
	Locals             []graph.Local
	Defined            []graph.Class
}

func answersOf(h *graph.Heap, o graph.Object) answers {
	a := answers{
		Addr: h.Addr(o), Class: h.ClassOf(o), Length: h.Length(o), Shallow: h.Shallow(o), Retained: h.Retained(o), Idom: h.Idom(o),
		Strength: h.Strength(o), In: h.In(o, nil), Dominated: h.Dominated(o, nil), Out: h.Out(o, nil),
		Locals: h.Locals(o), Defined: h.DefinedClasses(o),
	}
	a.Roots = append(a.Roots, h.RootsOf(o)...)
	a.Own, a.IsClass = h.AsClass(o)
	return a
}

// same compares all that two heaps of one dump say.
func same(t testing.TB, want, got *graph.Heap) {
	t.Helper()
	equal := func(what string, a, b any) {
		t.Helper()
		if d := cmp.Diff(a, b, cmp.AllowUnexported(graph.ClassInfo{}), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(hprof.Field{}, "Name")); d != "" {
			t.Fatalf("%s differs (built, from the index):\n%s", what, d)
		}
	}
	equal("number of objects", want.NumObjects(), got.NumObjects())
	equal("number of classes", want.NumClasses(), got.NumClasses())
	for c := range graph.Class(want.NumClasses()) {
		equal("class", want.Class(c), got.Class(c))
		equal("classes by name", want.ClassesByName(want.Class(c).Name), got.ClassesByName(want.Class(c).Name))
	}
	for o := range graph.Object(want.NumObjects()) {
		equal(want.Name(o), answersOf(want, o), answersOf(got, o))
		if want.InDegree(o) != got.InDegree(o) || want.NumDominated(o) != got.NumDominated(o) {
			t.Fatalf("%s: numbers of referrers or children differ", want.Name(o))
		}
		for _, near := range []uint64{0, 1, 8} {
			a, aok := want.Lookup(want.Addr(o) + near)
			b, bok := got.Lookup(want.Addr(o) + near)
			equal("lookup", []any{a, aok}, []any{b, bok})
		}
	}
	equal("virtual root", want.Dominated(graph.NoObject, nil), got.Dominated(graph.NoObject, nil))
	for _, k := range []int{0, 1, 10, 100000} {
		equal("largest", want.Largest(k), got.Largest(k))
	}
	equal("totals", want.Totals(), got.Totals())
	equal("roots", want.Roots(), got.Roots())
	equal("threads", want.Threads(), got.Threads())
	equal("problems", want.Problems(), got.Problems())
	equal("dangling", want.Dangling(), got.Dangling())
	equal("layout", want.Layout().String(), got.Layout().String())
	equal("classes", want.Classes(), got.Classes())
	equal("packages", want.Packages(), got.Packages())
	equal("loaders", want.Loaders(), got.Loaders())
	equal("version", want.JavaVersion(), got.JavaVersion())
	if err := got.Err(); err != nil {
		t.Fatal(err)
	}
}

// TestIndexOfRandomHeaps compares heaps from an index with those it was made of, and with the definitions.
func TestIndexOfRandomHeaps(t *testing.T) {
	for seed := range seeds(t) / 4 {
		for _, refs := range []graph.References{graph.DefaultReferences, graph.AllReferences} {
			t.Run(fmt.Sprintf("seed %d, references %d", seed, refs), func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 2))
				d := randomDump(r, 8-4*int(seed%2))
				if seed%4 > 1 {
					d = wildDump(r, 8-4*int(seed%2))
				}
				built := build(t, openDump(t, d.WriteFile(t, "d.hprof")), graph.Options{References: refs})
				path, key := keep(t, built, t.TempDir())
				opened, err := reopen(t, path, key, graph.Options{References: refs})
				if err != nil {
					t.Fatal(err)
				}
				same(t, built, opened)
				opened, err = reopenWith(t, path, key, graph.Options{References: refs}, hprof.Options{}) // the twin reads records
				if err != nil {
					t.Fatal(err)
				}
				check(t, opened, refs, r)
			})
		}
	}
}

// TestIndexOfShapes keeps heaps at the edges of the format: none, long arrays, many children, sparse addresses, gzip.
func TestIndexOfShapes(t *testing.T) {
	shapes := map[string]func() *hproftest.Dump{
		"empty": func() *hproftest.Dump { return hproftest.New(8, hproftest.Bare()) },
		"wide": func() *hproftest.Dump {
			d := hproftest.New(8)
			var all []any
			n := 20000
			if hproftest.Race {
				n = 2000
			}
			for i := range n {
				all = append(all, d.ArrayOf("byte", i%1000))
			}
			d.Root(hprof.RootJNIGlobal, d.Array("Object", all...))
			return d
		},
		"sparse": func() *hproftest.Dump {
			d := hproftest.New(8)
			for i := range 300 {
				d.Goto(uint64(i+1) << 40)
				d.Root(hprof.RootJNIGlobal, d.String("far"))
			}
			return d
		},
		"far apart": func() *hproftest.Dump { // pages that no dense directory serves
			d := hproftest.New(8)
			for i := range 20 {
				d.Goto(uint64(i*i+1) << 32)
				d.Root(hprof.RootJNIGlobal, d.String("far"))
			}
			return d
		},
		"gzip": func() *hproftest.Dump {
			d := hproftest.New(8, hproftest.Gzip())
			d.Thread("main", "Main.main(Main.java:3)")
			return d
		},
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			built, opened := kept(t, shape().WriteFile(t, "d.hprof"), graph.Options{})
			same(t, built, opened)
		})
	}
}

// TestIndexOfRealDumps keeps the real dumps.
func TestIndexOfRealDumps(t *testing.T) {
	for _, path := range someOf(dumps(t, "*/*.hprof*")) {
		if e := filepath.Ext(path); e != ".hprof" && e != ".gz" {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := hprof.Open(context.Background(), path, hprof.Options{HeaderOnly: true, TempDir: t.TempDir()})
			if errors.Is(err, hprof.ErrNotHPROF) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if testing.Short() && f.Size > 4<<20 {
				t.Skip("large")
			}
			built, opened := kept(t, path, graph.Options{})
			sample(t, built, opened)
		})
	}
}

// sample compares some objects of two heaps, and their sums.
func sample(t *testing.T, want, got *graph.Heap) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 3))
	for range min(3000, want.NumObjects()) {
		o := graph.Object(r.Uint64N(uint64(want.NumObjects())))
		if d := cmp.Diff(answersOf(want, o), answersOf(got, o)); d != "" {
			t.Fatalf("%s:\n%s", want.Name(o), d)
		}
	}
	if d := cmp.Diff([]any{want.Classes(), want.Loaders(), want.Packages(), want.Threads(), want.Totals()},
		[]any{got.Classes(), got.Loaders(), got.Packages(), got.Threads(), got.Totals()}); d != "" {
		t.Fatal(d)
	}
	if err := got.Verify(); err != nil {
		t.Fatal(err)
	}
}
