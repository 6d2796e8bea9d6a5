package export

import (
	"context"
	"sync/atomic"

	"heapcause/analyze/export/dataset"
	"heapcause/graph"
)

// stretchBytes of the dump are a portion of the references. A variable for tests.
var stretchBytes = int64(32 << 20)

// references writes the references between objects: those of classes, class loaders and threads first, in the order of addresses, then
// those of instances and arrays as they lie in the dump.
func (e *exporter) references(ctx context.Context) error {
	t := open[referenceRow](e, References)
	if t == nil {
		return nil
	}
	names := newFieldNames(e.h, e.classes)
	w := t.Writer()
	w.Begin(0)
	e.special(names, w)
	if err := w.End(); err != nil {
		return err
	}
	h := e.h
	wanted := make([]bool, h.NumClasses())
	for c := range wanted {
		wanted[c] = len(names.of[c]) > 0 || h.HasReferences(graph.Class(c))
	}
	var done atomic.Int64
	total := h.File().HeapBytes()
	tick := func(bytes int64) { e.opt.Analysis.Progress("writing references", done.Add(bytes), total) }
	tick(0)
	err := h.ScanStretches(ctx, stretchBytes, wanted, func(int) graph.StretchReader {
		return newReferenceWorker(e, names, t.Writer()).reader(tick)
	})
	if err != nil {
		e.part.Fail(err)
		return err
	}
	return t.Close()
}

// fieldNames are the names of reference fields and statics, "declaring.Class::field", made once.
type fieldNames struct {
	of [][]string // by class, then field
	h  *graph.Heap
	t  *classTable
}

func newFieldNames(h *graph.Heap, t *classTable) *fieldNames {
	f := &fieldNames{of: make([][]string, h.NumClasses()), h: h, t: t}
	for c := range f.of {
		k := h.Class(graph.Class(c))
		if len(k.Fields) == 0 {
			continue
		}
		f.of[c] = make([]string, len(k.Fields))
		for i, field := range k.Fields {
			f.of[c][i] = t.name[c] + "::" + valid(field.Name)
		}
	}
	return f
}

// special writes what class objects, class loaders and threads refer to besides their fields.
func (e *exporter) special(names *fieldNames, w *dataset.Writer[referenceRow]) {
	h := e.h
	for _, o := range h.Special() {
		from := int64(h.Addr(o))
		_, class := h.AsClass(o)
		h.EachEdge(o, func(edge graph.Edge) bool {
			l := edge.Label
			row := referenceRow{From: from, To: int64(h.Addr(edge.To)), Kind: l.Kind.String()}
			switch {
			case l.Kind == graph.ClassEdge:
				return true
			case l.Kind == graph.StaticEdge:
				row.Field = names.t.name[l.Class] + "::" + valid(l.Name)
			case !class && (l.Kind == graph.FieldEdge || l.Kind == graph.ElementEdge):
				return true // comes with the records
			}
			w.Add(row)
			return !w.Failed()
		})
	}
}

// referenceWorker makes the rows of one worker.
type referenceWorker struct {
	e       *exporter
	names   *fieldNames
	w       *dataset.Writer[referenceRow]
	refs    *graph.ReferenceReader
	indexes []int32 // what the rows of a batch point at
	at      int
	view    *graph.View
}

func newReferenceWorker(e *exporter, names *fieldNames, w *dataset.Writer[referenceRow]) *referenceWorker {
	return &referenceWorker{e: e, names: names, w: w, refs: e.h.ReferenceReader(), indexes: make([]int32, batch)}
}

func (k *referenceWorker) reader(tick func(bytes int64)) graph.StretchReader {
	add := k.add
	return graph.StretchReader{
		Begin: func(i int) { k.w.Begin(i + 1) },
		Record: func(v *graph.View) {
			k.view = v
			k.refs.Each(v, add)
		},
		End: func(_ int, bytes int64) error {
			tick(bytes)
			return k.w.End()
		},
	}
}

// add writes one reference of the record at hand.
func (k *referenceWorker) add(r graph.Reference) bool {
	row := referenceRow{From: int64(k.view.Addr()), To: int64(r.To)}
	switch {
	case r.Kind == graph.ElementEdge:
		row.Kind = "element"
		k.at = (k.at + 1) % len(k.indexes)
		k.indexes[k.at] = r.Index
		row.Index = &k.indexes[k.at]
	case r.Strength != graph.Strong:
		row.Kind, row.Field = "referent", k.names.of[r.Class][r.Field]
	default:
		row.Kind, row.Field = "field", k.names.of[r.Class][r.Field]
	}
	k.w.Add(row)
	return !k.w.Failed()
}
