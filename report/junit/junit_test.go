package junit_test

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	gojunit "github.com/joshdk/go-junit"

	"heapcause/report"
	"heapcause/report/junit"
	"heapcause/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := junit.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	reporttest.Golden(t, "testdata/pg-timer.xml", render(t, reporttest.PGTimer()), *update)
}

func TestNoSecrets(t *testing.T) {
	reporttest.CheckSecrets(t, render(t, reporttest.Full()))
}

// TestReadBack has a library that build tools use read it.
func TestReadBack(t *testing.T) {
	for name, r := range map[string]*report.Report{"pg-timer": reporttest.PGTimer(), "full": reporttest.Full(), "minimal": reporttest.Minimal(), "hostile": reporttest.Hostile()} {
		suites, err := gojunit.Ingest([]byte(render(t, r)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		bad := 0
		for i := range r.Findings {
			if r.Findings[i].Severity != report.Info {
				bad++
			}
		}
		totals := suites[0].Totals
		if totals.Failed != bad || (totals.Error == 1) != r.Dump.Incomplete || totals.Tests < len(r.Rules) {
			t.Errorf("%s: %+v, want %d failures", name, totals, bad)
		}
	}
	if got := render(t, reporttest.PGTimer()); !strings.Contains(got, `<testcase name="timer-queue-backlog" classname="heapcause">`) {
		t.Error(got)
	}
}
