package analyze

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"

	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// Bounds of the merged dominator tree that a report has. They bound the work, too: a dump is read only for the names of edges.
const (
	pathNodes   = 600     // in all
	pathLeast   = 2000    // a node below this part of the heap is left out
	pathDepth   = 64      // steps of a path
	pathEntries = 1 << 21 // objects of one node that are kept until it is opened
	pathWaiting = 1 << 23 // objects of all nodes that wait: 32 MiB
	pathVisits  = 1 << 22 // objects that are looked at below the top, more in a large heap: the largest nodes come first
	pathReserve = 1 << 21 // objects that are looked at after that, below nodes of few objects
	pathFew     = 1 << 12
	pathLabels  = 20_000 // objects that are read for the names of edges
	pathExact   = 64     // children of one object and class that are told apart by edge
	pathSample  = 16     // of the children of several objects, whose edges name all of them
)

// pathNode stands for all objects that are reached by one path of edges and classes.
type pathNode struct {
	report.TreeNode
	class    int32      // of pathTree.names; -1 for an object that is named for itself
	entries  objectList // whose dominators belong to the parent
	count    int64      // of entries, also where they are not kept
	opens    bool       // what is below strings and arrays of numbers need not be read
	depth    int
	children []*pathNode
}

// pathQueue has the nodes that are not opened yet, the largest first.
type pathQueue []*pathNode

func (q pathQueue) Len() int           { return len(q) }
func (q pathQueue) Less(i, j int) bool { return comparePaths(q[i], q[j]) < 0 }
func (q pathQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *pathQueue) Push(x any) { *q = append(*q, x.(*pathNode)) }

// Pop implements heap.Interface.
func (q *pathQueue) Pop() any {
	n := len(*q) - 1
	x := (*q)[n]
	*q = (*q)[:n]
	return x
}

// comparePaths orders nodes by size, then by names.
func comparePaths(a, b *pathNode) int {
	return cmp.Or(cmp.Compare(b.Retained, a.Retained), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Label, b.Label), cmp.Compare(a.depth, b.depth))
}

// pathTree makes the merged tree.
type pathTree struct {
	*run
	least   int64    // a node that retains less is left out
	names   []string // of classes, without what generators append
	known   map[string]int32
	classes graph.Class // java.lang.Class
	ofClass []int32     // by class: 1 + index into names, 0 not yet
	waiting int         // entries kept
	visits  int         // still allowed
	reserve int         // of visits, below nodes of few objects
	labels  int         // reads still allowed
}

// paths is the upper part of the dominator tree with the children of a node merged by edge and class. The objects that a
// chain of one class leads through are one node. Names are as signature makes them: two dumps of one program have one path.
func (r *run) paths() report.List[report.TreeNode] {
	whole := r.reachable()
	t := &pathTree{run: r, least: max(whole/pathLeast, 1), known: map[string]int32{}, visits: max(pathVisits, int(r.heap.NumObjects()/3)), reserve: pathReserve, labels: pathLabels}
	t.ofClass = make([]int32, r.heap.NumClasses())
	t.classes = graph.NoClass
	if c := r.heap.ClassesByName("java.lang.Class"); len(c) > 0 {
		t.classes = c[0]
	}
	root := t.top(whole)
	var queue pathQueue
	n := 0
	push := func(of *pathNode) {
		slices.SortFunc(of.children, comparePaths)
		for _, c := range of.children {
			heap.Push(&queue, c)
		}
	}
	for push(root); len(queue) > 0 && n < pathNodes; n++ {
		node := heap.Pop(&queue).(*pathNode)
		t.open(node)
		push(node)
	}
	out := report.List[report.TreeNode]{}
	prune(root)
	t.fromStatics(root.children, whole)
	flattenPaths(root.children, &out)
	out.Omitted, out.OmittedBytes = root.OmittedChildren, root.OmittedBytes
	return out
}

// prune leaves out the nodes that were not opened: they have no Objects yet.
func prune(root *pathNode) {
	for stack := []*pathNode{root}; len(stack) > 0; {
		node := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		kept := node.children[:0]
		for _, c := range node.children {
			if c.Objects == 0 {
				node.OmittedChildren += c.count
				node.OmittedBytes += c.Retained
				continue
			}
			kept = append(kept, c)
		}
		node.children = kept
		stack = append(stack, kept...)
	}
}

// flattenPaths writes nodes in preorder.
func flattenPaths(top []*pathNode, out *report.List[report.TreeNode]) {
	type item struct {
		node   *pathNode
		parent int
	}
	var stack []item
	push := func(children []*pathNode, parent int) {
		for _, c := range slices.Backward(children) {
			stack = append(stack, item{c, parent})
		}
	}
	for push(top, -1); len(stack) > 0; {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		x.node.Parent = x.parent
		at := len(out.Rows)
		out.Rows = append(out.Rows, x.node.TreeNode)
		push(x.node.children, at)
	}
}

// name returns the index of a class's name in names.
func (t *pathTree) name(c graph.Class) int32 {
	if t.ofClass[c] == 0 {
		s := normal(t.heap.Class(c).Name)
		i, ok := t.known[s]
		if !ok {
			i = int32(len(t.names))
			t.names = append(t.names, s)
			t.known[s] = i
		}
		t.ofClass[c] = i + 1
	}
	return t.ofClass[c] - 1
}

// normal is signature.Name, of which most names are spared.
func normal(s string) string {
	if strings.Contains(s, "$$") || strings.Contains(s, "0x") || strings.Contains(s, "$Proxy") || strings.Contains(s, "Generated") {
		return signature.Name(s)
	}
	return s
}

