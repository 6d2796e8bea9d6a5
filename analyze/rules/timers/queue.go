package timers

import (
	"fmt"
	"time"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of timer-queue-backlog.
var (
	timerMin       = &analyze.Threshold{Name: "tasks", Default: 1000, Unit: "tasks", Doc: "a timer with fewer queued tasks is a timer at work"}
	timerCancelled = &analyze.Threshold{Name: "cancelled", Default: 10_000, Unit: "tasks", Doc: "so many cancelled tasks that stay are a warning, however little they retain"}
)

// QueueBacklog finds java.util.Timer queues that tasks pile up in.
var QueueBacklog = &analyze.Rule{
	Name:  "timer-queue-backlog",
	Title: "Tasks pile up in the queue of a java.util.Timer",
	Doc: `A java.util.Timer keeps its tasks in a binary heap (TaskQueue). TimerTask.cancel() only sets the task's state: a cancelled
task leaves the queue when it is at its head at one of the timer's wake-ups, or when Timer.purge() is called. Behind a live head that is due
late, cancelled tasks and all that they refer to stay for as long as their original delay.

Recognised by TaskQueue.size and the state and nextExecutionTime of each queued TimerTask; the thread is the TimerThread
whose queue field refers to the queue. From 1,000 tasks on it is told; a warning from 10,000 cancelled ones on or where the
queue retains much.

Use shorter delays, call Timer.purge() after cancelling many tasks, or use a ScheduledThreadPoolExecutor with
setRemoveOnCancelPolicy(true).`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{timerMin, timerCancelled},
	Scans:      []*analyze.Scan{taskScan, queueScan},
	Run:        runTimer,
}

func runTimer(q *analyze.Pass) error {
	p := pass{q}
	var total, cancelled int64
	queues := analyze.Result[[]taskQueue](p.Pass, queueScan)
	held := make([]*queued, len(queues))
	lost := -1
	for i := range queues {
		t := p.tasksOf(&queues[i])
		held[i] = t
		total += int64(len(t.tasks))
		cancelled += t.states[taskCancelled]
		if t.unknown > 0 && !p.Incomplete() {
			p.Abstain(fmt.Sprintf("unknown version of java.util.TaskQueue: %s of its entries are no tasks", analyze.Number(t.unknown)))
		}
		if q := &queues[i]; q.lost && (lost < 0 || q.size > queues[lost].size) {
			lost = i
		}
	}
	if lost >= 0 { // the largest of the queues without an array: the stray tasks are those of it
		held[lost] = p.strayTasks(held)
	}
	for i := range queues {
		if int64(len(held[i].tasks)) >= p.Count(timerMin) {
			p.timerFinding(&queues[i], held[i])
		}
	}
	p.Figure("timer.cancelled", "tasks", cancelled)
	p.Figure("timer.queued", "tasks", total)
	return nil
}

func (p pass) timerFinding(q *taskQueue, t *queued) {
	h := p.Heap
	n := int64(len(t.tasks))
	thread := p.timerThread(q.object)
	retained := h.Retained(q.object)
	if q.lost {
		retained = p.Heap.RetainedOf(t.objects())
	}
	f := report.Finding{
		Severity: p.timerSeverity(retained, t), Confidence: report.Certain, Retained: retained, Objects: n,
		Facts: p.timerFacts(q, t, thread, retained),
		Fix: []string{
			"Call Timer.purge() after cancelling many tasks, or use a ScheduledThreadPoolExecutor with setRemoveOnCancelPolicy(true).",
			"Shorten the delay: a cancelled task stays at most as long as it would have waited.",
		},
		Falsifier: "The tasks are due within seconds and leave the queue by then: compare a dump taken one delay later.",
	}
	headline := func(what string) string {
		if what != "" {
			what = ", and with them " + what
		}
		return fmt.Sprintf("%s holds %s queued tasks, %s%s%s; %s", p.timerName(thread), analyze.Number(n), t.stateText(), p.dueText(t), what, p.Of(f.Retained))
	}
	f.Title = headline("")
	f.Story = p.timerStory(t, thread)
	if q.lost {
		f.Confidence = report.Likely
		f.Story = append(f.Story, fmt.Sprintf("The queue says that it has %s tasks, but its array is in what is missing of the dump: these %s are the tasks that no other queue has.", analyze.Number(q.size), analyze.Number(n)))
	}
	f.Tables = append(f.Tables, p.taskTable(t), p.pinTable(t))
	note := "the task at the head of the queue"
	if q.lost {
		note = "one of the tasks"
	}
	p.taskEvidence(&f, t.tasks[0], note)
	path := p.Holding(q.object, func(o graph.Object) bool { return o == thread })
	if len(path) == 0 {
		path = p.Holding(q.object, nil)
	}
	labels := []string{"java.util.TaskQueue::queue", "[]"}
	if len(t.classes) == 1 {
		labels = append(labels, h.ClassName(t.tasks[0].object))
	}
	p.Sign(&f, path, labels...)
	if !q.lost {
		path = p.Extend(p.Extend(path, q.array), t.tasks[0].object)
		if pin := t.tasks[0].pins[0]; pin != graph.NoObject {
			path = p.Extend(path, pin)
		}
		f.Accumulation = p.Accumulation(q.array)
	}
	f.Path = p.Steps(path)
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: q.object, Members: p.pinned(q, t), With: headline})
}

