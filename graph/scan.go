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
		r := h.recordReader(wanted)
		return func(s hprof.Segment) error { return r.read(s, fn) }, func() error { return nil }
	})
}

// StretchReader reads one stretch of the dump after another.
type StretchReader struct {
	Begin  func(stretch int)
	Record func(v *View)
	End    func(stretch int, bytes int64) error // of the dump
}

// ScanStretches is Scan for readers whose outcome has an order. The dump is cut into stretches of at least so many bytes (the last may be
// smaller), the same whatever the number of workers; they are begun in ascending order, and one reader has all records of a stretch, in
// file order.
func (h *Heap) ScanStretches(ctx context.Context, bytes int64, wanted []bool, start func(worker int) StretchReader) error {
	stretches := h.stretches(bytes)
	numbers := make([]hprof.Segment, len(stretches)) // parallel hands segments out: these tell which stretch
	for i := range numbers {
		numbers[i].Offset = int64(i)
	}
	worker := -1
	return h.parallel(ctx, numbers, func() (func(hprof.Segment) error, func() error) {
		worker++
		fn := start(worker)
		r := h.recordReader(wanted)
		return func(number hprof.Segment) error {
			i := int(number.Offset)
			fn.Begin(i)
			read := int64(0)
			for _, s := range stretches[i] {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err := r.read(s, fn.Record); err != nil {
					return err
				}
				read += s.Length
			}
			return fn.End(i, read)
		}, func() error { return nil }
	})
}

// stretches joins neighbouring chunks until they have so many bytes.
func (h *Heap) stretches(bytes int64) (out [][]hprof.Segment) {
	first, sum := 0, int64(0)
	for i, c := range h.chunks {
		if sum += c.Length; sum >= bytes || i == len(h.chunks)-1 {
			out = append(out, h.chunks[first:i+1])
			first, sum = i+1, 0
		}
	}
	return out
}

// recordReader shows records of the wanted classes to a function.
type recordReader struct {
	h      *Heap
	wanted []bool
	cur    *hprof.Cursor
	view   View
	byID   *classMap
	lastID hprof.ID
	last   Class
}

func (h *Heap) recordReader(wanted []bool) *recordReader {
	return &recordReader{h: h, wanted: wanted, cur: hprof.NewCursor(h.file, true), view: View{h: h}, byID: newClassMap(h.classes), last: NoClass}
}

func (r *recordReader) read(s hprof.Segment, fn func(*View)) error {
	h, c := r.h, r.cur
	c.Reset(s.Offset, s.Length)
	for c.Next() {
		rec := &c.Rec
		switch rec.Tag {
		case hprof.InstanceDump, hprof.ObjectArray:
			if rec.Class != r.lastID || r.last == NoClass {
				r.lastID = rec.Class
				if r.last = r.byID.get(rec.Class); r.last == NoClass {
					r.last = h.missing
				}
			}
			if !r.wanted[r.last] {
				continue
			}
		case hprof.PrimitiveArray, hprof.PrimitiveNoData:
			if !r.wanted[h.prim[rec.Elem]] {
				continue
			}
		default:
			continue
		}
		o, ok := h.index.find(rec.ID)
		if !ok {
			continue
		}
		r.view.set(o, rec, c.Offset())
		fn(&r.view)
	}
	return c.Err()
}
