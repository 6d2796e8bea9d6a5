package hoards_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// TestRealLeaks has programs that hoard, and the same at rest.
func TestRealLeaks(t *testing.T) {
	for _, c := range []struct {
		dump, rule string
		severity   report.Severity
		findings   map[int64][]string // by objects
	}{
		{"exit-hooks", "exit-hook-growth", report.Warning, map[int64][]string{30_000: {"30,000 files"}, 1500: {"1,500 shutdown hooks"}}},
		{"kept-exceptions", "throwable-hoard", report.Info, map[int64][]string{15_000: {"KeptExceptions$OrderFailed", "KeptExceptions$Audit::failures"}}},
		{"jni-globals", "jni-global-references", report.Warning, map[int64][]string{20_000: {"20,000 JNI global references"}}},
	} {
		t.Run(c.dump, func(t *testing.T) {
			r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+c.dump+".hprof"), "all")
			found := 0
			for i := range r.Findings {
				f := &r.Findings[i]
				if f.Rule != c.rule {
					continue
				}
				found++
				near := f.Objects / 100 * 100 // the JVM may have some of its own
				if c.findings[near] == nil || f.Severity.Compare(c.severity) < 0 {
					t.Errorf("%s, %d objects: %s", f.Severity, f.Objects, f.Title)
					continue
				}
				analyzetest.WantTitle(t, f, c.findings[near]...)
			}
			if found != len(c.findings) {
				t.Errorf("%d findings of %s, want %d", found, c.rule, len(c.findings))
			}
			analyzetest.WantHealthy(t, "leaks/"+c.dump+"-control.hprof")
		})
	}
}

// TestSmallDumps has just less and just enough of each, in dumps of both widths.
func TestSmallDumps(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		for _, n := range []int{4999, 5000} {
			d := hproftest.New(idSize)
			failed := d.Class("com.acme.Failed", hproftest.Super(d.Class("java.lang.Throwable", hproftest.Fields("Object backtrace", "Throwable cause"))))
			callback := d.Class("com.acme.Callback", hproftest.Fields("int id"))
			all := make([]any, 2*n)
			for i := range all {
				all[i] = d.Instance(failed)
			}
			d.Class("com.acme.Audit", hproftest.Static("Object[] all", d.Array("java.lang.Object", all...)), hproftest.Sticky())
			for i := range n {
				d.Root(hprof.RootJNIGlobal, d.Instance(callback, i))
			}
			pairs := make([]any, 0, 2*n/5)
			for range n / 5 {
				pairs = append(pairs, d.String("hook"), d.String("hook"))
			}
			d.Class("java.lang.ApplicationShutdownHooks", hproftest.Static("Map hooks", d.HashMap(pairs...)), hproftest.Sticky())
			want := 0
			if n == 5000 {
				want = 3
			}
			if r := analyzetest.Analyzed(t, d, "exit-hook-growth,throwable-hoard,jni-global-references"); len(r.Findings) != want {
				for _, f := range r.Findings {
					t.Log(f.Title)
				}
				t.Errorf("%d of each with ids of %d bytes: %d findings, want %d", n, idSize, len(r.Findings), want)
			}
		}
	}
}

// TestUnknownVersions abstains where the field is no collection that is known.
func TestUnknownVersions(t *testing.T) {
	d := hproftest.New(8)
	d.Class("java.io.DeleteOnExitHook", hproftest.Static("Object files", d.Instance(d.Class("java.io.NewSet", hproftest.Fields("int size")), 3)), hproftest.Sticky())
	analyzetest.WantSkipped(t, analyzetest.Analyzed(t, d, "exit-hook-growth"), "exit-hook-growth", "unknown version of java.io.DeleteOnExitHook")
}
