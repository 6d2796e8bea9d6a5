package collections_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/rules"
	"heapcause/report"
)

// TestZooListeners holds listeners, and what they keep, to what the program wrote down.
func TestZooListeners(t *testing.T) {
	for _, dump := range []string{"zoo/zoo-small.hprof", "zoo/zoo.hprof", "zoo/zoo-live.hprof"} {
		t.Run(dump, func(t *testing.T) {
			b, err := os.ReadFile(strings.TrimSuffix(analyzetest.RealPath(t, dump), ".hprof") + ".expected.json")
			if err != nil {
				t.Fatal(err)
			}
			var truth struct {
				Facts map[string]any `json:"facts"`
			}
			if err := json.Unmarshal(b, &truth); err != nil {
				t.Fatal(err)
			}
			n, _ := truth.Facts["listeners.screens_kept_by_this$0"].(float64)
			selected, err := rules.Select("listener-accumulation,inner-class-back-reference", false)
			if err != nil {
				t.Fatal(err)
			}
			r, err := analyze.Run(context.Background(), analyzetest.RealHeap(t, dump), analyze.Options{
				Rules: selected, Thresholds: map[string]float64{"listener-accumulation.listeners": 10, "inner-class-back-reference.objects": 10}, Top: 10, ToolVersion: "test",
			})
			if err != nil {
				t.Fatal(err)
			}
			var f *report.Finding
			for i := range r.Findings {
				if strings.Contains(r.Findings[i].Title, "zoo.Listeners.HOLD") {
					f = &r.Findings[i]
				}
			}
			if f == nil {
				t.Fatalf("no finding on zoo.Listeners.HOLD: %+v", r.Findings)
			}
			for _, label := range []string{"listeners", "kept by them", "outer objects"} {
				analyzetest.WantCount(t, f, label, int64(n))
			}
			// Each screen has 20,000 bytes, an array's header, and its own.
			analyzetest.WantCount(t, f, "retained by outer objects", int64(n)*(20_016+16))
		})
	}
}
