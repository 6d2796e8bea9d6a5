package timers_test

import (
	"fmt"
	"testing"
	"time"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/rules/timers"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

var dumpTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// tasks makes n timer tasks of a class in a state, due after the dump, each of which refers to an order of its own.
func tasks(d *hproftest.Dump, c, order *hproftest.Class, n, state int, due time.Duration) []any {
	out := make([]any, n)
	for i := range out {
		at := dumpTime.Add(due + time.Duration(i)*time.Millisecond).UnixMilli()
		out[i] = d.Instance(c, hproftest.With("this$0", d.Instance(order, d.ByteArray(make([]byte, 200)...))), hproftest.With("state", state), hproftest.With("nextExecutionTime", at))
	}
	return out
}

func timerDump(idSize int) (d *hproftest.Dump, task, order *hproftest.Class) {
	d = hproftest.New(idSize, hproftest.Start(dumpTime))
	order = d.Class("com.acme.Order", hproftest.Fields("byte[] body"))
	task = d.Class("com.acme.Order$1", hproftest.Super(d.JDK("java.util.TimerTask")), hproftest.Fields("Order this$0"))
	return d, task, order
}

func TestTimerQueueBacklog(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		t.Run(fmt.Sprint(idSize), func(t *testing.T) {
			d, task, order := timerDump(idSize)
			ts := append(tasks(d, task, order, 1, timers.TaskScheduled, 3000*time.Second), tasks(d, task, order, 1999, timers.TaskCancelled, 3100*time.Second)...)
			timer, _ := d.Timer("Timer-17", ts...)
			d.Class("com.acme.Shop", hproftest.Static("Timer timer", timer), hproftest.Sticky())
			idle, _ := d.Timer("idle", tasks(d, task, order, 20, timers.TaskScheduled, time.Second)...)
			d.Class("com.acme.Idle", hproftest.Static("Timer timer", idle), hproftest.Sticky())

			f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "all"), "timer-queue-backlog", report.Warning)
			analyzetest.WantTitle(t, f, `Timer thread "Timer-17"`, "2,000 queued tasks", "1,999 CANCELLED and 1 SCHEDULED", "3,000 s to 3,102 s ahead")
			analyzetest.WantCount(t, f, "queued tasks", 2000)
			analyzetest.WantCount(t, f, "cancelled, still queued", 1999)
			analyzetest.WantCount(t, f, "scheduled", 1)
			analyzetest.WantRelated(t, f, "leak-suspect")
			if got := analyzetest.Labels(f); got != "sticky class > com.acme.Shop.timer > java.util.Timer::queue > java.util.TaskQueue::queue > [1] > com.acme.Order$1::this$0" {
				t.Errorf("path %s", got)
			}
			if f.Anchor != "static com.acme.Shop.timer" {
				t.Errorf("anchor %s", f.Anchor)
			}
		})
	}
}

// TestTimerAtWork has a timer with few tasks, and one with many that retain little of a large heap.
func TestTimerAtWork(t *testing.T) {
	d, task, order := timerDump(8)
	small, _ := d.Timer("small", tasks(d, task, order, 1000-1, timers.TaskCancelled, time.Second)...)
	busy, _ := d.Timer("busy", tasks(d, task, order, 1000, timers.TaskScheduled, time.Second)...)
	ballast := d.ByteArray(make([]byte, 20<<20)...)
	d.Class("com.acme.Shop", hproftest.Static("Timer a", small), hproftest.Static("Timer b", busy), hproftest.Static("byte[] c", ballast), hproftest.Sticky())
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "timer-queue-backlog"), "timer-queue-backlog", report.Info)
	analyzetest.WantTitle(t, f, `"busy"`, "all SCHEDULED")
}

// TestTimerWithoutStatic is anchored at its thread, whatever its number.
func TestTimerWithoutStatic(t *testing.T) {
	var signatures []string
	for _, name := range []string{"Timer-3", "Timer-41"} {
		d, task, order := timerDump(8)
		d.Skip(int64(len(name)) * 4096) // other addresses
		d.Timer(name, tasks(d, task, order, 1500, timers.TaskCancelled, time.Hour)...)
		f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "all"), "timer-queue-backlog", report.Warning)
		if f.Anchor != "thread Timer-#" {
			t.Errorf("anchor %s", f.Anchor)
		}
		signatures = append(signatures, f.Signature)
	}
	if signatures[0] != signatures[1] {
		t.Error("the thread's number changes the signature")
	}
}

// TestSharedPin has tasks that all refer to the application: the timer does not explain what that retains.
func TestSharedPin(t *testing.T) {
	d, task, _ := timerDump(8)
	app := d.Class("com.acme.App", hproftest.Fields("byte[] cache"))
	shop := d.Instance(app, d.ByteArray(make([]byte, 40<<20)...))
	ts := make([]any, 2000)
	for i := range ts {
		ts[i] = d.Instance(task, shop, hproftest.With("state", timers.TaskCancelled), hproftest.With("nextExecutionTime", dumpTime.UnixMilli()))
	}
	timer, _ := d.Timer("Timer-0", ts...)
	d.Class("com.acme.Shop", hproftest.Static("Timer timer", timer), hproftest.Static("App app", shop), hproftest.Sticky())
	r := analyzetest.Analyzed(t, d, "all")
	if len(r.Findings) != 2 || r.Findings[0].Rule != "leak-suspect" || r.Findings[1].Rule != "timer-queue-backlog" || r.Findings[1].Severity != report.Info {
		t.Fatalf("findings %+v", r.Findings)
	}
	analyzetest.WantTitle(t, &r.Findings[0], "byte[] retains 40 MiB")
}
