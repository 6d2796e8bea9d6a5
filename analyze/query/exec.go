package query

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"heapcause/analyze"
	"heapcause/graph"
)

// rows calls fn with each row of FROM and the joins in its slots that WHERE lets through, until it returns false.
func (in *instance) rows(fn func() bool) {
	in.candidates(func(v Value) bool { return in.row(v, fn) })
}

// row goes on with one row of FROM.
func (in *instance) row(v Value, fn func() bool) bool {
	if in.w.failed() {
		return false
	}
	in.w.rows[in.slot] = v
	for _, t := range in.tests {
		if !t() {
			return true
		}
	}
	if len(in.joins) == 0 {
		return fn()
	}
	return in.joined(0, fn)
}

// joined adds the rows of the joins from i on.
func (in *instance) joined(i int, fn func() bool) bool {
	if i == len(in.joins) {
		return fn()
	}
	j, w := &in.joins[i], in.w
	goOn, found := true, false
	next := func() bool {
		for _, t := range j.tests {
			if !t() {
				return true
			}
		}
		return in.joined(i+1, fn)
	}
	eachOf(j.list(), func(v Value) bool {
		if w.failed() {
			goOn = false
			return false
		}
		w.rows[j.slot] = v
		if j.on != nil && !j.on() {
			return true
		}
		found = true
		goOn = next()
		return goOn
	})
	if goOn && j.left && !found {
		w.rows[j.slot] = Value{}
		goOn = next()
	}
	return goOn
}

// candidates calls fn with each row of FROM, in order.
func (in *instance) candidates(fn func(Value) bool) {
	src := &in.src
	switch {
	case src.classes != nil:
		in.instances(fn)
	case src.sub != nil:
		src.sub.results(func(vals []Value) bool { return fn(src.sub.asRow(vals)) })
		in.w.take(src.sub.w)
	case src.list != nil:
		eachOf(src.list(), fn)
	default:
		for _, k := range src.kinds {
			if !fn(classObject(in.w.h, classValue(k))) {
				return
			}
		}
		for _, o := range src.objects {
			if !fn(objectValue(o)) {
				return
			}
		}
	}
}

// take takes over the error of another worker.
func (w *worker) take(o *worker) {
	if w.err == nil {
		w.err = o.err
	}
}

// probe is how many objects a query with LIMIT looks at one by one before it reads the dump on all processors.
const probe = 1 << 16

// instances calls fn with the objects of the classes, ascending. Where the conditions read the dump, they are judged in one read of it
// first, on all processors.
func (in *instance) instances(fn func(Value) bool) {
	from := graph.Object(0)
	if !in.own || !in.reads || in.count() < probe/16 {
		in.walk(from, ^graph.Object(0), fn)
		return
	}
	if in.s.Limit >= 0 && in.group == nil && len(in.s.Order) == 0 {
		if from = in.walk(0, probe, fn); from == graph.NoObject {
			return
		}
	}
	set, err := in.filter()
	if err != nil {
		in.w.fail(err)
		return
	}
	for i := from / 64; int(i) < len(set); i++ {
		if set[i] == 0 {
			continue
		}
		for o := max(i*64, from); o < i*64+64; o++ {
			if set.Has(o) && (in.w.failed() || !fn(objectValue(o))) {
				return
			}
		}
	}
}

// count is how many objects the classes have.
func (in *instance) count() int64 {
	n := int64(0)
	for k, ok := range in.src.classes {
		if ok {
			n += in.w.h.Class(graph.Class(k)).Instances
		}
	}
	return n
}

// walk calls fn with the objects of the classes in ascending order, of at most n objects; it returns where it stopped,
// NoObject when fn has enough or there are no more.
func (in *instance) walk(from, n graph.Object, fn func(Value) bool) graph.Object {
	h, left := in.w.h, in.count()
	for o := from; o < graph.Object(h.NumObjects()) && left > 0; o++ {
		if o-from >= n {
			return o
		}
		if !in.src.classes[h.ClassOf(o)] {
			if o&0xffff == 0 && in.w.ctx.Err() != nil {
				in.w.fail(in.w.ctx.Err())
				return graph.NoObject
			}
			continue
		}
		left--
		if in.hidden(o) {
			continue
		}
		if in.w.failed() || !fn(objectValue(o)) {
			return graph.NoObject
		}
	}
	return graph.NoObject
}

// hidden reports whether the query is not to see an object.
func (in *instance) hidden(o graph.Object) bool {
	return in.c.opt.Reachable && in.w.h.Strength(o) == graph.Unreachable
}

// filter judges the conditions on the row alone for all objects of the classes.
func (in *instance) filter() (analyze.BitSet, error) {
	set := analyze.NewBitSet(in.w.h)
	_, err := in.parallel(true, func(x *instance) func(v Value) bool {
		return func(v Value) bool {
			x.w.rows[x.slot] = v
			for _, t := range x.tests {
				if !t() {
					return true
				}
			}
			atomic.OrUint64(&set[v.bits/64], 1<<(v.bits%64))
			return true
		}
	})
	return set, err
}

