package export

import (
	"context"

	"heapcause/analyze/export/dataset"
	"heapcause/graph"
)

// valueBytes of values end a row group.
const valueBytes = 16 << 20

// strings writes a row for each java.lang.String.
func (e *exporter) strings(ctx context.Context) error {
	return byObject(ctx, e, Strings, func(w *dataset.Writer[stringRow]) rowsOf {
		k := &stringWorker{e: e, w: w, text: newTextReader(e.h, e.opt.Analysis.ShowValues), owner: newOwners(e.h, e.classes)}
		return k.rows
	})
}

// stringWorker makes the rows of one worker.
type stringWorker struct {
	e      *exporter
	w      *dataset.Writer[stringRow]
	text   *textReader
	owner  *owners
	values int // bytes of values since the row group began
}

func (k *stringWorker) rows(first graph.Object, addrs []uint64) {
	h, class := k.e.h, k.text.class
	if class == graph.NoClass {
		return
	}
	for i, a := range addrs {
		if o := first + graph.Object(i); h.ClassOf(o) == class {
			k.row(o, int64(a))
		}
	}
}

func (k *stringWorker) row(o graph.Object, addr int64) {
	h := k.e.h
	t := k.text.of(o)
	row := stringRow{Address: addr, Hash: t.hash, Length: t.length, Bytes: h.Shallow(o), Value: t.value}
	if t.array != graph.NoObject && h.Idom(t.array) == o { // else others hold it, too
		row.Bytes += h.Shallow(t.array)
	}
	if c := k.owner.of(o); c != graph.NoClass {
		all := k.e.classes
		s := &all.source[c]
		row.OwnerClass, row.Owner, row.OwnerLibrary, row.OwnerVersion = all.id[c], all.name[c], s.name, s.version
	}
	k.w.Add(row)
	if t.value != nil {
		if k.values += len(*t.value); k.values > valueBytes {
			k.values = 0
			k.w.Flush()
		}
	}
}
