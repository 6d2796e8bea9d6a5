package query

import (
	"container/heap"
	"slices"
)

// results calls fn with the columns of each row of the result, until it returns false. The slice is valid during the call.
func (in *instance) results(fn func(vals []Value) bool) {
	in.counted(&tally{}, fn)
}

// tally says when rows need only be counted, and counts them.
type tally struct {
	full    bool
	left    int64 // rows that were not shown
	atLeast bool  // there may be more
}

// maxCounted is how many rows are counted behind the last one that is shown.
const maxCounted = 10_000_000

// skip counts a row that is not shown; false when that goes on for too long.
func (t *tally) skip() bool {
	if t.left++; t.left >= maxCounted {
		t.atLeast = true
		return false
	}
	return true
}

func (in *instance) counted(t *tally, fn func(vals []Value) bool) {
	more := true
	emit := func(vals []Value) bool {
		more = fn(vals)
		return more
	}
	in.one(t, emit)
	for _, u := range in.union {
		if !more || in.w.err != nil {
			return
		}
		u.one(t, emit)
		in.w.take(u.w)
	}
}

// one yields the rows of this SELECT without what is united with it.
func (in *instance) one(t *tally, fn func(vals []Value) bool) {
	out := &output{in: in, tally: t, emit: fn}
	out.start()
	switch {
	case in.s.Retained:
		in.retained(out)
	case in.group != nil:
		g := in.groupAll()
		if in.w.err == nil {
			g.each(out.add)
		}
	default:
		in.rows(out.add)
	}
	if in.w.err == nil {
		out.finish()
	}
}

// output makes columns of rows, tells them apart, sorts and counts them.
type output struct {
	in    *instance
	tally *tally
	emit  func(vals []Value) bool

	vals    []Value
	seen    map[string]struct{}
	bytes   int64
	buf     []byte
	skipped int64
	shown   int64
	top     *sorter
	limit   int64 // -1 none
}

func (o *output) start() {
	s := o.in.s
	o.limit = s.Limit
	n := len(o.in.items)
	if n == 0 {
		n = 1
	}
	o.vals = make([]Value, n)
	if s.Distinct {
		o.seen = map[string]struct{}{}
	}
	if len(s.Order) > 0 {
		keep := int64(maxSort)
		if s.Limit >= 0 {
			keep = min(s.Limit+s.Offset, 4*maxSort)
		} else if m := o.in.c.opt.MaxRows; m > 0 {
			keep = min(keep, m+s.Offset)
		}
		o.top = &sorter{in: o.in, keep: int(max(keep, 0))}
	}
}

// add takes the row in the slots.
func (o *output) add() bool {
	in, t := o.in, o.tally
	if t.full && o.seen == nil && o.top == nil && o.limit < 0 && !in.s.Objects {
		return t.skip()
	}
	var keys []Value
	if o.top != nil {
		keys = make([]Value, len(in.order))
		for i, k := range in.order {
			keys[i] = k()
		}
		if o.seen == nil && !in.s.Objects && !o.top.wants(keys) {
			o.top.n++
			return true
		}
	}
	if len(in.items) == 0 {
		o.vals[0] = in.w.rows[in.slot]
	}
	for i, x := range in.items {
		o.vals[i] = x()
	}
	if in.w.failed() {
		return false
	}
	if !in.s.Objects {
		return o.put(o.vals, keys)
	}
	return o.flatten(o.vals[0], keys, 0)
}

// flatten puts the objects of a value out one by one.
func (o *output) flatten(v Value, keys []Value, depth int) bool {
	w := o.in.w
	switch v.kind {
	case kindNull:
		return true
	case kindList:
		goOn := true
		if depth < 8 {
			v.ref.(*list).each(func(x Value) bool {
				goOn = o.flatten(x, keys, depth+1)
				return goOn
			})
		}
		return goOn
	case kindRow:
		for _, x := range v.ref.(*record).vals {
			if !o.flatten(x, keys, depth+1) {
				return false
			}
		}
		return true
	}
	x, ok := w.asObject(v)
	if !ok && (v.kind == kindInt || v.kind == kindAddr || v.kind == kindClass) {
		return true
	}
	if !ok {
		w.fail(&BoundError{"SELECT OBJECTS: " + kindName(v) + " is no object", "leave OBJECTS out"})
		return false
	}
	return o.put([]Value{objectValue(x)}, keys)
}

