package executors

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of executors-not-shut-down.
var (
	idlePools   = &analyze.Threshold{Name: "executors", Default: 20, Unit: "executors", Doc: "so many idle executors with threads of one name are told of"}
	idleThreads = &analyze.Threshold{Name: "threads", Default: 1000, Unit: "threads", Doc: "from so many threads of abandoned executors on it is an error"}
)

// NotShutDown finds executors that were made again and again and never shut down.
var NotShutDown = &analyze.Rule{
	Name:  "executors-not-shut-down",
	Title: "Executors are made again and again and never shut down",
	Doc: `An executor that is not shut down keeps its core threads, and these keep the executor: nothing collects it, though nobody can reach it
any more. Code that makes an executor per request or per call leaks a thread each time, with its stack outside of the heap.

Recognised by ThreadPoolExecutor: 20 or more that run (ctl), have an empty queue, at least one worker and no busy one, and whose threads have
one name but for the numbers. An executor is abandoned where only its own workers and threads refer to it: then it is a warning, an error from
1,000 threads on. Where the application still has them it is told only.

Make one executor and share it, or shut it down: try (var executor = Executors.newFixedThreadPool(2)) since JDK 19, shutdown() in a finally
block before. allowCoreThreadTimeOut(true) lets the threads of an idle executor end.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{idlePools, idleThreads},
	Scans:      []*analyze.Scan{PoolScan, WorkerScan},
	Run:        runNotShutDown,
}

// idle are executors that do nothing, of one name.
type idle struct {
	name             string
	pools, abandoned []*Pool
	threads          []graph.Object
	completed        int64
}

func runNotShutDown(q *analyze.Pass) error {
	p := pass{q}
	groups := map[string]*idle{}
	for _, e := range Pools(q) {
		if e.State != jdk.Running || e.Queued != 0 || len(e.Threads) == 0 || len(e.Busy) > 0 {
			continue
		}
		g := groups[e.Name]
		if g == nil {
			g = &idle{name: e.Name}
			groups[e.Name] = g
		}
		g.pools = append(g.pools, e)
		g.threads = append(g.threads, e.Threads...)
		g.completed += e.Done
	}
	for _, name := range analyze.ByCount(groups, func(g *idle) int64 { return int64(len(g.pools)) }, analyze.Same) {
		if g := groups[name]; int64(len(g.pools)) >= p.Count(idlePools) {
			p.idleFinding(g)
		}
	}
	return nil
}

// isAbandoned reports whether only its own workers, and what itself holds, refer to an executor.
func (p pass) isAbandoned(e *Pool) bool {
	worker := p.Heap.Subclasses("java.util.concurrent.ThreadPoolExecutor$Worker")
	for _, u := range p.Heap.In(e.Object, nil) {
		_, thread := p.Heap.ThreadOf(u) // its stack has the executor it works for
		if !worker[p.Heap.ClassOf(u)] && !thread && p.Heap.Strength(u) == graph.Strong && !p.Dominates(e.Object, u) {
			return false
		}
	}
	return true
}

func (p pass) idleFinding(g *idle) {
	var set []graph.Object
	for _, e := range g.pools {
		if p.isAbandoned(e) {
			g.abandoned = append(g.abandoned, e)
		}
		set = append(append(set, e.Object), e.Threads...)
	}
	members := analyze.NewSet(set)
	retained := p.Heap.RetainedOf(members)
	n, lost, threads := int64(len(g.pools)), int64(len(g.abandoned)), int64(len(g.threads))
	f := report.Finding{
		Severity: report.Info, Confidence: report.Likely, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s idle executors with %s %q were never shut down, %s; %s", analyze.Number(n), analyze.Plural(threads, "thread"), g.name, abandonedText(n, lost), p.Of(retained)),
		Story: []string{"The threads of an executor keep it, and it keeps them: it is never collected, though it has nothing to do. Each thread has a stack outside of the heap besides."},
		Facts: report.Rows[report.Fact]{
			analyze.Fact("executors", report.Count(n)), analyze.Fact("abandoned", report.Count(lost)), analyze.Fact("threads", report.Count(threads)),
			analyze.Fact("threads named", report.Name(g.name)), analyze.Fact("completed tasks", report.Count(g.completed)), analyze.Fact("retained", report.Bytes(retained)),
		},
		Fix: []string{
			"Make one executor and share it, instead of one per call.",
			"Shut it down when it is done: try-with-resources since JDK 19, shutdown() in a finally block before.",
			"allowCoreThreadTimeOut(true) lets the threads of an idle executor end.",
		},
		Falsifier: "The executors are used in turn, each for one part of the application, and their number does not grow.",
	}
	sample := g.pools[0]
	if lost >= p.Count(idlePools) {
		sample = g.abandoned[0]
		f.Severity, f.Confidence = report.Warning, report.Certain
		f.Falsifier = "Something that the dump does not show, such as native code, still uses them."
		if threads >= p.Count(idleThreads) {
			f.Severity = report.Error
		}
	}
	path := p.poolPath(sample, sample.Object)
	p.Sign(&f, path, g.name)
	f.Path = p.Steps(path)
	f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{Address: p.Address(sample.Object), Class: p.Heap.ClassName(sample.Object), Note: "one of the executors", Retained: p.Heap.Retained(sample.Object), Fields: poolFacts(sample)})
	f.Evidence.Omitted = n - 1
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: graph.NoObject, Members: members})
}

func abandonedText(n, lost int64) string {
	switch lost {
	case n:
		return "and nothing but their own threads refers to them"
	case 0:
		return "and the application still refers to them"
	}
	return fmt.Sprintf("and nothing but their own threads refers to %s of them", analyze.Number(lost))
}
