package graph

import (
	"context"

	"heapcause/hprof"
)

// Scan reads the dump once more and shows every instance and array of the wanted classes to a worker's function. start is
// called once per worker and returns the function for its records; the view is valid during the call. Files of one worker
// keep file order; between workers there is no order.
func (h *Heap) Scan(ctx context.Context, wanted []bool, start func(worker int) func(v *View)) error {
	worker := -1
	return h.parallel(ctx, h.chunks, func() (func(hprof.Segment) error, func() error) {
		worker++
		fn := start(worker)
		c := hprof.NewCursor(h.file, true)
		v := View{h: h}
		byID := newClassMap(h.classes)
		var lastID hprof.ID
		last := NoClass
		want := false
		return func(s hprof.Segment) error {
			c.Reset(s.Offset, s.Length)
			for c.Next() {
				r := &c.Rec
				switch r.Tag {
				case hprof.InstanceDump, hprof.ObjectArray:
					if r.Class != lastID || last == NoClass {
						lastID = r.Class
						if last = byID.get(r.Class); last == NoClass {
							last = h.missing
						}
						want = wanted[last]
					}
					if !want {
						continue
					}
				case hprof.PrimitiveArray, hprof.PrimitiveNoData:
					if !wanted[h.prim[r.Elem]] {
						continue
					}
				default:
					continue
				}
				o, ok := h.index.find(r.ID)
				if !ok {
					continue
				}
				v.set(o, r, c.Offset())
				fn(&v)
			}
			return c.Err()
		}, func() error { return nil }
	})
}
