package threads_test

import (
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// setLocals gives a thread a map of thread locals: keys and values in turn, nil for a key that is gone.
func setLocals(d *hproftest.Dump, t *hproftest.Thread, field string, pairs ...any) {
	const class = "java.lang.ThreadLocal$ThreadLocalMap"
	table := d.ArrayOf(class+"$Entry", 16)
	for i := 0; i < len(pairs); i += 2 {
		table.SetElem(i/2, d.Reference(d.JDK(class+"$Entry"), pairs[i]).Set("value", pairs[i+1]))
	}
	t.Object.Set(field, d.Instance(d.JDK(class), hproftest.With("table", table), hproftest.With("size", len(pairs)/2)))
}

// workers makes n threads that each have a context in a thread local, of the given bytes.
func workers(d *hproftest.Dump, n, bytes int, key any) {
	context := d.Find("com.acme.Context")
	if context == nil {
		context = d.Class("com.acme.Context", hproftest.Fields("byte[] body"))
	}
	for i := range n {
		t := d.Thread(fmt.Sprintf("pool-1-thread-%d", i+1), "com.acme.Worker.run(Worker.java:3)")
		setLocals(d, t, "threadLocals", key, d.Instance(context, d.ByteArray(make([]byte, bytes)...)))
	}
}

func TestThreadLocalLeak(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		t.Run(fmt.Sprint(idSize), func(t *testing.T) {
			d := hproftest.New(idSize)
			key := d.Instance(d.JDK("java.lang.ThreadLocal"))
			d.Class("com.acme.Filter", hproftest.Static("ThreadLocal CONTEXT", key), hproftest.Sticky())
			workers(d, 30, 100_000, key)
			f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "all"), "thread-local-leak", report.Warning)
			analyzetest.WantTitle(t, f, "30 com.acme.Context", "30 threads", "of com.acme.Filter.CONTEXT")
			analyzetest.WantCount(t, f, "values", 30)
			analyzetest.WantCount(t, f, "threads", 30)
			analyzetest.WantRelated(t, f, "leak-suspect")
			if f.Confidence != report.Likely || f.Anchor != "thread pool-#-thread-#" || !strings.Contains(f.Fix[0], "remove() on com.acme.Filter.CONTEXT") {
				t.Errorf("%s, %s, %s", f.Confidence, f.Anchor, f.Fix[0])
			}
			const want = "java.lang.Thread::threadLocals > java.lang.ThreadLocal$ThreadLocalMap::table > [0] > java.lang.ThreadLocal$ThreadLocalMap$Entry::value"
			if got := analyzetest.Labels(f); !strings.HasSuffix(got, want) {
				t.Errorf("path %s", got)
			}
		})
	}
}

// TestStaleThreadLocals has values whose keys are gone, inherited by the threads.
func TestStaleThreadLocals(t *testing.T) {
	d := hproftest.New(8)
	workers(d, 30, 100_000, nil)
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "all"), "thread-local-leak", report.Warning)
	analyzetest.WantTitle(t, f, "30 com.acme.Context", "whose ThreadLocal is gone")
	analyzetest.WantCount(t, f, "stale entries", 30)
	if f.Confidence != report.Certain || !strings.Contains(f.Fix[0], "static final") {
		t.Errorf("%s: %s", f.Confidence, f.Fix[0])
	}
}

// TestThreadLocalsAtWork has values that are small, and large ones that something else holds.
func TestThreadLocalsAtWork(t *testing.T) {
	d := hproftest.New(8)
	key := d.Instance(d.JDK("java.lang.ThreadLocal"))
	shared := d.Instance(d.Class("com.acme.Catalog", hproftest.Fields("byte[] body")), d.ByteArray(make([]byte, 4<<20)...))
	d.Class("com.acme.Filter", hproftest.Static("ThreadLocal CONTEXT", key), hproftest.Static("Catalog all", shared), hproftest.Sticky())
	workers(d, 30, 1000, key)
	setLocals(d, d.Thread("main", "com.acme.Main.main(Main.java:1)"), "inheritableThreadLocals", key, shared)
	for _, f := range analyzetest.Analyzed(t, d, "all").Findings {
		if f.Rule == "thread-local-leak" || f.Severity != report.Info {
			t.Errorf("%s %s: %s", f.Severity, f.Rule, f.Title)
		}
	}
}

