package finalizers

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of finalizer-backlog.
var (
	backlogMin  = &analyze.Threshold{Name: "objects", Default: 100, Unit: "objects", Doc: "waiting objects from which it is told; fewer are run within moments"}
	backlogWarn = &analyze.Threshold{Name: "warning", Default: 10_000, Unit: "objects", Doc: "waiting objects from which finalization is behind, however little they retain"}
)

const (
	shownFrames    = 12 // of the Finalizer thread
	shownPositions = 5  // objects at the head of the queue
)

// Backlog finds objects that wait for the Finalizer thread.
var Backlog = &analyze.Rule{
	Name:  "finalizer-backlog",
	Title: "Objects wait for the Finalizer thread",
	Doc: `When the collector finds an object with a finalize() method unreachable, it puts the object's java.lang.ref.Finalizer into
Finalizer.queue, and one low-priority thread runs finalize() on them one by one. Until then each object and all that it refers to
stays. The queue grows when that thread is slower than the program, or stuck in one finalize().

Recognised by the queue itself: Finalizer.queue → ReferenceQueue::head along Reference::next, compared with queueLength, and the
finalizers that are still pending; not by the number of Finalizer objects, which only says how many finalizable objects exist.
From 100 on it is told; a warning from 10,000 on or where the queue retains much.

Free what blocks the thread (its stack is shown); close resources in the program (try-with-resources) instead of in
finalize(); replace finalize() by java.lang.ref.Cleaner. JDK 18 and later can run with --finalization=disabled to test.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{backlogMin, backlogWarn},
	After:      []string{"timer-queue-backlog"},
	Scans:      []*analyze.Scan{Scan},
	Run:        runBacklog,
}

func runBacklog(q *analyze.Pass) error {
	p := pass{q}
	f := Of(p.Pass)
	if f.Broken != "" {
		p.Abstain(f.Broken)
	}
	p.Figure("finalizer.pending", "objects", int64(len(f.Pending)))
	p.Figure("finalizer.queued", "objects", int64(len(f.Queued)))
	waiting := append(append([]*Finalizer{}, f.Queued...), f.Pending...)
	if int64(len(waiting)) >= p.Count(backlogMin) {
		p.backlogFinding(f, waiting)
	}
	return nil
}

func (p pass) backlogFinding(f *Finalization, waiting []*Finalizer) {
	h := p.Heap
	n := int64(len(waiting))
	all := f.Waiting()
	classes := ByReferent(h, waiting)
	out := report.Finding{
		Confidence: report.Certain, Retained: p.Heap.RetainedOf(all), Objects: n,
		Facts: p.backlogFacts(f),
		Fix: []string{
			"Unblock the finalize() that the Finalizer thread is in; a finalizer must never wait.",
			"Close resources where they are used (try-with-resources), so that finalize() has nothing to do.",
			"Replace finalize() by java.lang.ref.Cleaner; JDK 18 and later: test with --finalization=disabled.",
		},
		Falsifier: "A dump taken a minute later shows a shorter queue and another object in finalize().",
	}
	out.Severity = p.Severity(out.Retained, p.Share(out.Retained))
	if n >= p.Count(backlogWarn) && out.Severity == report.Info {
		out.Severity = report.Warning
	}
	out.Story = append(out.Story, fmt.Sprintf("%s were found unreachable and wait in Finalizer.queue for their finalize() to run; most are %s. Until then each keeps all that it refers to.", analyze.Plural(n, "object"), p.ClassName(p.most(classes))))
	t := f.Thread(p.Pass)
	doing := ""
	if t != nil {
		doing = p.backlogThread(&out, t)
	}
	headline := func(what string) string {
		return fmt.Sprintf("%s wait for the Finalizer thread and retain %s%s", what, p.Of(out.Retained), doing)
	}
	out.Title = headline(analyze.Plural(n, "object"))
	out.Tables = append(out.Tables, p.ClassTable("Waiting objects by class", classes))
	p.backlogEvidence(&out, f, t)
	path := p.Holding(f.Queue, nil)
	p.Sign(&out, path, "java.lang.ref.ReferenceQueue::head", p.ClassName(p.most(classes)))
	if len(f.Queued) > 0 {
		path = p.Extend(p.Extend(path, f.Queued[0].Object), f.Queued[0].Referent)
	}
	out.Path = p.Steps(path)
	p.Claim(analyze.Claim{Finding: p.Report(out), Point: graph.NoObject, Members: all, With: headline})
}

func (p pass) backlogFacts(f *Finalization) []report.Fact {
	facts := []report.Fact{analyze.Fact("queued finalizers", report.Count(int64(len(f.Queued))))}
	if f.Length >= 0 {
		facts = append(facts, analyze.Fact("ReferenceQueue.queueLength", report.Count(f.Length)))
	}
	if len(f.Pending) > 0 {
		facts = append(facts, analyze.Fact("pending, not yet queued", report.Count(int64(len(f.Pending)))))
	}
	facts = append(facts, analyze.Fact("registered finalizers", report.Count(int64(len(f.Registered)))))
	for _, name := range []string{"finalRefCount", "peakFinalRefCount"} {
		if class, n, ok := VMCounter(p.Pass, name); ok {
			facts = append(facts, analyze.Fact(class+"."+name, report.Count(n)))
		}
	}
	return facts
}

// backlogThread adds what the Finalizer thread does, and returns it for the headline.
func (p pass) backlogThread(out *report.Finding, t *Thread) (doing string) {
	out.Facts = append(out.Facts, analyze.Fact("thread", report.Name(t.Name)))
	if s := jdk.ThreadStatus(p.Heap, t.Object); s != "" {
		out.Facts = append(out.Facts, analyze.Fact("thread state", report.Name(s)))
	}
	if t.Method != "" {
		doing = fmt.Sprintf("; thread %q is inside %s", t.Name, t.Method)
		out.Facts = append(out.Facts, analyze.Fact("inside", report.Name(t.Method)))
		out.Story = append(out.Story, fmt.Sprintf("Thread %q runs the finalizers one by one and is inside %s: nothing behind it in the queue is freed.", t.Name, t.Method))
	}
	stack := report.Table{Title: "Stack of the Finalizer thread", Columns: []string{"frame"}}
	for i, f := range t.Frames {
		if i == shownFrames {
			stack.Omitted = int64(len(t.Frames) - i)
			break
		}
		stack.Rows = append(stack.Rows, []report.Value{report.Name(jdk.FrameText(f))})
	}
	out.Tables = append(out.Tables, stack)
	return doing
}

// backlogEvidence shows the object being finalized and the first ones that wait for it.
func (p pass) backlogEvidence(out *report.Finding, f *Finalization, t *Thread) {
	show := func(o graph.Object, note string) {
		out.Evidence.Rows = append(out.Evidence.Rows, report.Evidence{Address: p.Address(o), Class: p.Heap.ClassName(o), Note: note, Retained: p.Heap.Retained(o)})
	}
	if t != nil && t.Running != graph.NoObject {
		show(t.Running, "the object being finalized")
	}
	for i, q := range f.Queued {
		if i == shownPositions {
			out.Evidence.Omitted = int64(len(f.Queued) - i)
			break
		}
		if q.Referent != graph.NoObject {
			show(q.Referent, fmt.Sprintf("position %d in the queue", i+1))
		}
	}
}
