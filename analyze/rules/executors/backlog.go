package executors

import (
	"fmt"
	"math"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of executor-backlog.
var (
	backlogTasks = &analyze.Threshold{Name: "tasks", Default: 1000, Unit: "tasks", Doc: "an executor with fewer waiting tasks is told of only where they retain much"}
	backlogMany  = &analyze.Threshold{Name: "many", Default: 100_000, Unit: "tasks", Doc: "so many waiting tasks are a warning, however little they retain"}
)

// Backlog finds executors whose queue grows faster than their workers empty it.
var Backlog = &analyze.Rule{
	Name:  "executor-backlog",
	Title: "Tasks wait in the queue of an executor",
	Doc: `An executor whose queue has no bound takes every task, however far its workers are behind. Each waiting task keeps all that it
refers to: the request, the order, the buffer that a lambda has captured. Executors.newFixedThreadPool and newSingleThreadExecutor make such
queues.

Recognised by ThreadPoolExecutor: ctl tells that it runs, workQueue has no bound (LinkedBlockingQueue.capacity is 2,147,483,647) and
1,000 tasks or more wait in it. A bounded queue, or the delayed tasks of a scheduled executor, count where they retain much of the heap. Tasks
are unwrapped (FutureTask.callable, Executors$RunnableAdapter.task, CompletableFuture$AsyncSupply.fn) to the classes that the application
handed over, with what lambdas have captured. A worker is busy while it holds its own lock (AbstractQueuedSynchronizer.state). It is a
warning or an error where the queue retains much, a warning too from 100,000 tasks on.

Find out what the workers do: the frames in which they are say why they are slow. Then give the executor a bounded queue and a rejection
policy (new ThreadPoolExecutor(n, n, 0, SECONDS, new ArrayBlockingQueue<>(1000), new CallerRunsPolicy())), so that whoever
submits is slowed down, or submit less.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{backlogTasks, backlogMany},
	After:      []string{"jdbc-statement-retained"},
	Scans:      []*analyze.Scan{PoolScan, WorkerScan},
	Run:        runBacklog,
}

func runBacklog(q *analyze.Pass) error {
	p := pass{q}
	var waiting int64
	for _, e := range Pools(q) {
		switch {
		case e.Queued < 0 && e.Queue != graph.NoObject && analyze.Platform(p.Heap.ClassName(e.Queue)) && !p.Incomplete():
			p.Abstain("unknown version of " + p.Heap.ClassName(e.Queue) + ": its size is not known")
		case e.Queued > 0:
			waiting += e.Queued
			if p.isBacklog(e) {
				p.backlogFinding(e)
			}
		}
	}
	p.Figure("executor.waiting", "tasks", waiting)
	return nil
}

// isBacklog judges a queue. Tasks of a scheduled executor wait because they are to, those of a bounded queue are as many as was wanted:
// these count by what they retain.
func (p pass) isBacklog(e *Pool) bool {
	if e.State > jdk.Shutdown {
		return false
	}
	if !e.Scheduled && e.Capacity == math.MaxInt32 && e.Queued >= p.Count(backlogTasks) {
		return true
	}
	if retained := p.Heap.Retained(e.Queue); !p.Severity(retained, p.Share(retained)).AtLeast(report.Warning) {
		return false
	}
	if e.Scheduled && !e.RemoveOnCancel {
		if s := ScheduledTasks(p.Pass, e); 2*int64(len(s.Cancelled)) > s.Tasks {
			return false // executor-cancelled-tasks tells that
		}
	}
	return true
}

func (p pass) backlogFinding(e *Pool) {
	tasks := p.tasksOf(e.Queue)
	retained := p.Heap.Retained(e.Queue)
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: e.Queued,
		Facts: p.backlogFacts(e, retained), Story: p.backlogStory(e),
		Fix: []string{
			"Give the executor a bounded queue and a RejectedExecutionHandler such as CallerRunsPolicy, so that whoever submits is slowed down.",
			"Make the tasks faster, or give the executor more threads where they wait and do not compute.",
			"Let a task refer to what it needs (an id) and not to the whole request.",
		},
		Falsifier: "The queue is a burst that drains: in a dump taken later it has fewer tasks.",
	}
	if f.Severity == report.Info && e.Queued >= p.Count(backlogMany) && !e.Scheduled {
		f.Severity = report.Warning
	}
	headline := func(what string) string {
		if what != "" {
			what = ", and with them " + what
		}
		return fmt.Sprintf("%s tasks wait in the %s of executor %q%s, %s%s; %s", analyze.Number(e.Queued), queueText(e), e.Name, p.mostly(tasks), workersText(e), what, p.Of(retained))
	}
	f.Title = headline("")
	f.Tables = append(f.Tables, p.taskTable(tasks, e.Queued))
	if t := p.busyTable(e); len(t.Rows) > 0 {
		f.Tables = append(f.Tables, t)
	}
	path := p.poolPath(e, e.Queue)
	var labels []string
	if g := tasks.byCount(); len(g) > 0 {
		labels = append(labels, g[0].text())
	}
	p.Sign(&f, path, labels...)
	f.Path = p.Steps(p.toTask(path, e.Queue, tasks))
	p.taskEvidence(&f, tasks)
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: e.Queue, Members: analyze.NewSet(append(tasks.inner, tasks.tasks...)), With: headline})
}

func queueText(e *Pool) string {
	switch {
	case e.Scheduled:
		return "delay queue"
	case e.Capacity == math.MaxInt32:
		return "unbounded queue"
	case e.Capacity >= 0:
		return fmt.Sprintf("queue (of at most %s)", analyze.Number(e.Capacity))
	}
	return "queue"
}

// mostly names the class of most tasks.
func (p pass) mostly(q *queued) string {
	groups := q.byCount()
	switch {
	case len(groups) == 0:
		return ""
	case len(groups) == 1:
		return ", all made of " + groups[0].text()
	}
	return ", most made of " + groups[0].text()
}

func workersText(e *Pool) string {
	n, busy := int64(len(e.Threads)), int64(len(e.Busy))
	switch {
	case n == 0:
		return "which has no worker"
	case n == busy && n == 1:
		return "its one worker is busy"
	case n == busy:
		return fmt.Sprintf("all %s workers are busy", analyze.Number(n))
	}
	return fmt.Sprintf("%s of %s workers are busy", analyze.Number(busy), analyze.Number(n))
}

func (p pass) backlogFacts(e *Pool, retained int64) report.Rows[report.Fact] {
	facts := poolFacts(e)
	facts = append(facts, analyze.Fact("queue", report.Name(p.Heap.ClassName(e.Queue))))
	if e.Capacity >= 0 && e.Capacity < math.MaxInt32 {
		facts = append(facts, analyze.Fact("its capacity", report.Count(e.Capacity)))
	}
	return append(facts, analyze.Fact("retained by the queue", report.Bytes(retained)))
}

func poolFacts(e *Pool) report.Rows[report.Fact] {
	return report.Rows[report.Fact]{
		analyze.Fact("threads named", report.Name(e.Name)),
		analyze.Fact("waiting tasks", report.Count(e.Queued)),
		analyze.Fact("workers", report.Count(int64(len(e.Threads)))),
		analyze.Fact("busy workers", report.Count(int64(len(e.Busy)))),
		analyze.Fact("core size", report.Count(e.Core)),
		analyze.Fact("maximum size", report.Count(e.Max)),
		analyze.Fact("completed tasks", report.Count(e.Done)),
	}
}

func (p pass) backlogStory(e *Pool) report.Rows[string] {
	var story report.Rows[string]
	switch {
	case e.Scheduled:
		story = append(story, "The tasks wait for their time; until then they stay with all that they refer to.")
	case e.Capacity == math.MaxInt32 && e.Max > e.Core:
		story = append(story, fmt.Sprintf("The queue has no bound, so the executor never starts more than its %s core threads: the maximum of %s has no effect.", analyze.Number(e.Core), analyze.Number(e.Max)))
	case e.Capacity == math.MaxInt32:
		story = append(story, "The queue has no bound: nothing slows down whoever submits.")
	}
	if at := p.busyAt(e); len(at) > 0 {
		story = append(story, fmt.Sprintf("%s in %s.", workersAt(at[0].threads), at[0].frame))
	}
	if e.State == jdk.Shutdown {
		story = append(story, "shutdown() was called: it takes no more tasks and works off those that wait.")
	}
	return story
}

func workersAt(n int64) string {
	if n == 1 {
		return "A busy worker is"
	}
	return analyze.Number(n) + " of the busy workers are"
}

func (p pass) busyTable(e *Pool) report.Table {
	t := report.Table{Title: "Where the busy workers are", Columns: []string{"frame", "threads"}}
	for _, w := range p.busyAt(e) {
		analyze.AddRow(&t, report.Name(w.frame), report.Count(w.threads))
	}
	return t
}

// toTask leads on from a queue to the first task in it, as far as the queue is one of nodes.
func (p pass) toTask(path []graph.Step, q graph.Object, tasks *queued) []graph.Step {
	if len(tasks.tasks) == 0 {
		return path
	}
	r := jdk.NewReader(p.Heap)
	way := []graph.Object{r.Ref(q, "head"), r.Ref(q, "head", "next"), tasks.tasks[0]}
	if way[0] == graph.NoObject {
		way = []graph.Object{r.Ref(q, "queue"), tasks.tasks[0]}
	}
	if tasks.inner[0] != tasks.tasks[0] && p.Dominates(tasks.tasks[0], tasks.inner[0]) {
		if c := r.Ref(tasks.tasks[0], "callable"); c != graph.NoObject && c != tasks.inner[0] {
			way = append(way, c)
		}
		way = append(way, tasks.inner[0])
	}
	for _, o := range way {
		if o != graph.NoObject {
			path = p.Extend(path, o)
		}
	}
	return path
}

func (p pass) taskEvidence(f *report.Finding, q *queued) {
	if len(q.tasks) == 0 {
		return
	}
	o := q.tasks[0]
	e := report.Evidence{Address: p.Address(o), Class: p.Heap.ClassName(o), Note: "the first task in the queue", Retained: p.Heap.Retained(o)}
	if q.inner[0] != o {
		e.Fields = append(e.Fields, analyze.Fact("made of", report.Name(p.Heap.Name(q.inner[0]))))
	}
	f.Evidence.Rows = append(f.Evidence.Rows, e)
	f.Evidence.Omitted += f.Objects - 1
}
