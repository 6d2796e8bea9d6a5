package threads

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of thread-explosion.
var (
	explosionThreads = &analyze.Threshold{Name: "threads", Default: 1000, Unit: "threads", Doc: "so many platform threads are a warning"}
	explosionMany    = &analyze.Threshold{Name: "many", Default: 5000, Unit: "threads", Doc: "so many are an error"}
)

// Explosion finds programs with very many platform threads.
var Explosion = &analyze.Rule{
	Name:  "thread-explosion",
	Title: "The program has very many platform threads",
	Doc: `A platform thread costs more than its object in the heap: a stack outside of it (1 MiB of address space by default, and the part that was
used), a thread of the operating system, and work for the scheduler and for each garbage collection, which scans all stacks. Programs that make a
thread per request, per connection or per task run out of these long before the heap is full: "unable to create native thread".

Recognised by the number of live threads with an object in the dump, virtual ones left out: from 1,000 on it is a warning, from 5,000 on an
error. They are put together by name (its numbers left out), state and the innermost frame of the application.

Use an executor with a bound, or virtual threads (JDK 21), instead of a thread per task. Where the threads all wait in one place, that is the
cause: a partner that does not answer, a lock, a pool that is empty. Give calls a timeout.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{explosionThreads, explosionMany},
	After:      []string{"executors-not-shut-down"},
	Scans:      []*analyze.Scan{ThreadScan, HolderScan},
	Run:        runExplosion,
}

// crowd are threads of one name and state that are at one place.
type crowd struct {
	name, state, at string
	threads         analyze.ObjectSet
	retained        int64
	first           *Thread
}

// crowds puts threads together, the largest first.
func (p pass) crowds(ts []*Thread) []*crowd {
	type key struct{ name, state, at string }
	byKey := map[key]*crowd{}
	for _, t := range ts {
		k := key{signature.Thread(t.Name), t.State, signature.Name(analyze.AppFrame(t.Frames))}
		c := byKey[k]
		if c == nil {
			c = &crowd{name: k.name, state: k.state, at: k.at, first: t}
			byKey[k] = c
		}
		c.threads = append(c.threads, t.Object)
		c.retained += p.Heap.Retained(t.Object)
	}
	out := make([]*crowd, 0, len(byKey))
	for _, c := range byKey {
		c.threads = analyze.NewSet(c.threads)
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *crowd) int {
		return cmp.Or(cmp.Compare(len(b.threads), len(a.threads)), cmp.Compare(a.name, b.name), cmp.Compare(a.state, b.state), cmp.Compare(a.at, b.at))
	})
	return out
}

func runExplosion(q *analyze.Pass) error {
	p := pass{q}
	ts := Platform(q)
	n := int64(len(ts))
	p.Figure("threads.platform", "threads", n)
	if n < max(p.Count(explosionThreads), 1) {
		return nil
	}
	crowds := p.crowds(ts)
	big := crowds[0]
	facts := report.Rows[report.Fact]{analyze.Fact("platform threads", report.Count(n)), analyze.Fact("threads of the largest group", report.Count(int64(len(big.threads))))}
	if c := p.MemberOf(big.first.Object); c != nil && c.Finding.Severity.AtLeast(report.Warning) {
		p.Join(c.Finding, fmt.Sprintf("The program has %s platform threads.", analyze.Number(n)), facts...)
		return nil
	}
	all := make([]graph.Object, 0, len(ts))
	for _, t := range ts {
		all = append(all, t.Object)
	}
	retained := p.Heap.RetainedOf(all)
	f := report.Finding{
		Severity: report.Warning, Confidence: report.Certain, Retained: retained, Objects: n, Facts: append(facts, analyze.Fact("retained by the threads", report.Bytes(retained))),
		Title:  fmt.Sprintf("%s platform threads; %s of them are named %q and %s at %s; all retain %s", analyze.Number(n), analyze.Number(int64(len(big.threads))), big.name, big.state, big.at, p.Of(retained)),
		Story:  []string{"Each has a stack outside of the heap, 1 MiB of address space unless -Xss or the program says otherwise: the dump does not show that memory."},
		Tables: report.Rows[report.Table]{p.crowdTable(crowds)},
		Fix: []string{
			"Use one executor with a bounded number of threads, or virtual threads (JDK 21), instead of a thread per task.",
			fmt.Sprintf("Find out why they are at %s: give calls a timeout, and limit what runs at the same time.", big.at),
		},
		Falsifier: "So many threads are wanted and the machine is made for it: their number does not grow.",
	}
	if n >= p.Count(explosionMany) {
		f.Severity = report.Error
	}
	path := []graph.Step{{Object: big.first.Object, Roots: p.Heap.RootsOf(big.first.Object)}}
	p.Sign(&f, path, big.state, method(big.at))
	f.Path = p.Steps(path)
	f.Evidence.Rows = append(f.Evidence.Rows, p.threadEvidence(big.first, "one of the threads"))
	f.Evidence.Omitted = n - 1
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: graph.NoObject, Members: big.threads})
	return nil
}

func (p pass) crowdTable(crowds []*crowd) report.Table {
	t := report.Table{Title: "Threads by name, state and place", Columns: []string{"threads named", "state", "at", "threads", "retained"}}
	for _, c := range crowds {
		analyze.AddRow(&t, report.Name(c.name), report.Name(c.state), report.Name(c.at), report.Count(int64(len(c.threads))), report.Bytes(c.retained))
	}
	return t
}

// maxEvidenceFrames bounds the frames of a thread that is evidence.
const maxEvidenceFrames = 12

// threadEvidence shows a thread with its stack.
func (p pass) threadEvidence(t *Thread, note string) report.Evidence {
	e := report.Evidence{Address: p.Address(t.Object), Class: p.Heap.ClassName(t.Object), Note: note, Retained: p.Heap.Retained(t.Object)}
	e.Fields = append(e.Fields, analyze.Fact("name", report.Name(t.Name)), analyze.Fact("state", report.Name(t.State)))
	for _, f := range t.Frames[:min(len(t.Frames), maxEvidenceFrames)] {
		e.Fields = append(e.Fields, analyze.Fact("at", report.Name(frameText(f))))
	}
	return e
}
