package threads

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/rules/threads"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// executorTable lists the ThreadPoolExecutors and ForkJoinPools, those with the longest queues first.
func (s *subject) executorTable() report.Table {
	t := report.Table{Name: "executors", Title: "Executors", Columns: []string{"threads named", "class", "state", "core", "maximum", "workers", "busy", "queue", "capacity", "waiting tasks", "completed tasks", "retained"}}
	type row struct {
		waiting, retained int64
		object            graph.Object
		cells             []report.Value
	}
	var rows []row
	for _, e := range s.pools {
		queue, capacity := report.Value{}, report.Value{}
		if e.Queue != graph.NoObject {
			queue = report.Name(s.Heap.ClassName(e.Queue))
		}
		if e.Capacity == math.MaxInt32 {
			capacity = report.Name("no bound")
		} else if e.Capacity >= 0 {
			capacity = report.Count(e.Capacity)
		}
		r := s.Heap.Retained(e.Object)
		rows = append(rows, row{e.Queued, r, e.Object, []report.Value{
			report.Name(e.Name), report.Name(s.Heap.ClassName(e.Object)), report.Name(e.State.String()), report.Count(e.Core), report.Count(e.Max), report.Count(int64(len(e.Threads))),
			report.Count(int64(len(e.Busy))), queue, capacity, waiting(e.Queued), report.Count(e.Done), report.Bytes(r),
		}})
	}
	for _, f := range s.forks {
		r := s.Heap.Retained(f.Object)
		rows = append(rows, row{f.Queued, r, f.Object, []report.Value{
			report.Name(f.Name), report.Name(s.Heap.ClassName(f.Object)),
			{},
			{},
			report.Count(f.Parallelism), report.Count(int64(len(f.Threads))),
			{},
			{},
			{},
			report.Count(f.Queued),
			{},
			report.Bytes(r),
		}})
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.waiting, a.waiting), cmp.Compare(b.retained, a.retained), cmp.Compare(a.object, b.object))
	})
	for _, r := range rows {
		s.add(&t, r.retained, r.cells...)
	}
	return t
}

func waiting(n int64) report.Value {
	if n < 0 {
		return report.Value{}
	}
	return report.Count(n)
}

// lockTable says who waits for what.
func (s *subject) lockTable() report.Table {
	t := report.Table{Name: "locks", Title: "Locks that threads wait for", Columns: []string{"lock", "class", "held by", "waiting threads", "waiting", "at"}}
	for _, l := range s.locks.All {
		if s.full(&t) {
			t.Omitted++
			continue
		}
		s.add(&t, 0, report.Object(s.Address(l.Object)), report.Name(s.Heap.ClassName(l.Object)), report.Name(s.owners(l)), report.Count(int64(len(l.Waiting))), report.Name(namesOf(l.Waiting)),
			report.Name(signature.Name(analyze.AppFrame(l.Waiting[0].Frames))))
	}
	return t
}

func (s *subject) owners(l *threads.Lock) string {
	switch {
	case len(l.Owners) == 0 && l.Exact:
		return "a virtual thread"
	case len(l.Owners) == 0:
		return "a thread whose stack does not show it"
	case len(l.Owners) == 1:
		return l.Owners[0].Name
	}
	return "one of " + namesOf(l.Owners)
}

// maxNames bounds the names in a cell.
const maxNames = 5

// namesOf lists the names of threads; of many those without their numbers.
func namesOf(ts []*threads.Thread) string {
	var names []string
	for _, t := range ts {
		if len(ts) > maxNames {
			names = append(names, signature.Thread(t.Name))
		} else {
			names = append(names, t.Name)
		}
	}
	if len(ts) > maxNames {
		slices.Sort(names)
		names = slices.Compact(names)
		if len(names) > maxNames {
			names = append(names[:maxNames:maxNames], "…")
		}
	}
	return strings.Join(names, ", ")
}

func (s *subject) deadlockTable() report.Table {
	t := report.Table{Name: "deadlocks", Title: "Threads that wait for each other", Columns: []string{"threads", "names", "locks", "classes", "at"}}
	for _, d := range s.locks.Deadlocks {
		var classes []string
		for _, o := range d.Locks[:min(len(d.Locks), maxNames)] {
			classes = append(classes, s.Heap.ClassName(o))
		}
		s.add(&t, 0, report.Count(int64(len(d.Threads))), report.Name(namesOf(d.Threads)), report.Count(int64(len(d.Locks))), report.Name(strings.Join(slices.Compact(classes), ", ")),
			report.Name(signature.Name(analyze.AppFrame(d.Threads[0].Frames))))
	}
	return t
}
