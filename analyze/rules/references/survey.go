package references

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
)

// Scans are what a Survey and a Cleaning are made of.
func Scans() []*analyze.Scan { return []*analyze.Scan{RefScan, QueueScan, CleanerScan, ImplScan} }

// Tally counts references.
type Tally struct {
	References int64
	Set        int64 // with a referent
	Cleared    int64 // without one
	Queued     int64 // in a queue and not taken out of it, cleared or not
	Only       int64 // distinct referents that nothing stronger holds
	Retained   int64 // by these, bytes
}

// Pair is the references of one class to objects of one class.
type Pair struct {
	Kind      graph.Strength
	Reference graph.Class
	Referent  graph.Class // NoClass for references that are cleared
	Tally
}

// Queue is a ReferenceQueue.
type Queue struct {
	Object     graph.Object
	Length     int64 // its own count
	Queued     int64 // as many as its list has
	Registered int64 // references that will come here and are not here yet
	Broken     bool  // the list leads out of what the dump has, or into itself
	head       uint32
}

// Survey is what a dump has of references.
type Survey struct {
	Kinds  [graph.NumStrengths]Tally // of soft, weak and phantom references
	Pairs  []Pair                    // the most references first
	Queues []Queue                   // those that references are registered with or wait in, the longest first
	Empty  int64                     // other queues
	refs   []ref
	kinds  []graph.Strength // by class
}

// Of returns the references of the dump, once for all that ask.
func Of(p *analyze.Pass) *Survey {
	return analyze.Shared(p, "references", func() *Survey {
		s := &Survey{refs: analyze.Result[[]ref](p, RefScan), kinds: kinds(p.Heap)}
		s.queues(p)
		s.pairs(p.Heap)
		return s
	})
}

// kinds returns the strength of the referents of each class of references.
func kinds(h *graph.Heap) []graph.Strength {
	out := make([]graph.Strength, h.NumClasses())
	for class, s := range map[string]graph.Strength{
		"java.lang.ref.SoftReference": graph.Soft, "java.lang.ref.WeakReference": graph.Weak, "java.lang.ref.PhantomReference": graph.Phantom,
	} {
		for c, is := range h.Subclasses(class) {
			if is {
				out[c] = s
			}
		}
	}
	return out
}

// Kind returns the strength by which an instance of a class holds its referent, Strong for what is no reference.
func (s *Survey) Kind(c graph.Class) graph.Strength { return s.kinds[c] }

// queues finds what waits in each queue and what is registered with it.
func (s *Survey) queues(p *analyze.Pass) {
	for _, q := range analyze.Result[[]queueRow](p, QueueScan) {
		s.Queues = append(s.Queues, Queue{Object: graph.Object(q.object), Length: q.length, head: q.head})
	}
	for _, r := range s.refs {
		if i := search(s.Queues, r.queue, func(q *Queue) uint32 { return uint32(q.Object) }); i >= 0 {
			s.Queues[i].Registered++
		}
	}
	for _, name := range []string{"NULL", "NULL_QUEUE", "ENQUEUED"} { // states, not queues
		state := p.Heap.StaticRef("java.lang.ref.ReferenceQueue", name)
		s.Queues = slices.DeleteFunc(s.Queues, func(q Queue) bool { return q.Object == state })
	}
	for i := range s.Queues {
		s.walk(&s.Queues[i], func(*ref) {})
	}
	all := len(s.Queues)
	s.Queues = slices.DeleteFunc(s.Queues, func(q Queue) bool { return q.Registered == 0 && q.Queued == 0 && q.Length == 0 })
	s.Empty = int64(all - len(s.Queues))
	slices.SortStableFunc(s.Queues, func(a, b Queue) int {
		return cmp.Or(cmp.Compare(b.Queued, a.Queued), cmp.Compare(b.Registered, a.Registered))
	})
}

// walk follows a queue from its head to the one that refers to itself, and counts.
func (s *Survey) walk(q *Queue, fn func(*ref)) {
	q.Queued, q.Broken = 0, false
	for at := q.head; at != none; {
		i := search(s.refs, at, func(r *ref) uint32 { return r.object })
		if i < 0 || q.Queued == int64(len(s.refs)) {
			q.Broken = at == lost || q.Queued > 0 // another kind of reference: Finalizer.queue
			return
		}
		q.Queued++
		fn(&s.refs[i])
		if s.refs[i].next == at {
			return
		}
		at = s.refs[i].next
	}
}

// Waiting returns the references in a queue, the next to be taken first.
func (s *Survey) Waiting(q *Queue) []graph.Object {
	var out []graph.Object
	one := *q
	s.walk(&one, func(r *ref) { out = append(out, refObject(*r)) })
	return out
}

// pairs counts references by class and class of referent. What hangs under the virtual root by a weaker strength begins at the
// referents: so each such byte belongs to one of them, or to several of them together.
func (s *Survey) pairs(h *graph.Heap) {
	enqueued := h.StaticRef("java.lang.ref.ReferenceQueue", "ENQUEUED")
	var seen analyze.BitSet
	if len(s.refs) > 0 {
		seen = analyze.NewBitSet(h)
	}
	type key struct{ reference, referent graph.Class }
	at := map[key]int{}
	last, lastAt := key{graph.NoClass, graph.NoClass}, -1
	for _, r := range s.refs {
		k := key{h.ClassOf(refObject(r)), graph.NoClass}
		kind := s.kinds[k.reference]
		o := object(r.referent)
		if o != graph.NoObject {
			k.referent = h.ClassOf(o)
		}
		i := lastAt
		if k != last || i < 0 {
			var ok bool
			if i, ok = at[k]; !ok {
				i = len(s.Pairs)
				at[k] = i
				s.Pairs = append(s.Pairs, Pair{Kind: kind, Reference: k.reference, Referent: k.referent})
			}
			last, lastAt = k, i
		}
		t := Tally{References: 1}
		if r.referent == none {
			t.Cleared = 1
		} else {
			t.Set = 1
		}
		if r.queue != none && object(r.queue) == enqueued {
			t.Queued = 1
		}
		if o != graph.NoObject && h.Strength(o) == kind && seen.Add(o) {
			t.Only = 1
			if h.Idom(o) == graph.NoObject {
				t.Retained = h.Retained(o)
			}
		}
		s.Pairs[i].add(t)
		s.Kinds[kind].add(t)
	}
	slices.SortFunc(s.Pairs, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(b.References, a.References), cmp.Compare(h.Class(a.Reference).Name, h.Class(b.Reference).Name),
			cmp.Compare(className(h, a.Referent), className(h, b.Referent)), cmp.Compare(a.Reference, b.Reference), cmp.Compare(a.Referent, b.Referent))
	})
}

func (t *Tally) add(u Tally) {
	t.References += u.References
	t.Set += u.Set
	t.Cleared += u.Cleared
	t.Queued += u.Queued
	t.Only += u.Only
	t.Retained += u.Retained
}

// className returns the name of a class, "" for none.
func className(h *graph.Heap, c graph.Class) string {
	if c == graph.NoClass {
		return ""
	}
	return h.Class(c).Name
}
