package executors

import (
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of executor-cancelled-tasks.
var (
	cancelledMin  = &analyze.Threshold{Name: "tasks", Default: 1000, Unit: "tasks", Doc: "fewer cancelled tasks in a queue are not told of"}
	cancelledMany = &analyze.Threshold{Name: "many", Default: 50_000, Unit: "tasks", Doc: "so many are a warning, however little they retain"}
)

// CancelledTasks finds cancelled tasks that stay in the queue of a scheduled executor.
var CancelledTasks = &analyze.Rule{
	Name:  "executor-cancelled-tasks",
	Title: "Cancelled tasks stay in the queue of a scheduled executor",
	Doc: `Cancelling a task of a ScheduledThreadPoolExecutor marks it; unless the executor was told otherwise, the task stays in the queue until
its delay is over. A timeout of an hour that is cancelled after a millisecond leaves its task there for an hour: with thousands of requests
a second the queue grows to millions.

Recognised by the entries of ScheduledThreadPoolExecutor$DelayedWorkQueue.queue whose FutureTask.state says cancelled (4) or interrupted (5,
6), where ScheduledThreadPoolExecutor.removeOnCancel is false. From 1,000 on it is told; a warning where they retain much, or from 50,000 on.

Call setRemoveOnCancelPolicy(true) on the executor: cancelled tasks leave the queue at once. Executors.newScheduledThreadPool returns a
ScheduledThreadPoolExecutor that can be cast for that. Shorter delays help too.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{cancelledMin, cancelledMany},
	After:      []string{"executor-backlog"},
	Scans:      []*analyze.Scan{PoolScan, WorkerScan},
	Run:        runCancelled,
}

// States of java.util.concurrent.FutureTask from which on it is cancelled.
const futureCancelled = 4

// Scheduled are the tasks of a scheduled executor's queue.
type Scheduled struct {
	Tasks     int64
	Cancelled analyze.ObjectSet
	Periodic  int64
	Unknown   int64 // entries that are no FutureTask
	Span      int64 // nanoseconds from the time of the first task that is due to that of the last
}

// ScheduledTasks reads the queue of a scheduled executor, in the order of addresses: neighbours cost little.
func ScheduledTasks(p *analyze.Pass, e *Pool) *Scheduled {
	return analyze.Shared(p, fmt.Sprintf("scheduled tasks of %d", e.Object), func() *Scheduled {
		r := jdk.NewReader(p.Heap)
		var tasks []graph.Object
		r.Elements(e.Queue, func(o graph.Object) bool {
			tasks = append(tasks, o)
			return true
		})
		slices.Sort(tasks)
		s := &Scheduled{Tasks: int64(len(tasks))}
		s.read(p.Heap, tasks)
		return s
	})
}

func (s *Scheduled) read(h *graph.Heap, tasks []graph.Object) {
	c, fields := h.Cursor(), jdk.NewFieldCache(h)
	var first, last int64
	for i, o := range tasks {
		if !c.Load(o) {
			s.Unknown++
			continue
		}
		state := fields.Find(c.Class, "state")
		if !state.Ok() {
			s.Unknown++
			continue
		}
		if c.Int(state) >= futureCancelled {
			s.Cancelled = append(s.Cancelled, o)
		}
		if c.Int(fields.Find(c.Class, "period")) != 0 {
			s.Periodic++
		}
		at := c.Int(fields.Find(c.Class, "time"))
		if i == 0 || at-first < 0 { // nanoTime wraps
			first = at
		}
		if i == 0 || at-last > 0 {
			last = at
		}
	}
	s.Span = max(last-first, 0)
}

func runCancelled(q *analyze.Pass) error {
	p := pass{q}
	var cancelled int64
	for _, e := range Pools(q) {
		if !e.Scheduled || e.Queued < p.Count(cancelledMin) {
			continue
		}
		s := ScheduledTasks(q, e)
		cancelled += int64(len(s.Cancelled))
		if s.Unknown > 0 && !p.Incomplete() {
			p.Abstain(fmt.Sprintf("%s entries of a scheduled executor are no FutureTask", analyze.Number(s.Unknown)))
		}
		if int64(len(s.Cancelled)) >= max(p.Count(cancelledMin), 1) && !e.RemoveOnCancel {
			p.cancelledFinding(e, s)
		}
	}
	p.Figure("executor.cancelled", "tasks", cancelled)
	return nil
}

func (p pass) cancelledFinding(e *Pool, s *Scheduled) {
	n := int64(len(s.Cancelled))
	retained := p.Heap.RetainedOf(s.Cancelled)
	facts := append(poolFacts(e)[:1],
		analyze.Fact("queued tasks", report.Count(s.Tasks)), analyze.Fact("cancelled, still queued", report.Count(n)),
		analyze.Fact("periodic", report.Count(s.Periodic)), analyze.Fact("seconds from the first due task to the last", report.Count(s.Span/1e9)),
		analyze.Fact("retained by the cancelled tasks", report.Bytes(retained)))
	if c := p.Claimed(e.Queue); c != nil {
		p.Join(c.Finding, fmt.Sprintf("%s of its tasks are cancelled and stay until their time: removeOnCancel is false. Call setRemoveOnCancelPolicy(true).", analyze.Number(n)), facts...)
		return
	}
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: n, Facts: facts,
		Title: fmt.Sprintf("%s of %s tasks in the queue of scheduled executor %q are cancelled and stay until their time; %s", analyze.Number(n), analyze.Number(s.Tasks), e.Name, p.Of(retained)),
		Story: []string{"ScheduledThreadPoolExecutor.removeOnCancel is false: cancel() only marks a task, which leaves the queue when its delay is over."},
		Fix: []string{
			"Call setRemoveOnCancelPolicy(true) on the ScheduledThreadPoolExecutor.",
			"Shorten the delay: a cancelled task stays as long as it would have waited.",
		},
		Falsifier: "The tasks are due within seconds and leave the queue by then: compare a dump taken one delay later.",
	}
	if f.Severity == report.Info && n >= p.Count(cancelledMany) {
		f.Severity = report.Warning
	}
	path := p.poolPath(e, e.Queue)
	p.Sign(&f, path, "cancelled", p.Heap.ClassName(s.Cancelled[0]))
	array := jdk.NewReader(p.Heap).Ref(e.Queue, "queue")
	f.Path = p.Steps(p.Extend(p.Extend(path, array), s.Cancelled[0]))
	f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{
		Address: p.Address(s.Cancelled[0]), Class: p.Heap.ClassName(s.Cancelled[0]), Note: "one of the cancelled tasks", Retained: p.Heap.Retained(s.Cancelled[0]),
		Fields: []report.Fact{analyze.Fact("java.util.concurrent.FutureTask::state", report.Name("cancelled"))},
	})
	f.Evidence.Omitted += n - 1
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: e.Queue, Members: s.Cancelled})
}
