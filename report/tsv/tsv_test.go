package tsv_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heapcause/report/reporttest"
	"heapcause/report/tsv"
)

var update = flag.Bool("update", false, "write the golden files anew")

var tables = []tsv.Table{tsv.Histogram, tsv.Classes, tsv.Objects, tsv.Packages, tsv.Loaders, tsv.Findings}

func TestGolden(t *testing.T) {
	var all bytes.Buffer
	for _, table := range tables {
		if err := tsv.Write(&all, reporttest.PGTimer(), table); err != nil {
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
	for _, table := range tables {
		var buf bytes.Buffer
		if err := tsv.Write(&buf, reporttest.Hostile(), table); err != nil {
			t.Fatal(err)
		}
		cells := 0
		for i, line := range strings.Split(strings.TrimSuffix(buf.String(), "\n"), "\n") {
			row := strings.Split(line, "\t")
			if i == 0 {
				cells = len(row)
			}
			if len(row) != cells {
				t.Errorf("%s: %d cells under %d columns: %q", table, len(row), cells, line)
			}
			for _, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@") || strings.ContainsAny(cell, "\x1b\r\u2028\u202e\u009b") {
					t.Errorf("%s: the cell %q", table, cell)
				}
			}
		}
	}
}

func TestNoSecrets(t *testing.T) {
	var buf bytes.Buffer
	for _, table := range tables {
		if err := tsv.Write(&buf, reporttest.Full(), table); err != nil {
			t.Fatal(err)
		}
	}
	reporttest.CheckSecrets(t, buf.String())
}

func TestUnknownTable(t *testing.T) {
	if err := tsv.Write(new(bytes.Buffer), reporttest.Minimal(), "odd"); err == nil {
		t.Error("an unknown table was written")
	}
}
