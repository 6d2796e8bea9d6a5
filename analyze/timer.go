package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of timer-queue-backlog. A timer with fewer tasks is a timer at work; below the size nobody runs out of memory
// by it, whatever its share of a small heap.
const (
	timerMinTasks      = 1000
	timerWarnTasks     = 10000 // PATTERNS: a queue of this length is a flood whatever it retains
	timerErrorShare    = 0.25  // of the strongly reachable bytes
	timerErrorRetained = 64 << 20
)

// TimerQueueBacklog finds java.util.Timer queues that tasks pile up in.
var TimerQueueBacklog = &Rule{
	Name:  timerRule,
	Title: "Tasks pile up in the queue of a java.util.Timer",
	Doc: `A java.util.Timer keeps its tasks in a binary heap (TaskQueue). TimerTask.cancel() only sets the task's state: a cancelled
task leaves the queue when it is at its head at one of the timer's wake-ups, or when Timer.purge() is called. Behind a live head that is due
late, cancelled tasks and all that they refer to stay for as long as their original delay.

Recognised by TaskQueue.size and the state and nextExecutionTime of each queued TimerTask; the thread is the TimerThread
whose queue field refers to the queue.

Use shorter delays, call Timer.purge() after cancelling many tasks, or use a ScheduledThreadPoolExecutor with
setRemoveOnCancelPolicy(true).`,
	Max: report.Error,
	Run: runTimer,
}

// timerTally is what a queue holds.
type timerTally struct {
	total             int64
	state             [4]int64
	classes           map[string]*[4]int64
	pinned            map[string]int64
	dueMin, dueMax    int64
	pins              map[graph.Object]bool
	missing, periodic int64
	sampleTask        graph.Object
	pinObjects        []graph.Object
}

func runTimer(p *Pass) error {
	h, f := p.Heap, p.Facts
	for _, q := range f.queues {
		if q.array == graph.NoObject || q.size < timerMinTasks {
			continue
		}
		t := tallyQueue(h, f, q)
		if t.total == 0 {
			continue
		}
		p.timerFinding(q, t)
	}
	return nil
}

// tallyQueue counts the tasks in slots 1 to size: slot 0 of the heap is not used.
func tallyQueue(h *graph.Heap, f *Facts, q taskQueue) *timerTally {
	t := &timerTally{classes: map[string]*[4]int64{}, pinned: map[string]int64{}, pins: map[graph.Object]bool{}, sampleTask: graph.NoObject}
	c := h.Cursor()
	if !c.Load(q.array) {
		return t
	}
	c.EachRef(func(i int, o graph.Object) bool {
		if i < 1 || int64(i) > q.size {
			return int64(i) <= q.size
		}
		k, ok := f.taskAt(o)
		if !ok {
			t.missing++
			return true
		}
		s := int(min(max(k.state, 0), 3))
		t.total++
		t.state[s]++
		name := h.ClassName(o)
		if t.classes[name] == nil {
			t.classes[name] = &[4]int64{}
		}
		t.classes[name][s]++
		if t.total == 1 || k.due < t.dueMin {
			t.dueMin = k.due
		}
		if t.total == 1 || k.due > t.dueMax {
			t.dueMax = k.due
		}
		if k.period != 0 {
			t.periodic++
		}
		if t.sampleTask == graph.NoObject || o < t.sampleTask {
			t.sampleTask = o
		}
		if k.pins != graph.NoObject && !t.pins[k.pins] {
			t.pins[k.pins] = true
			t.pinned[h.ClassName(k.pins)]++
			t.pinObjects = append(t.pinObjects, k.pins)
		}
		return true
	})
	return t
}

