package explore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

const (
	// DefaultDepth is how many levels of the dominator tree are shown unless DominatorOptions say otherwise.
	DefaultDepth = 3
	// MaxDepth is the most that are shown.
	MaxDepth = 100

	domNodes   = 5000    // nodes of a tree, in all
	domMembers = 1 << 20 // objects of a group that are kept, to open it
	domLinks   = 1 << 24 // links of chains that are followed, in all
)

// DominatorOptions say which part of the dominator tree is shown.
type DominatorOptions struct {
	Depth int     // levels below the object; 0 is DefaultDepth
	By    string  // "class", "package" or "loader": the children of a node are merged by it; "" for object by object
	Part  float64 // nodes that retain less than this part of the whole are left out, 0 to 1
	Bytes int64   // and those that retain less than this
}

// least is the retained size from which a node is shown.
func (do *DominatorOptions) least(whole int64) int64 {
	return max(do.Bytes, int64(do.Part*float64(whole)))
}

// domNode is a node on its way into the answer.
type domNode struct {
	report.TreeNode
	of    []graph.Object // what it stands for, or the last of a chain; nil where it is not opened
	depth int
}

// domTree opens nodes, the first in preorder first.
type domTree struct {
	h     *graph.Heap
	do    *DominatorOptions
	opt   *Options
	least int64
	links int
	ctx   context.Context
}

// Dominators shows the dominator tree below the objects of a selection, or all of it where that is nil: what they dominate
// immediately, what these dominate, and so on.
func Dominators(ctx context.Context, h *graph.Heap, of *Selection, do DominatorOptions, opt Options) ([]report.Section, error) {
	do.Depth = min(cmp.Or(do.Depth, DefaultDepth), MaxDepth)
	t := &domTree{h: h, do: &do, opt: &opt, links: domLinks, ctx: ctx}
	s := report.Section{Name: "dominators", Title: "Dominator tree"}
	root := &domNode{of: []graph.Object{graph.NoObject}}
	if of == nil {
		all := h.Total(graph.Unreachable)
		root.Retained, root.Objects = all.Bytes, all.Objects
		s.Summary = fmt.Sprintf("%s that nothing dominates, with all %s.", analyze.Plural(h.NumDominated(graph.NoObject), "object"), analyze.Size(root.Retained))
	} else {
		if root.of = t.topmost(of); of.Count() > domMembers {
			return nil, &SelectorError{Text: fmt.Sprintf("%s: %s are too many for a tree", of.Text, analyze.Plural(of.Count(), "object")), Hint: "choose one as Class#n, or --of for their immediate dominators"}
		}
		var dominated int64
		for _, o := range root.of {
			root.Retained += h.Retained(o)
			dominated += h.NumDominated(o)
		}
		s.Summary = fmt.Sprintf("%s: retains %s, and dominates %s immediately.", of.Text, analyze.Size(root.Retained), analyze.Plural(dominated, "object"))
	}
	t.least = do.least(root.Retained)
	nodes, err := t.nodes(root)
	if err != nil {
		return nil, err
	}
	s.Trees = append(s.Trees, report.Tree{Name: "dominators", Title: treeTitle(&do), Nodes: nodes})
	return []report.Section{s}, nil
}

func treeTitle(do *DominatorOptions) string {
	if do.By == "" {
		return "What is dominated"
	}
	return "What is dominated, by " + do.By
}

// topmost are the objects of a selection that no other of its objects dominates.
func (t *domTree) topmost(of *Selection) []graph.Object {
	if of.Count() > domMembers {
		return nil
	}
	return t.h.Undominated(slices.Collect(of.Each()))
}

// nodes opens the root and what is below it, in preorder, with a stack instead of a recursion.
func (t *domTree) nodes(root *domNode) (report.List[report.TreeNode], error) {
	var out report.List[report.TreeNode]
	type item struct {
		node   *domNode
		parent int
	}
	open := func(n *domNode) []*domNode {
		if n.depth >= t.do.Depth || len(out.Rows) >= domNodes {
			t.leaveAll(n)
			return nil
		}
		return t.children(n)
	}
	var stack []item
	push := func(children []*domNode, parent int) {
		for i := len(children) - 1; i >= 0; i-- {
			stack = append(stack, item{children[i], parent})
		}
	}
	push(open(root), -1)
	out.Omitted, out.OmittedBytes = root.OmittedChildren, root.OmittedBytes
	for len(stack) > 0 {
		if err := t.ctx.Err(); err != nil {
			return out, err
		}
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		children := open(x.node)
		x.node.Parent = x.parent
		at := len(out.Rows)
		out.Rows = append(out.Rows, x.node.TreeNode)
		push(children, at)
	}
	return out, t.ctx.Err()
}

