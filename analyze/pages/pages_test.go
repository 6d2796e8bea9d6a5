package pages_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/analyze/inspect"
	"heapcause/analyze/pages"
	"heapcause/analyze/rules"
)

const docs = "../../docs"

func read(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: a rule and its page may come in two steps")
	}
	b, err := os.ReadFile(filepath.Join(docs, name))
	if err != nil {
		t.Fatalf("%v (make docs)", err)
	}
	return string(b)
}

// TestRulePages: each rule has a page that says what its texts say, the index has all of them, and there are no others.
func TestRulePages(t *testing.T) {
	all := rules.All()
	if got := read(t, "rules/README.md"); got != pages.Index(all) {
		t.Error("docs/rules/README.md is not the list of the rules (make docs)")
	}
	known := map[string]bool{"README.md": true}
	for _, r := range all {
		known[r.Name+".md"] = true
		text, _, _ := strings.Cut(read(t, "rules/"+r.Name+".md"), "\n"+pages.Example)
		if text != pages.Rule(r) {
			t.Errorf("docs/rules/%s.md does not say what the rule does (make docs)", r.Name)
		}
	}
	entries, err := os.ReadDir(filepath.Join(docs, "rules"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !known[e.Name()] {
			t.Errorf("docs/rules/%s: there is no such rule", e.Name())
		}
	}
}

// TestInspectionPage: each inspection is described.
func TestInspectionPage(t *testing.T) {
	page := read(t, "inspections.md")
	if !strings.HasPrefix(page, pages.Inspections) {
		t.Error("docs/inspections.md begins otherwise (make docs)")
	}
	for _, in := range inspect.All() {
		if !strings.Contains(page, pages.Inspection(in)) {
			t.Errorf("docs/inspections.md does not say what inspection %s does (make docs)", in.Name)
		}
	}
}
