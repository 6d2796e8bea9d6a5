package analyze

import (
	"cmp"
	"container/heap"
	"slices"

	"heapcause/graph"
	"heapcause/report"
)

// Bounds of the upper part of the dominator tree that a report has.
const (
	treeNodes    = 1500    // in all
	treeTop      = 100     // nodes that nothing dominates
	treeChildren = 16      // of a node that are shown one by one
	treeClasses  = 6       // nodes that stand for the other children of a node, by class
	treeLeast    = 2000    // a node below this part of the heap is not opened
	treeChain    = 1 << 24 // links of chains that are followed, in all
)

// treeNode is a node on its way into the report.
type treeNode struct {
	report.TreeNode
	object   graph.Object // NoObject for a group
	children []*treeNode
}

// treeQueue has the nodes that are not opened yet, the largest first.
type treeQueue []*treeNode

func (q treeQueue) Len() int { return len(q) }
func (q treeQueue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[j].Retained, q[i].Retained), cmp.Compare(q[i].object, q[j].object)) < 0
}
func (q treeQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *treeQueue) Push(x any) { *q = append(*q, x.(*treeNode)) }

// Pop implements heap.Interface.
func (q *treeQueue) Pop() any {
	n := len(*q) - 1
	x := (*q)[n]
	*q = (*q)[:n]
	return x
}

// tree is the upper part of the dominator tree: the largest nodes are opened first. A chain of objects of one class, such as the
// nodes of a linked list, is one node; many small children of one class are one node, too.
func (r *run) tree() report.List[report.TreeNode] {
	h := r.heap
	whole := r.reachable()
	root := &treeNode{object: graph.NoObject}
	r.links = treeChain
	r.openNode(root, treeTop, 0, func(o graph.Object) bool { return h.Strength(o) < graph.Unreachable })
	var queue treeQueue
	n := len(root.children)
	push := func(children []*treeNode) {
		for _, c := range children {
			if c.object != graph.NoObject && c.Retained >= whole/treeLeast {
				heap.Push(&queue, c)
			}
		}
	}
	for push(root.children); len(queue) > 0 && n < treeNodes; {
		node := heap.Pop(&queue).(*treeNode)
		r.openNode(node, treeChildren, node.Retained/100, nil)
		n += len(node.children)
		push(node.children)
	}
	out := report.List[report.TreeNode]{Omitted: root.OmittedChildren, OmittedBytes: root.OmittedBytes}
	flatten(root.children, &out)
	return out
}

// reachable is the sum of the sizes of all that anything keeps.
func (r *run) reachable() int64 { return r.heap.Total(graph.Phantom).Bytes }

// flatten writes nodes in preorder, with a stack instead of a recursion.
func flatten(top []*treeNode, out *report.List[report.TreeNode]) {
	type item struct {
		node   *treeNode
		parent int
	}
	var stack []item
	push := func(children []*treeNode, parent int) {
		for i := len(children) - 1; i >= 0; i-- {
			stack = append(stack, item{children[i], parent})
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

// openNode gives a node its children: the largest one by one, the others by class.
func (r *run) openNode(node *treeNode, most int, least int64, wanted func(graph.Object) bool) {
	h := r.heap
	from := node.object
	if from != graph.NoObject {
		var ok bool
		if from, ok = EndOfChain(h, from, &node.TreeNode, &r.links); !ok {
			return
		}
	}
	less := func(a, b graph.Object) int {
		return cmp.Or(cmp.Compare(h.Retained(b), h.Retained(a)), cmp.Compare(a, b))
	}
	type sum struct{ objects, shallow, retained int64 }
	rest := map[graph.Class]*sum{}
	leave := func(o graph.Object) {
		s := rest[h.ClassOf(o)]
		if s == nil {
			s = &sum{}
			rest[h.ClassOf(o)] = s
		}
		s.objects++
		s.shallow += h.Shallow(o)
		s.retained += h.Retained(o)
	}
	var best []graph.Object
	trim := func() {
		slices.SortFunc(best, less)
		for _, o := range best[min(len(best), most):] {
			leave(o)
		}
		best = best[:min(len(best), most)]
	}
	h.EachDominated(from, func(o graph.Object) bool {
		switch {
		case wanted != nil && !wanted(o):
		case h.Retained(o) < least:
			leave(o)
		default:
			if best = append(best, o); len(best) >= 4*most {
				trim()
			}
		}
		return true
	})
	trim()
	for _, o := range best {
		node.children = append(node.children, r.treeNode(from, o))
	}
	classes := make([]graph.Class, 0, len(rest))
	for c := range rest {
		classes = append(classes, c)
	}
	slices.SortFunc(classes, func(a, b graph.Class) int {
		return cmp.Or(cmp.Compare(rest[b].retained, rest[a].retained), cmp.Compare(a, b))
	})
	for i, c := range classes {
		s := rest[c]
		if i < treeClasses && s.retained > node.Retained/1000 {
			g := &treeNode{object: graph.NoObject}
			g.Class, g.Objects, g.Shallow, g.Retained = h.Class(c).Name, s.objects, s.shallow, s.retained
			g.Loader = r.loaderText(h.Class(c).Loader)
			node.children = append(node.children, g)
			continue
		}
		node.OmittedChildren += s.objects
		node.OmittedBytes += s.retained
	}
	slices.SortStableFunc(node.children, func(a, b *treeNode) int { return cmp.Compare(b.Retained, a.Retained) })
}

func (r *run) treeNode(from, o graph.Object) *treeNode {
	h := r.heap
	n := &treeNode{object: o}
	n.Address, n.Class, n.Objects, n.Shallow, n.Retained = report.Address(h.Addr(o)), h.ClassName(o), 1, h.Shallow(o), h.Retained(o)
	if note := r.note(o); note != "" {
		n.Class = note
	}
	loader := h.Class(h.ClassOf(o)).Loader
	if c, ok := h.AsClass(o); ok { // which belongs to what it stands for
		loader = h.Class(c).Loader
	}
	n.Loader = r.loaderText(loader)
	switch {
	case from == graph.NoObject:
		n.Label = rootText(h.RootsOf(o))
	case h.Class(h.ClassOf(from)).IsArray: // whose index would be looked for among millions
		n.Label = "[]"
	default:
		if e, ok := h.Label(from, o); ok {
			n.Label = h.EdgeText(e.Label)
		}
	}
	return n
}
