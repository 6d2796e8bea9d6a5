package explore_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/graph/path"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// matResult is the part of Eclipse MAT's results that paths and retained sets are compared with.
type matResult struct {
	Retained []struct {
		Class   string `json:"class"`
		Address string `json:"class_address"`
		Count   int64  `json:"count"`
		Objects *int64 `json:"retained_exact_objects"`
	} `json:"class_retained"`
	Paths []struct {
		Address string `json:"address"`
		Path    []struct {
			Address string   `json:"address"`
			Via     []string `json:"via"`
		} `json:"path"`
	} `json:"paths"`
}

// TestMATAnswers compares retained sets of classes, and the lengths of shortest paths, with what MAT found in the same dumps (the folder
// HEAPCAUSE_ORACLE).
func TestMATAnswers(t *testing.T) {
	if hproftest.Race {
		t.Skip("of one goroutine")
	}
	dir := os.Getenv("HEAPCAUSE_ORACLE")
	if dir == "" {
		t.Skip("HEAPCAUSE_ORACLE is not set: no reference results to compare with")
	}
	for _, name := range []string{"sun_jdk6_18_x32", "zoo-small", "openjdk_jdk11_04_x64"} {
		t.Run(name, func(t *testing.T) {
			h, want := oracleHeap(t, filepath.Join(dir, name+".hprof.gz")), matAnswers(t, filepath.Join(dir, name+".mat.json.gz"))
			sets, paths := retainedAsMAT(t, h, want), pathsAsMAT(t, h, want)
			t.Logf("%d retained sets and %d paths are MAT's", sets, paths)
			if sets < 8 || paths < 8 {
				t.Errorf("only %d retained sets and %d paths were compared", sets, paths)
			}
		})
	}
}

func oracleHeap(t *testing.T, file string) *graph.Heap {
	t.Helper()
	f, err := hprof.Open(context.Background(), file, hprof.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	h, err := graph.Build(context.Background(), f, graph.Options{References: graph.AllReferences, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func matAnswers(t *testing.T, file string) *matResult {
	t.Helper()
	f, err := os.Open(filepath.Clean(file))
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out matResult
	if err := json.NewDecoder(z).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return &out
}

func at(t *testing.T, h *graph.Heap, address string) graph.Object {
	t.Helper()
	n, err := strconv.ParseUint(address, 0, 64)
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := h.Lookup(n); ok {
		return o
	}
	return graph.NoObject
}

// retainedAsMAT takes classes by the address of their class object: there may be several of one name.
func retainedAsMAT(t *testing.T, h *graph.Heap, want *matResult) (n int) {
	for _, c := range want.Retained {
		class, ok := h.AsClass(at(t, h, c.Address))
		if !ok || c.Objects == nil || c.Count == 0 {
			continue
		}
		var set []graph.Object
		for o := range h.Instances(class) {
			set = append(set, o)
		}
		out, err := explore.Retained(context.Background(), h, explore.RetainedOptions{Set: set, SetText: c.Class}, explore.Options{Analysis: analyze.Options{References: "all"}})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := out[0].Fact("objects")
		members, _ := out[0].Fact("objects of the set")
		if c.Class == "java.lang.Class" {
			*c.Objects-- // the loader that MAT makes up at address 0
		}
		if members.Int() != c.Count || got.Int() != *c.Objects {
			t.Errorf("%s: %d objects of %d members, MAT has %d of %d", c.Class, got.Int(), members.Int(), *c.Objects, c.Count)
			continue
		}
		n++
	}
	return n
}

// pathsAsMAT compares lengths: of several shortest paths each is right. MAT leaves out weak, soft and phantom referents there. It goes
// from instances to their class, as we do only where nothing else holds the class: then its path may be the shorter one.
func pathsAsMAT(t *testing.T, h *graph.Heap, want *matResult) (n int) {
	edges, err := explore.ParseEdges(h, []string{"java.lang.ref.Reference::referent"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range want.Paths {
		o := at(t, h, p.Address)
		if o == graph.NoObject || len(p.Path) == 0 {
			continue
		}
		byClass := false
		for _, x := range p.Path {
			byClass = byClass || slices.Contains(x.Via, "<class>")
		}
		steps, ok := path.NewFinder(context.Background(), h, o, graph.Strong, edges).Next()
		if !ok || len(steps) != len(p.Path) && !(byClass && len(steps) > len(p.Path)) {
			t.Errorf("%s: a path of %d objects, MAT has one of %d", h.Name(o), len(steps), len(p.Path))
			continue
		}
		n++
	}
	return n
}
