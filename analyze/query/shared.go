package query

import (
	"errors"
	"slices"
	"sync"

	"heapcause/analyze"
	"heapcause/graph"
)

// sharedResults are the results of sub-selects that do not depend on rows around them; each is made once.
type sharedResults struct {
	h           *graph.Heap
	byStatement map[*Select]*result
	ofClasses   map[*Select][]graph.Class
	list        []*result
}

type result struct {
	once  sync.Once
	in    *instance
	asSet bool
	v     Value
	set   *valueSet
	err   error
}

func (s *sharedResults) result(sel *Select, in *instance, asSet bool) *result {
	if r := s.byStatement[sel]; r != nil {
		return r
	}
	r := &result{in: in, asSet: asSet}
	s.byStatement[sel] = r
	s.list = append(s.list, r)
	return r
}

func (s *sharedResults) of(sel *Select, in *instance) *result { return s.result(sel, in, false) }

func (s *sharedResults) set(sel *Select, in *instance) *valueSet {
	r := s.result(sel, in, true)
	if r.set == nil {
		r.set = &valueSet{h: s.h}
	}
	return r.set
}

// classes are the classes that a sub-select yields.
func (s *sharedResults) classes(sel *Select, in *instance) ([]graph.Class, error) {
	if out, ok := s.ofClasses[sel]; ok {
		return out, nil
	}
	var out []graph.Class
	in.results(func(vals []Value) bool {
		v := in.asRow(vals)
		c, ok := in.w.asClass(in.w.thing(v))
		if !ok {
			in.w.fail(errors.New("the sub-select has things that are no classes"))
			return false
		}
		out = append(out, c)
		return true
	})
	slices.Sort(out)
	s.ofClasses[sel] = slices.Compact(out)
	return s.ofClasses[sel], in.w.err
}

// all makes the results that are still missing, inner ones first.
func (s *sharedResults) all() error {
	for _, r := range s.list {
		if r.run(); r.err != nil {
			return r.err
		}
	}
	return nil
}

func (r *result) run() {
	r.once.Do(func() {
		if r.asSet {
			r.err = r.set.fill(r.in)
		} else {
			r.v = r.in.value()
		}
		if r.err == nil {
			r.err = r.in.w.err
		}
	})
}

func (r *result) value() (Value, error) {
	r.run()
	return r.v, r.err
}

// valueSet is what IN (SELECT …) looks values up in.
type valueSet struct {
	h       *graph.Heap
	objects analyze.BitSet
	keys    map[string]struct{}
	bytes   int64
}

func (s *valueSet) fill(in *instance) error {
	s.keys = map[string]struct{}{}
	var buf []byte
	in.results(func(vals []Value) bool {
		v := classObject(s.h, vals[0])
		if v.kind == kindObject {
			if s.objects == nil {
				s.objects = analyze.NewBitSet(s.h)
			}
			s.objects.Add(graph.Object(v.bits))
			return true
		}
		buf = appendKey(s.h, buf[:0], v)
		if _, ok := s.keys[string(buf)]; ok {
			return true
		}
		s.keys[string(buf)] = struct{}{}
		if s.bytes += int64(len(buf)); len(s.keys) > maxDistinct || s.bytes > maxKeyBytes {
			in.w.fail(errTooMany("different values behind IN", maxDistinct, "narrow the sub-select"))
			return false
		}
		return true
	})
	return in.w.err
}

// has reports whether a value is in the set; a number also stands for the object of that number.
func (s *valueSet) has(w *worker, v Value) bool {
	v = classObject(w.h, v)
	if o, ok := w.asObject(v); ok && s.objects != nil && s.objects.Has(o) {
		return true
	}
	if len(s.keys) == 0 {
		return false
	}
	w.buf = appendKey(w.h, w.buf[:0], v)
	_, ok := s.keys[string(w.buf)]
	return ok
}
