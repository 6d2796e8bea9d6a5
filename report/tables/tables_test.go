package tables_test

import (
	"slices"
	"strings"
	"testing"

	"heapcause/report"
	"heapcause/report/reporttest"
	"heapcause/report/tables"
)

// TestEveryTable holds that each name there is gives a table of that name whose rows are as wide as its head, whatever the report.
func TestEveryTable(t *testing.T) {
	for name, r := range map[string]*report.Report{"pg-timer": reporttest.PGTimer(), "full": reporttest.Full(), "minimal": reporttest.Minimal(), "hostile": reporttest.Hostile()} {
		names := tables.Names(r)
		if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
			t.Errorf("%s: names %v", name, names)
		}
		for _, n := range names {
			tab, err := tables.Of(r, n)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if _, short, ok := strings.Cut(n, "."); tab.Name != n && (!ok || tab.Name != short) {
				t.Errorf("%s: table %q is called %q", name, n, tab.Name)
			}
			for i, row := range tab.Rows {
				if len(row) != len(tab.Columns) {
					t.Errorf("%s: %s: row %d has %d cells, the head %d", name, n, i, len(row), len(tab.Columns))
				}
			}
		}
	}
}

// TestUnknown holds that a wrong name is answered with those there are.
func TestUnknown(t *testing.T) {
	for _, name := range []string{"odd", "path.odd", "odd.path-1", ""} {
		tab, err := tables.Of(reporttest.Full(), name)
		if err == nil || tab != nil || !strings.Contains(err.Error(), "histogram, ") || !strings.Contains(err.Error(), "path.path-1") {
			t.Errorf("%q: %v, %v", name, tab, err)
		}
	}
}

// TestTree holds parents, which are numbers of rows, and depths; a parent that is not there before its child is none.
func TestTree(t *testing.T) {
	r := reporttest.Minimal()
	r.Tree.Rows = []report.TreeNode{
		{Parent: -1, Class: "a"}, {Parent: 0, Class: "b"}, {Parent: 1, Class: "c"}, {Parent: 0, Class: "d"}, {Parent: -1, Class: "e"}, {Parent: 77, Class: "f"},
	}
	tab, err := tables.Of(r, "tree")
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ parent, depth int64 }{{0, 0}, {1, 1}, {2, 2}, {1, 1}, {0, 0}, {0, 0}}
	for i, row := range tab.Rows {
		if row[0].Int() != int64(i+1) || row[1].Int() != want[i].parent || row[2].Int() != want[i].depth {
			t.Errorf("row %d: node %d, parent %d, depth %d, want %+v", i, row[0].Int(), row[1].Int(), row[2].Int(), want[i])
		}
		if (row[1] == report.Value{}) != (want[i].parent == 0) {
			t.Errorf("row %d: parent %v", i, row[1])
		}
	}
}

// TestOmitted holds that a table says what its list left out.
func TestOmitted(t *testing.T) {
	r := reporttest.Full()
	r.Histogram.Omitted, r.Histogram.OmittedBytes = 12, 3456
	tab, err := tables.Of(r, tables.Default)
	if err != nil || tab.Omitted != 12 || tab.OmittedBytes != 3456 || len(tab.Rows) != len(r.Histogram.Rows) {
		t.Errorf("%+v, %v", tab, err)
	}
}
