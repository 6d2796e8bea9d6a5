package threads_test

import (
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// blocked is Thread.threadStatus of a thread that waits for a monitor.
const blocked = 0x401

// contended makes a monitor with an owner and n threads that are blocked at it.
func contended(d *hproftest.Dump, n int) {
	journal := d.Instance(d.Class("com.acme.Journal"))
	d.Class("com.acme.Main", hproftest.Static("Journal JOURNAL", journal), hproftest.Sticky())
	d.Thread("writer", "java.lang.Thread.sleep(Native Method)", "com.acme.Main.write(Main.java:9)").Local(1, journal)
	for i := range n {
		t := d.Thread(fmt.Sprintf("appender-%d", i), "com.acme.Journal.append(Journal.java:4)").Local(0, journal)
		t.Object.Set("threadStatus", blocked)
	}
}

func TestThreadsBlocked(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize)
		contended(d, 25)
		f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "threads-blocked"), "threads-blocked", report.Warning)
		analyzetest.WantTitle(t, f, "25 threads wait for the lock of a com.acme.Journal", `thread "writer" has`, "com.acme.Main.write(Main.java:9)")
		analyzetest.WantCount(t, f, "waiting threads", 25)
		if f.Confidence != report.Likely || f.Anchor != "static com.acme.Main.JOURNAL" {
			t.Errorf("%s, %s", f.Confidence, f.Anchor)
		}
	}
	d := hproftest.New(8)
	contended(d, 19)
	if r := analyzetest.Analyzed(t, d, "threads-blocked"); len(r.Findings) != 0 {
		t.Errorf("%+v", r.Findings)
	}
}

// parkedAt makes n threads that wait for a lock of java.util.concurrent that the owner has.
func parkedAt(d *hproftest.Dump, name string, n int, owner *hproftest.Thread) *hproftest.Object {
	sync := d.Find("java.util.concurrent.locks.ReentrantLock$NonfairSync")
	if sync == nil {
		sync = d.Class("java.util.concurrent.locks.ReentrantLock$NonfairSync", hproftest.Super(d.JDK("java.util.concurrent.locks.AbstractQueuedSynchronizer")))
	}
	lock := d.Instance(sync).Set("exclusiveOwnerThread", owner.Object)
	for i := range n {
		d.Thread(fmt.Sprintf("%s-%d", name, i), "jdk.internal.misc.Unsafe.park(Native Method)", "com.acme.Main.update(Main.java:30)").Object.Set("parkBlocker", lock).Set("threadStatus", 0x291)
	}
	return lock
}

func TestThreadsAtSynchronizer(t *testing.T) {
	d := hproftest.New(8)
	writer := d.Thread("writer", "java.lang.Thread.sleep(Native Method)", "com.acme.Main.write(Main.java:9)")
	parkedAt(d, "updater", 20, writer)
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "threads-blocked"), "threads-blocked", report.Warning)
	analyzetest.WantTitle(t, f, "20 threads wait for the lock of a java.util.concurrent.locks.ReentrantLock$NonfairSync", `thread "writer" has`)
	if f.Confidence != report.Certain {
		t.Error(f.Confidence)
	}
}

// TestDeadlock has two threads that wait for each other, one more that waits for one of these, and one that waits for a thread at work.
func TestDeadlock(t *testing.T) {
	d := hproftest.New(8)
	a, b := d.Thread("a", "com.acme.Main.lock(Main.java:1)"), d.Thread("b", "com.acme.Main.lock(Main.java:1)")
	ofA, ofB := parkedAt(d, "other", 1, a), parkedAt(d, "none", 0, b)
	a.Object.Set("parkBlocker", ofB)
	b.Object.Set("parkBlocker", ofA)
	parkedAt(d, "patient", 1, d.Thread("works", "com.acme.Main.work(Main.java:1)"))
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "threads-blocked"), "threads-blocked", report.Info)
	analyzetest.WantTitle(t, f, "3 threads wait for each other: a, b, other-0")
	analyzetest.WantCount(t, f, "deadlocked threads", 3)
	analyzetest.WantCount(t, f, "locks", 2)
}

