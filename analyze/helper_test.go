package analyze

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// build makes the graph of a synthetic dump.
func build(t testing.TB, d *hproftest.Dump) *graph.Heap {
	t.Helper()
	return graphOf(t, d.Open(t), 0)
}

func graphOf(t testing.TB, f *hprof.File, workers int) *graph.Heap {
	t.Helper()
	h, err := graph.Build(context.Background(), f, graph.Options{Workers: workers, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// analyzed runs the named rules over a synthetic dump.
func analyzed(t testing.TB, d *hproftest.Dump, rules string) *report.Report {
	t.Helper()
	return runRules(t, build(t, d), rules)
}

func runRules(t testing.TB, h *graph.Heap, rules string) *report.Report {
	t.Helper()
	selected, err := Select(rules)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(context.Background(), h, Options{Rules: selected, Top: 10, ToolVersion: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	return r
}

// realHeap makes the graph of a dump that `make testdata` wrote; HEAPCAUSE_DUMPS names another folder with the same names.
func realHeap(t testing.TB, name string) *graph.Heap {
	t.Helper()
	return graphOf(t, realFile(t, name), 0)
}

func realFile(t testing.TB, name string) *hprof.File {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no real dumps")
	}
	f, err := hprof.Open(context.Background(), realPath(t, name), hprof.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func realPath(t testing.TB, name string) string {
	t.Helper()
	folders := []string{os.Getenv("HEAPCAUSE_DUMPS"), filepath.Join("..", "testdata", "dumps")}
	for _, dir := range folders {
		p := filepath.Join(dir, name)
		if _, err := os.Stat(p); dir != "" && err == nil {
			return p
		}
	}
	t.Skipf("no %s: make testdata", name)
	return ""
}

// facts are what the finding and those who joined it say, by label.
func facts(f *report.Finding) map[string]report.Value {
	m := map[string]report.Value{}
	for _, x := range f.Facts {
		m[x.Label] = x.Value
	}
	for _, r := range f.Related {
		for _, x := range r.Facts {
			m[x.Label] = x.Value
		}
	}
	return m
}

func wantCount(t *testing.T, f *report.Finding, label string, want int64) {
	t.Helper()
	v, ok := facts(f)[label]
	if !ok || v.Int() != want {
		t.Errorf("%s: %d (known: %v), want %d", label, v.Int(), ok, want)
	}
}

func wantTitle(t *testing.T, f *report.Finding, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(f.Title, p) {
			t.Errorf("title %q lacks %q", f.Title, p)
		}
	}
}

func wantRelated(t *testing.T, f *report.Finding, rules ...string) {
	t.Helper()
	var got []string
	for _, r := range f.Related {
		got = append(got, r.Rule)
	}
	if strings.Join(got, " ") != strings.Join(rules, " ") {
		t.Errorf("%s is joined by %q, want %q", f.Rule, got, rules)
	}
}

// only returns the one finding of a report.
func only(t *testing.T, r *report.Report, rule string, severity report.Severity) *report.Finding {
	t.Helper()
	if len(r.Findings) != 1 {
		for _, f := range r.Findings {
			t.Logf("%s %s: %s", f.Severity, f.Rule, f.Title)
		}
		t.Fatalf("%d findings, want one", len(r.Findings))
	}
	f := &r.Findings[0]
	if f.Rule != rule || f.Severity != severity {
		t.Fatalf("%s %s: %s; want %s %s", f.Severity, f.Rule, f.Title, severity, rule)
	}
	return f
}

// labels are the steps of a finding's path.
func labels(f *report.Finding) string {
	var out []string
	for _, s := range f.Path {
		out = append(out, s.Label)
	}
	return strings.Join(out, " > ")
}

func table(t *testing.T, f *report.Finding, title string) *report.Table {
	t.Helper()
	for i := range f.Tables {
		if f.Tables[i].Title == title {
			return &f.Tables[i]
		}
	}
	t.Fatalf("%s has no table %q", f.Rule, title)
	return nil
}