// open counts the objects of a node and gives it its children. Objects that others of their own class dominate belong to the node.
func (t *pathTree) open(node *pathNode) {
	node.Objects = node.count
	entries := node.entries
	node.entries = objectList{}
	t.waiting -= entries.n
	if node.count == 1 && entries.n == 1 {
		node.Address = report.Address(t.heap.Addr(entries.chunks[0][0]))
	}
	if node.Retained == node.Shallow || !node.opens || int64(entries.n) < node.count || node.depth >= pathDepth {
		t.shut(node)
		return
	}
	budget := &t.visits
	if entries.n > t.visits {
		if budget = &t.reserve; entries.n > pathFew || t.reserve <= 0 {
			t.shut(node)
			return
		}
	}
	h := t.heap
	groups := t.groups(node)
	node.Objects = 0
	var stack []graph.Object
	child := func(c graph.Object) bool {
		*budget--
		class := h.ClassOf(c)
		if node.class >= 0 && t.name(class) == node.class && class != t.classes && len(stack) < pathEntries {
			node.Shallow += h.Shallow(c)
			stack = append(stack, c)
		} else {
			groups.add(c, class)
		}
		return true
	}
	for e := range entries.all() {
		for stack = append(stack[:0], e); len(stack) > 0; {
			o := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			node.Objects++
			h.EachDominated(o, child)
		}
	}
	if node.Objects > 1 {
		node.Address = 0
	}
	t.split(groups, node.Objects == 1)
}

// shut leaves a node without children.
func (t *pathTree) shut(node *pathNode) {
	node.OmittedBytes = node.Retained - node.Shallow
	if node.OmittedBytes > 0 {
		node.OmittedChildren = 1 // at least
	}
}

// pathGroups are children of a node by class.
type pathGroups struct {
	t       *pathTree
	parent  *pathNode
	of      map[int32]*pathNode
	last    *pathNode
	special []*pathNode // classes and threads, which have names of their own
}

func (t *pathTree) groups(parent *pathNode) *pathGroups {
	return &pathGroups{t: t, parent: parent, of: map[int32]*pathNode{}}
}

// add counts a child under its class.
func (g *pathGroups) add(o graph.Object, of graph.Class) {
	t := g.t
	h := t.heap
	retained := h.Retained(o)
	if of == t.classes && retained >= t.least {
		if c, ok := h.AsClass(o); ok {
			n := t.one(o, g.parent.depth+1)
			n.Class = "class " + normal(h.Class(c).Name)
			g.special = append(g.special, n)
			return
		}
	}
	class := t.name(of)
	n := g.last
	if n == nil || n.class != class {
		if n = g.of[class]; n == nil {
			n = &pathNode{class: class, depth: g.parent.depth + 1}
			n.Class = t.names[class]
			n.opens = g.parent.depth == 0 || n.Class != "java.lang.String" && graph.Package(n.Class) != "<primitive arrays>"
			g.of[class] = n
		}
		g.last = n
	}
	n.count++
	n.Shallow += h.Shallow(o)
	n.Retained += retained
	t.keep(n, o)
}

// keep remembers an object of a node as long as there is room, and some of those whose children nobody asks for.
func (t *pathTree) keep(n *pathNode, o graph.Object) {
	if n.opens && n.entries.n < pathEntries && t.waiting < pathWaiting || n.entries.n < pathExact {
		n.entries.add(o)
		t.waiting++
	}
}

// one is a node of one object.
func (t *pathTree) one(o graph.Object, depth int) *pathNode {
	h := t.heap
	n := &pathNode{class: -1, count: 1, depth: depth, opens: true}
	n.Shallow, n.Retained = h.Shallow(o), h.Retained(o)
	t.keep(n, o)
	return n
}

// sorted returns the groups by name.
func (g *pathGroups) sorted() []*pathNode {
	out := make([]*pathNode, 0, len(g.of))
	for _, n := range g.of {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b *pathNode) int { return cmp.Compare(a.Class, b.Class) })
	return out
}

// split makes children of the groups that are large enough: of one object by edge, of several objects by class, as their
// members go by the same edges.
func (t *pathTree) split(g *pathGroups, single bool) {
	var out []*pathNode
	for _, n := range g.sorted() {
		if n.Retained < t.least {
			t.leave(g.parent, n)
			continue
		}
		if !single || n.count > pathExact || int64(n.entries.n) < n.count {
			n.Label = t.sampleLabel(&n.entries)
			out = append(out, n)
			continue
		}
		for o := range n.entries.all() {
			x := t.one(o, n.depth)
			x.class, x.Class, x.Label, x.opens = n.class, n.Class, t.label(o), n.opens
			out = append(out, x)
		}
		t.waiting -= n.entries.n
	}
	for _, n := range g.special {
		n.Label = t.label(n.entries.chunks[0][0])
		out = append(out, n)
	}
	t.adopt(g.parent, out)
}

// adopt makes children of nodes: those of one edge and class are one.
func (t *pathTree) adopt(parent *pathNode, nodes []*pathNode) {
	type key struct{ label, class string }
	merged := map[key]*pathNode{}
	for _, n := range nodes {
		k := key{n.Label, n.Class}
		if into := merged[k]; into != nil {
			into.count += n.count
			into.Shallow += n.Shallow
			into.Retained += n.Retained
			for o := range n.entries.all() {
				into.entries.add(o)
			}
			continue
		}
		merged[k] = n
		parent.children = append(parent.children, n)
	}
	large := parent.children[:0]
	for _, n := range parent.children {
		if n.Retained < t.least {
			t.leave(parent, n)
			continue
		}
		large = append(large, n)
	}
	parent.children = large
}

// leave leaves a node out, too small as it is.
func (t *pathTree) leave(parent, n *pathNode) {
	parent.OmittedChildren += n.count
	parent.OmittedBytes += n.Retained
	t.waiting -= n.entries.n
	n.entries = objectList{}
}
