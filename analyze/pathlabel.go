package analyze

import (
	"cmp"
	"slices"
	"strings"

	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
)

// Bounds of the names at the top of the merged tree.
const (
	pathOwners  = 256  // holders of one object that are looked at
	pathThreads = 2000 // threads that are named
	pathHeld    = 5    // objects whose whole way from a static is looked for
	pathHeldOf  = 50   // that retain this part of the heap
	pathSteps   = 6    // of that way, at most
	pathAlone   = 200  // an object from this part of the heap on is named by its owner, however many there are of its class
)

// elements is the edge of all elements of an array.
const elements = "[*]"

// label names the edge from an object's dominator, "" where none leads from there.
func (t *pathTree) label(o graph.Object) string {
	h := t.heap
	from := h.Idom(o)
	switch {
	case from == graph.NoObject || t.labels <= 0:
		return ""
	case h.Class(h.ClassOf(from)).IsArray:
		return elements
	}
	if c, ok := h.AsClass(o); ok && h.Class(c).Loader == from {
		return "<defined class>"
	}
	t.labels--
	e, ok := h.Label(from, o)
	if !ok {
		return ""
	}
	return t.edge(e.Label)
}

// edge writes an edge without what changes from dump to dump.
func (t *pathTree) edge(l graph.EdgeLabel) string {
	if l.Kind == graph.ElementEdge {
		return elements
	}
	return normal(t.heap.EdgeText(l))
}

// sampleLabel names the edges to some of the objects, spread over all.
func (t *pathTree) sampleLabel(objects *objectList) string {
	var labels []string
	for _, o := range objects.spread(pathSample) {
		if l := t.label(o); l != "" && !slices.Contains(labels, l) {
			labels = append(labels, l)
		}
	}
	slices.Sort(labels)
	return strings.Join(labels, " | ")
}

// top returns the virtual root with its children: classes and threads by name, other objects by class and owner.
func (t *pathTree) top(whole int64) *pathNode {
	h := t.heap
	root := &pathNode{class: -1}
	var by [graph.Unreachable]*pathGroups
	for s := range by {
		by[s] = t.groups(root)
	}
	threads := t.threadNames()
	var named []*pathNode
	h.EachDominated(graph.NoObject, func(o graph.Object) bool {
		s := h.Strength(o)
		if s >= graph.Unreachable {
			return true
		}
		if name, ok := threads[o]; ok {
			n := t.one(o, 1)
			n.Class, n.Label = name, rootText(h.RootsOf(o))
			named = append(named, n)
			return true
		}
		by[s].add(o, h.ClassOf(o))
		return true
	})
	for s, g := range by {
		for _, n := range g.sorted() {
			if n.Retained < t.least {
				t.leave(root, n)
				continue
			}
			named = append(named, t.byOwner(n, graph.Strength(s), whole/pathAlone)...)
		}
		for _, n := range g.special {
			n.Label = held(graph.Strength(s), "")
			named = append(named, n)
		}
	}
	t.adopt(root, named)
	return root
}

// threadNames are the live threads by object, without the numbers in their names; none where there are too many.
func (t *pathTree) threadNames() map[graph.Object]string {
	all := t.heap.Threads()
	if len(all) > pathThreads {
		return nil
	}
	out := map[graph.Object]string{}
	for i := range all {
		out[all[i].Object] = "thread " + signature.Thread(jdk.ThreadName(t.heap, all[i].Object))
	}
	return out
}

// held names what keeps an object of a strength below strong, else its owner.
func held(s graph.Strength, owner string) string {
	if s == graph.Strong {
		return owner
	}
	return "<" + s.String() + ">"
}

// byOwner takes a group at the top apart by what holds its members: all of them where they are few, else the largest.
func (t *pathTree) byOwner(n *pathNode, s graph.Strength, large int64) []*pathNode {
	if s != graph.Strong || int64(n.entries.n) != n.count {
		n.Label = held(s, "")
		return []*pathNode{n}
	}
	var out []*pathNode
	var rest objectList
	for o := range n.entries.all() {
		retained := t.heap.Retained(o)
		if n.count > pathExact && retained < large {
			rest.add(o)
			continue
		}
		x := t.one(o, n.depth)
		x.class, x.Class, x.Label = n.class, n.Class, t.owner(o)
		n.Shallow -= x.Shallow
		n.Retained -= x.Retained
		n.count--
		t.waiting--
		out = append(out, x)
	}
	if n.entries = rest; rest.n > 0 {
		out = append(out, n)
	}
	return out
}

// owner names what holds an object that nothing dominates: the kind of GC root it is; or the static or field that leads to it,
// of several the one whose name is most telling. "" where nothing can be said.
func (t *pathTree) owner(o graph.Object) string {
	h := t.heap
	if roots := h.RootsOf(o); len(roots) > 0 {
		return rootText(roots)
	}
	type named struct {
		rank int
		text string
	}
	best := named{rank: 99}
	n := 0
	h.EachIn(o, func(from graph.Object) bool {
		if n++; n > pathOwners || t.labels <= 0 {
			best = named{}
			return false
		}
		if h.Strength(from) != graph.Strong || from == o {
			return true
		}
		if h.Class(h.ClassOf(from)).IsArray { // read as a whole for one element
			return true
		}
		t.labels--
		e, ok := h.Label(from, o)
		if !ok || e.Strength != graph.Strong {
			return true
		}
		c := named{ownerRank(h, e.Label), t.edge(e.Label)}
		if cmp.Or(cmp.Compare(c.rank, best.rank), cmp.Compare(c.text, best.text)) < 0 {
			best = c
		}
		return true
	})
	return best.text
}

// fromStatics names the largest objects at the top by the way that leads from a static to them, where the field that holds them is
// no static itself.
func (t *pathTree) fromStatics(top []*pathNode, whole int64) {
	left := pathHeld
	for _, n := range top {
		if n.Address == 0 || n.Retained < whole/pathHeldOf || !strings.Contains(n.Label, "::") {
			continue
		}
		if left--; left < 0 {
			return
		}
		o, ok := t.heap.Lookup(uint64(n.Address))
		if !ok {
			continue
		}
		path := t.holding(o, nil)
		if len(path) < 2 || len(path) > pathSteps+1 || path[1].Edge.Kind != graph.StaticEdge {
			continue
		}
		var labels []string
		for _, s := range path[1:] {
			labels = append(labels, t.edge(s.Edge))
		}
		n.Label = strings.Join(labels, " → ")
	}
}

// ownerRank puts statics before fields of an application, and these before fields of the platform and locals.
func ownerRank(h *graph.Heap, l graph.EdgeLabel) int {
	switch {
	case l.Kind == graph.StaticEdge:
		return 0
	case l.Kind == graph.FieldEdge && !Platform(h.Class(l.Class).Name):
		return 1
	case l.Kind == graph.FieldEdge:
		return 2
	}
	return 3
}
