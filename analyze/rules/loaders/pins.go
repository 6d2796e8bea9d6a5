package loaders

import (
	"cmp"
	"slices"

	"heapcause/graph"
	"heapcause/hprof"
)

// Bounds of the search for what holds a loader.
const (
	maxArcs = 200_000 // references followed
	maxPins = 500     // holders of one loader
)

// holding is one way in which something from without holds a loader: a path from a GC root to the first of its members.
type holding struct {
	path  []graph.Step
	count int64 // members that the last holder refers to in this way
}

// region is what holds the members of a loader from without, back to GC roots, threads, statics and other loaders.
type region struct {
	m       *members
	nodes   []graph.Object
	at      map[graph.Object]int32
	ends    []bool // by node: a path begins here
	arcs    []arc  // from a node to the one that it holds
	entries map[int32]entry
	partial bool // there is more than was looked at
}

type arc struct{ from, to int32 }

// entry has the members that a node refers to, the first of them where they are many.
type entry struct {
	first []graph.Object
	more  int64
}

// maxFirst members of what one object holds are told apart: a thread's target from its thread locals, a hook from the next.
const maxFirst = 8

// holdersOf finds all that holds the members from without. It goes back from them over references as strong as the loader is held,
// through objects that are not held by members alone, and then from the roots found there forward again.
func (p pass) holdersOf(m *members, tops []graph.Object) ([]holding, bool) {
	g := &region{m: m, at: map[graph.Object]int32{}, entries: map[int32]entry{}}
	var out []holding
	for _, v := range tops {
		if p.isRoot(v) {
			out = append(out, holding{path: []graph.Step{{Object: v, Roots: m.h.RootsOf(v)}}, count: 1})
		}
		g.back(p, v, -1)
	}
	for i := 0; i < len(g.nodes) && !g.partial; i++ {
		if !g.ends[i] {
			g.back(p, g.nodes[i], int32(i))
		}
	}
	return append(out, g.paths(p)...), g.partial
}

// isRoot reports whether the JVM itself keeps an object.
func (p pass) isRoot(o graph.Object) bool {
	if len(p.Heap.RootsOf(o)) > 0 {
		return true
	}
	_, ok := p.Heap.ThreadOf(o)
	return ok
}

// back looks at what refers to v, which is the node at, or a member where that is -1.
func (g *region) back(p pass, v graph.Object, at int32) {
	h, m := g.m.h, g.m
	if len(g.arcs)+len(g.entries)+int(h.InDegree(v)) > maxArcs {
		g.partial = true
		return
	}
	for _, u := range h.In(v, nil) {
		if h.Strength(u) > m.limit || m.has(u) {
			continue
		}
		i, known := g.at[u]
		if !known && (!p.isRoot(u) && m.covered(u) || !g.holds(u, v)) {
			continue
		}
		if known && !g.holds(u, v) {
			continue
		}
		if !known {
			i = int32(len(g.nodes))
			g.at[u] = i
			g.nodes = append(g.nodes, u)
			g.ends = append(g.ends, p.isEnd(u))
		}
		if at < 0 {
			e := g.entries[i]
			if len(e.first) < maxFirst {
				e.first = append(e.first, v)
			} else {
				e.more++
			}
			g.entries[i] = e
			continue
		}
		g.arcs = append(g.arcs, arc{i, at})
	}
}

// holds reports whether u holds v strongly enough. Only references may be weaker than they look.
func (g *region) holds(u, v graph.Object) bool {
	h := g.m.h
	if _, ok := h.FindField(h.ClassOf(u), "referent"); !ok {
		return true
	}
	e, ok := h.Label(u, v)
	return ok && e.Strength <= g.m.limit
}

// isEnd reports whether paths begin at an object: at GC roots, classes and other class loaders.
func (p pass) isEnd(o graph.Object) bool {
	if p.isRoot(o) {
		return true
	}
	if _, ok := p.Heap.AsClass(o); ok {
		return true
	}
	_, ok := p.forest().at[o]
	return ok
}

// paths goes forward from the ends, statics first, and returns a path to each node that refers to a member.
func (g *region) paths(p pass) []holding {
	slices.SortFunc(g.arcs, func(a, b arc) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	from := make([]int32, len(g.nodes)) // the node before on the way from an end; itself for ends, -1 not reached
	for i := range from {
		from[i] = -1
	}
	for rank := range 3 {
		var queue []int32
		for i := range g.nodes {
			if g.ends[i] && p.endRank(g.nodes[i]) == rank {
				from[i] = int32(i)
				queue = append(queue, int32(i))
			}
		}
		slices.SortFunc(queue, func(a, b int32) int {
			return cmp.Or(cmp.Compare(p.Heap.Name(g.nodes[a]), p.Heap.Name(g.nodes[b])), cmp.Compare(g.nodes[a], g.nodes[b]))
		})
		g.forward(queue, from)
	}
	var out []holding
	for _, i := range g.reached(from) {
		if len(out) >= maxPins {
			g.partial = true
			break
		}
		out = g.addPaths(p, i, from, out)
	}
	return out
}

// endRank prefers statics to threads and these to other roots.
func (p pass) endRank(o graph.Object) int {
	if _, ok := p.Heap.AsClass(o); ok {
		return 0
	}
	for _, r := range p.Heap.RootsOf(o) {
		if r.Kind == hprof.RootThreadObject {
			return 1
		}
	}
	return 2
}

func (g *region) forward(queue, from []int32) {
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		k, _ := slices.BinarySearchFunc(g.arcs, i, func(a arc, i int32) int { return cmp.Compare(a.from, i) })
		for ; k < len(g.arcs) && g.arcs[k].from == i; k++ {
			if to := g.arcs[k].to; from[to] < 0 && !g.ends[to] {
				from[to] = i
				queue = append(queue, to)
			}
		}
	}
}

// reached returns the nodes that refer to members and that an end leads to, by object.
func (g *region) reached(from []int32) []int32 {
	var out []int32
	for i := range g.entries {
		if from[i] >= 0 {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b int32) int { return cmp.Compare(g.nodes[a], g.nodes[b]) })
	return out
}

// addPaths appends the way from an end to a node, and on to the members that it refers to.
func (g *region) addPaths(p pass, i int32, from []int32, out []holding) []holding {
	e := g.entries[i]
	nodes := []int32{i}
	for from[i] != i {
		i = from[i]
		nodes = append(nodes, i)
	}
	slices.Reverse(nodes)
	first := g.nodes[nodes[0]]
	steps := []graph.Step{{Object: first, Roots: p.Heap.RootsOf(first)}}
	for _, n := range nodes[1:] {
		steps = p.Extend(steps, g.nodes[n])
	}
	for k, v := range e.first {
		x := holding{path: p.Extend(steps[:len(steps):len(steps)], v), count: 1}
		if k == 0 {
			x.count += e.more
		}
		out = append(out, x)
	}
	return out
}
