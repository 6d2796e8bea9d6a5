package extract_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/extract"
	"heapcause/analyze/inspect"
	"heapcause/analyze/rules"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// everything is an analysis with all rules and inspections.
func everything(t testing.TB) analyze.Options {
	t.Helper()
	all, err := rules.Select("all", true)
	if err != nil {
		t.Fatal(err)
	}
	inspections, err := inspect.Select("all")
	if err != nil {
		t.Fatal(err)
	}
	return analyze.Options{Rules: all, Inspections: inspections, Top: 10, ToolVersion: "test"}
}

// extracted copies a dump in memory. The source stays open until the test ends.
func extracted(t testing.TB, f *hprof.File, choose func(*graph.Heap) extract.Options) (before *graph.Heap, copied []byte, sum extract.Summary) {
	t.Helper()
	s, err := extract.Build(context.Background(), f, graph.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Learn(context.Background(), everything(t)); err != nil {
		t.Fatal(err)
	}
	var opt extract.Options
	if choose != nil {
		opt = choose(s.Heap)
	}
	var out bytes.Buffer
	if sum, err = s.Write(context.Background(), &out, opt); err != nil {
		t.Fatal(err)
	}
	return s.Heap, out.Bytes(), sum
}

// reopened builds the graph of a copy.
func reopened(t testing.TB, b []byte) *graph.Heap {
	t.Helper()
	f, err := hprof.OpenBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Problems) > 0 {
		t.Errorf("the copy is damaged: %+v", f.Problems)
	}
	h, err := graph.Build(context.Background(), f, graph.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	if p := h.Problems(); len(p) > 0 {
		t.Errorf("the copy is damaged: %+v", p)
	}
	return h
}

func reportOf(t testing.TB, h *graph.Heap) *report.Report {
	t.Helper()
	r, err := analyze.Run(context.Background(), h, everything(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sameGraph compares all objects of two heaps: address, class, sizes, strength, dominator.
func sameGraph(t *testing.T, a, b *graph.Heap) {
	t.Helper()
	if a.NumObjects() != b.NumObjects() || a.NumClasses() != b.NumClasses() || len(a.Roots()) != len(b.Roots()) {
		t.Fatalf("%d objects, %d classes, %d roots; %d, %d and %d in the copy",
			a.NumObjects(), a.NumClasses(), len(a.Roots()), b.NumObjects(), b.NumClasses(), len(b.Roots()))
	}
	for o := graph.Object(0); int64(o) < a.NumObjects(); o++ {
		if a.Addr(o) != b.Addr(o) || a.ClassName(o) != b.ClassName(o) || a.Shallow(o) != b.Shallow(o) || a.Retained(o) != b.Retained(o) ||
			a.Strength(o) != b.Strength(o) || a.Idom(o) != b.Idom(o) || a.Length(o) != b.Length(o) {
			t.Fatalf("%s retains %d; %s %d in the copy", a.Name(o), a.Retained(o), b.Name(o), b.Retained(o))
		}
	}
}

// sameFindings compares what two reports find.
func sameFindings(t *testing.T, a, b *report.Report) {
	t.Helper()
	if len(a.Findings) != len(b.Findings) {
		t.Errorf("%d findings, %d in the copy", len(a.Findings), len(b.Findings))
	}
	for i := range min(len(a.Findings), len(b.Findings)) {
		x, y := &a.Findings[i], &b.Findings[i]
		if x.Rule != y.Rule || x.Signature != y.Signature || x.Severity != y.Severity || x.Confidence != y.Confidence || x.Retained != y.Retained ||
			x.Objects != y.Objects || len(x.Path) != len(y.Path) || len(x.Related) != len(y.Related) {
			t.Errorf("%s %s %s\nin the copy %s %s %s", x.Rule, x.Signature, x.Title, y.Rule, y.Signature, y.Title)
		}
		if x.Title != y.Title {
			t.Errorf("%s\nin the copy %s", x.Title, y.Title)
		}
	}
}

// module is the folder of the module, from that of this package.
var module = filepath.Join("..", "..")

// java finds a JDK's launcher of JDK 17 or newer, or skips the test.
func java(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no JVM is started")
	}
	homes, _ := filepath.Glob("/usr/lib/jvm/*-17-*")
	for _, home := range append([]string{os.Getenv("JAVA17_HOME"), os.Getenv("JAVA_HOME")}, homes...) {
		p := filepath.Join(home, "bin", "java")
		if _, err := os.Stat(filepath.Join(home, "bin", "javac")); home != "" && err == nil {
			return p
		}
	}
	t.Skip("no JDK 17 in JAVA17_HOME, JAVA_HOME or /usr/lib/jvm")
	return ""
}

// run runs a program and returns what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}
