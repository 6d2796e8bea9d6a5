package export

import (
	"context"
	"errors"
	"sync/atomic"

	"heapcause/analyze/export/dataset"
	"heapcause/graph"
)

// portionObjects are what one portion has. A variable for tests.
var portionObjects = int64(1 << 20)

// byObject writes the data sets that go by the numbers of objects: objects, dominators and strings.
func (e *exporter) byObject(ctx context.Context) error {
	o := &objectTables{
		exporter: e, objects: open[objectRow](e, Objects), dominators: open[dominatorRow](e, Dominators), strings: open[stringRow](e, Strings),
	}
	n := e.h.NumObjects()
	portions := int((n + portionObjects - 1) / portionObjects)
	var done atomic.Int64
	e.opt.Analysis.Progress("writing objects", 0, n)
	err := e.inParallel(ctx, portions, func() func(int) error {
		w := o.worker()
		return func(i int) error {
			first := int64(i) * portionObjects
			last := min(first+portionObjects, n)
			err := w.portion(i, graph.Object(first), graph.Object(last))
			e.opt.Analysis.Progress("writing objects", done.Add(last-first), n)
			return err
		}
	})
	if err != nil {
		return err
	}
	return errors.Join(o.objects.Close(), o.dominators.Close(), o.strings.Close())
}

// objectTables are the data sets by object, nil where they are not wanted.
type objectTables struct {
	*exporter
	objects    *dataset.Table[objectRow]
	dominators *dataset.Table[dominatorRow]
	strings    *dataset.Table[stringRow]
}

// objectWorker makes the rows of one worker.
type objectWorker struct {
	o          *objectTables
	h          *graph.Heap
	objects    *dataset.Writer[objectRow]
	dominators *dataset.Writer[dominatorRow]
	strings    *dataset.Writer[stringRow]
	text       *textReader
	owner      *owners
	addrs      []uint64
	lengths    []int32 // what the rows of a batch point at
	lastIdom   graph.Object
	lastAddr   int64
	valueBytes int // of values since the row group began
}

const batch = 4096

func (o *objectTables) worker() *objectWorker {
	w := &objectWorker{
		o: o, h: o.h, addrs: make([]uint64, batch), lengths: make([]int32, batch), lastIdom: graph.NoObject,
		objects: o.objects.Writer(), dominators: o.dominators.Writer(), strings: o.strings.Writer(),
	}
	if w.strings != nil {
		w.text, w.owner = newTextReader(o.h, o.opt.Analysis.ShowValues), newOwners(o.h, o.classes)
	}
	return w
}

func (w *objectWorker) portion(i int, first, last graph.Object) error {
	w.objects.Begin(i)
	w.dominators.Begin(i)
	w.strings.Begin(i)
	for o := first; o < last; {
		n := w.h.Addresses(o, w.addrs[:min(batch, int(last-o))])
		if n == 0 {
			break
		}
		if w.objects != nil {
			w.objectRows(o, n)
		}
		if w.dominators != nil {
			w.dominatorRows(o, n)
		}
		if w.strings != nil {
			w.stringRows(o, n)
		}
		o += graph.Object(n)
	}
	err := w.objects.End()
	if err == nil {
		err = w.dominators.End()
	}
	if err == nil {
		err = w.strings.End()
	}
	return err
}

func (w *objectWorker) objectRows(first graph.Object, n int) {
	h := w.h
	for i := range n {
		o := first + graph.Object(i)
		c := h.ClassOf(o)
		row := objectRow{
			Address: int64(w.addrs[i]), ClassID: w.o.classes.id[c], Shallow: h.Shallow(o), Retained: h.Retained(o), Strength: h.Strength(o).String(),
		}
		if h.Class(c).IsArray {
			w.lengths[i] = int32(h.Length(o))
			row.ArrayLength = &w.lengths[i]
		}
		w.objects.Add(row)
	}
}

func (w *objectWorker) dominatorRows(first graph.Object, n int) {
	for i := range n {
		row := dominatorRow{Address: int64(w.addrs[i])}
		if d := w.h.Idom(first + graph.Object(i)); d != graph.NoObject {
			if d != w.lastIdom {
				w.lastIdom, w.lastAddr = d, int64(w.h.Addr(d))
			}
			row.Dominator = w.lastAddr
		}
		w.dominators.Add(row)
	}
}
