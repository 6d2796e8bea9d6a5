package executors

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// PoolScan finds the ThreadPoolExecutors.
var PoolScan = &analyze.Scan{Name: "executors", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.util.concurrent.ThreadPoolExecutor"
	for _, field := range []string{"ctl", "workQueue"} {
		if _, ok := b.Need(class, field); !ok {
			return nil
		}
	}
	return objects(b.Subclasses(class))
}}

// ForkJoinScan finds the ForkJoinPools.
var ForkJoinScan = &analyze.Scan{Name: "fork-join pools", Start: func(b *analyze.Binder) analyze.Scanner {
	return objects(b.Subclasses("java.util.concurrent.ForkJoinPool"))
}}

// objects collects the instances of classes.
func objects(wanted []bool) analyze.Scanner {
	return &analyze.Rows[graph.Object]{Wanted: wanted, Object: analyze.Same[graph.Object], Read: func(v *graph.View) graph.Object { return v.Object }}
}

// workerRow is a worker of a ThreadPoolExecutor.
type workerRow struct {
	object, pool, thread graph.Object
	completed            int64
	state                int32 // of its lock, which it holds while it runs a task: -1 before the first, 0 idle, 1 busy
}

func workerObject(r workerRow) graph.Object { return r.object }

// WorkerScan collects the workers.
var WorkerScan = &analyze.Scan{Name: "workers of executors", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.util.concurrent.ThreadPoolExecutor$Worker"
	pool, ok1 := b.Need(class, "this$0")
	thread, ok2 := b.Need(class, "thread")
	completed, ok3 := b.Need(class, "completedTasks")
	state, ok4 := b.Need("java.util.concurrent.locks.AbstractQueuedSynchronizer", "state")
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil
	}
	return &analyze.Rows[workerRow]{
		Wanted: b.Subclasses(class), Object: workerObject,
		Read: func(v *graph.View) workerRow {
			return workerRow{v.Object, v.Ref(pool), v.Ref(thread), v.Int(completed), int32(v.Int(state))}
		},
	}
}}

// Scans are what Pools and ForkJoinPools need.
var Scans = []*analyze.Scan{PoolScan, WorkerScan, ForkJoinScan}
