package query

import (
	"math"
	"math/big"
	"math/bits"
	"slices"

	"heapcause/graph"
)

// Bounds of what is kept in memory for a query.
const (
	maxGroups   = 1 << 20
	maxDistinct = 1 << 22   // values that COUNT(DISTINCT …), SELECT DISTINCT or IN (SELECT …) tell apart
	maxKeyBytes = 256 << 20 // of all their keys
	maxRows     = 1 << 22   // of a sub-select that is used as a value
	maxSort     = 1 << 20   // rows of ORDER BY without LIMIT
)

// grouping is what GROUP BY asks for.
type grouping struct {
	keys     []eval
	keySlots []int
	aggs     []aggregate
	slotOf   map[string]int // by the text of keys and aggregates
	having   cond
}

// aggregate is one COUNT, SUM, AVG, MIN or MAX.
type aggregate struct {
	name     string
	distinct bool
	arg      eval // nil for COUNT(*)
	slot     int
}

// group is what is known of one group so far.
type group struct {
	key  string
	vals []Value
	aggs []total
}

// total is an aggregate of one group.
type total struct {
	n      int64
	lo     uint64 // sum of whole numbers, 128 bits
	hi     int64
	floats []float64 // exact partial sums
	odd    float64   // sum of what is infinite or no number
	isOdd  bool
	best   Value
	unit   unit
	masked bool
	seen   map[string]struct{}
}

// groups is the table of one worker.
type groups struct {
	in    *instance
	byKey map[string]*group
	dense []*group // by class, where the key is one
	n     int
	bytes int64
	buf   []byte
	vals  []Value
}

func newGroups(in *instance) *groups {
	return &groups{in: in, byKey: map[string]*group{}, vals: make([]Value, len(in.group.keys))}
}

// add puts the rows at hand into their group.
func (t *groups) add() {
	g := t.find()
	if g == nil {
		return
	}
	for i := range t.in.group.aggs {
		t.count(&t.in.group.aggs[i], &g.aggs[i])
	}
}

func (t *groups) find() *group {
	h := t.in.w.h
	for i, k := range t.in.group.keys {
		t.vals[i] = k()
	}
	if len(t.vals) == 1 && t.vals[0].kind == kindClass { // most queries over all objects
		c := graph.Class(t.vals[0].bits)
		if t.dense == nil {
			t.dense = make([]*group, h.NumClasses())
		}
		if g := t.dense[c]; g != nil {
			return g
		}
		t.dense[c] = t.lookup()
		return t.dense[c]
	}
	return t.lookup()
}

func (t *groups) lookup() *group {
	t.buf = t.buf[:0]
	for _, v := range t.vals {
		t.buf = appendKey(t.in.w.h, t.buf, v)
	}
	if g := t.byKey[string(t.buf)]; g != nil {
		return g
	}
	if t.n++; t.n > maxGroups {
		t.in.w.fail(errTooMany("groups", maxGroups, "group by something coarser, or narrow WHERE"))
		return nil
	}
	if t.bytes += int64(len(t.buf)); t.bytes > maxKeyBytes {
		t.in.w.fail(errTooMany("bytes of keys", maxKeyBytes, "group by something shorter"))
		return nil
	}
	g := &group{key: string(t.buf), vals: make([]Value, len(t.vals)), aggs: make([]total, len(t.in.group.aggs))}
	for i, v := range t.vals {
		g.vals[i] = t.in.w.solid(v)
	}
	t.byKey[g.key] = g
	return g
}

// count adds the rows at hand to an aggregate.
func (t *groups) count(a *aggregate, to *total) {
	if a.arg == nil {
		to.n++
		return
	}
	v := a.arg()
	if v.kind == kindNull {
		return
	}
	if a.distinct {
		t.distinct(to, v)
		return
	}
	to.n++
	switch a.name {
	case "SUM", "AVG":
		to.add(v)
	case "MIN":
		if to.n == 1 || sortOrder(t.in.w.h, v, to.best) < 0 {
			to.best = v
		}
	case "MAX":
		if to.n == 1 || sortOrder(t.in.w.h, v, to.best) > 0 {
			to.best = v
		}
	}
}

func (t *groups) distinct(to *total, v Value) {
	t.buf = appendKey(t.in.w.h, t.buf[:0], v)
	if _, ok := to.seen[string(t.buf)]; ok {
		return
	}
	if to.seen == nil {
		to.seen = map[string]struct{}{}
	}
	to.seen[string(t.buf)] = struct{}{}
	if t.bytes += int64(len(t.buf)) + 48; t.bytes > maxKeyBytes {
		t.in.w.fail(errTooMany("bytes of different values", maxKeyBytes, "count something coarser, or narrow WHERE"))
	}
}

// add adds a number; what is none counts as nothing.
func (s *total) add(v Value) {
	s.masked = s.masked || v.content
	switch v.kind {
	case kindInt, kindChar, kindBool:
		var carry uint64
		s.lo, carry = bits.Add64(s.lo, v.bits, 0)
		s.hi += int64(v.bits)>>63 + int64(carry)
		s.unit = v.unit
	case kindFloat:
		s.unit = v.unit
		s.addFloat(v.float())
	default:
		s.n--
	}
}