func TestThreadExplosion(t *testing.T) {
	for n, want := range map[int]int{999: 0, 1000: 1} {
		d := hproftest.New(8)
		for i := range n {
			d.Thread(fmt.Sprintf("request-%d", i), "com.acme.Main.call(Main.java:12)")
		}
		r := analyzetest.Analyzed(t, d, "thread-explosion")
		if len(r.Findings) != want {
			t.Fatalf("%d threads: %d findings", n, len(r.Findings))
		}
		if want > 0 {
			f := analyzetest.Only(t, r, "thread-explosion", report.Warning)
			analyzetest.WantTitle(t, f, "1,000 platform threads", `"request-#"`, "com.acme.Main.call(Main.java:12)")
			if f.Anchor != "thread request-#" {
				t.Error(f.Anchor)
			}
		}
	}
}

// fat makes a thread whose method query holds a list that render has, too.
func fat(d *hproftest.Dump, outer string, bytes int) {
	rows := d.ArrayList(d.ByteArray(make([]byte, bytes)...), d.ByteArray(1))
	d.Thread("http-7", "com.acme.Report.render(Report.java:30)", "com.acme.Report.query(Report.java:20)", outer).Local(0, rows).Local(1, rows)
}

func TestFatFrame(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize)
		fat(d, "com.acme.Server.run(Server.java:1)", 3<<20)
		f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "all"), "fat-stack-frame", report.Warning)
		analyzetest.WantTitle(t, f, `Thread "http-7" holds 3.0 MiB`, "locals of com.acme.Report.query(Report.java:20)", "java.util.ArrayList of 2 elements")
		analyzetest.WantRelated(t, f, "leak-suspect")
		if f.Anchor != "thread http-#" {
			t.Error(f.Anchor)
		}
	}
	d := hproftest.New(8) // main holds the program
	list := d.ArrayList(d.ByteArray(make([]byte, 3<<20)...))
	d.Thread("main", "java.lang.Thread.sleep(Native Method)", "com.acme.Main.main(Main.java:5)").Local(1, list)
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "fat-stack-frame"), "fat-stack-frame", report.Info)
	if f.Confidence != report.Possible {
		t.Error(f.Confidence)
	}
	d = hproftest.New(8) // little
	fat(d, "com.acme.Server.run(Server.java:1)", 1<<19)
	if r := analyzetest.Analyzed(t, d, "fat-stack-frame"); len(r.Findings) != 0 {
		t.Errorf("%+v", r.Findings)
	}
}

// virtualThreads makes n virtual threads of one stack in a state, which wait for what blocker returns.
func virtualThreads(d *hproftest.Dump, n, state int, blocker func() any) {
	base := d.Class("java.lang.BaseVirtualThread", hproftest.Super(d.JDK("java.lang.Thread")))
	c := d.Class("java.lang.VirtualThread", hproftest.Super(base), hproftest.Fields("int state"), hproftest.Static("int PARKED", 5), hproftest.Static("int PINNED", 6))
	for i := range n {
		o := d.NameThread(d.Instance(c).Set("state", state).Set("parkBlocker", blocker()), fmt.Sprintf("request-%d", i))
		d.AsThread(o, "java.lang.VirtualThread.park(VirtualThread.java:9)", "com.acme.Shop.handle(Shop.java:12)").Local(1, d.ByteArray(make([]byte, 2000)...))
	}
}

