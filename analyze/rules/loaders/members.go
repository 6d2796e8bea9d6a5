package loaders

import (
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
)

// members are what goes when a class loader goes: it and its descendants, their classes, and the instances of these.
type members struct {
	h       *graph.Heap
	loaders map[graph.Object]bool
	classes []bool // of the class table
	class   graph.Class
	some    bool // there are instances
	limit   graph.Strength
	seen    analyze.BitSet // objects whose dominators were looked through
	under   analyze.BitSet // of these: those that a member dominates
}

// membersOf returns the members of a loader and of those below it.
func (p pass) membersOf(tree []loader) *members {
	h := p.Heap
	m := &members{h: h, loaders: map[graph.Object]bool{}, classes: make([]bool, h.NumClasses()), class: graph.NoClass, limit: h.Strength(tree[0].object)}
	m.seen, m.under = analyze.NewBitSet(h), analyze.NewBitSet(h)
	for i := range tree {
		m.loaders[tree[i].object] = true
		for _, c := range h.DefinedClasses(tree[i].object) {
			m.classes[c] = true
			m.some = m.some || h.Class(c).Instances > 0
		}
	}
	if cs := h.ClassesByName("java.lang.Class"); len(cs) > 0 {
		m.class = cs[0]
	}
	return m
}

// has reports whether an object is a member.
func (m *members) has(o graph.Object) bool {
	c := m.h.ClassOf(o)
	if c == m.class {
		k, ok := m.h.AsClass(o)
		return ok && m.classes[k]
	}
	return m.classes[c] || m.loaders[o]
}

// covered reports whether a member dominates an object. Each dominator is looked at once in the life of m.
func (m *members) covered(o graph.Object) bool {
	var chain []graph.Object
	covered := false
	for d := m.h.Idom(o); d != graph.NoObject; d = m.h.Idom(d) {
		if m.seen.Has(d) {
			covered = m.under.Has(d)
			break
		}
		chain = append(chain, d)
		if m.has(d) {
			covered = true
			break
		}
	}
	for _, d := range chain {
		m.seen.Add(d)
		if covered {
			m.under.Add(d)
		}
	}
	return covered
}

// tops returns the members that no other member dominates, ascending: whatever holds members from without holds one of these.
// Their retained sizes add up to what would go.
func (m *members) tops() []graph.Object {
	var out []graph.Object
	add := func(o graph.Object) {
		if o != graph.NoObject && m.h.Strength(o) <= m.limit && !m.covered(o) {
			out = append(out, o)
		}
	}
	for o := range m.loaders {
		add(o)
	}
	for c := range m.classes {
		if m.classes[c] {
			add(m.h.Class(graph.Class(c)).Object)
		}
	}
	if m.some { // a walk over all objects, for the dead alone
		for i := range m.h.NumObjects() {
			if o := graph.Object(i); m.classes[m.h.ClassOf(o)] && !m.loaders[o] {
				add(o)
			}
		}
	}
	slices.Sort(out)
	return out
}
