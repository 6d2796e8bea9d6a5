package jdk

import (
	"math"

	"heapcause/graph"
)

// RunState is the state of a ThreadPoolExecutor, the upper bits of its ctl.
type RunState int

// The run states, as ThreadPoolExecutor numbers them.
const (
	Running RunState = iota - 1
	Shutdown
	Stop
	Tidying
	Terminated
)

func (s RunState) String() string {
	if s < Running || s > Terminated {
		return ""
	}
	return [...]string{"RUNNING", "SHUTDOWN", "STOP", "TIDYING", "TERMINATED"}[s-Running]
}

// Executor is a ThreadPoolExecutor as its fields have it.
type Executor struct {
	Object         graph.Object
	State          RunState
	Workers        int64 // as ctl counts them
	Core, Max      int64
	Completed      int64        // by workers that are gone; those at work count for themselves
	Queue          graph.Object // workQueue
	Queued         int64        // tasks in it, -1 where the queue is of an unknown class
	Capacity       int64        // of the queue; -1 where it has none that is known
	Factory        graph.Object // threadFactory
	Scheduled      bool         // a ScheduledThreadPoolExecutor
	RemoveOnCancel bool         // of a scheduled one: it takes cancelled tasks out at once
}

// workerBits of ctl count workers; those above are the state.
const workerBits = 29

// Executor reads a ThreadPoolExecutor. It is false where the object lacks its fields.
func (r *Reader) Executor(o graph.Object) (Executor, bool) {
	ctl, ok := r.Int(o, "ctl", "value")
	if !ok || !r.Has(o, "workQueue") {
		return Executor{}, false
	}
	e := Executor{Object: o, State: RunState(int32(ctl) >> workerBits), Workers: ctl & (1<<workerBits - 1), Queue: r.Ref(o, "workQueue"), Factory: r.Ref(o, "threadFactory")}
	e.Core, _ = r.Int(o, "corePoolSize")
	e.Max, _ = r.Int(o, "maximumPoolSize")
	e.Completed, _ = r.Int(o, "completedTaskCount")
	e.Scheduled = r.Has(o, "removeOnCancel")
	e.RemoveOnCancel = r.Bool(o, "removeOnCancel")
	e.Queued, e.Capacity = -1, r.capacity(e.Queue)
	if n, ok := r.QueueSize(e.Queue); ok {
		e.Queued = n
	}
	return e, true
}

// QueueSize returns how many elements a blocking queue has.
func (r *Reader) QueueSize(q graph.Object) (int64, bool) {
	switch {
	case q == graph.NoObject:
		return 0, false
	case r.Has(q, "items"): // ArrayBlockingQueue
		return r.Int(q, "count")
	case r.Heap.ClassName(q) == "java.util.concurrent.SynchronousQueue": // hands over and keeps nothing
		return 0, true
	}
	return r.Size(q)
}

// capacity returns how many elements a queue may have: math.MaxInt32 of those without a bound, -1 where that is not known.
func (r *Reader) capacity(q graph.Object) int64 {
	if q == graph.NoObject {
		return -1
	}
	if n, ok := r.Int(q, "capacity"); ok { // LinkedBlockingQueue, LinkedBlockingDeque
		return n
	}
	switch r.Heap.ClassName(q) {
	case "java.util.concurrent.ArrayBlockingQueue":
		items := r.Ref(q, "items")
		if items == graph.NoObject {
			return -1
		}
		return r.Heap.Length(items)
	case "java.util.concurrent.SynchronousQueue":
		return 0
	case "java.util.concurrent.PriorityBlockingQueue", "java.util.concurrent.LinkedTransferQueue", "java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue":
		return math.MaxInt32
	}
	return -1
}

// ForkJoin is a ForkJoinPool as its fields have it.
type ForkJoin struct {
	Object      graph.Object
	Parallelism int64
	Queued      int64 // tasks in all its queues
	Stolen      int64
	Prefix      graph.Object // workerNamePrefix, a String
}

// maxQueues bounds the queues of a ForkJoinPool.
const maxQueues = 1 << 16

// ForkJoin reads a ForkJoinPool, of JDK 17 or newer as far as numbers of tasks go. It is false where the object lacks its fields.
func (r *Reader) ForkJoin(o graph.Object) (ForkJoin, bool) {
	f := ForkJoin{Object: o, Prefix: r.Ref(o, "workerNamePrefix")}
	var queues []graph.Object
	array := r.Ref(o, "queues")
	if array == graph.NoObject {
		array = r.Ref(o, "workQueues") // before JDK 17
	}
	r.EachElement(array, func(_ int, q graph.Object) bool {
		queues = append(queues, q)
		return len(queues) < maxQueues
	})
	for _, q := range queues {
		top, ok1 := r.Int(q, "top")
		base, ok2 := r.Int(q, "base")
		if n := int64(int32(top - base)); ok1 && ok2 && n > 0 {
			f.Queued += n
		}
	}
	f.Stolen, _ = r.Int(o, "stealCount")
	if n, ok := r.Int(o, "parallelism"); ok { // since JDK 19
		f.Parallelism = n
	} else if n, ok := r.Int(o, "mode"); ok {
		f.Parallelism = n & 0xffff
	}
	return f, r.Has(o, "workerNamePrefix")
}
