package finalizers_test

import (
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/inspect/finalizers"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

func count(t *testing.T, s *report.Section, label string) int64 {
	t.Helper()
	v, ok := s.Fact(label)
	if !ok {
		t.Errorf("no fact %q", label)
	}
	return v.Int()
}

func TestFinalizers(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize)
		res := d.Class("com.acme.Resource")
		held := make([]any, 20)
		for i := range held {
			held[i] = d.Instance(res)
			if f := d.Finalizer(held[i]); i < 5 {
				d.Enqueue(f, d.FinalizerQueue())
			}
		}
		d.Class("com.acme.Pool", hproftest.Static("Object[] all", d.Array("com.acme.Resource", held[5:]...)), hproftest.Sticky())
		s := analyzetest.Inspect(t, analyzetest.Build(t, d), finalizers.Inspection)
		if count(t, s, "registered") != 20 || count(t, s, "queued") != 5 || count(t, s, "queueLength") != 5 {
			t.Errorf("facts %v", s.Facts)
		}
		row := s.Table("registered").Rows[0]
		if row[0].Text().String() != "com.acme.Resource" || row[1].Int() != 20 || row[2].Int() != 5 || row[3].Text().String() != "com.acme.Resource[]" || row[4].Int() != 15 {
			t.Errorf("row %v", row)
		}
	}
}

// TestRealFinalizers has 100,000 closed statements behind a finalizer that hangs, as many that somebody else holds, and a healthy heap.
func TestRealFinalizers(t *testing.T) {
	for dump, want := range map[string]struct{ registered, queued int64 }{
		"pg-timer/pg-timer-a3-slowfin-100000.hprof":  {100_000, 100_000}, // one fewer waits in some runs of the program
		"pg-timer/pg-timer-a2-unclosed-100000.hprof": {100_000, 0},
		"pg-timer/pg-timer-a4-healthy-100000.hprof":  {1, 0}, // or none
	} {
		t.Run(dump, func(t *testing.T) {
			s := analyzetest.Inspect(t, analyzetest.RealHeap(t, dump), finalizers.Inspection)
			registered, queued := count(t, s, "registered"), count(t, s, "queued")
			near := func(got, want int64) bool { return got == want || got == want-1 && got >= 0 }
			if !near(registered, want.registered) || !near(queued, want.queued) || count(t, s, "queueLength") != queued {
				t.Errorf("%d registered, %d queued: want %d and %d; %v", registered, queued, want.registered, want.queued, s.Facts)
			}
			if want.queued > 0 && !strings.Contains(s.Summary, `thread "Finalizer" is inside com.example.shop.Main$SlowCloser.finalize`) {
				t.Errorf("summary %q", s.Summary)
			}
		})
	}
}
