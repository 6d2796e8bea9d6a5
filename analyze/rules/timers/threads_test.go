package timers_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/rules/timers"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// cleaned gives a timer the Cleanable that it has since JDK 9; one that ran has no referent.
func cleaned(d *hproftest.Dump, timer *hproftest.Object, ran bool) {
	c := d.Find("jdk.internal.ref.CleanerImpl$PhantomCleanableRef")
	if c == nil {
		c = d.Class("jdk.internal.ref.CleanerImpl$PhantomCleanableRef", hproftest.Super(d.JDK("java.lang.ref.PhantomReference")))
	}
	var referent any = timer
	if ran {
		referent = nil
	}
	timer.Set("cleanup", d.Reference(c, referent))
}

// ended makes a timer whose thread is not alive.
func ended(d *hproftest.Dump, cancelled bool) *hproftest.Object {
	queue := d.Instance(d.JDK("java.util.TaskQueue"), hproftest.With("queue", d.Array("java.util.TimerTask", nil, nil)))
	thread := d.NameThread(d.Instance(d.JDK("java.util.TimerThread"), hproftest.With("queue", queue), hproftest.With("newTasksMayBeScheduled", false)), "cleanup")
	timer := d.Instance(d.JDK("java.util.Timer"), hproftest.With("queue", queue), hproftest.With("thread", thread))
	cleaned(d, timer, cancelled)
	return timer
}

func TestDeadTimer(t *testing.T) {
	d := hproftest.New(8)
	d.Class("com.acme.Shop", hproftest.Static("Timer dead", ended(d, false)), hproftest.Static("Timer cancelled", ended(d, true)), hproftest.Sticky())
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "dead-timer"), "dead-timer", report.Warning)
	analyzetest.WantTitle(t, f, `thread "cleanup" is dead`, "com.acme.Shop.dead")
	if f.Anchor != "static com.acme.Shop.dead" || f.Confidence != report.Certain {
		t.Errorf("%s, %s", f.Anchor, f.Confidence)
	}
	d = hproftest.New(8)
	timer, _ := d.Timer("works")
	cleaned(d, timer, false)
	d.Class("com.acme.Shop", hproftest.Static("Timer timer", timer), hproftest.Sticky())
	if r := analyzetest.Analyzed(t, d, "dead-timer,timer-threads-leaked"); len(r.Findings) != 0 {
		t.Errorf("%+v", r.Findings)
	}
}

func TestTimerThreadsLeaked(t *testing.T) {
	for n, want := range map[int]report.Severity{9: "", 12: report.Info, 25: report.Warning} {
		d, task, order := timerDump(8)
		for i := range n { // only their threads hold them
			d.Timer("session-"+string(rune('0'+i%10)), tasks(d, task, order, i%2, timers.TaskScheduled, 1000)...)
		}
		r := analyzetest.Analyzed(t, d, "timer-threads-leaked")
		if want == "" {
			if len(r.Findings) != 0 {
				t.Errorf("%d: %+v", n, r.Findings)
			}
			continue
		}
		f := analyzetest.Only(t, r, "timer-threads-leaked", want)
		analyzetest.WantCount(t, f, "threads of timers", int64(n))
		analyzetest.WantCount(t, f, "whose Timer is gone", int64(n))
		analyzetest.WantCount(t, f, "without a task", int64((n+1)/2))
	}
}

func TestRealTimers(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/timer-threads.hprof"), "timer-threads-leaked"), "timer-threads-leaked", report.Warning)
	analyzetest.WantTitle(t, f, "40 threads of java.util.Timers", `"session-#"`)
	analyzetest.WantCount(t, f, "whose Timer is gone", 20)
	analyzetest.WantCount(t, f, "without a task", 0)
	if tab := analyzetest.Table(t, f, "Tasks at the heads of their queues, by class"); len(tab.Rows) != 1 || tab.Rows[0][0].Text().String() != "LeakedTimers$Refresh" || tab.Rows[0][1].Int() != 40 {
		t.Errorf("%v", tab.Rows)
	}
	f = analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/timer-dead.hprof"), "dead-timer"), "dead-timer", report.Warning)
	analyzetest.WantTitle(t, f, `thread "cleanup" is dead`, "DeadTimer.CLEANUP")
}

func TestRealTimerControls(t *testing.T) {
	for _, dump := range []string{"timer-threads-control", "timer-dead-control"} {
		for _, f := range analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+dump+".hprof"), "all").Findings {
			if f.Severity.AtLeast(report.Warning) || f.Rule != "leak-suspect" {
				t.Errorf("%s: %s %s: %s", dump, f.Severity, f.Rule, f.Title)
			}
		}
	}
}
