package timers

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of timer-threads-leaked.
var (
	leakedThreads = &analyze.Threshold{Name: "threads", Default: 10, Unit: "threads", Doc: "so many timers of one name without use, or that nobody can cancel, are told of"}
	leakedMany    = &analyze.Threshold{Name: "many", Default: 20, Unit: "threads", Doc: "so many are a warning"}
)

// ThreadsLeaked finds timers that were made again and again and not cancelled.
var ThreadsLeaked = &analyze.Rule{
	Name:  "timer-threads-leaked",
	Title: "Threads of java.util.Timers pile up",
	Doc: `Each java.util.Timer has a thread of its own, which lives until cancel() is called. When the Timer object itself is forgotten, the thread goes on for as
long as its queue has tasks: a periodic task keeps it for ever, and with it all that the task refers to. Nobody can cancel it any more.

Recognised by live TimerThreads whose names are one but for the numbers, and of which 10 or more have an empty queue (TaskQueue.size is 0) or no
Timer that refers to them. From 20 on it is a warning.

Call cancel() when the owner of the timer ends (session, connection, application), or share one timer. A ScheduledThreadPoolExecutor that is shut
down does the same with fewer threads.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{leakedThreads, leakedMany},
	After:      []string{"timer-queue-backlog"},
	Scans:      []*analyze.Scan{taskScan, queueScan, timerScan, threadScan},
	Run:        runLeaked,
}

// leakedGroup are the timers' threads of one name.
type leakedGroup struct {
	name       string
	threads    []graph.Object
	idle, lost int64 // without a task; without a Timer
	useless    []graph.Object
	tasks      map[graph.Class]int64
}

func runLeaked(q *analyze.Pass) error {
	p := pass{q}
	owned := map[graph.Object]bool{}
	for _, t := range analyze.Result[[]timer](q, timerScan) {
		if p.Heap.Strength(t.object) == graph.Strong {
			owned[t.thread] = true
		}
	}
	queues := analyze.Result[[]taskQueue](q, queueScan)
	groups := map[string]*leakedGroup{}
	for _, t := range analyze.Result[[]timerThread](q, threadScan) {
		if _, live := p.Heap.ThreadOf(t.object); !live {
			continue
		}
		name := signature.Thread(jdk.ThreadName(p.Heap, t.object))
		g := groups[name]
		if g == nil {
			g = &leakedGroup{name: name, tasks: map[graph.Class]int64{}}
			groups[name] = g
		}
		p.addLeaked(g, t, analyze.RowOf(queues, t.queue, queueObject), owned[t.object])
	}
	for _, name := range analyze.ByCount(groups, func(g *leakedGroup) int64 { return int64(len(g.useless)) }, analyze.Same) {
		if g := groups[name]; int64(len(g.useless)) >= max(p.Count(leakedThreads), 1) {
			p.leakedFinding(g)
		}
	}
	return nil
}

func (p pass) addLeaked(g *leakedGroup, t timerThread, queue *taskQueue, owned bool) {
	g.threads = append(g.threads, t.object)
	idle := queue != nil && queue.size == 0
	if idle {
		g.idle++
	}
	if !owned {
		g.lost++
	}
	if idle || !owned {
		g.useless = append(g.useless, t.object)
	}
	if queue != nil && queue.size > 0 {
		for _, k := range p.tasksOf(queue).tasks[:1:1] {
			g.tasks[p.Heap.ClassOf(k.object)]++
		}
	}
}

func (p pass) leakedFinding(g *leakedGroup) {
	n := int64(len(g.threads))
	set := analyze.NewSet(append([]graph.Object{}, g.threads...))
	retained := p.Heap.RetainedOf(set)
	facts := report.Rows[report.Fact]{
		analyze.Fact("threads of timers", report.Count(n)), analyze.Fact("without a task", report.Count(g.idle)), analyze.Fact("whose Timer is gone", report.Count(g.lost)),
		analyze.Fact("threads named", report.Name(g.name)), analyze.Fact("retained by the threads", report.Bytes(retained)),
	}
	f := report.Finding{
		Severity: report.Info, Confidence: report.Likely, Retained: retained, Objects: n, Facts: facts,
		Title: fmt.Sprintf("%s threads of java.util.Timers are named %q: of %s the Timer is gone, %s have no task; %s", analyze.Number(n), g.name, analyze.Number(g.lost), analyze.Number(g.idle), p.Of(retained)),
		Story: []string{"The thread of a timer lives until Timer.cancel() is called; where the Timer object was forgotten, until its queue is empty, which periodic tasks never let it be."},
		Fix: []string{
			"Call Timer.cancel() when whatever made the timer ends, or share one timer.",
			"Use a ScheduledThreadPoolExecutor with few threads, and shut it down.",
		},
		Falsifier: "The timers are wanted, one for each part of the application, and their number does not grow.",
	}
	if int64(len(g.useless)) >= p.Count(leakedMany) {
		f.Severity = report.Warning
	}
	if len(g.tasks) > 0 {
		f.Tables = append(f.Tables, p.ClassTable("Tasks at the heads of their queues, by class", g.tasks))
	}
	path := p.Holding(g.useless[0], nil)
	p.Sign(&f, path, g.name)
	f.Path = p.Steps(path)
	f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{Address: p.Address(g.useless[0]), Class: p.Heap.ClassName(g.useless[0]), Note: "one of the threads", Retained: p.Heap.Retained(g.useless[0]), Fields: []report.Fact{
		analyze.Fact("java.lang.Thread::name", report.Name(jdk.ThreadName(p.Heap, g.useless[0]))),
	}})
	f.Evidence.Omitted = n - 1
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: graph.NoObject, Members: set})
}
