package analyzetest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/rules"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// Build makes the graph of a synthetic dump.
func Build(t testing.TB, d *hproftest.Dump) *graph.Heap {
	t.Helper()
	return GraphOf(t, d.Open(t), 0)
}

// GraphOf makes the graph of an open dump.
func GraphOf(t testing.TB, f *hprof.File, workers int) *graph.Heap {
	t.Helper()
	h, err := graph.Build(context.Background(), f, graph.Options{Workers: workers, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// Analyzed runs the named rules over a synthetic dump.
func Analyzed(t testing.TB, d *hproftest.Dump, names string) *report.Report {
	t.Helper()
	return RunRules(t, Build(t, d), names)
}

// RunRules runs the named rules over a graph and checks that the report is valid.
func RunRules(t testing.TB, h *graph.Heap, names string) *report.Report {
	t.Helper()
	return RunRulesWith(t, h, names, nil)
}

// RunRulesWith is RunRules with thresholds set, by "rule.name".
func RunRulesWith(t testing.TB, h *graph.Heap, names string, thresholds map[string]float64) *report.Report {
	t.Helper()
	selected, err := rules.Select(names, false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyze.Run(context.Background(), h, analyze.Options{Rules: selected, Thresholds: thresholds, Top: 10, ToolVersion: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	return r
}

// RealHeap makes the graph of a dump that `make testdata` wrote; HEAPCAUSE_DUMPS names another folder with the same names.
func RealHeap(t testing.TB, name string) *graph.Heap {
	t.Helper()
	return GraphOf(t, RealFile(t, name), 0)
}

// RealFile opens a dump that `make testdata` wrote.
func RealFile(t testing.TB, name string) *hprof.File {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no real dumps")
	}
	f, err := hprof.Open(context.Background(), RealPath(t, name), hprof.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// RealPath finds a dump that `make testdata` wrote, or skips the test.
func RealPath(t testing.TB, name string) string {
	t.Helper()
	root := "."
	for range 6 { // tests run in the folder of their package
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		root = filepath.Join(root, "..")
	}
	folders := []string{os.Getenv("HEAPCAUSE_DUMPS"), filepath.Join(root, "testdata", "dumps")}
	for _, dir := range folders {
		p := filepath.Join(dir, name)
		if _, err := os.Stat(p); dir != "" && err == nil {
			return p
		}
	}
	t.Skipf("no %s: make testdata", name)
	return ""
}

// Facts are what the finding and those who joined it say, by label.
func Facts(f *report.Finding) map[string]report.Value {
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

// WantCount checks a fact of a finding.
func WantCount(t *testing.T, f *report.Finding, label string, want int64) {
	t.Helper()
	v, ok := Facts(f)[label]
	if !ok || v.Int() != want {
		t.Errorf("%s: %d (known: %v), want %d", label, v.Int(), ok, want)
	}
}

// WantTitle checks that the headline has all parts.
func WantTitle(t *testing.T, f *report.Finding, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(f.Title, p) {
			t.Errorf("title %q lacks %q", f.Title, p)
		}
	}
}

// WantRelated checks which rules joined a finding.
func WantRelated(t *testing.T, f *report.Finding, rules ...string) {
	t.Helper()
	var got []string
	for _, r := range f.Related {
		got = append(got, r.Rule)
	}
	if strings.Join(got, " ") != strings.Join(rules, " ") {
		t.Errorf("%s is joined by %q, want %q", f.Rule, got, rules)
	}
}

// Only returns the one finding of a report.
func Only(t *testing.T, r *report.Report, rule string, severity report.Severity) *report.Finding {
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

// Labels are the steps of a finding's path.
func Labels(f *report.Finding) string {
	var out []string
	for _, s := range f.Path {
		out = append(out, s.Label)
	}
	return strings.Join(out, " > ")
}

// Table returns the table of that title.
func Table(t *testing.T, f *report.Finding, title string) *report.Table {
	t.Helper()
	for i := range f.Tables {
		if f.Tables[i].Title == title {
			return &f.Tables[i]
		}
	}
	t.Fatalf("%s has no table %q", f.Rule, title)
	return nil
}

// Inspect runs one inspection over a graph, all rows of its tables kept, and checks that the section is valid.
func Inspect(t testing.TB, h *graph.Heap, in *analyze.Inspection) *report.Section {
	t.Helper()
	r, err := analyze.Run(context.Background(), h, analyze.Options{Inspections: []*analyze.Inspection{in}, Top: -1, ShowValues: true, ToolVersion: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	return &r.Sections[0]
}

// Quiet checks that no stable rule has a finding at warning or above on a real dump.
func Quiet(t *testing.T, dump string) {
	t.Helper()
	for _, f := range RunRules(t, RealHeap(t, dump), "all").Findings {
		if f.Severity.AtLeast(report.Warning) {
			t.Errorf("%s: %s %s: %s", dump, f.Severity, f.Rule, f.Title)
		}
	}
}
