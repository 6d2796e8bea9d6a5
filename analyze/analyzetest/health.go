package analyzetest

import (
	"strings"
	"testing"

	"heapcause/report"
)

// WantHealthy runs all stable rules over a real dump of a program that does nothing wrong: nothing is a warning.
func WantHealthy(t *testing.T, dump string) {
	t.Helper()
	for _, f := range RunRules(t, RealHeap(t, dump), "all").Findings {
		if f.Severity.Compare(report.Warning) >= 0 {
			t.Errorf("%s: %s %s: %s", dump, f.Severity, f.Rule, f.Title)
		}
	}
}

// WantSkipped checks why a rule could not judge.
func WantSkipped(t *testing.T, r *report.Report, rule, why string) {
	t.Helper()
	for _, x := range r.Rules {
		if x.Name == rule && strings.Contains(x.Skipped, why) {
			return
		}
	}
	t.Errorf("%s does not say %q: %+v", rule, why, r.Rules)
}
