package extract_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
)

// TestSameFindings: real dumps of leaks that rules find by texts, boxes, hash codes, times and states.
func TestSameFindings(t *testing.T) {
	for _, name := range []string{
		"pg-timer/pg-timer-a1-20000.hprof", "zoo/zoo-small.hprof", "leaks/hash-collisions.hprof",
		"leaks/executor-cancelled.hprof", "variants/variant-jdk25-coh.hprof",
	} {
		t.Run(name, func(t *testing.T) {
			before, copied, _ := extracted(t, analyzetest.RealFile(t, name), nil)
			after := reopened(t, copied)
			sameGraph(t, before, after)
			r := reportOf(t, before)
			sameFindings(t, r, reportOf(t, after))
			if len(r.Findings) == 0 {
				t.Error("no finding to compare")
			}
			t.Logf("%d findings", len(r.Findings))
		})
	}
}