// addFloat keeps the sum as parts that do not overlap (Shewchuk), so that it does not depend on the order of the numbers.
func (s *total) addFloat(x float64) {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		s.odd, s.isOdd = s.odd+x, true
		return
	}
	n := 0
	for _, y := range s.floats {
		if math.Abs(x) < math.Abs(y) {
			x, y = y, x
		}
		sum := x + y
		if rest := y - (sum - x); rest != 0 {
			s.floats[n] = rest
			n++
		}
		x = sum
	}
	s.floats = append(s.floats[:n], x)
}

// merge adds what another worker found of the same group.
func (s *total) merge(h *graph.Heap, name string, o *total) {
	if name == "MIN" && o.n > 0 && (s.n == 0 || sortOrder(h, o.best, s.best) < 0) || name == "MAX" && o.n > 0 && (s.n == 0 || sortOrder(h, o.best, s.best) > 0) {
		s.best = o.best
	}
	s.n += o.n
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, o.lo, 0)
	s.hi += o.hi + int64(carry)
	for _, f := range o.floats {
		s.addFloat(f)
	}
	s.odd, s.isOdd = s.odd+o.odd, s.isOdd || o.isOdd
	s.unit, s.masked = max(s.unit, o.unit), s.masked || o.masked
	if s.seen == nil {
		s.seen = o.seen
		return
	}
	for k := range o.seen {
		s.seen[k] = struct{}{}
	}
}

// merge adds another worker's table.
func (t *groups) merge(o *groups) {
	for key, g := range o.byKey {
		mine := t.byKey[key]
		if mine == nil {
			if t.n++; t.n > maxGroups {
				t.in.w.fail(errTooMany("groups", maxGroups, "group by something coarser, or narrow WHERE"))
				return
			}
			t.byKey[key] = g
			continue
		}
		for i := range g.aggs {
			mine.aggs[i].merge(t.in.w.h, t.in.group.aggs[i].name, &g.aggs[i])
		}
	}
}

// value is the aggregate's result.
func (s *total) value(a *aggregate) Value {
	switch a.name {
	case "COUNT":
		if a.distinct {
			return countValue(int64(len(s.seen)))
		}
		return countValue(s.n)
	case "MIN", "MAX":
		return s.best
	}
	if s.n == 0 {
		return Value{}
	}
	v := s.sum()
	if a.name == "AVG" {
		v = floatValue(v.float() / float64(s.n))
	}
	v.unit, v.content = s.unit, s.masked
	if v.unit == idUnit {
		v.unit = noUnit
	}
	return v
}

func (s *total) sum() Value {
	whole := s.hi == int64(s.lo)>>63
	if whole && len(s.floats) == 0 && !s.isOdd {
		return intValue(int64(s.lo))
	}
	if s.isOdd {
		return floatValue(s.odd)
	}
	all := new(big.Float).SetPrec(exactBits)
	for _, f := range s.floats {
		all.Add(all, big.NewFloat(f))
	}
	all.Add(all, new(big.Float).SetInt(new(big.Int).Lsh(big.NewInt(s.hi), 64)))
	all.Add(all, new(big.Float).SetInt(new(big.Int).SetUint64(s.lo)))
	f, _ := all.Float64()
	return floatValue(f)
}

// exactBits holds any sum of doubles.
const exactBits = 2200

// each calls fn for each group, in the order of the keys, with keys and aggregates in their slots.
func (t *groups) each(fn func() bool) {
	w, g := t.in.w, t.in.group
	all := make([]*group, 0, len(t.byKey))
	for _, x := range t.byKey {
		all = append(all, x)
	}
	if len(g.keys) == 0 && len(all) == 0 { // one group of nothing
		all = append(all, &group{aggs: make([]total, len(g.aggs))})
	}
	slices.SortFunc(all, func(a, b *group) int {
		for i := range a.vals {
			if c := sortOrder(w.h, a.vals[i], b.vals[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	for _, x := range all {
		for i, slot := range g.keySlots {
			w.rows[slot] = x.vals[i]
		}
		for i := range g.aggs {
			w.rows[g.aggs[i].slot] = x.aggs[i].value(&g.aggs[i])
		}
		if g.having != nil && !g.having() {
			continue
		}
		if w.failed() || !fn() {
			return
		}
	}
}

// solid makes a value that any worker may read: lists are read to their ends.
func (w *worker) solid(v Value) Value {
	switch v.kind {
	case kindList:
		var vs []Value
		v.ref.(*list).each(func(x Value) bool {
			if len(vs) >= maxList {
				w.fail(errTooMany("elements in a list", maxList, "JOIN takes them one by one"))
				return false
			}
			vs = append(vs, w.solid(x))
			return true
		})
		return listValue(sliceList(vs))
	case kindRow:
		r := v.ref.(*record)
		vs := make([]Value, len(r.vals))
		for i, x := range r.vals {
			vs[i] = w.solid(x)
		}
		return rowValue(&record{r.names, vs})
	}
	return v
}
