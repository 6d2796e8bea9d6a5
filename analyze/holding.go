package analyze

import (
	"cmp"
	"slices"

	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/hprof"
)

// Bounds of the search for what holds an object.
const (
	maxHolders    = 20000 // objects looked at
	preferStatics = 8     // levels that a static may lie farther away than another root and still be named
)

// rootKind ranks what a path begins with: what lasts comes first.
type rootKind int

const (
	noRoot rootKind = iota
	staticRoot
	threadRoot
	otherRoot
)

// holder is a node of the search: from it the objects are reached by label.
type holder struct {
	object graph.Object
	next   int // towards the object; -1 for the object itself
	edge   graph.Edge
	label  string // of edge, normalised
	rank   int    // among the nodes of its level; equal when all labels and classes from here on are
}

// Holding is the path that says who holds an object: from the nearest static field; else from a thread; else from another root.
// avoid, which may be nil, keeps objects out of it.
func (p *Pass) Holding(o graph.Object, avoid func(graph.Object) bool) []graph.Step {
	return p.run.holding(o, avoid)
}

// Extend appends the step from the last object of a path to another one.
func (p *Pass) Extend(path []graph.Step, o graph.Object) []graph.Step { return p.run.extend(path, o) }

// holding returns the path that says who holds an object: from the nearest static field; else from a thread; else from another
// root. Of several it is the first by its labels, which are the same in dumps of different runs, where addresses are not. Where
// the search is too wide it falls back on the graph's shortest path. Where part of the dump is missing, holders count that
// nothing seems to hold.
func (r *run) holding(o graph.Object, avoid func(graph.Object) bool) []graph.Step {
	h := r.heap
	if o == graph.NoObject {
		return nil
	}
	nodes := []holder{{object: o, next: -1, edge: graph.Edge{}}}
	seen := map[graph.Object]bool{o: true}
	best := map[rootKind]int{}
	first := -1 // level of the first root of any kind
	for lo, level := 0, 0; lo < len(nodes); level++ {
		hi := len(nodes)
		for i := lo; i < hi; i++ {
			kind := r.rootKind(nodes, i)
			if _, ok := best[kind]; kind != noRoot && !ok {
				best[kind] = i
				if first < 0 {
					first = level
				}
			}
		}
		if _, ok := best[staticRoot]; ok || first >= 0 && level-first >= preferStatics {
			break
		}
		var ok bool
		if nodes, ok = r.holdersOf(nodes, lo, h.Strength(o), seen, avoid); !ok {
			break
		}
		lo = hi
	}
	for kind := staticRoot; kind <= otherRoot; kind++ {
		if i, ok := best[kind]; ok {
			return r.stepsFrom(nodes, i)
		}
	}
	path, _ := h.PathAvoiding(o, avoid)
	return fromClass(path)
}

// rootKind says whether a node is where a path begins.
func (r *run) rootKind(nodes []holder, i int) rootKind {
	h := r.heap
	n := &nodes[i]
	if _, ok := h.AsClass(n.object); ok {
		if n.next >= 0 && n.edge.Label.Kind == graph.StaticEdge && n.edge.Label.Name[0] != '<' {
			return staticRoot
		}
		return otherRoot
	}
	kind := noRoot
	for _, root := range h.RootsOf(n.object) {
		if root.Kind == hprof.RootThreadObject {
			return threadRoot
		}
		kind = otherRoot
	}
	if len(h.Locals(n.object)) > 0 {
		return threadRoot
	}
	return kind
}

