package explore

import (
	"context"

	"heapcause/graph"
	"heapcause/report"
)

// Children returns the objects that an object dominates immediately, the largest first, at most opt.Rows() of them; NoObject stands
// for the root of the dominator tree. The children of a node are counted in its OmittedChildren.
func Children(ctx context.Context, h *graph.Heap, o graph.Object, opt Options) (report.List[report.TreeNode], error) {
	top := newBest(h, opt.Rows())
	var all int64
	h.EachDominated(o, func(c graph.Object) bool {
		top.offer(c)
		all += h.Retained(c)
		return top.n%65536 != 0 || ctx.Err() == nil
	})
	out := report.List[report.TreeNode]{}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	for _, c := range top.sorted() {
		all -= h.Retained(c)
		out.Rows = append(out.Rows, Node(h, c))
	}
	out.Omitted, out.OmittedBytes = top.n-int64(len(out.Rows)), all
	return out, nil
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
