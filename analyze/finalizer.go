package analyze

import (
	"fmt"
	"slices"

	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of the finalizer rules.
const (
	backlogMin         = 100 // fewer queued finalizers are run within moments
	backlogWarn        = 10000
	backlogErrorShare  = 0.25
	backlogErrorBytes  = 64 << 20
	registeredMin      = 1000
	holderSampleFrames = 12 // frames of the Finalizer thread that are shown
)

// FinalizerBacklog finds objects that wait for the Finalizer thread.
var FinalizerBacklog = &Rule{
	Name:  backlogRule,
	Title: "Objects wait for the Finalizer thread",
	Doc: `When the collector finds an object with a finalize() method unreachable, it puts the object's java.lang.ref.Finalizer into
Finalizer.queue, and one low-priority thread runs finalize() on them one by one. Until then each object and all that it refers to
stays. The queue grows when that thread is slower than the program, or stuck in one finalize().

Recognised by the queue itself: Finalizer.queue → ReferenceQueue.head along Reference::next, compared with queueLength; not by the
number of Finalizer objects, which only says how many finalizable objects exist.

Free what blocks the thread (its stack is shown); close resources in the program (try-with-resources) instead of in
finalize(); replace finalize() by java.lang.ref.Cleaner. JDK 18 and later can run with --finalization=disabled to test.`,
	Max:      report.Error,
	Requires: []*Rule{TimerQueueBacklog},
	Run:      runBacklog,
}

// FinalizerRegistered tells which finalizable objects exist and who else holds them. It is never an alarm by itself.
var FinalizerRegistered = &Rule{
	Name:  registeredRule,
	Title: "Finalizable objects that are registered, and who else holds them",
	Doc: `Each object of a class with a finalize() method has a java.lang.ref.Finalizer in the list Finalizer.unfinalized from its
construction on. A long list is no backlog: it says that many such objects are alive. What keeps them alive is somebody else.

Recognised by the list along Finalizer::next; for each class of referents the other holders are counted.

Look at the other holder; the Finalizer itself costs some 40 bytes and one more collection.`,
	Max:      report.Info,
	Requires: []*Rule{TimerQueueBacklog, FinalizerBacklog, JDBCStatementRetained},
	Run:      runRegistered,
}

// finalizerThread is what the dump says of the thread "Finalizer".
type finalizerThread struct {
	thread  *graph.Thread
	running graph.Object // the object whose finalize() runs
	method  string       // Class.finalize
}

func (p *Pass) finalizerThread() *finalizerThread {
	h := p.Heap
	is := h.Subclasses("java.lang.ref.Finalizer$FinalizerThread")
	ts := h.Threads()
	for i := range ts {
		t := &ts[i]
		if !is[h.ClassOf(t.Object)] {
			continue
		}
		ft := &finalizerThread{thread: t, running: graph.NoObject}
		for n, f := range t.Frames {
			if f.Method != "finalize" {
				continue
			}
			ft.method = f.Class + ".finalize"
			for _, l := range h.Locals(t.Object) {
				if int(l.Frame) == n && p.hasSuper(l.Object, f.Class) {
					ft.running = l.Object
					break
				}
			}
			break
		}
		return ft
	}
	return nil
}

func (p *Pass) hasSuper(o graph.Object, class string) bool {
	for _, c := range p.Heap.ClassesByName(class) {
		if p.Heap.IsA(p.Heap.ClassOf(o), c) {
			return true
		}
	}
	return false
}

// queueLength reads ReferenceQueue.queueLength of Finalizer.queue, -1 when the dump does not have it.
func (p *Pass) queueLength() (queue graph.Object, n int64) {
	h := p.Heap
	queue = h.StaticRef("java.lang.ref.Finalizer", "queue")
	f, ok := h.FindField(classOf(h, queue), "queueLength")
	c := h.Cursor()
	if !ok || !c.Load(queue) {
		return queue, -1
	}
	return queue, c.Int(f)
}

func classOf(h *graph.Heap, o graph.Object) graph.Class {
	if o == graph.NoObject {
		return graph.NoClass
	}
	return h.ClassOf(o)
}

// queuedFinalizers walks Finalizer.queue from its head along Reference::next to the element that refers to itself.
func (p *Pass) queuedFinalizers() []*finalizer {
	h, f := p.Heap, p.Facts
	queue, _ := p.queueLength()
	head, ok := h.FindField(classOf(h, queue), "head")
	c := h.Cursor()
	if !ok || !c.Load(queue) {
		return nil
	}
	var out []*finalizer
	o := c.Ref(head)
	for range len(f.finalizers) {
		i, ok := slices.BinarySearchFunc(f.finalizers, o, func(x finalizer, o graph.Object) int {
			switch {
			case x.object < o:
				return -1
			case x.object > o:
				return 1
			}
			return 0
		})
		if !ok {
			break
		}
		x := &f.finalizers[i]
		out = append(out, x)
		if x.next == o || x.next == graph.NoObject {
			break
		}
		o = x.next
	}
	return out
}

func runBacklog(p *Pass) error {
	h := p.Heap
	queued := p.queuedFinalizers()
	if len(queued) < backlogMin {
		return nil
	}
	_, length := p.queueLength()
	classes := map[string]int64{}
	members := map[graph.Object]bool{}
	var finalizers []graph.Object
	for _, x := range queued {
		finalizers = append(finalizers, x.object)
		if x.referent != graph.NoObject {
			classes[h.ClassName(x.referent)]++
			members[x.referent] = true
		}
	}
	retained := h.RetainedOf(finalizers)
	n := int64(len(queued))
	f := report.Finding{
		Severity: report.Warning, Confidence: report.Certain, Retained: retained, Objects: n,
		Fix: []string{
			"Unblock the finalize() that the Finalizer thread is in; a finalizer must never wait.",
			"Close resources where they are used (try-with-resources), so that finalize() has nothing to do.",
			"Replace finalize() by java.lang.ref.Cleaner; JDK 18+: test with --finalization=disabled.",
		},
		Falsifier: "A dump taken a minute later shows a shorter queue and another object in finalize().",
	}
	if n < backlogWarn && p.Share(retained) < p.Options.Threshold {
		f.Severity = report.Info
	} else if p.Share(retained) >= backlogErrorShare && retained >= backlogErrorBytes {
		f.Severity = report.Error
	}
	ft := p.finalizerThread()
	title := fmt.Sprintf("%s objects wait for the Finalizer thread and retain %s", number(n), size(retained))
	anchor := "thread Finalizer"
	f.Facts = []report.Fact{{Label: "queued finalizers", Value: report.Count(n)}, {Label: "ReferenceQueue.queueLength", Value: report.Count(length)}, {Label: "registered finalizers", Value: report.Count(p.Facts.registered)}}
	if ft != nil && ft.method != "" {
		name := threadName(h, ft.thread.Object)
		title += fmt.Sprintf("; thread %q is inside %s", name, ft.method)
		anchor += " in " + normalName(ft.method)
		f.Facts = append(f.Facts, report.Fact{Label: "thread", Value: report.Name(name)}, report.Fact{Label: "inside", Value: report.Name(ft.method)})
		if s := threadStatus(h, ft.thread.Object); s != "" {
			f.Facts = append(f.Facts, report.Fact{Label: "thread state", Value: report.Name(s)})
		}
		if ft.running != graph.NoObject {
			f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{Address: p.address(ft.running), Class: h.ClassName(ft.running), Note: "the object being finalized", Retained: h.Retained(ft.running)})
		}
		f.Story = append(f.Story, fmt.Sprintf("Thread %q runs the finalizers one by one and is in %s: nothing behind it in the queue is freed.", name, ft.method))
	}
	f.Title = title
	if ft != nil {
		tab := report.Table{Title: "Stack of the Finalizer thread", Columns: []string{"frame"}}
		for i, fr := range ft.thread.Frames {
			if i == holderSampleFrames {
				tab.Omitted = int64(len(ft.thread.Frames) - i)
				break
			}
			tab.Rows = append(tab.Rows, []report.Value{report.Name(frameText(fr))})
		}
		f.Tables = append(f.Tables, tab)
	}
	f.Tables = append(f.Tables, countTable("Queued objects by class", "class", classes))
	var path []graph.Step
	if queue, _ := p.queueLength(); queue != graph.NoObject {
		path, _ = h.Path(queue)
		f.Path = p.run.steps(path)
	}
	p.run.sign(&f, backlogRule, nil, anchor, firstKey(classes))
	f.Anchor = anchor
	p.Report(f)
	p.claim(graph.NoObject, members)
	for _, x := range finalizers {
		members[x] = true
	}
	return nil
}

