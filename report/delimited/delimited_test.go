package delimited_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heapcause/report"
	"heapcause/report/delimited"
	"heapcause/report/reporttest"
	"heapcause/report/tables"
)

var update = flag.Bool("update", false, "write the golden files anew")

func table(t *testing.T, r *report.Report, name string) *report.Table {
	t.Helper()
	out, err := tables.Of(r, name)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGolden(t *testing.T) {
	var all bytes.Buffer
	r := reporttest.PGTimer()
	for _, name := range tables.Names(r) {
		if err := delimited.TSV(&all, table(t, r, name)); err != nil {
			t.Fatal(err)
		}
	}
	const file = "testdata/pg-timer.tsv"
	if *update {
		if err := os.WriteFile(file, all.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), all.String()); d != "" {
		t.Errorf("differs from %s (-golden +now); -update writes it anew:\n%s", file, d)
	}
}

// TestHostile wants as many cells in every row as in the head, and no cell
// that a spreadsheet would compute or a terminal obey.
func TestHostile(t *testing.T) {
	r := reporttest.Hostile()
	for _, name := range tables.Names(r) {
		var buf bytes.Buffer
		if err := delimited.TSV(&buf, table(t, r, name)); err != nil {
			t.Fatal(err)
		}
		cells := 0
		for i, line := range strings.Split(strings.TrimSuffix(buf.String(), "\n"), "\n") {
			row := strings.Split(line, "\t")
			if i == 0 {
				cells = len(row)
			}
			if len(row) != cells {
				t.Errorf("%s: %d cells under %d columns: %q", name, len(row), cells, line)
			}
			for _, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@") || strings.ContainsAny(cell, "\x1b\r\u2028\u202e\u009b") {
					t.Errorf("%s: the cell %q", name, cell)
				}
			}
		}
	}
}

func TestNoSecrets(t *testing.T) {
	var buf bytes.Buffer
	r := reporttest.Full()
	for _, name := range tables.Names(r) {
		if err := delimited.TSV(&buf, table(t, r, name)); err != nil {
			t.Fatal(err)
		}
	}
	reporttest.CheckSecrets(t, buf.String())
}

// TestCSV reads every table back.
func TestCSV(t *testing.T) {
	for _, r := range []*report.Report{reporttest.Full(), reporttest.Hostile(), reporttest.Minimal()} {
		for _, name := range tables.Names(r) {
			tab := table(t, r, name)
			var buf bytes.Buffer
			if err := delimited.CSV(&buf, tab); err != nil {
				t.Fatal(err)
			}
			rows, err := csv.NewReader(&buf).ReadAll() // fails on rows of unequal length
			if err != nil || len(rows) != len(tab.Rows)+1 {
				t.Errorf("%s: %d lines, %v; want %d", name, len(rows), err, len(tab.Rows)+1)
			}
		}
	}
}

func TestUnknownTable(t *testing.T) {
	if _, err := tables.Of(reporttest.Minimal(), "odd"); err == nil || !strings.Contains(err.Error(), "there are classes, figures") {
		t.Errorf("%v", err)
	}
}
