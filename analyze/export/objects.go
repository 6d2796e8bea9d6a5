package export

import (
	"context"
	"sync/atomic"

	"heapcause/analyze/export/dataset"
	"heapcause/graph"
)

// portionObjects are what one portion has. A variable for tests.
var portionObjects = int64(1 << 20)

// batch is how many objects are looked at a time: a multiple of what a dataset.Writer keeps, so that what rows point at lasts as long.
const batch = 4096

// rowsOf makes the rows of objects, which have consecutive numbers from first on, for one worker.
type rowsOf func(first graph.Object, addrs []uint64)

// byObject writes a data set that goes by the numbers of objects. The data sets are written one after the other: all at once would take
// the memory of all.
func byObject[T any](ctx context.Context, e *exporter, table string, worker func(w *dataset.Writer[T]) rowsOf) error {
	t := open[T](e, table)
	if t == nil {
		return nil
	}
	n := e.h.NumObjects()
	var done atomic.Int64
	phase := "writing " + table
	e.progress(phase, 0, n)
	err := e.inParallel(ctx, int((n+portionObjects-1)/portionObjects), func() func(int) error {
		w := t.Writer()
		rows, addrs := worker(w), make([]uint64, batch)
		return func(i int) error {
			first := graph.Object(int64(i) * portionObjects)
			last := min(first+graph.Object(portionObjects), graph.Object(n))
			w.Begin(i)
			for o := first; o < last && !w.Failed(); o += batch {
				k := e.h.Addresses(o, addrs[:min(batch, last-o)])
				rows(o, addrs[:k])
			}
			e.progress(phase, done.Add(int64(last-first)), n)
			return w.End()
		}
	})
	if err != nil {
		return err
	}
	return t.Close()
}

// progress tells of a phase in bytes of the dump, as the others do.
func (e *exporter) progress(phase string, done, total int64) {
	size := e.h.File().Size
	if total > 0 {
		e.opt.Analysis.Progress(phase, int64(float64(size)*float64(done)/float64(total)), size)
	}
}

func (e *exporter) objects(ctx context.Context) error {
	return byObject(ctx, e, Objects, func(w *dataset.Writer[objectRow]) rowsOf {
		h, lengths := e.h, make([]int32, batch) // what the rows point at
		return func(first graph.Object, addrs []uint64) {
			for i, a := range addrs {
				o := first + graph.Object(i)
				c := h.ClassOf(o)
				row := objectRow{
					Address: int64(a), ClassID: e.classes.id[c], Shallow: h.Shallow(o), Retained: h.Retained(o), Strength: h.Strength(o).String(),
				}
				if h.Class(c).IsArray {
					lengths[i] = int32(h.Length(o))
					row.ArrayLength = &lengths[i]
				}
				w.Add(row)
			}
		}
	})
}

func (e *exporter) dominators(ctx context.Context) error {
	return byObject(ctx, e, Dominators, func(w *dataset.Writer[dominatorRow]) rowsOf {
		h, last, lastAddr := e.h, graph.NoObject, int64(0) // neighbours often have one dominator
		return func(first graph.Object, addrs []uint64) {
			for i, a := range addrs {
				row := dominatorRow{Address: int64(a)}
				if d := h.Idom(first + graph.Object(i)); d != graph.NoObject {
					if d != last {
						last, lastAddr = d, int64(h.Addr(d))
					}
					row.Dominator = lastAddr
				}
				w.Add(row)
			}
		}
	})
}
