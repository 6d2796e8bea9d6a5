package executors_test

import (
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

const (
	lambda    = "com.acme.Shop$$Lambda$14+0x00007f0001000a18"
	unbounded = 1<<31 - 1
)

// pool makes an executor with workers, each of which is busy or not, and tasks in its queue.
func pool(d *hproftest.Dump, threads string, capacity int, busy []bool, tasks ...any) *hproftest.Object {
	const node = "java.util.concurrent.LinkedBlockingQueue$Node"
	head := d.Instance(d.JDK(node))
	last := head
	for _, t := range tasks {
		n := d.Instance(d.JDK(node), hproftest.With("item", t))
		last.Set("next", n)
		last = n
	}
	count := d.Instance(d.JDK("java.util.concurrent.atomic.AtomicInteger"), len(tasks))
	queue := d.Instance(d.JDK("java.util.concurrent.LinkedBlockingQueue"), hproftest.With("capacity", capacity), hproftest.With("count", count), hproftest.With("head", head), hproftest.With("last", last))
	return executor(d, d.JDK("java.util.concurrent.ThreadPoolExecutor"), threads, queue, busy)
}

// executor makes an executor that runs, with its workers.
func executor(d *hproftest.Dump, c *hproftest.Class, threads string, queue *hproftest.Object, busy []bool) *hproftest.Object {
	ctl := d.Instance(d.JDK("java.util.concurrent.atomic.AtomicInteger"), -1<<29|len(busy))
	e := d.Instance(c).Set("ctl", ctl).Set("workQueue", queue).Set("corePoolSize", len(busy)).Set("maximumPoolSize", len(busy))
	for i, b := range busy {
		state := 0
		if b {
			state = 1
		}
		t := d.Thread(fmt.Sprintf("%s-%d", threads, i+1), "com.acme.Shop.book(Shop.java:20)", "java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1136)")
		w := d.Instance(d.JDK("java.util.concurrent.ThreadPoolExecutor$Worker")).Set("this$0", e).Set("thread", t.Object).Set("state", state).Set("completedTasks", 7)
		t.Object.Set("target", w)
	}
	return e
}

// lambdas makes n tasks of FutureTask, RunnableAdapter and a lambda that has captured an order.
func lambdas(d *hproftest.Dump, n int) []any {
	order := d.Class("com.acme.Order", hproftest.Fields("byte[] lines"))
	c := d.Class(lambda, hproftest.Fields("Order arg$1"))
	out := make([]any, n)
	for i := range out {
		run := d.Instance(c, d.Instance(order, d.ByteArray(make([]byte, 1000)...)))
		adapter := d.Instance(d.JDK("java.util.concurrent.Executors$RunnableAdapter"), hproftest.With("task", run))
		out[i] = d.Instance(d.JDK("java.util.concurrent.FutureTask"), hproftest.With("callable", adapter))
	}
	return out
}

func TestBacklog(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		t.Run(fmt.Sprint(idSize), func(t *testing.T) {
			d := hproftest.New(idSize)
			e := pool(d, "orders", unbounded, []bool{true, true, false}, lambdas(d, 1500)...)
			d.Class("com.acme.Shop", hproftest.Static("ExecutorService orders", e), hproftest.Sticky())
			f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "all"), "executor-backlog", report.Warning)
			analyzetest.WantTitle(t, f, "1,500 tasks wait in the unbounded queue", `executor "orders-#"`, "all made of com.acme.Shop$$Lambda with com.acme.Order", "2 of 3 workers are busy")
			analyzetest.WantCount(t, f, "waiting tasks", 1500)
			analyzetest.WantCount(t, f, "busy workers", 2)
			analyzetest.WantCount(t, f, "completed tasks", 21)
			analyzetest.WantRelated(t, f, "leak-suspect")
			if f.Anchor != "static com.acme.Shop.orders" {
				t.Errorf("anchor %s", f.Anchor)
			}
			if got := analyzetest.Labels(f); !strings.HasSuffix(got, "LinkedBlockingQueue$Node::item > java.util.concurrent.FutureTask::callable > java.util.concurrent.Executors$RunnableAdapter::task") {
				t.Errorf("path %s", got)
			}
			if b := analyzetest.Table(t, f, "Where the busy workers are"); len(b.Rows) != 1 || b.Rows[0][0].Text().String() != "com.acme.Shop.book(Shop.java:20)" || b.Rows[0][1].Int() != 2 {
				t.Errorf("%v", b.Rows)
			}
		})
	}
}

