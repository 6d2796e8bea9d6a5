package threads_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/inspect/threads"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// sample has 30 workers of two states, 40 virtual threads of one stack, and a JNI local.
func sample(idSize int) *hproftest.Dump {
	d := hproftest.New(idSize)
	loader := d.ClassLoader("app")
	for i := range 30 {
		t := d.Thread(fmt.Sprintf("worker-%d", i), "com.acme.Job.run(Job.java:7)", "java.lang.Thread.run(Thread.java:840)")
		t.Object.Set("daemon", i < 10).Set("priority", 7).Set("contextClassLoader", loader)
		if i < 5 {
			t.Object.Set("threadStatus", 0x191)
		}
		t.Local(0, d.ByteArray(make([]byte, 1000+8*i)...)).Local(0, d.ByteArray(make([]byte, 10)...))
	}
	d.Thread("native", "com.acme.Native.call(Native Method)").JNILocal(0, d.Ints(1, 2, 3))
	base := d.Class("java.lang.BaseVirtualThread", hproftest.Super(d.JDK("java.lang.Thread")))
	virtual := d.Class("java.lang.VirtualThread", hproftest.Super(base), hproftest.Fields("int state"), hproftest.Static("int PARKED", 5), hproftest.Static("int TIMED_PINNED", 6))
	for i := range 40 {
		o := d.NameThread(d.Instance(virtual).Set("state", 5+i/39), fmt.Sprintf("request-%d", i))
		d.AsThread(o, "java.lang.VirtualThread.park(VirtualThread.java:9)", "com.acme.Shop.handle(Shop.java:12)").Local(1, d.ByteArray(make([]byte, 500)...))
	}
	return d
}

func TestThreads(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		t.Run(fmt.Sprint(idSize), func(t *testing.T) {
			s := analyzetest.Inspect(t, analyzetest.Build(t, sample(idSize)), threads.Inspection)
			count(t, s, "platform threads", 31)
			count(t, s, "daemon threads", 10)
			count(t, s, "virtual threads", 40)
			count(t, s, "pinned virtual threads", 1)
			count(t, s, "JNI locals", 1)
			workers := row(t, s, "names", "worker-#")
			cell(t, workers, "threads", 30)
			cell(t, workers, "daemon", 10)
			if got := workers["states"].Text().String(); got != "RUNNABLE 25, WAITING 5" {
				t.Errorf("states %s", got)
			}
			requests := row(t, s, "names", "request-#")
			cell(t, requests, "virtual", 40)
			cell(t, row(t, s, "states", "TIMED_WAITING"), "threads", 1)
			cell(t, row(t, s, "stacks", "com.acme.Job.run(Job.java:7)"), "threads", 30)
			largest := s.Table("locals").Rows
			cell(t, row(t, s, "locals", "worker-29", "com.acme.Job.run(Job.java:7)", "byte[]"), "objects", 2)
			cell(t, row(t, s, "locals", "native", "com.acme.Native.call(native method)", "int[]"), "objects", 1)
			if largest[0][0].Text().String() != "worker-29" {
				t.Errorf("first local %v", largest[0])
			}
			if a := row(t, s, "attributes", "worker-3"); a["priority"].Int() != 7 || a["daemon"].Text().String() != "yes" || a["context class loader"].Text().String() != "java.net.URLClassLoader" {
				t.Errorf("%v", a)
			}
		})
	}
}

// TestCapped cuts every table and counts what it leaves out.
func TestCapped(t *testing.T) {
	h := analyzetest.Build(t, sample(8))
	var first []byte
	for _, workers := range []int{1, 3} {
		r, err := analyze.Run(t.Context(), h, analyze.Options{Inspections: []*analyze.Inspection{threads.Inspection}, Top: 2, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		for _, tab := range r.Sections[0].Tables {
			if len(tab.Rows) > 2 {
				t.Errorf("%s has %d rows", tab.Name, len(tab.Rows))
			}
		}
		if got := r.Section("threads").Table("attributes").Omitted; got != 29 {
			t.Errorf("%d threads omitted", got)
		}
		b, err := json.Marshal(r.Sections)
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !bytes.Equal(first, b) {
			t.Error("the number of workers shows")
		}
		first = b
	}
}

// TestUnknownThread must not pass for a program without threads.
func TestUnknownThread(t *testing.T) {
	d := hproftest.New(8, hproftest.Bare())
	c := d.Class("java.lang.Thread", hproftest.Fields("int number"))
	o := d.Instance(c)
	d.AsThread(o, "com.acme.Main.main(Main.java:1)")
	s := analyzetest.Inspect(t, analyzetest.Build(t, d), threads.Inspection)
	if !strings.Contains(s.Skipped, "unknown version of java.lang.Thread: it has no field name") {
		t.Errorf("skipped: %q", s.Skipped)
	}
}

// TestOddThreads must neither fail nor loop: locals of frames that are not there, thread locals that hold each other, a thread that is its own lock.
func TestOddThreads(t *testing.T) {
	d := hproftest.New(8)
	const class = "java.lang.ThreadLocal$ThreadLocalMap"
	a := d.Thread("odd")
	a.Object.Set("threadStatus", 0x401).Set("parkBlocker", a.Object).Set("contextClassLoader", a.Object)
	a.Local(77, a.Object).Local(0, a.Object).Native(a.Object)
	table := d.ArrayOf(class+"$Entry", 2)
	entry := d.Reference(d.JDK(class+"$Entry"), a.Object)
	entry.Set("value", entry)
	table.SetElem(0, entry).SetElem(1, entry)
	a.Object.Set("threadLocals", d.Instance(d.JDK(class), hproftest.With("table", table), hproftest.With("size", -5)))
	d.Root(hprof.RootMonitorUsed, a.Object)
	s := analyzetest.Inspect(t, analyzetest.Build(t, d), threads.Inspection)
	count(t, s, "platform threads", 1)
	if v, _ := s.Fact("deadlocked threads"); v != report.Count(0) {
		t.Errorf("%v", v)
	}
}