// groupAll puts all rows into groups.
func (in *instance) groupAll() *groups {
	if in.src.classes == nil || !in.own || in.count() < probe/16 {
		t := newGroups(in)
		in.rows(func() bool {
			t.add()
			return in.w.err == nil
		})
		return t
	}
	tables := map[*instance]*groups{}
	clones, err := in.parallel(in.groupReads, func(x *instance) func(v Value) bool {
		t := newGroups(x)
		tables[x] = t
		add := func() bool {
			t.add()
			return x.w.err == nil
		}
		return func(v Value) bool { return x.row(v, add) }
	})
	all := newGroups(in)
	if err != nil {
		in.w.fail(err)
		return all
	}
	for _, x := range clones {
		all.merge(tables[x])
	}
	return all
}

// errStopped ends a scan whose worker has failed.
var errStopped = errors.New("stopped")

// parallel shows every object of the classes to one of several copies of the instance, each with a worker of its own. reads says
// that the dump is wanted: then it is read once from beginning to end.
func (in *instance) parallel(reads bool, start func(x *instance) func(v Value) bool) ([]*instance, error) {
	ctx, cancel := context.WithCancel(in.w.ctx)
	defer cancel()
	var clones []*instance
	begin := func() (*instance, func(o graph.Object)) {
		x := in.clone(ctx)
		clones = append(clones, x)
		visit := start(x)
		return x, func(o graph.Object) {
			if x.w.err == nil && !x.hidden(o) && !visit(objectValue(o)) {
				cancel()
			}
		}
	}
	var err error
	if reads {
		err = in.scan(ctx, begin)
	} else {
		err = in.ranges(ctx, begin)
	}
	for _, x := range clones { // says more than that the rest was cancelled
		if x.w.err != nil && !errors.Is(x.w.err, context.Canceled) {
			return clones, x.w.err
		}
	}
	if err == nil {
		for _, x := range clones {
			err = errors.Join(err, x.w.err)
		}
	}
	return clones, err
}

// scan reads the dump; class objects, which have records of another kind, come after it.
func (in *instance) scan(ctx context.Context, begin func() (*instance, func(o graph.Object))) error {
	h := in.w.h
	err := h.Scan(ctx, in.src.classes, func(int) func(v *graph.View) {
		x, visit := begin()
		return func(v *graph.View) {
			x.w.view = v
			visit(v.Object)
			x.w.view = nil
		}
	})
	if err != nil || in.w.classClass == graph.NoClass || !in.src.classes[in.w.classClass] {
		return err
	}
	_, visit := begin()
	for c := range graph.Class(h.NumClasses()) {
		if o := h.Class(c).Object; o != graph.NoObject && h.ClassOf(o) == in.w.classClass {
			visit(o)
		}
	}
	return nil
}

// rangeSize is how many objects a worker takes at a time.
const rangeSize = 1 << 16

// ranges walks the objects without reading the dump.
func (in *instance) ranges(ctx context.Context, begin func() (*instance, func(o graph.Object))) error {
	h := in.w.h
	n := graph.Object(h.NumObjects())
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Uint64
	for range max(1, min(in.c.opt.workers(), int(n/rangeSize)+1)) {
		x, visit := begin()
		g.Go(func() error {
			for {
				lo := graph.Object(next.Add(1)-1) * rangeSize
				if lo >= n {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				for o := lo; o < min(lo+rangeSize, n); o++ {
					if in.src.classes[h.ClassOf(o)] {
						visit(o)
					}
				}
				if x.w.err != nil {
					return errStopped
				}
			}
		})
	}
	return g.Wait()
}

// clone builds the instance once more, for another worker.
func (in *instance) clone(ctx context.Context) *instance {
	c := &compiler{w: newWorker(ctx, in.w.h), lex: in.c.lex, opt: in.c.opt, shared: in.c.shared}
	return c.build(in.s, nil)
}

// asRow is a row of a sub-select as FROM and IN see it: the thing itself where the sub-select names no columns.
func (in *instance) asRow(vals []Value) Value {
	if in.items == nil || in.s.Objects {
		return vals[0]
	}
	return rowValue(&record{in.names, slices.Clone(vals)})
}

// value is the sub-select as a value: null without rows, the thing itself where it selects from a thing, else its rows.
func (in *instance) value() Value {
	var out []Value
	in.results(func(vals []Value) bool {
		if len(out) >= maxRows {
			in.w.fail(errTooMany("rows in a sub-select", maxRows, "narrow its WHERE"))
			return false
		}
		out = append(out, in.w.solid(in.asRow(vals)))
		return true
	})
	if len(out) == 0 {
		return Value{}
	}
	if len(out) == 1 && in.items == nil && in.src.list != nil {
		return out[0]
	}
	return listValue(sliceList(out))
}