// pinned returns what the tasks refer to but for what they share with others, such as the application's context: the finding
// does not explain that.
func (p pass) pinned(q *taskQueue, t *queued) analyze.ObjectSet {
	if q.lost {
		return t.objects()
	}
	if 2*len(t.pins) >= len(t.tasks) {
		return t.pins
	}
	var own analyze.ObjectSet
	for _, o := range t.pins {
		if p.Dominates(q.object, o) {
			own = append(own, o)
		}
	}
	return own
}

func (p pass) timerSeverity(retained int64, t *queued) report.Severity {
	s := p.Severity(retained, p.Share(retained))
	if t.states[taskCancelled] >= p.Count(timerCancelled) && s == report.Info {
		s = report.Warning
	}
	return s
}

// timerThread returns the thread that serves a queue.
func (p pass) timerThread(queue graph.Object) graph.Object {
	h := p.Heap
	is := h.Subclasses("java.util.TimerThread")
	for _, u := range h.In(queue, nil) {
		if is[h.ClassOf(u)] {
			return u
		}
	}
	return graph.NoObject
}

func (p pass) timerName(thread graph.Object) string {
	if thread == graph.NoObject {
		return "A timer without a thread"
	}
	return fmt.Sprintf("Timer thread %q", jdk.ThreadName(p.Heap, thread))
}

// due is when tasks run, from the dump's time on.
func (p pass) due(t *queued) (first, last time.Duration) {
	at := func(ms int64) time.Duration { return time.UnixMilli(ms).Sub(p.Taken).Round(time.Millisecond) }
	return at(t.first), at(t.last)
}

func (p pass) dueText(t *queued) string {
	first, last := p.due(t)
	switch {
	case p.Taken.IsZero():
		return ""
	case analyze.Seconds(first) == analyze.Seconds(last):
		return ", due " + analyze.Seconds(first) + " ahead"
	}
	return ", due " + analyze.Seconds(first) + " to " + analyze.Seconds(last) + " ahead"
}

func (p pass) timerStory(t *queued, thread graph.Object) report.Rows[string] {
	n, cancelled := int64(len(t.tasks)), t.states[taskCancelled]
	var story report.Rows[string]
	switch {
	case cancelled == n:
		story = append(story, "All tasks are CANCELLED. TimerTask.cancel() only marks a task: it leaves the queue when it is at the head as the timer wakes, or on Timer.purge().")
	case cancelled*2 > n:
		story = append(story, fmt.Sprintf("%s of %s tasks are CANCELLED. TimerTask.cancel() only marks a task: it leaves the queue when it is at the head as the timer wakes, or on Timer.purge(). Until then it waits behind %s.", analyze.Number(cancelled), analyze.Number(n), analyze.Plural(n-cancelled, "live task")))
	default:
		story = append(story, "Tasks are scheduled faster than they run, or far ahead.")
	}
	if first, last := p.due(t); !p.Taken.IsZero() {
		story = append(story, fmt.Sprintf("The first is due %s after the dump was taken, the last %s: so long they stay with all that they refer to.", analyze.Seconds(first), analyze.Seconds(last)))
	}
	if thread == graph.NoObject {
		story = append(story, "No thread serves the queue any more: nothing will ever take the tasks out.")
	}
	return story
}

