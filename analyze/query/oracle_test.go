package query_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/analyze/query"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// matResult is the part of MAT's results that queries are compared with.
type matResult struct {
	Histogram []struct {
		Class string `json:"class"`
		Count int64  `json:"count"`
	} `json:"histogram"`
	Retained []struct {
		Class   string `json:"class"`
		Objects int64  `json:"retained_exact_objects"`
	} `json:"class_retained"`
	Objects int64 `json:"objects"`
}

// TestMATQueries asks what MAT's documentation has as examples, and more, of dumps that MAT has read (the folder HEAPCAUSE_ORACLE):
// objects by class, exact retained sets of classes, and dominators are the same.
func TestMATQueries(t *testing.T) {
	if hproftest.Race {
		t.Skip("of one goroutine")
	}
	dir := os.Getenv("HEAPCAUSE_ORACLE")
	if dir == "" {
		t.Skip("HEAPCAUSE_ORACLE is not set: no reference results to compare with")
	}
	for _, name := range []string{"sun_jdk6_18_x32", "zoo-small"} {
		t.Run(name, func(t *testing.T) {
			h := oracleHeap(t, filepath.Join(dir, name+".hprof.gz"))
			var want matResult
			if err := json.NewDecoder(unzipped(t, filepath.Join(dir, name+".mat.json.gz"))).Decode(&want); err != nil {
				t.Fatal(err)
			}
			countsAreMATs(t, h, &want)
			retainedSetsAreMATs(t, h, &want)
			dominatorsAreMATs(t, h, filepath.Join(dir, name+".mat.tsv.gz"))
		})
	}
}

func matOptions() query.Options { return query.Options{ShowValues: true, Reachable: true} }

func oracleHeap(t *testing.T, path string) *graph.Heap {
	t.Helper()
	f, err := hprof.Open(context.Background(), path, hprof.Options{TempDir: t.TempDir()})
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

func unzipped(t *testing.T, path string) *gzip.Reader {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// counted reads rows of a name and a number.
func counted(t *testing.T, h *graph.Heap, q string) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	for line := range strings.Lines(rows(t, h, q, matOptions())) {
		name, n, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "|")
		var k int64
		if _, err := fmt.Sscan(n, &k); err != nil {
			t.Fatalf("%s: %q", q, line)
		}
		out[name] += k
	}
	return out
}

func countsAreMATs(t *testing.T, h *graph.Heap, want *matResult) {
	got := counted(t, h, "SELECT classof(x).@name, COUNT(*) FROM * x GROUP BY classof(x)")
	for _, c := range want.Histogram {
		got[c.Class] -= c.Count
	}
	for class, n := range got {
		if n != 0 && !strings.Contains(class, "ClassLoader") { // MAT makes one up at address 0
			t.Errorf("%s: %+d objects", class, n)
		}
	}
}

func retainedSetsAreMATs(t *testing.T, h *graph.Heap, want *matResult) {
	classes := map[string]int{}
	for _, c := range want.Retained {
		classes[c.Class]++
	}
	n := 0
	for _, c := range want.Retained {
		if classes[c.Class] > 1 || c.Objects == 0 || c.Class == "java.lang.Class" || n >= 8 {
			continue // the loader that MAT makes up at address 0 is retained by java.lang.Class
		}
		n++
		q := "SELECT \"n\", COUNT(*) FROM OBJECTS (SELECT AS RETAINED SET * FROM `" + c.Class + "`) x"
		if got := counted(t, h, q)["n"]; got != c.Objects {
			t.Errorf("%s: %d objects, MAT has %d", q, got, c.Objects)
		}
	}
	if n == 0 {
		t.Error("no retained sets were compared")
	}
}

// dominatorsAreMATs compares what strings dominate, asked in several ways.
func dominatorsAreMATs(t *testing.T, h *graph.Heap, path string) {
	class, child := "", map[string]int{}
	strs := map[string]bool{}
	addr := rows(t, h, "SELECT toHex(c.@objectAddress) FROM OBJECTS java.lang.String c", matOptions())
	class = strings.TrimPrefix(strings.TrimSpace(addr), "0x")
	s := bufio.NewScanner(unzipped(t, path))
	for s.Scan() {
		f := strings.Split(s.Text(), "\t")
		if len(f) < 5 || f[0][0] == '#' {
			continue
		}
		child[f[4]]++
		strs[f[0]] = strs[f[0]] || f[1] == class
	}
	all, none := int64(0), int64(0)
	for a, is := range strs {
		if is {
			all++
			if child[a] == 0 {
				none++
			}
		}
	}
	for q, want := range map[string]int64{
		"SELECT \"n\", COUNT(*) FROM java.lang.String s":                                                      all,
		"SELECT \"n\", COUNT(*) FROM java.lang.String s WHERE dominators(s).size() = 0":                       none,
		"SELECT \"n\", COUNT(*) FROM java.lang.String s WHERE dominators(s).length = 0":                       none,
		"SELECT \"n\", COUNT(*) FROM java.lang.String s WHERE s.value IN dominators(s)":                       all - none,
		"SELECT \"n\", COUNT(*) FROM java.lang.String s WHERE NOT s.value IN dominators(s)":                   none,
		"SELECT \"n\", COUNT(*) FROM OBJECTS (SELECT OBJECTS dominators(s) FROM java.lang.String s) v":        all - none,
		"SELECT \"n\", COUNT(*) FROM java.lang.String s WHERE toString(s) LIKE \".*\" OR toString(s) != \"\"": all,
		"SELECT \"n\", COUNT(*) FROM (SELECT * FROM java.lang.Class c WHERE c.@name = \"java.lang.String\")":  all,
		"SELECT \"n\", COUNT(*) FROM ${snapshot}.getClassesByName(\"java.lang.String\", true)":                all,
		"SELECT \"n\", COUNT(*) FROM OBJECTS (SELECT DISTINCT OBJECTS classof(s) FROM java.lang.String s) v":  1,
	} {
		if got := counted(t, h, q)["n"]; got != want {
			t.Errorf("%s: %d, MAT's results say %d", q, got, want)
		}
	}
}

// TestMATExamples runs every query of docs/query.md that is one of MAT's documentation.
func TestMATExamples(t *testing.T) {
	if hproftest.Race {
		t.Skip("of one goroutine")
	}
	dir := os.Getenv("HEAPCAUSE_ORACLE")
	if dir == "" {
		t.Skip("HEAPCAUSE_ORACLE is not set")
	}
	page, err := os.ReadFile("../../docs/query.md")
	if err != nil {
		t.Fatal(err)
	}
	h := oracleHeap(t, filepath.Join(dir, "sun_jdk6_18_x32.hprof.gz"))
	_, examples, _ := strings.Cut(string(page), "## MAT's examples")
	n := 0
	for line := range strings.Lines(examples) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(strings.ToUpper(line), "SELECT ") {
			continue
		}
		n++
		if out := rows(t, h, line, matOptions()); out == "" && !strings.Contains(line, "day") && !strings.Contains(line, "1000 OR") {
			t.Errorf("%s: no rows", line)
		}
	}
	if n < 25 {
		t.Errorf("%d examples", n)
	}
}