// holdersOf appends the level behind nodes[from:]: what refers to these, in the order of their ranks and labels. It is false
// when that is too much to look at.
func (r *run) holdersOf(nodes []holder, from int, limit graph.Strength, seen map[graph.Object]bool, avoid func(graph.Object) bool) ([]holder, bool) {
	h := r.heap
	var level []holder
	for i, to := from, len(nodes); i < to; i++ {
		if r.rootKind(nodes, i) != noRoot && i != 0 {
			continue // what holds a class or a thread is another story
		}
		v := nodes[i].object
		if len(seen)+len(level)+int(h.InDegree(v)) > maxHolders {
			return nodes, false
		}
		for _, u := range h.In(v, nil) {
			if seen[u] || h.Strength(u) > limit && !r.incomplete() || avoid != nil && avoid(u) {
				continue
			}
			if e, ok := h.Label(u, v); ok && (e.Strength <= limit || e.Strength == graph.Strong) && e.Label.Kind != graph.LoaderEdge && e.Label.Kind != graph.ClassEdge {
				level = append(level, holder{object: u, next: i, edge: e, label: r.label(u, e)})
			}
		}
	}
	slices.SortStableFunc(level, func(a, b holder) int {
		return cmp.Or(cmp.Compare(nodes[a.next].rank, nodes[b.next].rank), cmp.Compare(a.label, b.label), cmp.Compare(h.ClassName(a.object), h.ClassName(b.object)))
	})
	rank := 0
	for i, n := range level {
		if i > 0 {
			if p := level[i-1]; nodes[p.next].rank != nodes[n.next].rank || p.label != n.label || h.ClassName(p.object) != h.ClassName(n.object) {
				rank++
			}
		}
		n.rank = rank
		if !seen[n.object] {
			seen[n.object] = true
			nodes = append(nodes, n)
		}
	}
	return nodes, true
}

func (r *run) stepsFrom(nodes []holder, i int) []graph.Step {
	steps := []graph.Step{{Object: nodes[i].object, Roots: r.heap.RootsOf(nodes[i].object)}}
	for ; nodes[i].next >= 0; i = nodes[i].next {
		steps = append(steps, graph.Step{Object: nodes[nodes[i].next].object, Edge: nodes[i].edge.Label, Weak: nodes[i].edge.Strength})
	}
	return steps
}

// fromClass leaves out how a class or its loader is held where a path goes through it: a class lives as long as its loader, and its
// statics are what matters.
func fromClass(path []graph.Step) []graph.Step {
	for i := len(path) - 1; i > 0; i-- {
		switch e := path[i].Edge; {
		case e.Kind == graph.DefinedEdge:
			return path[i:]
		case e.Kind == graph.StaticEdge && e.Name[0] != '<':
			return path[i-1:]
		}
	}
	return path
}

// extend appends the step from the last object of a path to another one.
func (r *run) extend(path []graph.Step, o graph.Object) []graph.Step {
	if len(path) == 0 {
		return path
	}
	e, ok := r.heap.Label(path[len(path)-1].Object, o)
	if !ok {
		return path
	}
	return append(path, graph.Step{Object: o, Edge: e.Label, Weak: e.Strength})
}

// label is the text of an edge for comparing: without indices and generated names.
func (r *run) label(from graph.Object, e graph.Edge) string {
	switch e.Label.Kind {
	case graph.ElementEdge:
		return "[]"
	case graph.LocalEdge:
		return "local of " + signature.Thread(jdk.ThreadName(r.heap, from))
	}
	return signature.Name(r.heap.EdgeText(e.Label))
}

// anchor says what a path begins with; labels are those of the steps behind it.
func (r *run) anchor(path []graph.Step) (anchor string, labels []string) {
	h := r.heap
	if len(path) == 0 {
		return "several roots", nil
	}
	first, rest := path[0].Object, path[1:]
	c, isClass := h.AsClass(first)
	_, isThread := h.ThreadOf(first)
	switch {
	case isClass && len(rest) > 0 && rest[0].Edge.Kind == graph.StaticEdge:
		anchor = signature.Static(h.Class(rest[0].Edge.Class).Name, rest[0].Edge.Name)
		rest = rest[1:]
	case isClass:
		anchor = signature.Root("class", h.Class(c).Name)
	case isThread:
		anchor = signature.ThreadAnchor(jdk.ThreadName(h, first))
	default:
		anchor = signature.Root(rootText(path[0].Roots), h.ClassName(first))
	}
	for _, s := range rest {
		if s.Edge.Kind == graph.LocalEdge {
			continue // which frame of the thread holds it is chance
		}
		labels = append(labels, h.EdgeText(s.Edge))
	}
	return anchor, labels
}
