package explore

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"heapcause/graph"
)

// Outbound groups the references of the selected objects by field and by the class of what they refer to. References of instances to
// their class are left out.
func Outbound(ctx context.Context, h *graph.Heap, s *Selection) ([]EdgeGroup, error) {
	o := &outbound{h: h, ids: map[edgeKey]uint32{}}
	n := s.Count()
	var err error
	if o.spill, err = h.NewSpill(4 * n); err != nil {
		return nil, err
	}
	defer o.spill.Close()
	if n <= maxDirect {
		err = o.direct(ctx, s)
	} else {
		err = o.scan(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	return o.groups(ctx)
}

// outbound collects references. The objects that a group refers to are counted once each, so all are kept, on disk where they are many.
type outbound struct {
	h     *graph.Heap
	spill *graph.Spill
	mu    sync.Mutex
	ids   map[edgeKey]uint32
	keys  []edgeKey
}

// id numbers a group. The numbers depend on the order of reading; nothing that is printed does.
func (o *outbound) id(k edgeKey) uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	i, ok := o.ids[k]
	if !ok {
		i = uint32(len(o.keys))
		o.ids[k] = i
		o.keys = append(o.keys, k)
	}
	return i
}

// outWriter is a worker's.
type outWriter struct {
	*outbound
	w   *graph.SpillWriter
	ids map[edgeKey]uint32
}

func (o *outbound) writer() *outWriter { return &outWriter{o, o.spill.Writer(), map[edgeKey]uint32{}} }

func (w *outWriter) put(e graph.Edge) {
	if e.Label.Kind == graph.ClassEdge {
		return
	}
	k := keyOf(w.h.ClassOf(e.To), e.Label)
	id, ok := w.ids[k]
	if !ok {
		id = w.id(k)
		w.ids[k] = id
	}
	const spread = 0x9e3779b97f4a7c15 // 2^64 / the golden ratio
	w.w.Put(graph.SpillRecord{Key: uint64(e.To) * spread, Tag: id, Object: uint32(e.To)})
}

func (o *outbound) direct(ctx context.Context, s *Selection) error {
	w := o.writer()
	n := 0
	for from := range s.Each() {
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		o.h.EachEdge(from, func(e graph.Edge) bool {
			w.put(e)
			return true
		})
	}
	return w.w.Flush()
}

func (o *outbound) scan(ctx context.Context, s *Selection) error {
	wanted := make([]bool, o.h.NumClasses())
	for _, c := range s.Classes {
		wanted[c] = true
	}
	for _, x := range s.Objects {
		wanted[o.h.ClassOf(x)] = true
	}
	var writers []*outWriter
	err := o.h.Scan(ctx, wanted, func(int) func(*graph.View) {
		w := o.writer()
		o.mu.Lock()
		writers = append(writers, w)
		o.mu.Unlock()
		return func(v *graph.View) {
			if s.Has(v.Object) {
				v.EachEdge(func(e graph.Edge) bool {
					w.put(e)
					return true
				})
			}
		}
	})
	rest := o.writer()
	for x := range outsideRecords(o.h) {
		if !s.Has(x) {
			continue
		}
		class := isClass(o.h, x)
		o.h.EachEdge(x, func(e graph.Edge) bool {
			if class || e.Label.Kind == graph.DefinedEdge || e.Label.Kind == graph.LocalEdge {
				rest.put(e)
			}
			return true
		})
	}
	for _, w := range append(writers, rest) {
		if flushed := w.w.Flush(); err == nil {
			err = flushed
		}
	}
	return err
}

// groups counts what was collected: references, and objects once each.
func (o *outbound) groups(ctx context.Context) ([]EdgeGroup, error) {
	m := make([]counted, len(o.keys))
	for i := range m {
		m[i].first = graph.NoObject
	}
	var buf []graph.SpillRecord
	for part := range o.spill.Parts() {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var err error
		if buf, err = o.spill.Read(part, buf); err != nil {
			return nil, err
		}
		slices.SortFunc(buf, func(a, b graph.SpillRecord) int {
			return cmp.Or(cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.Object, b.Object))
		})
		for i, r := range buf {
			g, to := &m[r.Tag], graph.Object(r.Object)
			g.references++
			if i == 0 || buf[i-1].Tag != r.Tag || buf[i-1].Object != r.Object {
				g.objects++
				g.shallow += o.h.Shallow(to)
			}
			g.first = min(g.first, to)
		}
	}
	all := counter{}
	for i, k := range o.keys {
		all[k] = &m[i]
	}
	return all.groups(o.h), nil
}
