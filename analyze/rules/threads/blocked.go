package threads

import (
	"fmt"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// blockedThreads is the threshold of threads-blocked.
var blockedThreads = &analyze.Threshold{Name: "threads", Default: 20, Unit: "threads", Doc: "so many threads that wait for one lock are a warning; fewer are not told of"}

// Blocked finds locks that many threads wait for, and deadlocks.
var Blocked = &analyze.Rule{
	Name:  "threads-blocked",
	Title: "Many threads wait for one lock, or for each other",
	Doc: `Threads that wait for a lock keep what their stacks hold: the request, its buffers, its rows. When whoever holds the lock is slow or stuck
itself, the waiting threads grow in number until a pool is empty or the heap is full.

A lock of java.util.concurrent names its owner: Thread.parkBlocker of the waiting threads refers to an AbstractOwnableSynchronizer, whose
exclusiveOwnerThread has it. A dump does not say who has a monitor. A thread whose threadStatus is BLOCKED waits for one of the objects in its
innermost frame, and the owner is a thread that has the same object in one of its frames. From 20 waiting threads on it is a warning. Threads of
which none can go on before another are told as a deadlock.

Look at what the owner does while it has the lock: its stack is shown. Hold locks for shorter, never across a call to another system, give
such calls a timeout, use tryLock with a time. For deadlocks: always take the locks in one order.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{blockedThreads},
	Scans:      []*analyze.Scan{ThreadScan, HolderScan},
	Run:        runBlocked,
}

func runBlocked(q *analyze.Pass) error {
	p := pass{q}
	locks := AllLocks(q)
	for _, l := range locks.All {
		if int64(len(l.Waiting)) >= max(p.Count(blockedThreads), 1) {
			p.blockedFinding(l)
		}
	}
	var dead int64
	for _, d := range locks.Deadlocks {
		dead += int64(len(d.Threads))
		p.deadlockFinding(d)
	}
	p.Figure("threads.blocked", "threads", locks.Blocked)
	p.Figure("threads.deadlocked", "threads", dead)
	return nil
}

func frameText(f graph.Frame) string { return signature.Name(jdk.FrameText(f)) }

// method is a frame's text without its place in the source, which changes with the next build.
func method(at string) string {
	name, _, _ := strings.Cut(at, "(")
	return name
}

func objectsOf(ts []*Thread) analyze.ObjectSet {
	out := make([]graph.Object, 0, len(ts))
	for _, t := range ts {
		out = append(out, t.Object)
	}
	return analyze.NewSet(out)
}

func (p pass) blockedFinding(l *Lock) {
	class, set := p.Heap.ClassName(l.Object), objectsOf(l.Waiting)
	retained := p.Heap.RetainedOf(set)
	n := int64(len(l.Waiting))
	f := report.Finding{
		Severity: report.Warning, Confidence: report.Likely, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s threads wait for the lock of a %s that %s; they retain %s", analyze.Number(n), class, ownerText(l), p.Of(retained)),
		Facts: report.Rows[report.Fact]{
			analyze.Fact("waiting threads", report.Count(n)), analyze.Fact("lock", report.Name(p.Heap.Name(l.Object))), analyze.Fact("held by", report.Name(ownerNames(l.Owners))),
			analyze.Fact("retained by the waiting threads", report.Bytes(retained)),
		},
		Tables: report.Rows[report.Table]{p.crowdTable(p.crowds(l.Waiting))},
		Fix: []string{
			"Look at what the owner does while it has the lock, and do that without it: no call to another system, no I/O.",
			"Give the owner's calls a timeout; wait with tryLock and a time instead of for ever.",
		},
		Falsifier: "The lock is passed on quickly and this was a moment: in a thread dump a few seconds later other threads wait.",
	}
	if l.Exact {
		f.Confidence = report.Certain
	}
	path := p.Holding(l.Object, func(o graph.Object) bool { _, ok := p.Heap.ThreadOf(o); return ok })
	if len(path) == 0 {
		path = p.Holding(l.Object, nil)
	}
	if len(path) > 1 {
		f.Facts = append(f.Facts, analyze.Fact("the lock is in", report.Name(p.NearestHolder(path))))
	}
	p.Sign(&f, path, class)
	f.Path = p.Steps(path)
	if len(l.Owners) == 1 {
		f.Evidence.Rows = append(f.Evidence.Rows, p.threadEvidence(l.Owners[0], "the owner"))
	}
	f.Evidence.Rows = append(f.Evidence.Rows, p.threadEvidence(l.Waiting[0], "one of those that wait"))
	f.Evidence.Omitted = n - 1
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: graph.NoObject, Members: set})
}

func ownerText(l *Lock) string {
	switch {
	case len(l.Owners) == 0 && l.Exact:
		return "a virtual thread has"
	case len(l.Owners) == 0:
		return "another thread has"
	case len(l.Owners) > 1:
		return "one of " + ownerNames(l.Owners) + " has"
	}
	o := l.Owners[0]
	return fmt.Sprintf("thread %q has, which is %s at %s", o.Name, o.State, signature.Name(analyze.AppFrame(o.Frames)))
}

// maxOwnerNames bounds the names that are listed.
const maxOwnerNames = 5

func ownerNames(ts []*Thread) string {
	var names []string
	for _, t := range ts[:min(len(ts), maxOwnerNames)] {
		names = append(names, t.Name)
	}
	text := strings.Join(names, ", ")
	if len(ts) > maxOwnerNames {
		text += fmt.Sprintf(" and %s more", analyze.Number(int64(len(ts)-maxOwnerNames)))
	}
	return text
}

func (p pass) deadlockFinding(d Deadlock) {
	set := objectsOf(d.Threads)
	n := int64(len(set))
	retained := p.Heap.RetainedOf(set)
	f := report.Finding{
		Severity: report.Info, Confidence: report.Likely, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s threads wait for each other: %s; they retain %s", analyze.Number(n), ownerNames(d.Threads), p.Of(retained)),
		Facts: report.Rows[report.Fact]{
			analyze.Fact("deadlocked threads", report.Count(n)), analyze.Fact("locks", report.Count(int64(len(d.Locks)))), analyze.Fact("retained by the threads", report.Bytes(retained)),
		},
		Fix:       []string{"Take the locks in one order everywhere, or hold one at a time.", "Compare with a thread dump (jcmd PID Thread.print), which says for certain who waits for whom."},
		Falsifier: "A thread dump that shows one of the threads go on.",
	}
	if n >= p.Count(blockedThreads) {
		f.Severity = report.Warning
	}
	path := []graph.Step{{Object: d.Threads[0].Object, Roots: p.Heap.RootsOf(d.Threads[0].Object)}}
	p.Sign(&f, path, "deadlock")
	f.Path = p.Steps(path)
	for _, t := range d.Threads[:min(len(d.Threads), 2)] {
		f.Evidence.Rows = append(f.Evidence.Rows, p.threadEvidence(t, "one of the threads"))
	}
	f.Evidence.Omitted = n - int64(len(f.Evidence.Rows))
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: graph.NoObject, Members: set})
}
