package analyze

import (
	"fmt"
	"time"

	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of timer-queue-backlog.
const (
	timerMin       = 1000   // a timer with fewer tasks is a timer at work
	timerCancelled = 10_000 // so many cancelled tasks that stay are a defect, however little they retain
)

// TimerQueueBacklog finds java.util.Timer queues that tasks pile up in.
var TimerQueueBacklog = &Rule{
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
	Max:   report.Error,
	Scans: []*Scan{taskScan, queueScan},
	Run:   runTimer,
}

func runTimer(p *Pass) error {
	var total, cancelled int64
	queues := Result[[]taskQueue](p, queueScan)
	held := make([]*queued, len(queues))
	lost := -1
	for i := range queues {
		t := p.tasksOf(&queues[i])
		held[i] = t
		total += int64(len(t.tasks))
		cancelled += t.states[taskCancelled]
		if t.unknown > 0 && !p.run.incomplete() {
			p.Abstain(fmt.Sprintf("unknown version of java.util.TaskQueue: %s of its entries are no tasks", number(t.unknown)))
		}
		if q := &queues[i]; q.lost && (lost < 0 || q.size > queues[lost].size) {
			lost = i
		}
	}
	if lost >= 0 { // the largest of the queues without an array: the stray tasks are those of it
		held[lost] = p.strayTasks(held)
	}
	for i := range queues {
		if len(held[i].tasks) >= timerMin {
			p.timerFinding(&queues[i], held[i])
		}
	}
	p.Figure("timer.cancelled", "tasks", cancelled)
	p.Figure("timer.queued", "tasks", total)
	return nil
}

func (p *Pass) timerFinding(q *taskQueue, t *queued) {
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
		return fmt.Sprintf("%s holds %s queued tasks, %s%s%s; %s", p.timerName(thread), number(n), t.stateText(), p.dueText(t), what, p.of(f.Retained))
	}
	f.Title = headline("")
	f.Story = p.timerStory(t, thread)
	if q.lost {
		f.Confidence = report.Likely
		f.Story = append(f.Story, fmt.Sprintf("The queue says that it has %s tasks, but its array is in what is missing of the dump: these %s are the tasks that no other queue has.", number(q.size), number(n)))
	}
	f.Tables = append(f.Tables, p.taskTable(t), p.pinTable(t))
	note := "the task at the head of the queue"
	if q.lost {
		note = "one of the tasks"
	}
	p.taskEvidence(&f, t.tasks[0], note)
	path := p.run.holding(q.object, func(o graph.Object) bool { return o == thread })
	if len(path) == 0 {
		path = p.run.holding(q.object, nil)
	}
	labels := []string{"java.util.TaskQueue::queue", "[]"}
	if len(t.classes) == 1 {
		labels = append(labels, h.ClassName(t.tasks[0].object))
	}
	p.sign(&f, path, labels...)
	if !q.lost {
		path = p.run.extend(p.run.extend(path, q.array), t.tasks[0].object)
		if pin := t.tasks[0].pins[0]; pin != graph.NoObject {
			path = p.run.extend(path, pin)
		}
		f.Accumulation = p.accumulation(q.array)
	}
	f.Path = p.steps(path)
	p.claim(claim{p.Report(f), q.object, p.pinned(q, t), headline})
}

// pinned returns what the tasks refer to but for what they share with others, such as the application's context: the finding
// does not explain that.
func (p *Pass) pinned(q *taskQueue, t *queued) objectSet {
	if q.lost {
		return t.objects()
	}
	if 2*len(t.pins) >= len(t.tasks) {
		return t.pins
	}
	var own objectSet
	for _, o := range t.pins {
		if p.dominates(q.object, o) {
			own = append(own, o)
		}
	}
	return own
}

func (p *Pass) timerSeverity(retained int64, t *queued) report.Severity {
	s := p.severity(retained, p.Share(retained))
	if t.states[taskCancelled] >= timerCancelled && s == report.Info {
		s = report.Warning
	}
	return s
}

// timerThread returns the thread that serves a queue.
func (p *Pass) timerThread(queue graph.Object) graph.Object {
	h := p.Heap
	is := h.Subclasses("java.util.TimerThread")
	for _, u := range h.In(queue, nil) {
		if is[h.ClassOf(u)] {
			return u
		}
	}
	return graph.NoObject
}

func (p *Pass) timerName(thread graph.Object) string {
	if thread == graph.NoObject {
		return "A timer without a thread"
	}
	return fmt.Sprintf("Timer thread %q", threadName(p.Heap, thread))
}

// due is when tasks run, from the dump's time on.
func (p *Pass) due(t *queued) (first, last time.Duration) {
	at := func(ms int64) time.Duration { return time.UnixMilli(ms).Sub(p.Taken).Round(time.Millisecond) }
	return at(t.first), at(t.last)
}

func (p *Pass) dueText(t *queued) string {
	first, last := p.due(t)
	switch {
	case p.Taken.IsZero():
		return ""
	case seconds(first) == seconds(last):
		return ", due " + seconds(first) + " ahead"
	}
	return ", due " + seconds(first) + " to " + seconds(last) + " ahead"
}

