package executors

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
)

// Pool is a ThreadPoolExecutor with its workers.
type Pool struct {
	jdk.Executor
	Name    string         // of its threads, without their numbers; else what its thread factory tells
	Threads []graph.Object // of its workers
	Busy    []graph.Object // those of them that run a task
	Done    int64          // tasks completed, by all its workers so far
}

// Pools returns the ThreadPoolExecutors that something holds, in address order.
func Pools(p *analyze.Pass) []*Pool {
	return analyze.Shared(p, "executors", func() []*Pool {
		r := jdk.NewReader(p.Heap)
		byPool := map[graph.Object]*Pool{}
		var out []*Pool
		for _, o := range analyze.Result[[]graph.Object](p, PoolScan) {
			if p.Heap.Strength(o) == graph.Unreachable && !p.Incomplete() {
				continue
			}
			e, ok := r.Executor(o)
			if !ok {
				continue
			}
			pool := &Pool{Executor: e, Done: e.Completed}
			byPool[o] = pool
			out = append(out, pool)
		}
		for _, w := range analyze.Result[[]workerRow](p, WorkerScan) {
			if pool := byPool[w.pool]; pool != nil {
				pool.add(p.Heap, w)
			}
		}
		for _, pool := range out {
			pool.Name = poolName(p.Heap, r, pool)
		}
		return out
	})
}

func (e *Pool) add(h *graph.Heap, w workerRow) {
	e.Done += w.completed
	if w.thread == graph.NoObject || h.Strength(w.object) == graph.Unreachable {
		return
	}
	e.Threads = append(e.Threads, w.thread)
	if w.state > 0 {
		e.Busy = append(e.Busy, w.thread)
	}
}

// maxNamed bounds the threads of a pool whose names are read for its own.
const maxNamed = 16

const maxPrefix = 200

// poolName is the first of its threads' names without numbers: the same in dumps of two runs.
func poolName(h *graph.Heap, r *jdk.Reader, e *Pool) string {
	name := ""
	for i, t := range e.Threads[:min(len(e.Threads), maxNamed)] {
		text, _ := r.Name(t, maxPrefix, "name")
		if n := signature.Thread(text); i == 0 || n < name {
			name = n
		}
	}
	if name != "" || e.Factory == graph.NoObject {
		return name
	}
	if prefix, ok := r.Name(e.Factory, maxPrefix, "namePrefix"); ok && h.ClassName(e.Factory) == "java.util.concurrent.Executors$DefaultThreadFactory" {
		return signature.Thread(prefix) + "#"
	}
	return "factory " + signature.Name(h.ClassName(e.Factory))
}

// ForkJoinPool is a ForkJoinPool with its live workers.
type ForkJoinPool struct {
	jdk.ForkJoin
	Name    string
	Threads []graph.Object
}

// ForkJoinPools returns the ForkJoinPools that something holds, in address order.
func ForkJoinPools(p *analyze.Pass) []*ForkJoinPool {
	return analyze.Shared(p, "fork-join pools", func() []*ForkJoinPool {
		r := jdk.NewReader(p.Heap)
		worker := p.Heap.Subclasses("java.util.concurrent.ForkJoinWorkerThread")
		var out []*ForkJoinPool
		for _, o := range analyze.Result[[]graph.Object](p, ForkJoinScan) {
			f, ok := r.ForkJoin(o)
			if !ok || p.Heap.Strength(o) == graph.Unreachable {
				continue
			}
			pool := &ForkJoinPool{ForkJoin: f}
			for _, u := range p.Heap.In(o, nil) {
				if worker[p.Heap.ClassOf(u)] && len(p.Heap.RootsOf(u)) > 0 {
					pool.Threads = append(pool.Threads, u)
				}
			}
			prefix, _ := r.Name(f.Prefix, maxPrefix)
			if pool.Name = signature.Thread(prefix) + "#"; prefix == "" {
				pool.Name = "ForkJoinPool.commonPool-worker-#"
			}
			out = append(out, pool)
		}
		return out
	})
}

// work is what one frame of an application keeps workers busy with.
type work struct {
	frame   string
	threads int64
}

// maxWork bounds the busy workers whose stacks are looked at.
const maxWork = 10_000

// busyAt returns the innermost frames of the application in which busy workers are, the most frequent first.
func (p pass) busyAt(e *Pool) []work {
	counts := map[string]int64{}
	for _, o := range e.Busy[:min(len(e.Busy), maxWork)] {
		if t, ok := p.Heap.ThreadOf(o); ok {
			counts[signature.Name(analyze.AppFrame(t.Frames))]++
		}
	}
	out := make([]work, 0, len(counts))
	for f, n := range counts {
		out = append(out, work{f, n})
	}
	slices.SortFunc(out, func(a, b work) int {
		return cmp.Or(cmp.Compare(b.threads, a.threads), cmp.Compare(a.frame, b.frame))
	})
	return out
}

// poolPath says who holds an executor, and leads on to its queue where that is asked for. Its tasks and workers refer to it too, by
// the million, and are no answer.
func (p pass) poolPath(e *Pool, to graph.Object) []graph.Step {
	h := p.Heap
	own := h.Subclasses("java.util.concurrent.ThreadPoolExecutor$Worker", "java.util.concurrent.FutureTask", "java.lang.Thread")
	best, name := graph.NoObject, ""
	for _, u := range h.In(e.Object, nil) {
		if own[h.ClassOf(u)] || h.Strength(u) > graph.Strong && !p.Incomplete() || p.Dominates(e.Object, u) {
			continue
		}
		n := "1 " + h.ClassName(u)
		if c, ok := h.AsClass(u); ok {
			n = "0 " + h.Class(c).Name // a static field is the best answer
		}
		if best == graph.NoObject || n < name {
			best, name = u, n
		}
	}
	if best == graph.NoObject {
		return p.Holding(to, nil)
	}
	path := []graph.Step{{Object: best, Roots: h.RootsOf(best)}}
	if name[0] != '0' {
		path = p.Holding(best, nil)
	}
	path = p.Extend(path, e.Object)
	if to != e.Object {
		path = p.Extend(path, to)
	}
	return path
}
