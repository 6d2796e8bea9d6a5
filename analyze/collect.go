package analyze

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"heapcause/graph"
)

// Facts are what several rules share, collected in one read of the dump. Lists are in address order.
type Facts struct {
	finalizers []finalizer
	tasks      []task
	queues     []taskQueue
	statements []statement
	registered int64 // finalizers in the unfinalized list
	queued     int64 // of these (or taken off it), enqueued and not yet run
	holders    map[graph.Object][]graph.Object
	claims     []claim
	notes      []string
}

// finalizer is a java.lang.ref.Finalizer.
type finalizer struct {
	object, referent graph.Object
	next             graph.Object // Reference::next, the queue's link
	linked           bool         // in the unfinalized list: Finalizer::next is not itself
}

// task is a java.util.TimerTask.
type task struct {
	object graph.Object
	state  int64
	due    int64 // nextExecutionTime, ms since 1970
	period int64
	pins   graph.Object // the first object of a class outside java. and jdk. that its fields refer to
}

// taskQueue is a java.util.TaskQueue.
type taskQueue struct {
	object, array graph.Object
	size          int64
}

// claim says that a finding speaks of the objects dominated by an accumulation point or of a set.
type claim struct {
	index   int // of the finding
	point   graph.Object
	members map[graph.Object]bool
}

// TimerTask states (java.util.TimerTask).
const (
	taskVirgin    = 0
	taskScheduled = 1
	taskExecuted  = 2
	taskCancelled = 3
)

func (f *Facts) unknown() []string {
	if f == nil {
		return nil
	}
	return f.notes
}

func (f *Facts) note(format string, args ...any) {
	f.notes = append(f.notes, fmt.Sprintf(format, args...))
}

// collector is one worker's part of the scan.
type collector struct {
	h          *graph.Heap
	is         *kinds
	facts      Facts
	pinField   map[graph.Class][]graph.Field
	statementF map[graph.Class]*statementFields
}

// kinds tells what to do with an instance, by class.
type kinds struct {
	finalizer, task, queue, statement []bool

	refNext, referent, next graph.Field
	state, due, period      graph.Field
	queueArray, queueSize   graph.Field
	drivers                 map[graph.Class]*statementFields
}

func newKinds(h *graph.Heap, f *Facts) *kinds {
	k := &kinds{finalizer: h.Subclasses("java.lang.ref.Finalizer"), task: h.Subclasses("java.util.TimerTask"), queue: h.Subclasses("java.util.TaskQueue")}
	bind := func(class, field string) graph.Field {
		b, ok := h.Bind(class, field)
		if !ok && len(h.ClassesByName(class)) > 0 {
			f.note("unknown version of %s: it has no field %s; rules that read it abstain.", class, field)
		}
		return b
	}
	k.referent, k.refNext = bind("java.lang.ref.Reference", "referent"), bind("java.lang.ref.Reference", "next")
	k.next = bind("java.lang.ref.Finalizer", "next")
	k.state, k.due, k.period = bind("java.util.TimerTask", "state"), bind("java.util.TimerTask", "nextExecutionTime"), bind("java.util.TimerTask", "period")
	k.queueArray, k.queueSize = bind("java.util.TaskQueue", "queue"), bind("java.util.TaskQueue", "size")
	k.drivers, k.statement = statementClasses(h, f)
	return k
}

// collect reads the dump once and gathers the facts.
func collect(ctx context.Context, h *graph.Heap) (*Facts, error) {
	f := &Facts{}
	is := newKinds(h, f)
	wanted := make([]bool, h.NumClasses())
	any := false
	for c := range wanted {
		wanted[c] = is.finalizer[c] || is.task[c] || is.queue[c] || is.statement[c]
		any = any || wanted[c] && h.Class(graph.Class(c)).Instances > 0
	}
	if !any {
		return f, nil
	}
	var workers []*collector
	if err := h.Scan(ctx, wanted, func(int) func(*graph.View) {
		c := &collector{h: h, is: is, pinField: map[graph.Class][]graph.Field{}}
		workers = append(workers, c)
		return c.instance
	}); err != nil {
		return nil, err
	}
	for _, w := range workers {
		f.finalizers = append(f.finalizers, w.facts.finalizers...)
		f.tasks = append(f.tasks, w.facts.tasks...)
		f.queues = append(f.queues, w.facts.queues...)
		f.statements = append(f.statements, w.facts.statements...)
	}
	slices.SortFunc(f.finalizers, func(a, b finalizer) int { return cmp.Compare(a.object, b.object) })
	slices.SortFunc(f.tasks, func(a, b task) int { return cmp.Compare(a.object, b.object) })
	slices.SortFunc(f.queues, func(a, b taskQueue) int { return cmp.Compare(a.object, b.object) })
	slices.SortFunc(f.statements, func(a, b statement) int { return cmp.Compare(a.object, b.object) })
	for _, x := range f.finalizers {
		if x.linked {
			f.registered++
		}
		if x.next != graph.NoObject && x.referent != graph.NoObject {
			f.queued++
		}
	}
	return f, nil
}

func (c *collector) instance(v *graph.View) {
	k := v.Class
	switch {
	case c.is.finalizer[k]:
		c.facts.finalizers = append(c.facts.finalizers, finalizer{v.Object, v.Ref(c.is.referent), v.Ref(c.is.refNext), v.Ref(c.is.next) != v.Object})
	case c.is.task[k]:
		t := task{object: v.Object, state: v.Int(c.is.state), due: v.Int(c.is.due), period: v.Int(c.is.period), pins: graph.NoObject}
		for _, f := range c.pins(k) {
			if o := v.Ref(f); o != graph.NoObject && !platform(c.h.ClassName(o)) {
				t.pins = o
				break
			}
		}
		c.facts.tasks = append(c.facts.tasks, t)
	case c.is.queue[k]:
		c.facts.queues = append(c.facts.queues, taskQueue{v.Object, v.Ref(c.is.queueArray), v.Int(c.is.queueSize)})
	case c.is.statement[k]:
		c.facts.statements = append(c.facts.statements, c.is.drivers[k].read(v))
	}
}

// pins returns the reference fields that the subclasses of TimerTask declare, the nearest class first.
func (c *collector) pins(k graph.Class) []graph.Field {
	if fs, ok := c.pinField[k]; ok {
		return fs
	}
	var out []graph.Field
	base := c.h.ClassesByName("java.util.TimerTask")
	for s := k; s != graph.NoClass && !slices.Contains(base, s); s = c.h.Class(s).Super {
		for _, d := range c.h.Class(s).Fields {
			if f, ok := c.h.BindClass(s, d.Name); ok {
				out = append(out, f)
			}
		}
	}
	c.pinField[k] = out
	return out
}

// taskAt returns the task at an object.
func (f *Facts) taskAt(o graph.Object) (*task, bool) {
	i, ok := slices.BinarySearchFunc(f.tasks, o, func(t task, o graph.Object) int { return cmp.Compare(t.object, o) })
	if !ok {
		return nil, false
	}
	return &f.tasks[i], true
}

// platform reports whether a class belongs to the Java platform.
func platform(class string) bool {
	for _, p := range []string{"java.", "javax.", "jdk.", "sun.", "com.sun."} {
		if len(class) > len(p) && class[:len(p)] == p {
			return true
		}
	}
	return graph.Package(class) == "<primitive arrays>"
}