func kindName(v Value) string {
	switch v.kind {
	case kindText, kindChar:
		return "a text"
	case kindFloat, kindInt, kindBool:
		return "a number"
	}
	return "this"
}

// put takes a finished row.
func (o *output) put(vals, keys []Value) bool {
	if o.seen != nil && !o.fresh(vals) {
		return o.in.w.err == nil
	}
	if o.top != nil {
		o.top.add(vals, keys)
		return true
	}
	return o.show(vals)
}

// fresh reports whether a row was not there before.
func (o *output) fresh(vals []Value) bool {
	o.buf = o.buf[:0]
	for _, v := range vals {
		o.buf = appendKey(o.in.w.h, o.buf, v)
	}
	if _, ok := o.seen[string(o.buf)]; ok {
		return false
	}
	o.seen[string(o.buf)] = struct{}{}
	if o.bytes += int64(len(o.buf)); len(o.seen) > maxDistinct || o.bytes > maxKeyBytes {
		o.in.w.fail(errTooMany("different rows", maxDistinct, "select something coarser, or narrow WHERE"))
	}
	return true
}

// show puts a row out, or counts it.
func (o *output) show(vals []Value) bool {
	if o.skipped < o.in.s.Offset {
		o.skipped++
		return true
	}
	if o.limit >= 0 && o.shown >= o.limit {
		return false
	}
	o.shown++
	if o.tally.full {
		return o.tally.skip() && (o.limit < 0 || o.shown < o.limit)
	}
	return o.emit(vals) && (o.limit < 0 || o.shown < o.limit)
}

// finish puts out what was sorted.
func (o *output) finish() {
	if o.top == nil {
		return
	}
	kept := o.top.sorted()
	for _, r := range kept {
		if !o.show(r.vals) {
			break
		}
	}
	if o.limit < 0 {
		o.tally.left += o.top.n - int64(len(kept))
	}
}

// sorter keeps the first rows of an order in a heap with the last of them on top.
type sorter struct {
	in   *instance
	keep int
	n    int64
	rows []sortRow
}

type sortRow struct {
	keys, vals []Value
	seq        int64
}

func (s *sorter) before(a, b *sortRow) bool {
	for i, k := range a.keys {
		c := sortOrder(s.in.w.h, k, b.keys[i])
		if s.in.s.Order[i].Desc {
			c = -c
		}
		if c != 0 {
			return c < 0
		}
	}
	return a.seq < b.seq
}

func (s *sorter) Len() int           { return len(s.rows) }
func (s *sorter) Less(i, j int) bool { return s.before(&s.rows[j], &s.rows[i]) }
func (s *sorter) Swap(i, j int)      { s.rows[i], s.rows[j] = s.rows[j], s.rows[i] }
func (s *sorter) Push(x any)         { s.rows = append(s.rows, x.(sortRow)) }
func (s *sorter) Pop() any {
	x := s.rows[len(s.rows)-1]
	s.rows = s.rows[:len(s.rows)-1]
	return x
}

// wants reports whether a row with these keys would be kept.
func (s *sorter) wants(keys []Value) bool {
	return len(s.rows) < s.keep || s.keep > 0 && s.before(&sortRow{keys: keys, seq: s.n}, &s.rows[0])
}

func (s *sorter) add(vals, keys []Value) {
	r := sortRow{keys: keys, seq: s.n}
	s.n++
	if s.keep == 0 || len(s.rows) >= s.keep && !s.before(&r, &s.rows[0]) {
		return
	}
	r.vals = slices.Clone(vals)
	if len(s.rows) < s.keep {
		heap.Push(s, r)
		return
	}
	s.rows[0] = r
	heap.Fix(s, 0)
}

func (s *sorter) sorted() []sortRow {
	slices.SortFunc(s.rows, func(a, b sortRow) int {
		if s.before(&a, &b) {
			return -1
		}
		return 1
	})
	return s.rows
}
