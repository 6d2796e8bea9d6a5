package references

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of reference-queue-not-drained.
var (
	queueTold = &analyze.Threshold{Name: "references", Default: 10_000, Unit: "references", Doc: "a queue with fewer is one at work between two collections"}
	queueWarn = &analyze.Threshold{Name: "warning", Default: 100_000, Unit: "references", Doc: "so many that wait are a warning, however little they retain"}
)

// QueueNotDrained finds reference queues that nobody takes from.
var QueueNotDrained = &analyze.Rule{
	Name:  "reference-queue-not-drained",
	Title: "References pile up in a ReferenceQueue",
	Doc: `The collector puts a reference into its ReferenceQueue when it has cleared it. Somebody has to take it out (poll, remove) and to throw away
what goes with it: the entry of a map, native memory, a file. Where nobody does, or too seldom, the references stay, and all that their
own fields hold, though what they referred to is long gone.

Recognised by the list of each ReferenceQueue, from head along Reference::next to the reference that is its own next, and its queueLength.
The Finalizer's queue and those of Cleaners have rules of their own. Told from 10,000 references on.

Take from the queue whenever something is put into the map or pool that it belongs to, or in a thread of its own. A WeakHashMap does so
in nearly every method: touch it, or do not keep it when it is not used.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{queueTold, queueWarn},
	Scans:      Scans(),
	Run:        runQueues,
}

func runQueues(p *analyze.Pass) error {
	s, cleaning := Of(p), CleanersOf(p)
	for i := range s.Queues {
		q := &s.Queues[i]
		if q.Queued < p.Count(queueTold) || cleaning.IsCleaners(q.Object) {
			continue
		}
		queueFinding(p, s, q)
	}
	return nil
}

func queueFinding(p *analyze.Pass, s *Survey, q *Queue) {
	waiting := analyze.NewSet(s.Waiting(q))
	if len(waiting) == 0 {
		return
	}
	classes := map[graph.Class]int64{}
	for _, o := range waiting {
		classes[p.Heap.ClassOf(o)]++
	}
	most := p.ClassName(analyze.ByCount(classes, analyze.Same, p.ClassName)[0])
	retained := p.Heap.RetainedOf(waiting)
	owner := s.OwnerText(p, q.Object)
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: q.Queued,
		Title: fmt.Sprintf("%s references wait in the queue %s, most of them %s, and nobody takes them out; they retain %s",
			analyze.Number(q.Queued), owner, most, p.Of(retained)),
		Facts: []report.Fact{
			analyze.Fact("queue", report.Name(owner)), analyze.Fact("references in the queue", report.Count(q.Queued)),
			analyze.Fact("its own count (queueLength)", report.Count(q.Length)), analyze.Fact("registered, not in the queue yet", report.Count(q.Registered)),
		},
		Fix: []string{
			fmt.Sprintf("Take references out of %s (ReferenceQueue.poll) whenever something is added to what it belongs to, or in a thread (remove).", owner),
			"Throw away what belongs to a reference when it is taken out: the entry, the buffer, the file.",
		},
		Falsifier: "The collection just before the dump put them there, and a later dump has fewer.",
	}
	if q.Queued >= p.Count(queueWarn) {
		f.Severity = analyze.AtLeast(f.Severity, report.Warning)
	}
	if q.Broken {
		f.Confidence = report.Likely
		f.Story = append(f.Story, "The list leads out of what the dump has, so there may be more.")
	}
	f.Tables = append(f.Tables, p.ClassTable("References in the queue", classes))
	path := s.Owner(p, q.Object)
	f.Path = p.Steps(path)
	p.Sign(&f, path, "java.lang.ref.ReferenceQueue::head", most)
	if c := p.MemberOf(waiting[0]); c != nil {
		p.Join(c.Finding, f.Title, f.Facts...)
		return
	}
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: q.Object, Members: waiting})
}