func (p *Pass) timerFinding(q taskQueue, t *timerTally) {
	h := p.Heap
	thread := p.timerThread(q.object)
	name := "?"
	if thread != graph.NoObject {
		name = threadName(h, thread)
	}
	retained := h.Retained(q.object)
	cancelled := t.state[taskCancelled]
	taken := h.File().Time.UnixMilli()
	f := report.Finding{
		Severity: timerSeverity(p, retained, t.total), Confidence: report.Certain, Retained: retained, Objects: t.total,
		Title: fmt.Sprintf("Timer thread %q holds %s queued tasks, %s; they retain %s",
			name, number(t.total), stateText(t), size(retained)),
		Fix: []string{
			"Call Timer.purge() after cancelling, or cancel so that nothing stays: ScheduledThreadPoolExecutor with setRemoveOnCancelPolicy(true).",
			"Shorten the delay: a cancelled task stays at most as long as it would have waited.",
		},
		Falsifier: "The tasks are due within seconds and leave the queue by then: compare a dump taken one delay later.",
	}
	what := "task"
	if len(t.classes) == 1 {
		for c := range t.classes {
			what = c
		}
	}
	if cancelled == t.total {
		f.Story = append(f.Story, fmt.Sprintf("All %s tasks are CANCELLED: TimerTask.cancel() only marks a task, and it leaves the queue when it comes to its head or on Timer.purge().", number(t.total)))
	} else if cancelled*2 > t.total {
		f.Story = append(f.Story, fmt.Sprintf("%s of %s tasks are CANCELLED and wait behind %s that are not: a cancelled task leaves the queue only at its head or on Timer.purge().", number(cancelled), number(t.total), number(t.total-cancelled)))
	}
	first, last := time.Duration(t.dueMin-taken)*time.Millisecond, time.Duration(t.dueMax-taken)*time.Millisecond
	f.Story = append(f.Story, fmt.Sprintf("They are due %s to %s after the dump was taken.", seconds(first), seconds(last)))
	f.Facts = []report.Fact{
		{Label: "timer thread", Value: report.Name(name)},
		{Label: "queued tasks", Value: report.Count(t.total)},
		{Label: "cancelled, still queued", Value: report.Count(cancelled)},
		{Label: "scheduled", Value: report.Count(t.state[taskScheduled])},
		{Label: "due first, after the dump", Value: report.Duration(first)},
		{Label: "due last, after the dump", Value: report.Duration(last)},
		{Label: "retained by the queue", Value: report.Bytes(retained)},
	}
	if t.periodic > 0 {
		f.Facts = append(f.Facts, report.Fact{Label: "periodic", Value: report.Count(t.periodic)})
	}
	f.Tables = append(f.Tables, taskTable(t), pinTable(t))
	p.evidenceTask(&f, t.sampleTask)
	path, ok := h.PathAvoiding(q.object, func(o graph.Object) bool { return o == thread })
	if !ok {
		path, _ = h.Path(q.object)
	}
	f.Path = p.run.steps(path)
	p.run.sign(&f, timerRule, path, what)
	f.Accumulation = p.accumulation(q.array)
	p.Report(f)
	p.claim(q.object, t.pins)
}

func timerSeverity(p *Pass, retained, tasks int64) report.Severity {
	switch share := p.Share(retained); {
	case retained >= timerErrorRetained && share >= timerErrorShare:
		return report.Error
	case tasks >= timerWarnTasks, share >= p.Options.Threshold:
		return report.Warning
	}
	return report.Info
}

func stateText(t *timerTally) string {
	if t.state[taskCancelled] == t.total {
		return "all CANCELLED"
	}
	return fmt.Sprintf("%s CANCELLED and %s SCHEDULED", number(t.state[taskCancelled]), number(t.state[taskScheduled]))
}

// timerThread returns the thread whose queue it is.
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

func taskTable(t *timerTally) report.Table {
	tab := report.Table{Title: "Queued tasks by class and state", Columns: []string{"class", "tasks", "scheduled", "cancelled", "other"}}
	for _, name := range byCount(t.classes, func(s *[4]int64) int64 { return s[0] + s[1] + s[2] + s[3] }) {
		s := t.classes[name]
		tab.Rows = append(tab.Rows, []report.Value{report.Name(name), report.Count(s[0] + s[1] + s[2] + s[3]), report.Count(s[taskScheduled]), report.Count(s[taskCancelled]), report.Count(s[taskVirgin] + s[taskExecuted])})
	}
	capTable(&tab)
	return tab
}

func pinTable(t *timerTally) report.Table {
	tab := report.Table{Title: "What the tasks refer to", Columns: []string{"class", "objects"}}
	for _, name := range byCount(t.pinned, func(n int64) int64 { return n }) {
		tab.Rows = append(tab.Rows, []report.Value{report.Name(name), report.Count(t.pinned[name])})
	}
	capTable(&tab)
	return tab
}

const maxTableRows = 10

func capTable(t *report.Table) {
	if n := len(t.Rows); n > maxTableRows {
		t.Omitted = int64(n - maxTableRows)
		t.Rows = t.Rows[:maxTableRows]
	}
}

// byCount returns the keys, the greatest count first.
func byCount[V any](m map[string]V, count func(V) int64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(count(m[b]), count(m[a])), cmp.Compare(a, b)) })
	return keys
}

func (p *Pass) evidenceTask(f *report.Finding, o graph.Object) {
	k, ok := p.Facts.taskAt(o)
	if !ok {
		return
	}
	state := [...]string{"VIRGIN", "SCHEDULED", "EXECUTED", "CANCELLED"}[min(max(k.state, 0), 3)]
	e := report.Evidence{Address: p.address(o), Class: p.Heap.ClassName(o), Note: "the queued task at the lowest address", Retained: p.Heap.Retained(o), Fields: []report.Fact{
		{Label: "java.util.TimerTask::state", Value: report.Name(fmt.Sprintf("%d %s", k.state, state))},
		{Label: "java.util.TimerTask::nextExecutionTime", Value: report.Time(time.UnixMilli(k.due))},
	}}
	if k.pins != graph.NoObject {
		e.Fields = append(e.Fields, report.Fact{Label: "refers to", Value: report.Name(p.Heap.Name(k.pins))})
	}
	f.Evidence.Rows = append(f.Evidence.Rows, e)
}

func (p *Pass) address(o graph.Object) report.Address { return report.Address(p.Heap.Addr(o)) }

// seconds writes a duration in whole seconds.
func seconds(d time.Duration) string {
	return number(int64(d.Round(time.Second)/time.Second)) + " s"
}
