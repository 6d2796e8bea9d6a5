package jdk

import (
	"strings"

	"heapcause/graph"
)

// taskWrappers are the fields in which the platform's tasks keep what they were made of, by class. Subclasses are found through the class
// table, the first that fits counts.
var taskWrappers = []struct{ class, field string }{
	{"java.util.concurrent.ExecutorCompletionService$QueueingFuture", "task"},
	{"java.util.concurrent.FutureTask", "callable"},
	{"java.util.concurrent.Executors$RunnableAdapter", "task"},
	{"java.util.concurrent.Executors$PrivilegedCallable", "task"},
	{"java.util.concurrent.CompletableFuture$AsyncSupply", "fn"},
	{"java.util.concurrent.CompletableFuture$AsyncRun", "fn"},
	{"java.util.concurrent.CompletableFuture$Completion", "fn"},
	{"java.util.concurrent.ForkJoinTask$AdaptedCallable", "callable"},
	{"java.util.concurrent.ForkJoinTask$AdaptedRunnable", "runnable"},
	{"java.util.concurrent.ForkJoinTask$AdaptedRunnableAction", "runnable"},
	{"java.util.concurrent.ForkJoinTask$RunnableExecuteAction", "runnable"},
}

// maxTaskWrappers bounds how deep tasks wrap each other.
const maxTaskWrappers = 8

// Tasks unwraps the tasks of executors. Not for concurrent use.
type Tasks struct {
	r      *Reader
	fields map[graph.Class]string // of wrappers; "" for others
}

// NewTasks returns a reader of tasks.
func NewTasks(r *Reader) *Tasks { return &Tasks{r, map[graph.Class]string{}} }

// Unwrap returns what a task was made of: the Runnable, Callable or Supplier of the application. A task that is done or cancelled
// has dropped it, and is returned itself.
func (t *Tasks) Unwrap(task graph.Object) graph.Object {
	for range maxTaskWrappers {
		field := t.wrapped(t.r.Heap.ClassOf(task))
		if field == "" {
			break
		}
		inner := t.r.Ref(task, field)
		if inner == graph.NoObject {
			break
		}
		task = inner
	}
	return task
}

// wrapped returns the field of a wrapper's class.
func (t *Tasks) wrapped(c graph.Class) string {
	if f, ok := t.fields[c]; ok {
		return f
	}
	field := ""
	for k := c; k != graph.NoClass && field == ""; k = t.r.Heap.Class(k).Super {
		for _, w := range taskWrappers {
			if w.class == t.r.Heap.Class(k).Name && t.r.fields.Find(c, w.field).Ok() {
				field = w.field
				break
			}
		}
	}
	t.fields[c] = field
	return field
}

// maxCaptured bounds the captured variables that are looked at.
const maxCaptured = 8

// Captured returns the objects that a lambda has captured, or an inner class its outer object: fields arg$1 …, this$0, val$name.
func (t *Tasks) Captured(task graph.Object) []graph.Object {
	var out []graph.Object
	for _, f := range t.r.Heap.Class(t.r.Heap.ClassOf(task)).Fields {
		if len(out) == maxCaptured {
			break
		}
		if !strings.HasPrefix(f.Name, "arg$") && !strings.HasPrefix(f.Name, "val$") && !strings.HasPrefix(f.Name, "this$") {
			continue
		}
		if o := t.r.Ref(task, f.Name); o != graph.NoObject {
			out = append(out, o)
		}
	}
	return out
}
