package timers

import (
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
)

// task is a java.util.TimerTask.
type task struct {
	object graph.Object
	state  int64
	due    int64           // nextExecutionTime, milliseconds since 1970
	period int64           // 0 once, > 0 at a fixed rate, < 0 with a fixed delay
	pins   [2]graph.Object // what its own fields refer to, but for classes of the platform; NoObject for none
}

// The states of java.util.TimerTask.
const (
	taskVirgin = iota
	taskScheduled
	taskExecuted
	taskCancelled
	taskStates
)

var taskStateNames = [taskStates]string{"VIRGIN", "SCHEDULED", "EXECUTED", "CANCELLED"}

func (t *task) stateIndex() int { return int(min(max(t.state, 0), taskStates-1)) }

func taskObject(t task) graph.Object { return t.object }

// taskScan collects all timer tasks.
var taskScan = &analyze.Scan{Name: "timer tasks", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.util.TimerTask"
	state, ok1 := b.Need(class, "state")
	due, ok2 := b.Need(class, "nextExecutionTime")
	period, ok3 := b.Need(class, "period")
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	s := &analyze.Rows[task]{Wanted: b.Subclasses(class), Object: taskObject}
	own := ownReferences(b.Heap, s.Wanted, b.ClassesByName(class))
	s.Read = func(v *graph.View) task {
		t := task{object: v.Object, state: v.Int(state), due: v.Int(due), period: v.Int(period), pins: [2]graph.Object{graph.NoObject, graph.NoObject}}
		n := 0
		for _, f := range own[v.Class] {
			if o := v.Ref(f); o != graph.NoObject && n < len(t.pins) && !analyze.Platform(b.ClassName(o)) {
				t.pins[n] = o
				n++
			}
		}
		return t
	}
	return s
}}

// ownReferences returns, for each wanted class, the reference fields that it and its superclasses declare below the bases.
func ownReferences(h *graph.Heap, wanted []bool, bases []graph.Class) map[graph.Class][]graph.Field {
	out := map[graph.Class][]graph.Field{}
	for c := range wanted {
		if !wanted[c] {
			continue
		}
		k := graph.Class(c)
		for s := k; s != graph.NoClass && !slices.Contains(bases, s); s = h.Class(s).Super {
			for _, d := range h.Class(s).Fields {
				if f, ok := h.BindClass(s, d.Name); ok {
					out[k] = append(out[k], f)
				}
			}
		}
	}
	return out
}

// taskQueue is a java.util.TaskQueue: a binary heap in slots 1 to size of an array.
type taskQueue struct {
	object, array graph.Object
	size          int64
	lost          bool // the array is in what is missing of the dump
}

func queueObject(q taskQueue) graph.Object { return q.object }

// queueScan collects all queues of timers.
var queueScan = &analyze.Scan{Name: "timer queues", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.util.TaskQueue"
	array, ok1 := b.Need(class, "queue")
	size, ok2 := b.Need(class, "size")
	if !ok1 || !ok2 {
		return nil
	}
	return &analyze.Rows[taskQueue]{
		Wanted: b.Subclasses(class),
		Read: func(v *graph.View) taskQueue {
			q := taskQueue{v.Object, v.Ref(array), v.Int(size), false}
			q.lost = q.array == graph.NoObject && v.RefAddr(array) != 0
			return q
		},
		Object: queueObject,
	}
}}

// queued is what a timer's queue holds.
type queued struct {
	tasks    []*task // the head of the queue first
	unknown  int64   // entries that are no tasks of the dump
	states   [taskStates]int64
	classes  map[graph.Class]*[taskStates]int64
	first    int64 // due, milliseconds since 1970
	last     int64
	periodic int64
	pins     analyze.ObjectSet
}

// strayTasks are the tasks that are scheduled or were, and that no queue of the dump has.
func (p pass) strayTasks(known []*queued) *queued {
	var queuedTasks []graph.Object
	for _, q := range known {
		for _, t := range q.tasks {
			queuedTasks = append(queuedTasks, t.object)
		}
	}
	elsewhere := analyze.NewSet(queuedTasks)
	t := &queued{classes: map[graph.Class]*[taskStates]int64{}}
	var pins []graph.Object
	all := analyze.Result[[]task](p.Pass, taskScan)
	for i := range all {
		k := &all[i]
		if (k.state == taskScheduled || k.state == taskCancelled) && !elsewhere.Has(k.object) {
			t.add(k, p.Heap.ClassOf(k.object))
			pins = k.pinned(pins)
		}
	}
	t.pins = analyze.NewSet(pins)
	return t
}

// pinned appends what the task refers to.
func (t *task) pinned(to []graph.Object) []graph.Object {
	for _, o := range t.pins {
		if o != graph.NoObject {
			to = append(to, o)
		}
	}
	return to
}

// tasksOf reads a queue's array.
func (p pass) tasksOf(q *taskQueue) *queued {
	h := p.Heap
	all := analyze.Result[[]task](p.Pass, taskScan)
	t := &queued{classes: map[graph.Class]*[taskStates]int64{}}
	var pins []graph.Object
	c := h.Cursor()
	if !c.Load(q.array) {
		return t
	}
	c.EachRef(func(i int, o graph.Object) bool {
		if i < 1 || int64(i) > q.size {
			return int64(i) <= q.size
		}
		k := analyze.RowOf(all, o, taskObject)
		if k == nil {
			t.unknown++
			return true
		}
		t.add(k, h.ClassOf(o))
		pins = k.pinned(pins)
		return true
	})
	t.pins = analyze.NewSet(pins)
	return t
}

func (t *queued) add(k *task, class graph.Class) {
	if len(t.tasks) == 0 || k.due < t.first {
		t.first = k.due
	}
	if len(t.tasks) == 0 || k.due > t.last {
		t.last = k.due
	}
	t.tasks = append(t.tasks, k)
	s := k.stateIndex()
	t.states[s]++
	if t.classes[class] == nil {
		t.classes[class] = new([taskStates]int64)
	}
	t.classes[class][s]++
	if k.period != 0 {
		t.periodic++
	}
}

// objects are the tasks and what they refer to.
func (t *queued) objects() analyze.ObjectSet {
	set := append([]graph.Object{}, t.pins...)
	for _, k := range t.tasks {
		set = append(set, k.object)
	}
	return analyze.NewSet(set)
}

// stateText says in which states the tasks are.
func (t *queued) stateText() string {
	out := ""
	for _, s := range []int{taskCancelled, taskScheduled, taskExecuted, taskVirgin} {
		switch t.states[s] {
		case 0:
			continue
		case int64(len(t.tasks)):
			return "all " + taskStateNames[s]
		}
		if out != "" {
			out += " and "
		}
		out += analyze.Number(t.states[s]) + " " + taskStateNames[s]
	}
	return out
}
