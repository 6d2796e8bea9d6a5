package references

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
)

// CleanerClass counts the cleaners of one class that do the same.
type CleanerClass struct {
	Cleaner    graph.Class
	Action     graph.Class // of what they run; NoClass where the class of the cleaner says it
	Registered int64       // have not run
	Done       int64       // ran or were removed
	First      graph.Object
}

// Cleaner is a java.lang.ref.Cleaner: a list of what is registered, a queue and a thread.
type Cleaner struct {
	Object     graph.Object // the CleanerImpl
	Queue      graph.Object
	Registered int64
	Queued     int64
	Broken     bool
	Thread     *graph.Thread // that runs the actions, nil when the dump does not tell
}

// Cleaning is what a dump has of cleaners.
type Cleaning struct {
	Classes  []CleanerClass // the most registered first
	Cleaners []Cleaner
}

// Registered returns how many cleaners have not run.
func (c *Cleaning) Registered() (n int64) {
	for _, k := range c.Classes {
		n += k.Registered
	}
	return n
}

// CleanersOf returns the cleaners of the dump.
func CleanersOf(p *analyze.Pass) *Cleaning {
	return analyze.Shared(p, "cleaners", func() *Cleaning {
		c := &Cleaning{}
		rows := analyze.Result[[]cleaner](p, CleanerScan)
		c.classes(p.Heap, rows)
		c.cleaners(p, rows)
		return c
	})
}

func (c *Cleaning) classes(h *graph.Heap, rows []cleaner) {
	type key struct{ cleaner, action graph.Class }
	at := map[key]int{}
	for _, r := range rows {
		if r.head() {
			continue
		}
		k := key{h.ClassOf(graph.Object(r.object)), graph.NoClass}
		if a := object(r.action); a != graph.NoObject {
			k.action = h.ClassOf(a)
		}
		i, ok := at[k]
		if !ok {
			i = len(c.Classes)
			at[k] = i
			c.Classes = append(c.Classes, CleanerClass{Cleaner: k.cleaner, Action: k.action, First: graph.Object(r.object)})
		}
		if r.linked {
			c.Classes[i].Registered++
		} else {
			c.Classes[i].Done++
		}
	}
	slices.SortFunc(c.Classes, func(a, b CleanerClass) int {
		return cmp.Or(cmp.Compare(b.Registered, a.Registered), cmp.Compare(className(h, a.Action), className(h, b.Action)),
			cmp.Compare(h.Class(a.Cleaner).Name, h.Class(b.Cleaner).Name), cmp.Compare(a.First, b.First))
	})
}

// head reports whether a row is the head of a ring, which cleans nothing: before JDK 25 a Cleaner's list begins with one of its
// own kind.
func (c cleaner) head() bool { return c.list == c.object }

// cleaners finds the list, the queue and the thread of each java.lang.ref.Cleaner.
func (c *Cleaning) cleaners(p *analyze.Pass, rows []cleaner) {
	registered := map[uint32]int64{}
	for _, x := range rows {
		if x.linked && !x.head() {
			registered[x.list]++
		}
	}
	queues := map[graph.Object]*Queue{}
	s := Of(p)
	for i := range s.Queues {
		queues[s.Queues[i].Object] = &s.Queues[i]
	}
	threads := threadsByLocal(p.Heap, "jdk.internal.ref.CleanerImpl")
	for _, r := range analyze.Result[[]implRow](p, ImplScan) {
		one := Cleaner{Object: graph.Object(r.object), Queue: object(r.queue), Registered: registered[r.list], Thread: threads[graph.Object(r.object)]}
		if q := queues[one.Queue]; q != nil {
			one.Queued, one.Broken = q.Queued, q.Broken
		}
		c.Cleaners = append(c.Cleaners, one)
	}
	slices.SortStableFunc(c.Cleaners, func(a, b Cleaner) int {
		return cmp.Or(cmp.Compare(b.Queued, a.Queued), cmp.Compare(b.Registered, a.Registered))
	})
}

// IsCleaners reports whether a queue is that of a cleaner: its thread takes from it.
func (c *Cleaning) IsCleaners(queue graph.Object) bool {
	return slices.ContainsFunc(c.Cleaners, func(k Cleaner) bool { return k.Queue == queue })
}

// threadsByLocal finds the threads that have an object of a class among their locals, by the object.
func threadsByLocal(h *graph.Heap, class string) map[graph.Object]*graph.Thread {
	out := map[graph.Object]*graph.Thread{}
	is := h.Subclasses(class)
	threads := h.Threads()
	for i := range threads {
		for _, l := range h.Locals(threads[i].Object) {
			if is[h.ClassOf(l.Object)] && out[l.Object] == nil {
				out[l.Object] = &threads[i]
			}
		}
	}
	return out
}