// TestExecutorsAtWork have few tasks, or a bounded queue, or were shut down, beside much else.
func TestExecutorsAtWork(t *testing.T) {
	d := hproftest.New(8)
	few := pool(d, "few", unbounded, []bool{true}, lambdas(d, 999)...)
	bounded := pool(d, "bounded", 5000, []bool{true}, lambdas(d, 1200)...)
	done := pool(d, "done", unbounded, nil, lambdas(d, 1200)...)
	done.Set("ctl", d.Instance(d.JDK("java.util.concurrent.atomic.AtomicInteger"), 3<<29))
	ballast := d.ByteArray(make([]byte, 16<<20)...)
	d.Class("com.acme.Shop", hproftest.Static("Executor a", few), hproftest.Static("Executor b", bounded), hproftest.Static("Executor c", done), hproftest.Static("byte[] d", ballast), hproftest.Sticky())
	if r := analyzetest.Analyzed(t, d, "executor-backlog,executors-not-shut-down,executor-cancelled-tasks"); len(r.Findings) != 0 {
		t.Errorf("%+v", r.Findings)
	}
}

// TestRingOfNodes must end, and count no more than the queue has.
func TestRingOfNodes(t *testing.T) {
	d := hproftest.New(8)
	e := pool(d, "ring", unbounded, []bool{true}, lambdas(d, 3)...)
	objects := map[uint64]*hproftest.Object{}
	for _, o := range d.Objects() {
		objects[o.ID] = o
	}
	queue := objects[e.Get("workQueue")]
	objects[queue.Get("last")].Set("next", queue.Get("head"))
	objects[queue.Get("count")].Set("value", 1<<30)
	d.Class("com.acme.Shop", hproftest.Static("Executor a", e), hproftest.Sticky())
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "executor-backlog"), "executor-backlog", report.Warning)
	analyzetest.WantCount(t, f, "waiting tasks", 1<<30)
}

// scheduled makes a scheduled executor with live and cancelled tasks.
func scheduled(d *hproftest.Dump, live, cancelled int, remove bool) *hproftest.Object {
	const c = "java.util.concurrent.ScheduledThreadPoolExecutor"
	var tasks []any
	for i := range live + cancelled {
		t := d.Instance(d.JDK(c+"$ScheduledFutureTask")).Set("time", int64(i)*1e9)
		if i >= live {
			t.Set("state", 4)
		}
		tasks = append(tasks, t)
	}
	queue := d.Instance(d.JDK(c+"$DelayedWorkQueue"), hproftest.With("queue", d.Array("java.util.concurrent.RunnableScheduledFuture", tasks...)), hproftest.With("size", len(tasks)))
	return executor(d, d.JDK(c), "timeouts", queue, []bool{false}).Set("removeOnCancel", remove)
}

func TestCancelledTasks(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		t.Run(fmt.Sprint(idSize), func(t *testing.T) {
			d := hproftest.New(idSize)
			d.Class("com.acme.Shop", hproftest.Static("Executor timeouts", scheduled(d, 1, 5000, false)), hproftest.Sticky())
			f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "all"), "executor-cancelled-tasks", report.Warning)
			analyzetest.WantTitle(t, f, "5,000 of 5,001 tasks", `"timeouts-#"`)
			analyzetest.WantCount(t, f, "cancelled, still queued", 5000)
			analyzetest.WantCount(t, f, "seconds from the first due task to the last", 5000)
			if f.Anchor != "static com.acme.Shop.timeouts" {
				t.Error(f.Anchor)
			}
		})
	}
	d := hproftest.New(8)
	d.Class("com.acme.Shop", hproftest.Static("Executor a", scheduled(d, 1, 5000, true)), hproftest.Static("Executor b", scheduled(d, 5000, 999, false)), hproftest.Sticky())
	if r := analyzetest.Analyzed(t, d, "executor-cancelled-tasks"); len(r.Findings) != 0 {
		t.Errorf("%+v", r.Findings)
	}
}