// leaveAll counts all that a node's objects dominate as left out.
func (t *domTree) leaveAll(n *domNode) {
	for _, o := range n.of {
		n.OmittedChildren += t.h.NumDominated(o)
		if o != graph.NoObject {
			n.OmittedBytes += t.h.Retained(o) - t.h.Shallow(o)
		}
	}
}

// children are the largest of the nodes below a node; the others are counted in it.
func (t *domTree) children(n *domNode) []*domNode {
	var all []*domNode
	if t.do.By == "" {
		all = t.single(n)
	} else {
		all = t.merged(n)
	}
	for _, c := range all {
		c.depth = n.depth + 1
	}
	return all
}

// single are the children object by object, chains of one class as one node.
func (t *domTree) single(n *domNode) []*domNode {
	top, children, retained := t.largest(n)
	var out []*domNode
	for _, o := range top {
		children--
		retained -= t.h.Retained(o)
		c := &domNode{TreeNode: Node(t.h, o)}
		c.OmittedChildren, c.OmittedBytes = 0, 0
		c.Note = noteOf(t.h, o)
		if last, ok := analyze.EndOfChain(t.h, o, &c.TreeNode, &t.links); ok {
			c.of = []graph.Object{last}
		}
		out = append(out, c)
	}
	n.OmittedChildren += children
	n.OmittedBytes += retained
	return out
}

// largest are the largest of the children that are not too small, with the number of all children and what they retain.
func (t *domTree) largest(n *domNode) (top []graph.Object, children, retained int64) {
	if len(n.of) == 1 && n.of[0] == graph.NoObject { // an index has these listed
		top = t.h.Largest(t.opt.Rows())
		small := slices.IndexFunc(top, func(o graph.Object) bool { return t.h.Retained(o) < t.least })
		if small >= 0 {
			top = top[:small]
		}
		return top, t.h.NumDominated(graph.NoObject), t.h.Total(graph.Unreachable).Bytes
	}
	best := newBest(t.h, t.opt.Rows())
	t.each(n, func(o graph.Object) {
		children++
		retained += t.h.Retained(o)
		if t.h.Retained(o) >= t.least {
			best.offer(o)
		}
	})
	return best.sorted(), children, retained
}

// merged are the children by class, package or loader.
func (t *domTree) merged(n *domNode) []*domNode {
	groups := map[string]*domNode{}
	t.each(n, func(o graph.Object) {
		key := t.key(o)
		g := groups[key]
		if g == nil {
			g = &domNode{TreeNode: report.TreeNode{Parent: -1, Class: key}}
			groups[key] = g
		}
		g.Objects++
		g.Shallow += t.h.Shallow(o)
		g.Retained += t.h.Retained(o)
		if len(g.of) < domMembers {
			g.of = append(g.of, o)
		}
	})
	out := make([]*domNode, 0, len(groups))
	for _, g := range groups {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b *domNode) int {
		return cmp.Or(cmp.Compare(b.Retained, a.Retained), cmp.Compare(a.Class, b.Class))
	})
	shown := 0
	for _, g := range out {
		if int64(len(g.of)) < g.Objects { // too many to open
			g.OmittedChildren, g.OmittedBytes, g.of = 1, g.Retained-g.Shallow, nil
		}
		if shown < t.opt.Rows() && g.Retained >= t.least {
			out[shown] = g
			shown++
			continue
		}
		n.OmittedChildren += g.Objects
		n.OmittedBytes += g.Retained
	}
	return out[:shown]
}

// each calls fn with every object that the node's objects dominate immediately.
func (t *domTree) each(n *domNode, fn func(graph.Object)) {
	seen := 0
	for _, o := range n.of {
		t.h.EachDominated(o, func(c graph.Object) bool {
			fn(c)
			seen++
			return seen%65536 != 0 || t.ctx.Err() == nil
		})
	}
}

// key is what an object is merged by.
func (t *domTree) key(o graph.Object) string {
	c := t.h.ClassOf(o)
	if c == graph.NoClass {
		return "<no class>"
	}
	info := t.h.Class(c)
	switch {
	case t.do.By == "class":
		return info.Name
	case t.do.By == "package":
		return graph.Package(info.Name)
	case info.Loader == graph.NoObject:
		return "<boot loader>"
	}
	return fmt.Sprintf("%s @ 0x%x", t.h.ClassName(info.Loader), t.h.Addr(info.Loader))
}
