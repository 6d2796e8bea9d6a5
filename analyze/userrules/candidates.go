package userrules

import (
	"cmp"
	"errors"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
)

// maxCandidates are looked at beyond their own fields: 4 MB of numbers, and as many random reads as one can wait for.
const maxCandidates = 1 << 20

// candidates are the objects of the classes of a rule that meet its conditions on their own fields.
type candidates struct {
	objects []uint32 // ascending
	all     int64    // objects of the classes
	over    bool     // there are more
	err     error    // of the object with the lowest number
	at      graph.Object
}

// scanOf returns the scan that collects the candidates of a rule.
func scanOf(s *spec) *analyze.Scan {
	return &analyze.Scan{Name: "objects of " + s.name, Start: func(b *analyze.Binder) analyze.Scanner {
		wanted, some := s.wanted(b.Heap)
		if !some || !s.known(b, wanted) {
			return nil
		}
		c := &collector{spec: s, heap: b.Heap, wanted: wanted}
		for _, x := range s.where {
			if x.own {
				c.conditions = append(c.conditions, x)
			}
		}
		return c
	}}
}

// wanted returns the classes that a rule looks at, and whether the dump has objects of them.
func (s *spec) wanted(h *graph.Heap) (wanted []bool, some bool) {
	if s.match.subclasses {
		wanted = h.Subclasses(s.match.classes...)
	} else {
		wanted = make([]bool, h.NumClasses())
		for _, name := range s.match.classes {
			for _, c := range h.ClassesByName(name) {
				wanted[c] = true
			}
		}
	}
	for c, w := range wanted {
		some = some || w && h.Class(graph.Class(c)).Instances > 0
	}
	return wanted, some
}

// known reports whether all classes have the fields that the rule reads of its objects.
func (s *spec) known(b *analyze.Binder, wanted []bool) bool {
	ok := true
	for c, w := range wanted {
		if !w || b.Class(graph.Class(c)).Instances == 0 {
			continue
		}
		for _, x := range s.expressions() {
			for _, name := range x.fields {
				var unknown *unknownError
				if errors.As(bindField(b.Heap, graph.Class(c), name).err, &unknown) {
					b.Unknown(unknown.class, unknown.field)
					ok = false
				}
			}
		}
	}
	return ok
}

// expressions are those on one object.
func (s *spec) expressions() []*expression {
	out := slices.Clone(s.where)
	for _, list := range [][]named{s.follow, s.lets, s.evidence} {
		for _, n := range list {
			out = append(out, n.value)
		}
	}
	for _, a := range s.aggregates {
		out = append(out, a.value)
	}
	for _, t := range s.tables {
		out = append(out, t.by)
		for _, a := range t.show {
			out = append(out, a.value)
		}
	}
	return out
}

// collector is the scan of a rule at work.
type collector struct {
	spec       *spec
	heap       *graph.Heap
	wanted     []bool
	conditions []*expression
	parts      []*candidates
}

// Wants implements analyze.Scanner.
func (c *collector) Wants(k graph.Class) bool { return c.wanted[k] }

// Worker implements analyze.Scanner.
func (c *collector) Worker() func(*graph.View) {
	part := &candidates{at: graph.NoObject}
	c.parts = append(c.parts, part)
	e := newEvaluator(c.heap, c.spec)
	return func(v *graph.View) {
		part.all++
		if !c.spec.match.unreachable && c.heap.Strength(v.Object) == graph.Unreachable {
			return
		}
		e.begin(v.Object, v)
		for _, x := range c.conditions {
			switch ok, err := e.holds(x); {
			case errors.Is(err, errLost):
				return
			case err != nil:
				if part.err == nil || v.Object < part.at {
					part.err, part.at = err, v.Object
				}
				return
			case !ok:
				return
			}
		}
		if len(part.objects) == maxCandidates {
			part.over = true
			return
		}
		part.objects = append(part.objects, uint32(v.Object))
	}
}

// Finish implements analyze.Scanner: *candidates.
func (c *collector) Finish() any {
	all := &candidates{at: graph.NoObject}
	slices.SortFunc(c.parts, func(a, b *candidates) int { return cmp.Compare(a.at, b.at) })
	for _, p := range c.parts {
		all.all += p.all
		all.over = all.over || p.over || len(all.objects)+len(p.objects) > maxCandidates
		if all.err == nil {
			all.err = p.err
		}
		if !all.over {
			all.objects = append(all.objects, p.objects...)
		}
	}
	slices.Sort(all.objects)
	return all
}
