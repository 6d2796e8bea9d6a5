package openmetrics_test

import (
	"bytes"
	"flag"
	"regexp"
	"strings"
	"testing"

	"heapcause/report"
	"heapcause/report/openmetrics"
	"heapcause/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := openmetrics.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	reporttest.Golden(t, "testdata/pg-timer.prom", render(t, reporttest.PGTimer()), *update)
}

func TestNoSecrets(t *testing.T) {
	reporttest.CheckSecrets(t, render(t, reporttest.Full()))
}

// line is what a sample of the format looks like: name, labels with escaped values, a number.
var line = regexp.MustCompile(`^[a-z_:][a-z0-9_:]*(\{[a-z_]+="([^"\\\n]|\\["\\n])*"(,[a-z_]+="([^"\\\n]|\\["\\n])*")*\})? -?[0-9]+$`)

// TestGrammar checks each line, that no series is there twice and that families are in one piece.
func TestGrammar(t *testing.T) {
	for name, r := range map[string]*report.Report{"full": reporttest.Full(), "minimal": reporttest.Minimal(), "hostile": reporttest.Hostile()} {
		got := render(t, r)
		if !strings.HasSuffix(got, "# EOF\n") {
			t.Errorf("%s: no end", name)
		}
		series, families := map[string]bool{}, map[string]bool{}
		for l := range strings.Lines(got) {
			l = strings.TrimSuffix(l, "\n")
			if family, ok := strings.CutPrefix(l, "# TYPE "); ok {
				if families[family] {
					t.Errorf("%s: family %s twice", name, family)
				}
				families[family] = true
			}
			if strings.HasPrefix(l, "#") {
				continue
			}
			id := l[:strings.LastIndexByte(l, ' ')]
			if !line.MatchString(l) || series[id] {
				t.Errorf("%s: %q", name, l)
			}
			series[id] = true
		}
	}
}
