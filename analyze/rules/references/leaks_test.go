package references_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// find returns the finding of a rule, and fails the test where there is none.
func find(t *testing.T, r *report.Report, rule string) *report.Finding {
	t.Helper()
	for i := range r.Findings {
		if r.Findings[i].Rule == rule {
			return &r.Findings[i]
		}
	}
	t.Fatalf("no finding of %s", rule)
	return nil
}

// TestRealLeaks has programs that let references, cleaners and soft references pile up, and the same at rest.
func TestRealLeaks(t *testing.T) {
	for _, c := range []struct {
		dump, rule string
		severity   report.Severity
		objects    int64
		title      []string
	}{
		{"undrained-queue", "reference-queue-not-drained", report.Warning, 120_000, []string{"120,000 references", "UndrainedQueue.QUEUE", "UndrainedQueue$Entry"}},
		{"stuck-cleaner", "cleaner-backlog", report.Warning, 20_000, []string{"20,000 actions", "StuckCleaner$Hang.run"}},
		{"cleaner-hoard", "cleaner-backlog", report.Info, 110_000, []string{"110,000 cleaners"}},
		{"soft-hoard", "soft-reference-hoard", report.Warning, 12_000, []string{"SoftHoard$Page", "SoftHoard.PAGES"}},
	} {
		t.Run(c.dump, func(t *testing.T) {
			f := find(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+c.dump+".hprof"), "all"), c.rule)
			analyzetest.WantTitle(t, f, c.title...)
			if f.Objects < c.objects || f.Objects > c.objects+c.objects/20 || f.Severity.Compare(c.severity) < 0 {
				t.Errorf("%s, %d objects: %s; want %s, %d", f.Severity, f.Objects, f.Title, c.severity, c.objects)
			}
			analyzetest.WantHealthy(t, "leaks/"+c.dump+"-control.hprof")
		})
	}
}

// TestSmallDumps has few and many of each, in dumps of both widths.
func TestSmallDumps(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		for _, n := range []int{9000, 11_000} {
			d := hproftest.New(idSize)
			queue := d.Queue()
			payload := d.Class("com.acme.Page", hproftest.Fields("byte[] text"))
			entry := d.Class("com.acme.Entry", hproftest.Super(d.JDK("java.lang.ref.WeakReference")), hproftest.Fields("byte[] rest"))
			all := make([]any, n)
			for i := range all {
				ref := d.Reference(entry, nil)
				d.Enqueue(ref, queue)
				all[i] = ref
			}
			d.Class("com.acme.Cache", hproftest.Static("ReferenceQueue queue", queue), hproftest.Static("Object[] all", d.Array("java.lang.Object", all...)), hproftest.Sticky())
			for range n / 10 {
				d.Root(hprof.RootJNIGlobal, d.Soft(d.Instance(payload, d.ByteArray(make([]byte, 1200)...))))
			}
			r := analyzetest.Analyzed(t, d, "reference-queue-not-drained,soft-reference-hoard,cleaner-backlog")
			rules := map[string]int64{}
			for i := range r.Findings {
				rules[r.Findings[i].Rule] = r.Findings[i].Objects
			}
			if want := int64(n) * int64(n/10_000); rules["reference-queue-not-drained"] != want || len(r.Findings) != int(1+want/10_000) || rules["soft-reference-hoard"] != int64(n/10) {
				t.Errorf("%d references with ids of %d bytes: %v", n, idSize, rules)
			}
		}
	}
}
