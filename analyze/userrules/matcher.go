package userrules

import (
	"fmt"

	"heapcause/graph"
)

// maxReferrers of one object are looked at for held_by.
const maxReferrers = 100_000

// matcher tells which objects a rule speaks of.
type matcher struct {
	*evaluator
	buf   [][]graph.Object // referrers, by holder
	trace *Outcome         // nil when nobody asks
}

// matches reports whether all of follow, held_by and where hold for an object. Its names are then those of o.
func (m *matcher) matches(o graph.Object) (bool, error) {
	m.begin(o, nil)
	for i := range m.rule.follow {
		f := &m.rule.follow[i]
		v, err := m.value(f.value)
		if err != nil {
			return false, err
		}
		switch r, ok := v.(ref); {
		case v == nil:
			m.trace.drop("follow " + f.name + ": leads to null")
			return false, nil
		case !ok:
			return false, f.value.runError(fmt.Errorf("%s leads to no object", f.name))
		case r.o == graph.NoObject:
			return false, errLost
		}
		m.env[f.name] = v
	}
	if ok, err := m.held(o); !ok || err != nil {
		return false, err
	}
	for _, x := range m.rule.where {
		if x.own {
			continue // the shared read has seen to it
		}
		ok, err := m.holds(x)
		if err != nil {
			return false, err
		}
		if !ok {
			m.trace.drop("where: " + x.source)
			return false, nil
		}
	}
	return true, nil
}

// held finds the holders one behind the other; of several it is the one with the lowest address.
func (m *matcher) held(o graph.Object) (bool, error) {
	for len(m.buf) < len(m.rule.heldBy) {
		m.buf = append(m.buf, nil)
	}
	for i := range m.rule.heldBy {
		h := &m.rule.heldBy[i]
		u, err := m.referrer(i, o, h)
		if err != nil {
			return false, err
		}
		if (u == graph.NoObject) != h.absent {
			m.trace.drop("held_by " + h.classes[0])
			return false, nil
		}
		if h.absent {
			return true, nil // it is the last
		}
		m.env[h.name] = ref{u}
		o = u
	}
	return true, nil
}

// referrer returns the object that holds o as h says, NoObject when there is none.
func (m *matcher) referrer(i int, o graph.Object, h *holder) (graph.Object, error) {
	if m.heap.InDegree(o) > maxReferrers {
		return graph.NoObject, fmt.Errorf("more than %d objects refer to %s", maxReferrers, m.heap.Name(o))
	}
	m.buf[i] = m.heap.In(o, m.buf[i][:0])
	for _, u := range m.buf[i] {
		ok, err := m.refers(u, o, h)
		if err != nil {
			return graph.NoObject, err
		}
		if ok {
			return u, nil
		}
	}
	return graph.NoObject, nil
}

func (m *matcher) refers(u, o graph.Object, h *holder) (is bool, err error) {
	for _, class := range h.classes {
		is = is || m.isOf(u, class, h.subclasses)
	}
	if !is || h.field == "" || h.field == "[]" {
		return is, nil
	}
	b := m.bind(m.heap.ClassOf(u), h.field)
	if b.err != nil || b.other {
		return false, b.err
	}
	m.open()
	if !m.far.Load(u) {
		return false, errLost
	}
	return m.far.Ref(b.field) == o, nil
}
