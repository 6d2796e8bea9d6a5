package export

import "heapcause/graph"

// valueBytes of values end a row group.
const valueBytes = 32 << 20

// stringRows writes the strings among n objects from first on.
func (w *objectWorker) stringRows(first graph.Object, n int) {
	h := w.h
	for i := range n {
		o := first + graph.Object(i)
		if h.ClassOf(o) != w.text.class || w.text.class == graph.NoClass {
			continue
		}
		t := w.text.of(o)
		row := stringRow{Address: int64(w.addrs[i]), Hash: t.hash, Length: t.length, Bytes: h.Shallow(o), Value: t.value}
		if t.array != graph.NoObject && h.Idom(t.array) == o { // else other objects share it
			row.Bytes += h.Shallow(t.array)
		}
		if c := w.owner.of(o); c != graph.NoClass {
			s := &w.o.classes.source[c]
			row.OwnerClass, row.Owner, row.OwnerLibrary, row.OwnerVersion = w.o.classes.id[c], w.o.classes.name[c], s.name, s.version
		}
		w.strings.Add(row)
		if t.value != nil {
			if w.valueBytes += len(*t.value); w.valueBytes > valueBytes {
				w.valueBytes = 0
				w.strings.Flush()
			}
		}
	}
}
