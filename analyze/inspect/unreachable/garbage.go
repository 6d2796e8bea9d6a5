package unreachable

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
)

// amount counts objects and bytes.
type amount struct{ objects, bytes int64 }

func (a amount) plus(objects, bytes int64) amount {
	return amount{a.objects + objects, a.bytes + bytes}
}

// island is an object that nothing refers to, or one of a ring, and all that goes with it.
type island struct {
	top      graph.Object
	retained int64
}

// garbage is what nothing reaches.
type garbage struct {
	classes map[graph.Class]amount // every unreachable object
	islands map[graph.Class]amount // by the class of the top
	largest []island
	count   int64
}

// keptIslands bounds the list of single islands.
const keptIslands = 1000

// garbageOf looks at every object once, and at nothing where all are reachable.
func garbageOf(p *analyze.Pass) *garbage {
	g := &garbage{classes: map[graph.Class]amount{}, islands: map[graph.Class]amount{}}
	h := p.Heap
	if h.Totals()[graph.Unreachable].Objects == 0 {
		return g
	}
	objects := make([]amount, h.NumClasses())
	for o := range graph.Object(h.NumObjects()) {
		if h.Strength(o) == graph.Unreachable {
			c := &objects[h.ClassOf(o)]
			*c = c.plus(1, h.Shallow(o))
		}
	}
	for c, n := range objects {
		if n.objects > 0 {
			g.classes[graph.Class(c)] = n
		}
	}
	h.EachDominated(graph.NoObject, func(o graph.Object) bool {
		if h.Strength(o) == graph.Unreachable {
			c := h.ClassOf(o)
			g.islands[c] = g.islands[c].plus(1, h.Retained(o))
			g.keep(island{o, h.Retained(o)})
		}
		return true
	})
	g.cut()
	return g
}

func (g *garbage) keep(i island) {
	g.count++
	if g.largest = append(g.largest, i); len(g.largest) >= 4*keptIslands {
		g.cut()
	}
}

func (g *garbage) cut() {
	slices.SortFunc(g.largest, func(a, b island) int {
		return cmp.Or(cmp.Compare(b.retained, a.retained), cmp.Compare(a.top, b.top))
	})
	g.largest = g.largest[:min(len(g.largest), keptIslands)]
}