func (p pass) timerFacts(q *taskQueue, t *queued, thread graph.Object, retained int64) report.Rows[report.Fact] {
	var facts report.Rows[report.Fact]
	if thread != graph.NoObject {
		facts = append(facts, analyze.Fact("timer thread", report.Name(jdk.ThreadName(p.Heap, thread))))
	}
	for _, s := range p.staticsOfTimer(q.object) {
		facts = append(facts, analyze.Fact("held by", report.Name(s)))
	}
	facts = append(facts, analyze.Fact("queued tasks", report.Count(int64(len(t.tasks)))),
		analyze.Fact("cancelled, still queued", report.Count(t.states[taskCancelled])), analyze.Fact("scheduled", report.Count(t.states[taskScheduled])))
	if t.periodic > 0 {
		facts = append(facts, analyze.Fact("periodic", report.Count(t.periodic)))
	}
	if first, last := p.due(t); !p.Taken.IsZero() {
		facts = append(facts, analyze.Fact("first due, after the dump", report.Duration(first)), analyze.Fact("last due, after the dump", report.Duration(last)))
	}
	return append(facts, analyze.Fact("retained by the queue", report.Bytes(retained)))
}

// staticsOfTimer names the static fields that hold the Timer of a queue.
func (p pass) staticsOfTimer(queue graph.Object) []string {
	h := p.Heap
	var out []string
	for _, timer := range h.In(queue, nil) {
		if !p.IsA(timer, "java.util.Timer") {
			continue
		}
		for _, u := range h.In(timer, nil) {
			if e, ok := h.Label(u, timer); ok && e.Label.Kind == graph.StaticEdge {
				out = append(out, h.EdgeText(e.Label))
			}
		}
	}
	return out
}

func (p pass) taskTable(t *queued) report.Table {
	tab := report.Table{Title: "Queued tasks by class and state", Columns: []string{"class", "tasks", "scheduled", "cancelled", "other"}}
	sum := func(s *[taskStates]int64) int64 { return s[0] + s[1] + s[2] + s[3] }
	for _, c := range analyze.ByCount(t.classes, sum, p.ClassName) {
		s := t.classes[c]
		analyze.AddRow(&tab, report.Name(p.ClassName(c)), report.Count(sum(s)), report.Count(s[taskScheduled]), report.Count(s[taskCancelled]), report.Count(s[taskVirgin]+s[taskExecuted]))
	}
	return tab
}

// pinTable says what the tasks keep alive, with what each class of it retains.
func (p pass) pinTable(t *queued) report.Table {
	h := p.Heap
	tab := report.Table{Title: "What the tasks refer to, by class", Columns: []string{"class", "objects", "retained"}}
	sets := map[graph.Class]analyze.ObjectSet{}
	for _, o := range t.pins {
		sets[h.ClassOf(o)] = append(sets[h.ClassOf(o)], o)
	}
	for _, c := range analyze.ByCount(sets, func(s analyze.ObjectSet) int64 { return int64(len(s)) }, p.ClassName) {
		if len(tab.Rows) == analyze.MaxTableRows {
			tab.Omitted++
			continue
		}
		analyze.AddRow(&tab, report.Name(p.ClassName(c)), report.Count(int64(len(sets[c]))), report.Bytes(p.Heap.RetainedOf(sets[c])))
	}
	return tab
}

func (p pass) taskEvidence(f *report.Finding, k *task, note string) {
	e := report.Evidence{Address: p.Address(k.object), Class: p.Heap.ClassName(k.object), Note: note, Retained: p.Heap.Retained(k.object), Fields: []report.Fact{
		analyze.Fact("java.util.TimerTask::state", report.Name(fmt.Sprintf("%d %s", k.state, taskStateNames[k.stateIndex()]))),
		analyze.Fact("java.util.TimerTask::nextExecutionTime", report.Time(time.UnixMilli(k.due))),
	}}
	for _, o := range k.pins {
		if o != graph.NoObject {
			e.Fields = append(e.Fields, analyze.Fact("refers to", report.Name(p.Heap.Name(o))))
		}
	}
	f.Evidence.Rows = append(f.Evidence.Rows, e)
	f.Evidence.Omitted += f.Objects - 1
}