func firstKey(m map[string]int64) string {
	if k := byCount(m, func(n int64) int64 { return n }); len(k) > 0 {
		return normalName(k[0])
	}
	return ""
}

func countTable(title, what string, m map[string]int64) report.Table {
	t := report.Table{Title: title, Columns: []string{what, "objects"}}
	for _, k := range byCount(m, func(n int64) int64 { return n }) {
		t.Rows = append(t.Rows, []report.Value{report.Name(k), report.Count(m[k])})
	}
	capTable(&t)
	return t
}

func runRegistered(p *Pass) error {
	h, f := p.Heap, p.Facts
	if f.registered < registeredMin {
		return nil
	}
	classes := map[string]int64{}
	holders := map[string]map[string]int64{}
	alone := map[string]int64{}
	shared := map[*report.Finding]int64{}
	var buf []graph.Object
	for i := range f.finalizers {
		x := &f.finalizers[i]
		if !x.linked || x.referent == graph.NoObject {
			continue
		}
		name := h.ClassName(x.referent)
		classes[name]++
		buf = p.externalHolders(x.referent, buf[:0])
		if len(buf) == 0 {
			alone[name]++
		}
		if holders[name] == nil {
			holders[name] = map[string]int64{}
		}
		seen := map[string]bool{}
		for _, u := range buf {
			if c := h.ClassName(u); !seen[c] {
				seen[c] = true
				holders[name][c]++
			}
		}
		for _, c := range f.claims {
			if c.members[x.referent] {
				shared[p.run.findings[c.index]]++
				break
			}
		}
	}
	_, length := p.queueLength()
	lag := fmt.Sprintf("%s finalizable objects are registered and %s are queued: ", number(f.registered), number(f.queued))
	if f.queued*100 < f.registered {
		lag += "finalization is not behind."
	} else {
		lag += "finalization is behind."
	}
	facts := []report.Fact{{Label: "finalizers registered", Value: report.Count(f.registered)}, {Label: "finalizers queued", Value: report.Count(f.queued)}}
	if length >= 0 {
		facts = append(facts, report.Fact{Label: "ReferenceQueue.queueLength", Value: report.Count(length)})
	}
	facts = append(facts, p.vmCounters()...)
	tab := report.Table{Title: "Registered objects by class, and who else holds them", Columns: []string{"class", "objects", "only finalization", "held by", "objects"}}
	for _, c := range byCount(classes, func(n int64) int64 { return n }) {
		hs := byCount(holders[c], func(n int64) int64 { return n })
		by, n := "", int64(0)
		if len(hs) > 0 {
			by, n = hs[0], holders[c][hs[0]]
		}
		tab.Rows = append(tab.Rows, []report.Value{report.Name(c), report.Count(classes[c]), report.Count(alone[c]), report.Name(by), report.Count(n)})
	}
	capTable(&tab)
	for _, fd := range p.run.findings {
		if n := shared[fd]; n*2 > f.registered {
			p.Join(fd, lag, facts...)
			fd.Tables = append(fd.Tables, tab)
			return nil
		}
	}
	out := report.Finding{
		Severity: report.Info, Confidence: report.Certain, Objects: f.registered, Facts: facts, Tables: []report.Table{tab},
		Title: lag, Story: []string{"A registered finalizer is no backlog: these objects are alive because somebody else holds them, or were unreachable only for moments."},
		Fix:       []string{"Look at the other holder of each class; close resources where they are used."},
		Falsifier: "The objects have no other holder and the queue grows.",
	}
	p.run.sign(&out, registeredRule, nil, firstKey(classes))
	p.Report(out)
	return nil
}

