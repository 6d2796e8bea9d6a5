package finalizers

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// Finalizer is a java.lang.ref.Finalizer, one for each object with a finalize() method.
type Finalizer struct {
	Object, Referent graph.Object
	QueueNext        graph.Object // Reference::next: the queue's link; itself at the tail, when pending, and once taken off
	Next             graph.Object // Finalizer::next: the list of the registered; itself once taken out to be run
}

// registered reports whether it is in the unfinalized list.
func (f *Finalizer) registered() bool { return f.Next != f.Object }

// Scan collects all finalizers.
var Scan = &analyze.Scan{Name: "finalizers", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.lang.ref.Finalizer"
	referent, ok1 := b.Need("java.lang.ref.Reference", "referent")
	queueNext, ok2 := b.Need("java.lang.ref.Reference", "next")
	next, ok3 := b.Need(class, "next")
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	return &analyze.Rows[Finalizer]{
		Wanted: b.Subclasses(class),
		Read: func(v *graph.View) Finalizer {
			return Finalizer{v.Object, v.Ref(referent), v.Ref(queueNext), v.Ref(next)}
		},
		Object: finalizerObject,
	}
}}

func finalizerObject(f Finalizer) graph.Object { return f.Object }

// Finalization is the state of all finalizers.
type Finalization struct {
	All        []Finalizer
	Registered []*Finalizer // along Finalizer.unfinalized, in its order
	Queued     []*Finalizer // along Finalizer.queue, the next to be run first
	Pending    []*Finalizer // found unreachable by the collector, not yet in the queue
	Running    []*Finalizer // taken off the queue, not yet done
	Queue      graph.Object // Finalizer.queue
	Length     int64        // its queueLength, -1 when the dump lacks it
	Broken     string       // why a list ended before its end
}

// Of sorts the finalizers of the dump by what becomes of them.
func Of(p *analyze.Pass) *Finalization {
	return analyze.Shared(p, "finalization", func() *Finalization {
		f := &Finalization{All: analyze.Result[[]Finalizer](p, Scan), Length: -1}
		f.walkQueue(p.Heap)
		f.walkRegistered(p.Heap)
		waiting := make([]graph.Object, len(f.Queued))
		for i, q := range f.Queued {
			waiting[i] = q.Object
		}
		queued := analyze.NewSet(waiting)
		for i := range f.All {
			x := &f.All[i]
			switch {
			case x.QueueNext == graph.NoObject || x.Referent == graph.NoObject || queued.Has(x.Object):
			case x.registered():
				f.Pending = append(f.Pending, x)
			default:
				f.Running = append(f.Running, x)
			}
		}
		return f
	})
}

// walkQueue follows Finalizer.queue → ReferenceQueue::head along Reference::next to the one that refers to itself.
func (f *Finalization) walkQueue(h *graph.Heap) {
	f.Queue = h.StaticRef("java.lang.ref.Finalizer", "queue")
	c := h.Cursor()
	if !c.Load(f.Queue) {
		return
	}
	if n, ok := h.FindField(c.Class, "queueLength"); ok {
		f.Length = c.Int(n)
	}
	head, ok := h.FindField(c.Class, "head")
	if !ok {
		f.Broken = "unknown version of java.lang.ref.ReferenceQueue: it has no field head"
		return
	}
	o := c.Ref(head)
	for o != graph.NoObject {
		x := analyze.RowOf(f.All, o, finalizerObject)
		if x == nil || len(f.Queued) == len(f.All) {
			f.Broken = "the queue of finalizers leads out of what the dump has"
			return
		}
		f.Queued = append(f.Queued, x)
		if x.QueueNext == o {
			return
		}
		o = x.QueueNext
	}
}

// walkRegistered follows Finalizer.unfinalized along Finalizer::next. Where a link is missing, all that are linked count.
func (f *Finalization) walkRegistered(h *graph.Heap) {
	linked := 0
	for i := range f.All {
		if f.All[i].registered() {
			linked++
		}
	}
	o := h.StaticRef("java.lang.ref.Finalizer", "unfinalized")
	for range linked {
		x := analyze.RowOf(f.All, o, finalizerObject)
		if x == nil || !x.registered() {
			break
		}
		f.Registered = append(f.Registered, x)
		o = x.Next
	}
	if len(f.Registered) == linked {
		return
	}
	f.Registered = f.Registered[:0]
	for i := range f.All {
		if f.All[i].registered() {
			f.Registered = append(f.Registered, &f.All[i])
		}
	}
}

// Waiting returns the finalizers that are queued or pending, with what they refer to.
func (f *Finalization) Waiting() analyze.ObjectSet {
	waiting := append(append([]*Finalizer{}, f.Queued...), f.Pending...)
	objects := referents(waiting)
	members := make([]graph.Object, 0, len(waiting)+len(objects))
	for _, x := range waiting {
		members = append(members, x.Object)
	}
	return analyze.NewSet(append(members, objects...))
}

// referents returns what finalizers refer to.
func referents(fs []*Finalizer) analyze.ObjectSet {
	var out []graph.Object
	for _, f := range fs {
		if f.Referent != graph.NoObject {
			out = append(out, f.Referent)
		}
	}
	return analyze.NewSet(out)
}

// Thread is what the dump says of the thread that runs finalizers.
type Thread struct {
	*graph.Thread
	Name    string
	Method  string       // the finalize method it is in, "" for none
	Running graph.Object // whose finalize() it is, NoObject when the dump does not tell
}

// Thread finds the thread by its class. The object being finalized is the receiver among the locals of the frame;
// a compiled frame may not keep it, then it is what the one finalizer that was taken off the queue refers to.
func (f *Finalization) Thread(p *analyze.Pass) *Thread {
	h := p.Heap
	is := h.Subclasses("java.lang.ref.Finalizer$FinalizerThread")
	threads := h.Threads()
	i := slices.IndexFunc(threads, func(t graph.Thread) bool { return is[h.ClassOf(t.Object)] })
	if i < 0 {
		return nil
	}
	t := &Thread{Thread: &threads[i], Name: jdk.ThreadName(h, threads[i].Object), Running: graph.NoObject}
	n := slices.IndexFunc(t.Frames, func(f graph.Frame) bool { return f.Method == "finalize" })
	if n < 0 {
		return t
	}
	t.Method = t.Frames[n].Class + ".finalize"
	for _, l := range h.Locals(t.Object) {
		if int(l.Frame) == n && p.IsA(l.Object, t.Frames[n].Class) {
			t.Running = l.Object
			return t
		}
	}
	if len(f.Running) == 1 && p.IsA(f.Running[0].Referent, t.Frames[n].Class) {
		t.Running = f.Running[0].Referent
	}
	return t
}

// VMCounter reads a counter that the JVM itself keeps of objects that wait for finalization: finalRefCount, peakFinalRefCount.
func VMCounter(p *analyze.Pass, name string) (class string, n int64, ok bool) {
	for _, class := range []string{"jdk.internal.misc.VM", "sun.misc.VM"} {
		for _, c := range p.Heap.ClassesByName(class) {
			if v, _, ok := p.Heap.Static(c, name); ok {
				return class, int64(int32(v)), true
			}
		}
	}
	return "", 0, false
}

// ByReferent counts finalizers by the class of what they refer to.
func ByReferent(h *graph.Heap, fs []*Finalizer) map[graph.Class]int64 {
	m := map[graph.Class]int64{}
	for _, f := range fs {
		if f.Referent != graph.NoObject {
			m[h.ClassOf(f.Referent)]++
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
