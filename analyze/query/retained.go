package query

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// retained puts out the objects that the rows retain: those, and what would go if all of them went.
func (in *instance) retained(out *output) {
	h, w := in.w.h, in.w
	set := analyze.NewBitSet(h)
	in.rows(func() bool {
		v := w.rows[in.slot]
		if in.s.Objects {
			v = in.items[0]()
		}
		in.eachObject(v, func(o graph.Object) { set.Add(o) })
		return !w.failed()
	})
	if w.err != nil {
		return
	}
	all, err := RetainedSet(w.ctx, h, set)
	if err != nil {
		w.fail(err)
		return
	}
	for o := range graph.Object(h.NumObjects()) {
		if !all.Has(o) || in.hidden(o) {
			continue
		}
		w.rows[in.slot] = objectValue(o)
		goOn := false
		if in.s.Objects {
			goOn = out.put([]Value{objectValue(o)}, nil)
		} else {
			goOn = out.add()
		}
		if !goOn || w.failed() {
			return
		}
	}
}

// eachObject calls fn with the objects that a value is or has.
func (in *instance) eachObject(v Value, fn func(graph.Object)) {
	if v.kind == kindList {
		v.ref.(*list).each(func(x Value) bool {
			if x.kind != kindList {
				in.eachObject(x, fn)
			}
			return true
		})
		return
	}
	if o, ok := in.w.asObject(v); ok {
		fn(o)
	}
}
