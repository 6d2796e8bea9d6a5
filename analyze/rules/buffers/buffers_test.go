package buffers_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// directs makes a dump with buffers of 1 MiB, so many direct ones and a slice of each, and a limit.
func directs(idSize, n int, limit int64) *hproftest.Dump {
	d := hproftest.New(idSize)
	buffer := d.Class("java.nio.Buffer", hproftest.Fields("long address", "int capacity"), hproftest.Sticky())
	mapped := d.Class("java.nio.MappedByteBuffer", hproftest.Super(buffer), hproftest.Fields("Object fd"), hproftest.Sticky())
	direct := d.Class("java.nio.DirectByteBuffer", hproftest.Super(mapped), hproftest.Fields("Object cleaner", "Object att"), hproftest.Sticky())
	atomic := d.Class("java.util.concurrent.atomic.AtomicLong", hproftest.Fields("long value"), hproftest.Sticky())
	cell := func(v int64) *hproftest.Object { return d.Instance(atomic, v) }
	d.Class("java.nio.Bits", hproftest.Static("Object RESERVED_MEMORY", cell(int64(n)<<20)), hproftest.Static("Object TOTAL_CAPACITY", cell(int64(n)<<20)),
		hproftest.Static("Object COUNT", cell(int64(n))), hproftest.Static("long MAX_MEMORY", limit), hproftest.Sticky())
	all := make([]any, 2*n)
	for i := range n {
		cleaner := d.Instance(d.JDK("jdk.internal.ref.Cleaner"))
		one := d.Instance(direct, hproftest.With("capacity", 1<<20), hproftest.With("cleaner", cleaner))
		all[2*i], all[2*i+1] = one, d.Instance(direct, hproftest.With("capacity", 1<<20), hproftest.With("att", one))
	}
	d.Class("com.acme.Uploads", hproftest.Static("Object[] chunks", d.Array("java.nio.ByteBuffer", all...)), hproftest.Sticky())
	return d
}

func TestDirectMemory(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		for buffers, want := range map[int]report.Severity{64: report.Error, 50: report.Warning, 40: report.Info} {
			f := analyzetest.Only(t, analyzetest.Analyzed(t, directs(idSize, buffers, 64<<20), "direct-memory"), "direct-memory", want)
			analyzetest.WantTitle(t, f, "outside of the heap", "of the limit", "below class com.acme.Uploads")
			analyzetest.WantCount(t, f, "direct buffers", int64(buffers))
		}
		if r := analyzetest.Analyzed(t, directs(idSize, 20, 64<<20), "direct-memory"); len(r.Findings) != 0 {
			t.Errorf("findings %v", r.Findings)
		}
	}
}

func TestRealDirectMemory(t *testing.T) {
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/direct-memory.hprof"), "direct-memory")
	f := analyzetest.Only(t, r, "direct-memory", report.Error)
	analyzetest.WantTitle(t, f, "980 direct buffers hold 61 MiB outside of the heap, 96 % of the limit", "are below DirectMemory$Uploads")
	if f.Anchor != "static DirectMemory.UPLOADS" {
		t.Errorf("path %s, anchor %s", analyzetest.Labels(f), f.Anchor)
	}
	analyzetest.Quiet(t, "leaks/direct-memory-control.hprof")
}