// externalHolders appends the objects that refer to o, but for Finalizers and for what o itself dominates.
func (p *Pass) externalHolders(o graph.Object, buf []graph.Object) []graph.Object {
	h := p.Heap
	all := h.In(o, nil)
	for _, u := range all {
		if h.ClassName(u) == "java.lang.ref.Finalizer" || p.within(o, u) {
			continue
		}
		buf = append(buf, u)
	}
	return buf
}

// within reports whether o dominates u, looking a few steps up: back references come from near.
func (p *Pass) within(o, u graph.Object) bool {
	for range 8 {
		if u == graph.NoObject {
			return false
		}
		if u == o {
			return true
		}
		u = p.Heap.Idom(u)
	}
	return false
}

// vmCounters reads the JVM's own counters of objects that wait for finalization.
func (p *Pass) vmCounters() []report.Fact {
	h := p.Heap
	var out []report.Fact
	for _, class := range []string{"jdk.internal.misc.VM", "sun.misc.VM"} {
		for _, c := range h.ClassesByName(class) {
			for _, name := range []string{"finalRefCount", "peakFinalRefCount"} {
				if v, _, ok := h.Static(c, name); ok {
					out = append(out, report.Fact{Label: class + "." + name, Value: report.Count(int64(int32(v)))})
				}
			}
		}
	}
	return out
}
