package waste_test

import (
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/report"
)

// TestRealDuplicates has strings of few values in two fields, 60,000 each, and arrays in one.
func TestRealDuplicates(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/duplicate-strings.hprof"), "all"), "duplicate-strings", report.Warning)
	analyzetest.WantTitle(t, f, "strings beyond the first", "DuplicateStrings$Customer.city", "DuplicateStrings$Customer.status")
	if n := f.Objects; n < 2*60_000-23 || n > 2*60_000+500 { // the JDK has some of its own
		t.Errorf("%d surplus copies", n)
	}
	copies := map[int64]int64{}
	for _, row := range f.Tables[1].Rows {
		copies[row[2].Int()]++
	}
	if copies[20_001] != 3 || copies[3001] != 7 { // 3 statuses, and the first of 20 cities, with the one that was copied
		t.Errorf("copies of the most wasteful: %v", copies)
	}
	analyzetest.WantRelated(t, f, "leak-suspect")
	if f.Anchor != "static DuplicateStrings.CUSTOMERS" {
		t.Errorf("anchor %s", f.Anchor)
	}

	f = analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/duplicate-arrays.hprof"), "all"), "duplicate-strings", report.Warning)
	analyzetest.WantTitle(t, f, "arrays beyond the first", "held by DuplicateArrays$User.icon")
	for _, row := range f.Tables[1].Rows {
		if row[1].Int() != 700 || row[2].Int() != 666 && row[2].Int() != 667 && row[2].Int() != 668 {
			t.Errorf("row %v", row)
		}
	}
}

func TestRealBuffers(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/buffer-slack.hprof"), "all"), "buffer-slack", report.Warning)
	analyzetest.WantTitle(t, f, "buffers have room for", "BufferSlack$Session.")
	if !strings.Contains(f.Fix[0], "BufferSlack$Session.") {
		t.Errorf("fix %q", f.Fix[0])
	}
	if n := f.Objects; n < 200 || n > 210 {
		t.Errorf("%d buffers", n)
	}
}

func TestRealOverhead(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/object-overhead.hprof"), "object-overhead"), "object-overhead", report.Info)
	facts := analyzetest.Facts(f)
	for label, least := range map[string]int64{
		"boxes of a value that another one has": 16 * (60_000 - 50), "arrays of length 0": 16 * 60_000, "fields that are null or 0 in all instances": 4 * 60_000,
	} {
		if got := facts[label].Int(); got < least || got > least*11/10 {
			t.Errorf("%s: %d, want %d", label, got, least)
		}
	}
}

// TestRealControls yield nothing at warning or above, whatever the rule.
func TestRealControls(t *testing.T) {
	for _, name := range []string{"duplicate-strings-control", "duplicate-strings-shared", "duplicate-arrays-control", "buffer-slack-control", "object-overhead-control"} {
		for _, f := range analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+name+".hprof"), "all").Findings {
			if f.Severity != report.Info || f.Rule != "leak-suspect" {
				t.Errorf("%s: %s %s: %s", name, f.Severity, f.Rule, f.Title)
			}
		}
	}
}
