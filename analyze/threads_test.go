package analyze_test

import (
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/jdk"
	"heapcause/hprof/hproftest"
)

// TestVirtualThreadsAreGrouped puts virtual threads of one stack and state in one row; their states go by the dump's own constants.
func TestVirtualThreadsAreGrouped(t *testing.T) {
	d := hproftest.New(8)
	base := d.Class("java.lang.BaseVirtualThread", hproftest.Super(d.JDK("java.lang.Thread")))
	virtual := d.Class("java.lang.VirtualThread", hproftest.Super(base), hproftest.Fields("int state"),
		hproftest.Static("int RUNNING", 3), hproftest.Static("int PARKED", 5), hproftest.Static("int TIMED_PARKED", 7))
	start := func(name string, state, local int, frames ...string) {
		o := d.NameThread(d.Instance(virtual).Set("state", state), name)
		d.AsThread(o, frames...).Local(0, d.ByteArray(make([]byte, local)...))
	}
	waiting := []string{"java.lang.VirtualThread.park(VirtualThread.java:9)", "com.acme.Job.run(Job.java:12)"}
	for i := range 30 {
		start(fmt.Sprintf("job-%d", i), 5, 1000+i, waiting...)
	}
	start("suspended", 5|1<<8, 100, waiting...)
	start("timed", 7, 10, waiting...)
	start("runs", 3, 10, waiting...)
	start("strange", 77, 10, waiting...)
	start("elsewhere", 5, 10, waiting[0], "com.acme.Job.run(Job.java:13)")
	for range 2 {
		d.Thread("pool", waiting...).Local(0, d.ByteArray(make([]byte, 5000)...))
	}
	rows := analyzetest.RunRules(t, analyzetest.Build(t, d), "none").Threads.Rows
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%d %s %s %v %d", r.Alike, r.Name, r.State, r.Virtual, len(r.Frames.Rows)))
		if r.Alike == 1 && r.AlikeRetained != r.Retained || r.Alike > 1 && (r.AlikeRetained < 30*1000 || r.Retained > 1500) {
			t.Errorf("%s: %d bytes, %d together", r.Name, r.Retained, r.AlikeRetained)
		}
	}
	want := "31 job-25 WAITING true 2, 1 pool RUNNABLE false 2, 1 pool RUNNABLE false 2"
	if s := strings.Join(got, ", "); !strings.HasPrefix(s, want) || len(got) != 7 {
		t.Errorf("%s\nwant %s and four more", s, want)
	}
	for _, w := range []string{"1 timed TIMED_WAITING true", "1 runs RUNNABLE true", "1 strange  true", "1 elsewhere WAITING true"} {
		if !strings.Contains(strings.Join(got, ", "), w) {
			t.Errorf("no %q in %s", w, got)
		}
	}
}

// TestVirtualThreadsOfRealDump finds the name, the state, the stack and a local byte[1000..1009] of each of 10,000 virtual threads.
func TestVirtualThreadsOfRealDump(t *testing.T) {
	h := analyzetest.RealHeap(t, "vthreads/vthreads-10000.hprof")
	states, c := jdk.NewVirtualStates(h), h.Cursor()
	names := map[string]bool{}
	for _, th := range h.Threads() {
		name := jdk.ThreadName(h, th.Object)
		if !jdk.IsVirtual(h, th.Object) || !strings.HasPrefix(name, "virtual-") {
			continue
		}
		names[name] = true
		stack, local := "", false
		for _, f := range th.Frames {
			stack += jdk.FrameText(f) + " "
		}
		for _, l := range h.Locals(th.Object) {
			if n := h.Length(l.Object); h.ClassName(l.Object) == "byte[]" && n >= 1000 && n < 1010 && h.Idom(l.Object) == th.Object {
				local = strings.HasPrefix(jdk.FrameText(th.Frames[l.Frame]), "VThreads.")
			}
		}
		if s := states.Of(c, th.Object); s != "TIMED_WAITING" || !local || !strings.Contains(stack, "VThreads.") {
			t.Errorf("%s is %q, has its local %v, stack %s", name, s, local, stack)
			break
		}
	}
	if len(names) != 10_000 {
		t.Errorf("%d names of virtual threads", len(names))
	}
	row := analyzetest.RunRules(t, h, "none").Threads.Rows[0]
	if row.Alike != 10_000 || row.AlikeRetained < 20<<20 {
		t.Errorf("%d threads in the first row, %d bytes", row.Alike, row.AlikeRetained)
	}
}
