package explore

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"heapcause/graph"
)

// EdgeGroup are references by one field between objects of one class and those of a selection.
type EdgeGroup struct {
	Class      graph.Class // of the objects at the other end
	Label      string      // of the field: "com.acme.Order::next"; "[]" for elements of arrays
	Edge       graph.EdgeLabel
	References int64
	Objects    int64        // at the other end, each once
	Shallow    int64        // bytes of these
	First      graph.Object // of these, the one of the lowest address
}

type edgeKey struct {
	class graph.Class
	label graph.EdgeLabel // without index
}

func keyOf(class graph.Class, l graph.EdgeLabel) edgeKey {
	l.Index = 0
	if l.Kind == graph.DefinedEdge { // names the class at its end
		l.Class = graph.NoClass
	}
	return edgeKey{class, l}
}

// maxDirect objects are read one by one; beyond, the whole dump is read once more, in parallel.
var maxDirect = int64(50_000) // but in tests

// counter adds up the references of some objects by class and field. Each worker has its own.
type counter map[edgeKey]*counted

type counted struct {
	references, objects, shallow int64
	first, last                  graph.Object
}

// add counts a reference; other is the object at the other end. References of one referrer come one behind the other.
func (m counter) add(h *graph.Heap, k edgeKey, other graph.Object) {
	g := m[k]
	if g == nil {
		g = &counted{first: other, last: graph.NoObject}
		m[k] = g
	}
	g.references++
	if g.last != other {
		g.last = other
		g.objects++
		g.shallow += h.Shallow(other)
	}
	g.first = min(g.first, other)
}

func (m counter) merge(more counter) {
	for k, g := range more {
		if old := m[k]; old != nil {
			old.references += g.references
			old.objects += g.objects
			old.shallow += g.shallow
			old.first = min(old.first, g.first)
		} else {
			m[k] = g
		}
	}
}

func (m counter) groups(h *graph.Heap) []EdgeGroup {
	out := make([]EdgeGroup, 0, len(m))
	for k, g := range m {
		out = append(out, EdgeGroup{k.class, groupLabel(h, k.label), k.label, g.references, g.objects, g.shallow, g.first})
	}
	slices.SortFunc(out, func(a, b EdgeGroup) int {
		return cmp.Or(cmp.Compare(b.References, a.References), cmp.Compare(h.Class(a.Class).Name, h.Class(b.Class).Name), cmp.Compare(a.Label, b.Label), cmp.Compare(a.First, b.First))
	})
	return out
}

// Inbound groups the references to the selected objects by the class of those who refer to them, and by field. What instances refer to
// their class for does not count.
func Inbound(ctx context.Context, h *graph.Heap, s *Selection) ([]EdgeGroup, error) {
	in := func(m counter, from graph.Object, e graph.Edge) {
		if e.Label.Kind != graph.ClassEdge && s.Has(e.To) {
			m.add(h, keyOf(h.ClassOf(from), e.Label), from)
		}
	}
	referrers, few := referrersOf(h, s)
	if few {
		m := counter{}
		for i, u := range referrers {
			if i%1024 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			h.EachEdge(u, func(e graph.Edge) bool {
				in(m, u, e)
				return true
			})
		}
		return m.groups(h), nil
	}
	wanted := make([]bool, h.NumClasses())
	for c := range wanted {
		wanted[c] = true
	}
	return countEdges(ctx, h, wanted, func(graph.Object) bool { return true }, in)
}

// referrersOf returns those who refer to the selected objects, ascending; few is false where they are too many to read one by one.
func referrersOf(h *graph.Heap, s *Selection) (referrers []graph.Object, few bool) {
	if s.Count() > maxDirect {
		return nil, false
	}
	for o := range s.Each() {
		h.EachIn(o, func(u graph.Object) bool {
			referrers = append(referrers, u)
			return int64(len(referrers)) <= maxDirect
		})
		if int64(len(referrers)) > maxDirect {
			return nil, false
		}
	}
	slices.Sort(referrers)
	return slices.Compact(referrers), true
}

// countEdges shows every reference from the objects of some classes to a function, in one read of the dump.
func countEdges(ctx context.Context, h *graph.Heap, wanted []bool, from func(graph.Object) bool, count func(m counter, from graph.Object, e graph.Edge)) ([]EdgeGroup, error) {
	var mu sync.Mutex
	var all []counter
	err := h.Scan(ctx, wanted, func(int) func(*graph.View) {
		m := counter{}
		mu.Lock()
		all = append(all, m)
		mu.Unlock()
		return func(v *graph.View) {
			if from(v.Object) {
				v.EachEdge(func(e graph.Edge) bool {
					count(m, v.Object, e)
					return true
				})
			}
		}
	})
	if err != nil {
		return nil, err
	}
	m := counter{}
	for o := range outsideRecords(h) {
		if from(o) {
			record := wanted[h.ClassOf(o)] && !isClass(h, o) // the read has come by its fields
			h.EachEdge(o, func(e graph.Edge) bool {
				if !record || e.Label.Kind == graph.DefinedEdge || e.Label.Kind == graph.LocalEdge {
					count(m, o, e)
				}
				return true
			})
		}
	}
	for _, more := range all {
		m.merge(more)
	}
	return m.groups(h), nil
}

func isClass(h *graph.Heap, o graph.Object) bool {
	_, ok := h.AsClass(o)
	return ok
}

// outsideRecords returns the objects that have references which their records lack: classes, class loaders and threads.
func outsideRecords(h *graph.Heap) map[graph.Object]bool {
	out := map[graph.Object]bool{}
	for i := range h.NumClasses() {
		k := h.Class(graph.Class(i))
		if k.Object != graph.NoObject {
			out[k.Object] = true
		}
		if k.Loader != graph.NoObject {
			out[k.Loader] = true
		}
	}
	for _, t := range h.Threads() {
		if len(h.Locals(t.Object)) > 0 {
			out[t.Object] = true
		}
	}
	return out
}
