package explore

import (
	"context"

	"heapcause/graph"
	"heapcause/report"
)

// Children returns the objects that an object dominates immediately, the largest first, at most opt.Rows() of them; NoObject stands
// for the root of the dominator tree. The children of a node are counted in its OmittedChildren.
func Children(ctx context.Context, h *graph.Heap, o graph.Object, opt Options) (report.List[report.TreeNode], error) {
	out := report.List[report.TreeNode]{}
	children, more, err := Dominated(ctx, h, o, opt.Rows())
	if err != nil {
		return out, err
	}
	for _, c := range children {
		out.Rows = append(out.Rows, Node(h, c))
	}
	out.Omitted, out.OmittedBytes = more.Objects, more.Bytes
	return out, nil
}

// Dominated returns the k largest of the objects that an object dominates immediately, the largest first, then in address order, and what
// the others are: their number and what they retain. NoObject stands for the root of the dominator tree.
func Dominated(ctx context.Context, h *graph.Heap, o graph.Object, k int) (children []graph.Object, more graph.Totals, err error) {
	if o == graph.NoObject { // an index lists them
		for _, t := range h.Totals() {
			more.Bytes += t.Bytes
		}
		more.Objects = h.NumDominated(o)
		children = h.Largest(int(min(int64(k), more.Objects)))
	} else {
		top := newBest(h, k)
		h.EachDominated(o, func(c graph.Object) bool {
			top.offer(c)
			more.Bytes += h.Retained(c)
			return top.n%65536 != 0 || ctx.Err() == nil
		})
		more.Objects, children = top.n, top.sorted()
	}
	for _, c := range children {
		more.Objects--
		more.Bytes -= h.Retained(c)
	}
	return children, more, ctx.Err()
}

// Node is an object as a node of the dominator tree whose children are left out.
func Node(h *graph.Heap, o graph.Object) report.TreeNode {
	n := report.TreeNode{
		Parent: -1, Address: Address(h, o), Class: h.ClassName(o), Objects: 1, Shallow: h.Shallow(o), Retained: h.Retained(o),
		OmittedChildren: h.NumDominated(o), OmittedBytes: h.Retained(o) - h.Shallow(o),
	}
	if c, ok := h.AsClass(o); ok {
		n.Note = "class " + h.Class(c).Name
	}
	return n
}

// DominatorChain returns the chain of immediate dominators that leads to an object, the one that nothing dominates first, the object
// last; at most limit of them, those next to the object.
func DominatorChain(h *graph.Heap, o graph.Object, limit int) []graph.Object {
	var up []graph.Object
	for o != graph.NoObject && len(up) < limit {
		up = append(up, o)
		o = h.Idom(o)
	}
	for i, j := 0, len(up)-1; i < j; i, j = i+1, j-1 {
		up[i], up[j] = up[j], up[i]
	}
	return up
}
