package finalizers

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// finalizer is a java.lang.ref.Finalizer, one for each object with a finalize() method.
type finalizer struct {
	object, referent graph.Object
	queueNext        graph.Object // Reference::next: the queue's link; itself at the tail, when pending, and once taken off
	next             graph.Object // Finalizer::next: the list of the registered; itself once taken out to be run
}

// registered reports whether it is in the unfinalized list.
func (f *finalizer) registered() bool { return f.next != f.object }

// finalizerScan collects all finalizers.
var finalizerScan = &analyze.Scan{Name: "finalizers", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.lang.ref.Finalizer"
	referent, ok1 := b.Need("java.lang.ref.Reference", "referent")
	queueNext, ok2 := b.Need("java.lang.ref.Reference", "next")
	next, ok3 := b.Need(class, "next")
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	return &analyze.Rows[finalizer]{
		Wanted: b.Subclasses(class),
		Read: func(v *graph.View) finalizer {
			return finalizer{v.Object, v.Ref(referent), v.Ref(queueNext), v.Ref(next)}
		},
		Object: finalizerObject,
	}
}}

func finalizerObject(f finalizer) graph.Object { return f.object }

// finalization is the state of all finalizers.
type finalization struct {
	all        []finalizer
	registered []*finalizer // along Finalizer.unfinalized, in its order
	queued     []*finalizer // along Finalizer.queue, the next to be run first
	pending    []*finalizer // found unreachable by the collector, not yet in the queue
	running    []*finalizer // taken off the queue, not yet done
	queue      graph.Object // Finalizer.queue
	length     int64        // its queueLength, -1 when the dump lacks it
	broken     string       // why a list ended before its end
}

// finalizers sorts the finalizers of the dump by what becomes of them.
func (p pass) finalizers() *finalization {
	return analyze.Shared(p.Pass, "finalization", func() *finalization {
		f := &finalization{all: analyze.Result[[]finalizer](p.Pass, finalizerScan), length: -1}
		f.walkQueue(p.Heap)
		f.walkRegistered(p.Heap)
		waiting := make([]graph.Object, len(f.queued))
		for i, q := range f.queued {
			waiting[i] = q.object
		}
		queued := analyze.NewSet(waiting)
		for i := range f.all {
			x := &f.all[i]
			switch {
			case x.queueNext == graph.NoObject || x.referent == graph.NoObject || queued.Has(x.object):
			case x.registered():
				f.pending = append(f.pending, x)
			default:
				f.running = append(f.running, x)
			}
		}
		return f
	})
}

// walkQueue follows Finalizer.queue → ReferenceQueue::head along Reference::next to the one that refers to itself.
func (f *finalization) walkQueue(h *graph.Heap) {
	f.queue = h.StaticRef("java.lang.ref.Finalizer", "queue")
	c := h.Cursor()
	if !c.Load(f.queue) {
		return
	}
	if n, ok := h.FindField(c.Class, "queueLength"); ok {
		f.length = c.Int(n)
	}
	head, ok := h.FindField(c.Class, "head")
	if !ok {
		f.broken = "unknown version of java.lang.ref.ReferenceQueue: it has no field head"
		return
	}
	o := c.Ref(head)
	for o != graph.NoObject {
		x := analyze.RowOf(f.all, o, finalizerObject)
		if x == nil || len(f.queued) == len(f.all) {
			f.broken = "the queue of finalizers leads out of what the dump has"
			return
		}
		f.queued = append(f.queued, x)
		if x.queueNext == o {
			return
		}
		o = x.queueNext
	}
}

// walkRegistered follows Finalizer.unfinalized along Finalizer::next. Where a link is missing, all that are linked count.
func (f *finalization) walkRegistered(h *graph.Heap) {
	linked := 0
	for i := range f.all {
		if f.all[i].registered() {
			linked++
		}
	}
	o := h.StaticRef("java.lang.ref.Finalizer", "unfinalized")
	for range linked {
		x := analyze.RowOf(f.all, o, finalizerObject)
		if x == nil || !x.registered() {
			break
		}
		f.registered = append(f.registered, x)
		o = x.next
	}
	if len(f.registered) == linked {
		return
	}
	f.registered = f.registered[:0]
	for i := range f.all {
		if f.all[i].registered() {
			f.registered = append(f.registered, &f.all[i])
		}
	}
}

// referents returns what finalizers refer to.
func referents(fs []*finalizer) analyze.ObjectSet {
	var out []graph.Object
	for _, f := range fs {
		if f.referent != graph.NoObject {
			out = append(out, f.referent)
		}
	}
	return analyze.NewSet(out)
}

// finalizerThread is what the dump says of the thread that runs finalizers.
type finalizerThread struct {
	*graph.Thread
	name    string
	method  string       // the finalize method it is in, "" for none
	running graph.Object // whose finalize() it is, NoObject when the dump does not tell
}

// finalizerThread finds the thread by its class. The object being finalized is the receiver among the locals of the frame;
// a compiled frame may not keep it, then it is what the one finalizer that was taken off the queue refers to.
func (p pass) finalizerThread(f *finalization) *finalizerThread {
	h := p.Heap
	is := h.Subclasses("java.lang.ref.Finalizer$FinalizerThread")
	threads := h.Threads()
	i := slices.IndexFunc(threads, func(t graph.Thread) bool { return is[h.ClassOf(t.Object)] })
	if i < 0 {
		return nil
	}
	t := &finalizerThread{Thread: &threads[i], name: jdk.ThreadName(h, threads[i].Object), running: graph.NoObject}
	n := slices.IndexFunc(t.Frames, func(f graph.Frame) bool { return f.Method == "finalize" })
	if n < 0 {
		return t
	}
	t.method = t.Frames[n].Class + ".finalize"
	for _, l := range h.Locals(t.Object) {
		if int(l.Frame) == n && p.IsA(l.Object, t.Frames[n].Class) {
			t.running = l.Object
			return t
		}
	}
	if len(f.running) == 1 && p.IsA(f.running[0].referent, t.Frames[n].Class) {
		t.running = f.running[0].referent
	}
	return t
}

// vmCounter reads a counter that the JVM itself keeps of objects that wait for finalization: finalRefCount, peakFinalRefCount.
func (p pass) vmCounter(name string) (class string, n int64, ok bool) {
	for _, class := range []string{"jdk.internal.misc.VM", "sun.misc.VM"} {
		for _, c := range p.Heap.ClassesByName(class) {
			if v, _, ok := p.Heap.Static(c, name); ok {
				return class, int64(int32(v)), true
			}
		}
	}
	return "", 0, false
}

// byReferent counts finalizers by the class of what they refer to.
func byReferent(h *graph.Heap, fs []*finalizer) map[graph.Class]int64 {
	m := map[graph.Class]int64{}
	for _, f := range fs {
		if f.referent != graph.NoObject {
			m[h.ClassOf(f.referent)]++
		}
	}
	return m
}

// most returns the class counted most, NoClass for none.
func (p pass) most(m map[graph.Class]int64) graph.Class {
	best := graph.NoClass
	for c, n := range m {
		if best == graph.NoClass || cmp.Or(cmp.Compare(n, m[best]), cmp.Compare(p.ClassName(best), p.ClassName(c))) > 0 {
			best = c
		}
	}
	return best
}
