package export

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"heapcause/analyze"
	"heapcause/analyze/rules"
	"heapcause/graph"
)

// written exports a heap and returns the folder.
func written(t testing.TB, h *graph.Heap, change func(*Options)) string {
	t.Helper()
	selected, err := rules.Select("all", false)
	if err != nil {
		t.Fatal(err)
	}
	opt := Options{
		Dir: t.TempDir(), ID: "0123456789abcdef", File: "app.hprof", Labels: map[string]string{"service": "orders", "pod": "orders-1", "env": "test"},
		Analysis: analyze.Options{Rules: selected, ToolVersion: "test"},
	}
	if change != nil {
		change(&opt)
	}
	sums, err := Write(context.Background(), h, opt)
	if err != nil {
		t.Fatal(err)
	}
	want := opt.Tables
	if want == nil {
		want = Tables()
	}
	for i, s := range sums {
		if s.Table != want[i] || s.Files == 0 || s.Bytes == 0 {
			t.Errorf("sum %d: %+v", i, s)
		}
	}
	return opt.Dir
}

// read returns the rows of a data set.
func read[T any](t testing.TB, dir, table string) []T {
	t.Helper()
	var out []T
	files, err := filepath.Glob(filepath.Join(dir, table, "dump=*", "part-*.parquet"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no files: %v", table, err)
	}
	for _, f := range files {
		rows, err := parquet.ReadFile[T](f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rows...)
	}
	return out
}

// contents returns all files below a folder.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// edge is a reference without its order.
type edge struct {
	from, to int64
	kind     string
	field    string
	index    int32
}

// edgesOf asks the graph for all references of a heap, one object after the other.
func edgesOf(h *graph.Heap) map[edge]int {
	out := map[edge]int{}
	for o := range graph.Object(h.NumObjects()) {
		h.EachEdge(o, func(e graph.Edge) bool {
			x := edge{from: int64(h.Addr(o)), to: int64(h.Addr(e.To)), kind: e.Label.Kind.String(), index: -1}
			switch e.Label.Kind {
			case graph.ClassEdge:
				return true
			case graph.ElementEdge:
				x.index = int32(e.Label.Index)
			case graph.FieldEdge, graph.StaticEdge:
				x.field = valid(h.Class(e.Label.Class).Name + "::" + e.Label.Name)
			}
			if e.Strength != graph.Strong {
				x.kind = "referent"
			}
			out[x]++
			return true
		})
	}
	return out
}

// edgesIn are those of rows.
func edgesIn(rows []referenceRow) map[edge]int {
	out := map[edge]int{}
	for _, r := range rows {
		x := edge{r.From, r.To, r.Kind, r.Field, -1}
		if r.Index != nil {
			x.index = *r.Index
		}
		out[x]++
	}
	return out
}

func sameEdges(t testing.TB, h *graph.Heap, rows []referenceRow) {
	t.Helper()
	want, got := edgesOf(h), edgesIn(rows)
	n := 0
	for e, c := range want {
		if got[e] != c {
			if n++; n < 5 {
				t.Errorf("%+v: %d times, want %d", e, got[e], c)
			}
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d different references, want %d", len(got), len(want))
	}
}

// byAddress puts rows into a map.
func byAddress[T any](rows []T, address func(T) int64) map[int64]T {
	out := make(map[int64]T, len(rows))
	for _, r := range rows {
		out[address(r)] = r
	}
	return out
}

// names are the words of a column, each once.
func names[T any](rows []T, of func(T) string) []string {
	var out []string
	for _, r := range rows {
		out = append(out, of(r))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