func TestNotShutDown(t *testing.T) {
	d := hproftest.New(8)
	for i := range 25 {
		pool(d, fmt.Sprintf("pool-%d-thread", i+1), unbounded, []bool{false})
	}
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "executors-not-shut-down"), "executors-not-shut-down", report.Warning)
	analyzetest.WantTitle(t, f, "25 idle executors", "25 threads", "pool-#-thread-#", "nothing but their own threads")
	analyzetest.WantCount(t, f, "abandoned", 25)
	if f.Confidence != report.Certain {
		t.Error(f.Confidence)
	}

	d = hproftest.New(8) // the application has them, and another 19 that work
	var held []any
	for i := range 25 {
		held = append(held, pool(d, fmt.Sprintf("shard-%d", i+1), unbounded, []bool{false}))
	}
	for i := range 19 {
		pool(d, fmt.Sprintf("pool-%d-thread", i+1), unbounded, []bool{false})
		pool(d, fmt.Sprintf("pool-%d-thread", i+100), unbounded, []bool{true})
	}
	d.Class("com.acme.Shop", hproftest.Static("Object[] shards", d.Array("java.lang.Object", held...)), hproftest.Sticky())
	f = analyzetest.Only(t, analyzetest.Analyzed(t, d, "executors-not-shut-down"), "executors-not-shut-down", report.Info)
	analyzetest.WantTitle(t, f, "25 idle executors", "the application still refers to them")
}

func TestRealBacklog(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/executor-backlog.hprof"), "all"), "executor-backlog", report.Warning)
	n := analyzetest.Facts(f)["waiting tasks"].Int()
	if n < 3990 || n >= 4000 { // four are being worked on, and mails before these may be done
		t.Errorf("%d tasks wait", n)
	}
	analyzetest.WantTitle(t, f, "unbounded queue", "SlowExecutor$$Lambda with SlowExecutor$Order", "all 4 workers are busy")
	tab := analyzetest.Table(t, f, "Queued tasks by what they were made of")
	if len(tab.Rows) != 2 || tab.Rows[0][1].Int() != 2996 || tab.Rows[0][3].Text().String() != "SlowExecutor$Order" || tab.Rows[1][1].Int() != n-2996 || tab.Rows[1][3].Text().String() != "SlowExecutor$Mail" {
		t.Errorf("%v", tab.Rows)
	}
	if f.Anchor != "static SlowExecutor.ORDERS" || !strings.Contains(strings.Join(f.Story, " "), "SlowExecutor.book(SlowExecutor.java") || !strings.Contains(f.Fix[0], "bounded queue") {
		t.Errorf("%s: %s", f.Anchor, f.Story)
	}
}

func TestRealCancelledTasks(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/executor-cancelled.hprof"), "all"), "executor-cancelled-tasks", report.Warning)
	analyzetest.WantTitle(t, f, "20,000 of 20,001 tasks")
	analyzetest.WantCount(t, f, "cancelled, still queued", 20_000)
	if f.Anchor != "static CancelledTimeouts.TIMEOUTS" || !strings.Contains(f.Fix[0], "setRemoveOnCancelPolicy(true)") {
		t.Errorf("%s: %s", f.Anchor, f.Fix[0])
	}
}

func TestRealForgottenExecutors(t *testing.T) {
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/executor-forgotten.hprof"), "all")
	f := &r.Findings[0]
	analyzetest.WantTitle(t, f, "60 idle executors with 60 threads", "nothing but their own threads")
	analyzetest.WantCount(t, f, "executors", 60)
	analyzetest.WantCount(t, f, "abandoned", 60)
	analyzetest.WantCount(t, f, "completed tasks", 60)
	if f.Rule != "executors-not-shut-down" || f.Severity != report.Warning || f.Anchor != "thread pool-#-thread-#" {
		t.Errorf("%s %s %s", f.Rule, f.Severity, f.Anchor)
	}
}

func TestRealControls(t *testing.T) {
	for _, dump := range []string{"executor-backlog-control", "executor-cancelled-control", "executor-forgotten-control"} {
		for _, f := range analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+dump+".hprof"), "all").Findings {
			if f.Severity.AtLeast(report.Warning) || f.Rule != "leak-suspect" {
				t.Errorf("%s: %s %s: %s", dump, f.Severity, f.Rule, f.Title)
			}
		}
	}
}