func (p *Pass) timerStory(t *queued, thread graph.Object) report.Rows[string] {
	n, cancelled := int64(len(t.tasks)), t.states[taskCancelled]
	var story report.Rows[string]
	switch {
	case cancelled == n:
		story = append(story, "All tasks are CANCELLED. TimerTask.cancel() only marks a task: it leaves the queue when it is at the head as the timer wakes, or on Timer.purge().")
	case cancelled*2 > n:
		story = append(story, fmt.Sprintf("%s of %s tasks are CANCELLED. TimerTask.cancel() only marks a task: it leaves the queue when it is at the head as the timer wakes, or on Timer.purge(). Until then it waits behind %s.", number(cancelled), number(n), plural(n-cancelled, "live task")))
	default:
		story = append(story, "Tasks are scheduled faster than they run, or far ahead.")
	}
	if first, last := p.due(t); !p.Taken.IsZero() {
		story = append(story, fmt.Sprintf("The first is due %s after the dump was taken, the last %s: so long they stay with all that they refer to.", seconds(first), seconds(last)))
	}
	if thread == graph.NoObject {
		story = append(story, "No thread serves the queue any more: nothing will ever take the tasks out.")
	}
	return story
}

func (p *Pass) timerFacts(q *taskQueue, t *queued, thread graph.Object, retained int64) report.Rows[report.Fact] {
	var facts report.Rows[report.Fact]
	if thread != graph.NoObject {
		facts = append(facts, fact("timer thread", report.Name(threadName(p.Heap, thread))))
	}
	for _, s := range p.staticsOfTimer(q.object) {
		facts = append(facts, fact("held by", report.Name(s)))
	}
	facts = append(facts, fact("queued tasks", report.Count(int64(len(t.tasks)))),
		fact("cancelled, still queued", report.Count(t.states[taskCancelled])), fact("scheduled", report.Count(t.states[taskScheduled])))
	if t.periodic > 0 {
		facts = append(facts, fact("periodic", report.Count(t.periodic)))
	}
	if first, last := p.due(t); !p.Taken.IsZero() {
		facts = append(facts, fact("first due, after the dump", report.Duration(first)), fact("last due, after the dump", report.Duration(last)))
	}
	return append(facts, fact("retained by the queue", report.Bytes(retained)))
}

// staticsOfTimer names the static fields that hold the Timer of a queue.
func (p *Pass) staticsOfTimer(queue graph.Object) []string {
	h := p.Heap
	var out []string
	for _, timer := range h.In(queue, nil) {
		if !p.isA(timer, "java.util.Timer") {
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

func (p *Pass) taskTable(t *queued) report.Table {
	tab := report.Table{Title: "Queued tasks by class and state", Columns: []string{"class", "tasks", "scheduled", "cancelled", "other"}}
	sum := func(s *[taskStates]int64) int64 { return s[0] + s[1] + s[2] + s[3] }
	for _, c := range byCount(t.classes, sum, p.className) {
		s := t.classes[c]
		addRow(&tab, report.Name(p.className(c)), report.Count(sum(s)), report.Count(s[taskScheduled]), report.Count(s[taskCancelled]), report.Count(s[taskVirgin]+s[taskExecuted]))
	}
	return tab
}

// pinTable says what the tasks keep alive, with what each class of it retains.
func (p *Pass) pinTable(t *queued) report.Table {
	h := p.Heap
	tab := report.Table{Title: "What the tasks refer to, by class", Columns: []string{"class", "objects", "retained"}}
	sets := map[graph.Class]objectSet{}
	for _, o := range t.pins {
		sets[h.ClassOf(o)] = append(sets[h.ClassOf(o)], o)
	}
	for _, c := range byCount(sets, func(s objectSet) int64 { return int64(len(s)) }, p.className) {
		if len(tab.Rows) == maxTableRows {
			tab.Omitted++
			continue
		}
		addRow(&tab, report.Name(p.className(c)), report.Count(int64(len(sets[c]))), report.Bytes(p.Heap.RetainedOf(sets[c])))
	}
	return tab
}

func (p *Pass) taskEvidence(f *report.Finding, k *task, note string) {
	e := report.Evidence{Address: p.address(k.object), Class: p.Heap.ClassName(k.object), Note: note, Retained: p.Heap.Retained(k.object), Fields: []report.Fact{
		fact("java.util.TimerTask::state", report.Name(fmt.Sprintf("%d %s", k.state, taskStateNames[k.stateIndex()]))),
		fact("java.util.TimerTask::nextExecutionTime", report.Time(time.UnixMilli(k.due))),
	}}
	for _, o := range k.pins {
		if o != graph.NoObject {
			e.Fields = append(e.Fields, fact("refers to", report.Name(p.Heap.Name(o))))
		}
	}
	f.Evidence.Rows = append(f.Evidence.Rows, e)
	f.Evidence.Omitted += f.Objects - 1
}
