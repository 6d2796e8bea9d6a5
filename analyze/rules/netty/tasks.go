package netty

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of netty-tasks.
var (
	tasksMin    = &analyze.Threshold{Name: "tasks", Default: 10_000, Unit: "tasks", Doc: "an event loop with fewer tasks is one at work"}
	timeoutsMin = &analyze.Threshold{Name: "timeouts", Default: 10_000, Unit: "timeouts", Doc: "a HashedWheelTimer with fewer timeouts is one at work"}
	timersMin   = &analyze.Threshold{Name: "timers", Default: 64, Unit: "timers", Doc: "so many HashedWheelTimers are a mistake, as Netty logs itself: each has a thread"}
)

// Tasks finds event loops and timers of Netty that work piles up at.
var Tasks = &analyze.Rule{
	Name:  "netty-tasks",
	Title: "Work piles up at an event loop or timer of Netty",
	Doc: `An event loop of Netty is one thread with a queue of tasks that has no bound by default. When a handler blocks that thread (JDBC, a
lock, get() on a future), tasks of all its channels pile up behind it. A HashedWheelTimer keeps each timeout, with what its task refers to,
until it is due or cancelled; timeouts that are not cancelled when the answer comes stay for their whole delay.

Recognised by the size of SingleThreadEventExecutor.taskQueue, whichever queue it is, and by HashedWheelTimer.pendingTimeouts, from
10,000 on. What the thread of an event loop does is in its stack. From 64 timers on their number is told: one is enough.

Do not block in handlers: give them an executor of their own (pipeline.addLast(EventExecutorGroup, …)); bound the queue with
-Dio.netty.eventLoop.maxPendingTasks. Cancel timeouts when they are no longer needed, shorten them, and share one timer.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{tasksMin, timeoutsMin, timersMin},
	Scans:      []*analyze.Scan{loopScan, wheelScan},
	Run:        runTasks,
}

const wheelClass = "io.netty.util.HashedWheelTimer"

var (
	loopScan  = analyze.Instances("Netty's event loops", analyze.Known{Class: "io.netty.util.concurrent.SingleThreadEventExecutor", Fields: []string{"taskQueue", "thread"}})
	wheelScan = analyze.Instances("Netty's timers", analyze.Known{Class: wheelClass, Fields: []string{"pendingTimeouts", "wheel"}})
)

func runTasks(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	for _, o := range analyze.Result[[]graph.Object](p.Pass, loopScan) {
		if p.Heap.Strength(o) == graph.Strong {
			p.loop(o)
		}
	}
	var timers analyze.ObjectSet
	for _, o := range analyze.Result[[]graph.Object](p.Pass, wheelScan) {
		if p.Heap.Strength(o) == graph.Strong {
			timers = append(timers, o)
			p.timer(o)
		}
	}
	if int64(len(timers)) >= p.Count(timersMin) {
		p.timersFinding(timers)
	}
	return nil
}

// Queues of the JCTools in Netty: both indices advance by two an element.
var linkedArrayQueues = []string{
	"io.netty.util.internal.shaded.org.jctools.queues.BaseMpscLinkedArrayQueue",
	"io.netty.util.internal.shaded.org.jctools.queues.atomic.BaseMpscLinkedAtomicArrayQueue",
}

// queued returns the number of tasks in a queue.
func (p pass) queued(q graph.Object) (int64, bool) {
	for _, c := range linkedArrayQueues {
		if p.IsA(q, c) {
			in, ok1 := p.r.Int(q, "producerIndex")
			out, ok2 := p.r.Int(q, "consumerIndex")
			return max(in-out, 0) / 2, ok1 && ok2
		}
	}
	return p.r.Size(q)
}

func (p pass) loop(o graph.Object) {
	q := p.r.Ref(o, "taskQueue")
	n, ok := p.queued(q)
	if !ok {
		if q != graph.NoObject && !p.Incomplete() {
			p.Abstain("unknown queue of an event loop: " + p.Heap.ClassName(q))
		}
		return
	}
	if n < p.Count(tasksMin) {
		return
	}
	thread := p.r.Ref(o, "thread")
	name := "an event loop"
	if thread != graph.NoObject {
		name = fmt.Sprintf("event loop %q", jdk.ThreadName(p.Heap, thread))
	}
	retained := p.Heap.Retained(q)
	f := report.Finding{
		Severity: analyze.AtLeast(p.Severity(retained, p.Share(retained)), report.Warning), Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s tasks wait for Netty's %s, %s", analyze.Number(n), name, p.Of(retained)),
		Facts: report.Rows[report.Fact]{analyze.Fact("tasks that wait", report.Count(n)), analyze.Fact("retained by the tasks", report.Bytes(retained))},
		Fix: report.Rows[string]{
			"Do not block the event loop: give handlers that wait an executor of their own, pipeline.addLast(EventExecutorGroup, handler).",
			"Bound the queue with -Dio.netty.eventLoop.maxPendingTasks, so that what is too much is refused.",
		},
		Falsifier: "The thread of the loop is at work on the tasks, and a dump taken a second later has few.",
	}
	if most, ok := p.r.Int(o, "maxPendingTasks"); ok {
		f.Facts = append(f.Facts, analyze.Fact("maxPendingTasks", report.Count(most)))
	}
	f.Story = p.loopStory(thread)
	f.Tables = append(f.Tables, p.taskTable(q))
	p.ReportAt(f, q, "tasks")
}

// loopStory says what the thread of an event loop does.
func (p pass) loopStory(thread graph.Object) report.Rows[string] {
	if t, ok := p.Heap.ThreadOf(thread); ok && len(t.Frames) > 0 {
		top := t.Frames[0]
		for _, f := range t.Frames {
			if !analyze.Platform(f.Class) {
				return report.Rows[string]{fmt.Sprintf("Its thread stands in %s, called by %s.", jdk.FrameText(top), jdk.FrameText(f))}
			}
		}
	}
	return report.Rows[string]{"One thread runs all tasks of the loop, in turn."}
}

// maxTasks are looked at for their classes.
const maxTasks = 100_000

// taskTable counts tasks by class.
func (p pass) taskTable(q graph.Object) report.Table {
	counts := map[graph.Class]int64{}
	left := maxTasks
	count := func(o graph.Object) bool {
		counts[p.Heap.ClassOf(o)]++
		left--
		return left > 0
	}
	if buffer := p.r.Ref(q, "consumerBuffer"); buffer != graph.NoObject {
		p.eachLinked(buffer, count)
	} else {
		p.r.Elements(q, count)
	}
	return p.ClassTable("Tasks by class", counts)
}

// eachLinked walks arrays, the last element of each of which is the next array.
func (p pass) eachLinked(array graph.Object, fn func(graph.Object) bool) {
	is := p.Heap.ClassOf(array)
	for seen := 0; array != graph.NoObject && seen < maxTasks; seen++ {
		next := graph.NoObject
		p.r.EachElement(array, func(_ int, o graph.Object) bool {
			switch {
			case p.Heap.ClassOf(o) == is:
				next = o
			case p.Heap.ClassName(o) != "java.lang.Object": // the mark that says that an element is in the next array
				return fn(o)
			}
			return true
		})
		array = next
	}
}