func TestVirtualThreadPileup(t *testing.T) {
	const rule = "virtual-thread-pileup"
	d := hproftest.New(8)
	permits := d.Instance(d.Class("java.util.concurrent.Semaphore$NonfairSync"))
	d.Class("com.acme.Shop", hproftest.Static("Object PERMITS", permits), hproftest.Sticky())
	virtualThreads(d, 1200, 5, func() any { return permits })
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, rule), rule, report.Warning)
	analyzetest.WantTitle(t, f, "1,200 virtual threads are WAITING for one java.util.concurrent.Semaphore$NonfairSync", "com.acme.Shop.PERMITS", "com.acme.Shop.handle(Shop.java:12)")
	if f.Anchor != "static com.acme.Shop.PERMITS" {
		t.Error(f.Anchor)
	}

	d = hproftest.New(8) // each waits for something of its own
	c := d.Class("com.acme.Socket")
	virtualThreads(d, 1200, 5, func() any { return d.Instance(c) })
	if r := analyzetest.Analyzed(t, d, rule); len(r.Findings) != 0 {
		t.Errorf("%+v", r.Findings)
	}

	d = hproftest.New(8)
	virtualThreads(d, 4, 6, func() any { return nil })
	f = analyzetest.Only(t, analyzetest.Analyzed(t, d, rule), rule, report.Warning)
	analyzetest.WantTitle(t, f, "4 virtual threads are pinned", "com.acme.Shop.handle(Shop.java:12)")
}

func TestRealExplosion(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/thread-explosion.hprof"), "thread-explosion"), "thread-explosion", report.Warning)
	analyzetest.WantTitle(t, f, `1,200 of them are named "request-#" and WAITING at ManyThreads.call(ManyThreads.java`)
	analyzetest.WantCount(t, f, "threads of the largest group", 1200)
	if !strings.Contains(f.Fix[1], "ManyThreads.call") {
		t.Error(f.Fix)
	}
}

func TestRealBlocked(t *testing.T) {
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/threads-blocked.hprof"), "threads-blocked")
	if len(r.Findings) != 2 {
		t.Fatalf("%+v", r.Findings)
	}
	seen := map[string]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		analyzetest.WantTitle(t, f, "30 threads wait", `thread "writer" has, which is WAITING at OneLock.write(OneLock.java`)
		seen[fmt.Sprint(f.Severity, " ", f.Confidence, " ", f.Anchor)] = true
	}
	if !seen["warning likely static OneLock.JOURNAL"] || !seen["warning certain static OneLock.TABLE"] {
		t.Errorf("%v", seen)
	}
}

func TestRealFatFrame(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/fat-frame.hprof"), "all"), "fat-stack-frame", report.Warning)
	analyzetest.WantTitle(t, f, `Thread "http-worker"`, "locals of FatFrame.report(FatFrame.java", "java.util.ArrayList of 20,000 elements")
	analyzetest.WantCount(t, f, "its elements", 20_000)
}

func TestRealPileup(t *testing.T) {
	const rule = "virtual-thread-pileup"
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/virtual-pileup.hprof"), rule), rule, report.Warning)
	analyzetest.WantTitle(t, f, "3,000 virtual threads are WAITING for one java.util.concurrent.Semaphore$NonfairSync", "at VirtualPileup.handle(VirtualPileup.java")
	analyzetest.WantCount(t, f, "virtual threads", 3000)
	if f.Anchor != "static VirtualPileup.CONNECTIONS" {
		t.Error(f.Anchor)
	}
}

func TestRealPinned(t *testing.T) {
	const rule = "virtual-thread-pileup"
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/virtual-pinned.hprof"), rule), rule, report.Warning)
	analyzetest.WantTitle(t, f, "4 virtual threads are pinned", "4 of them at PinnedThreads.park(PinnedThreads.java")
	analyzetest.WantCount(t, f, "pinned virtual threads", 4)
}

func TestRealWaitingControls(t *testing.T) {
	for _, dump := range []string{"thread-explosion-control", "threads-blocked-control", "fat-frame-control", "virtual-pileup-control", "virtual-pinned-control"} {
		healthy(t, "leaks/"+dump+".hprof")
	}
}
