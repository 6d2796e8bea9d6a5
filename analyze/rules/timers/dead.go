package timers

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Dead finds timers whose thread has ended though nobody cancelled them.
var Dead = &analyze.Rule{
	Name:  "dead-timer",
	Title: "A java.util.Timer is dead: a task threw and ended its thread",
	Doc: `An exception that a TimerTask throws ends the timer's thread. All its other tasks are dropped without a word, and the next call to schedule() fails
with IllegalStateException: Timer already cancelled. Clean-up that such a timer did does not happen any more, which may be why the heap is full.

Recognised by a Timer that the application still holds, whose TimerThread takes no more tasks (newTasksMayBeScheduled is false) and is not alive. Since
JDK 9 Timer.cancel() runs the timer's Cleanable (Timer.cleanup) and clears it: where it is not cleared, nobody called cancel(), and the finding is certain. In
older dumps a cancelled timer that is still held looks the same, so none is told.

Catch Throwable in run() of each task, and log it. A ScheduledThreadPoolExecutor drops only the task that threw; its thread goes on.`,
	Max:   report.Warning,
	Scans: []*analyze.Scan{timerScan, threadScan},
	Run:   runDead,
}

func runDead(q *analyze.Pass) error {
	p := pass{q}
	threads := analyze.Result[[]timerThread](q, threadScan)
	timers := analyze.Result[[]timer](q, timerScan)
	r := jdk.NewReader(p.Heap)
	var dead int64
	for _, t := range timers {
		if p.isDead(r, t, analyze.RowOf(threads, t.thread, threadObject)) {
			dead++
			p.deadFinding(t)
		}
	}
	p.Figure("timer.dead", "timers", dead)
	return nil
}

// isDead reports whether the thread of a timer has ended without cancel().
func (p pass) isDead(r *jdk.Reader, t timer, thread *timerThread) bool {
	if thread == nil || thread.accepts || t.cleanup == graph.NoObject || p.Heap.Strength(t.object) != graph.Strong {
		return false
	}
	if _, live := p.Heap.ThreadOf(t.thread); live || p.Incomplete() {
		return false
	}
	return r.Has(t.cleanup, "referent") && r.Ref(t.cleanup, "referent") == t.object
}

func (p pass) deadFinding(t timer) {
	name := jdk.ThreadName(p.Heap, t.thread)
	path := p.Holding(t.object, func(o graph.Object) bool { return o == t.cleanup })
	f := report.Finding{
		Severity: report.Warning, Confidence: report.Certain, Retained: p.Heap.Retained(t.object), Objects: 1,
		Title: fmt.Sprintf("The timer of thread %q is dead, held by %s: a task threw, and nothing that was scheduled runs any more", name, p.NearestHolder(path)),
		Story: []string{
			"TimerThread.newTasksMayBeScheduled is false and the thread has ended, but nobody called cancel(): the timer's Cleanable still has its referent.",
			"The tasks that were in its queue were dropped. schedule() fails with IllegalStateException: Timer already cancelled.",
		},
		Facts: report.Rows[report.Fact]{analyze.Fact("thread", report.Name(name)), analyze.Fact("held by", report.Name(p.NearestHolder(path)))},
		Fix: []string{
			"Catch Throwable in run() of each TimerTask, and log it; look for the exception in the log of standard error.",
			"Use a ScheduledThreadPoolExecutor: it drops the task that threw, and its other tasks run on.",
		},
		Falsifier: "The thread was stopped on purpose, and the timer is not used any more.",
	}
	p.Sign(&f, path)
	f.Path = p.Steps(path)
	f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{Address: p.Address(t.thread), Class: p.Heap.ClassName(t.thread), Note: "its thread, which has ended", Retained: p.Heap.Retained(t.thread), Fields: []report.Fact{
		analyze.Fact("java.util.TimerThread::newTasksMayBeScheduled", report.Name("false")),
	}})
	p.Report(f)
}
