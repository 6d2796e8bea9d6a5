package github_test

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"heapcause/report"
	"heapcause/report/github"
	"heapcause/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := github.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	reporttest.Golden(t, "testdata/pg-timer.txt", render(t, reporttest.PGTimer()), *update)
}

func TestNoSecrets(t *testing.T) {
	reporttest.CheckSecrets(t, render(t, reporttest.Full()))
}

// TestOneLineEach holds that nothing of a dump ends a command or begins another.
func TestOneLineEach(t *testing.T) {
	r := reporttest.Hostile()
	lines := strings.Split(strings.TrimSuffix(render(t, r), "\n"), "\n")
	if len(lines) != len(r.Findings) {
		t.Errorf("%d lines, want %d", len(lines), len(r.Findings))
	}
	for _, l := range lines {
		if !strings.HasPrefix(l, "::error title=") && !strings.HasPrefix(l, "::warning title=") && !strings.HasPrefix(l, "::notice title=") || strings.Contains(l, "\r") {
			t.Errorf("%q", l)
		}
	}
}