// TestThreadOfUnknownShape must not pass for one without thread locals.
func TestThreadOfUnknownShape(t *testing.T) {
	d := hproftest.New(8, hproftest.Bare())
	d.Instance(d.Class("java.lang.ThreadLocal$ThreadLocalMap$Entry", hproftest.Fields("Object val")))
	r := analyzetest.Analyzed(t, d, "thread-local-leak")
	if s := r.Rules[0].Skipped; !strings.Contains(s, "unknown version of java.lang.ThreadLocal$ThreadLocalMap$Entry") {
		t.Errorf("skipped: %q", s)
	}
}

func TestRealThreadLocals(t *testing.T) {
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/threadlocal-pool.hprof"), "all")
	f := analyzetest.Only(t, r, "thread-local-leak", report.Warning)
	analyzetest.WantTitle(t, f, "20 PooledThreadLocals$Formatter", "20 threads", "of PooledThreadLocals.FORMATTER", "% of the heap")
	analyzetest.WantCount(t, f, "values", 20)
	analyzetest.WantCount(t, f, "threads", 20)
	if v := analyzetest.Facts(f)["retained by the values"].Int(); v < 20*200_000 || v > 20*201_000 {
		t.Errorf("retained %d", v)
	}
	if !strings.Contains(f.Fix[0], "remove() on PooledThreadLocals.FORMATTER") || f.Anchor != "thread pool-#-thread-#" {
		t.Errorf("%s: %s", f.Anchor, f.Fix[0])
	}
}

func TestRealStaleThreadLocals(t *testing.T) {
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/threadlocal-stale.hprof"), "all")
	f := analyzetest.Only(t, r, "thread-local-leak", report.Warning)
	analyzetest.WantTitle(t, f, "80 StaleThreadLocals$Trace", "10 threads", "whose ThreadLocal is gone")
	analyzetest.WantCount(t, f, "stale entries", 80)
	if f.Confidence != report.Certain {
		t.Error(f.Confidence)
	}
}

func TestRealControls(t *testing.T) {
	for _, dump := range []string{"threadlocal-pool-control", "threadlocal-stale-control"} {
		healthy(t, "leaks/"+dump+".hprof")
	}
}

// healthy checks that no rule raises an alarm, and none of this package says anything.
func healthy(t *testing.T, dump string) {
	t.Helper()
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, dump), "all")
	for _, f := range r.Findings {
		if f.Severity.AtLeast(report.Warning) || f.Rule != "leak-suspect" {
			t.Errorf("%s: %s %s: %s", dump, f.Severity, f.Rule, f.Title)
		}
	}
}

func TestRealNettyThreadLocals(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/threadlocal-netty.hprof"), "thread-local-leak"), "thread-local-leak", report.Warning)
	analyzetest.WantTitle(t, f, "21 FastThreadLocals$Encoder", "21 threads", "of FastThreadLocals.ENCODER")
	analyzetest.WantCount(t, f, "values", 21)
	if got := analyzetest.Labels(f); !strings.Contains(got, "FastThreadLocalThread::threadLocalMap") || !strings.Contains(got, "::indexedVariables > [") {
		t.Errorf("path %s", got)
	}
	if !strings.Contains(f.Fix[0], "remove() on FastThreadLocals.ENCODER") || f.Anchor != "thread channel-#-#" {
		t.Errorf("%s: %s", f.Anchor, f.Fix[0])
	}
	healthy(t, "leaks/threadlocal-netty-control.hprof")
}
