package explore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/graph/path"
	"heapcause/report"
)

// maxBranches are kept apart while paths are merged; what lies beyond counts for the branch it leaves.
const maxBranches = 50_000

// branch is a place where paths meet: those of one class, reached by the same reference from one place.
type branch struct {
	parent   int32
	label    string
	class    graph.Class
	object   graph.Object // NoObject where several objects lie here
	links    int64        // of a run of one reference between objects of one class
	objects  int64        // selected ones here and below
	shallow  int64
	retained int64
}

type branchKey struct {
	parent int32
	label  string
	class  graph.Class
	root   graph.Object // roots are not merged
}

// merger puts the paths to many objects together from the roots down.
type merger struct {
	h        *graph.Heap
	edges    path.Edges
	parent   []uint32
	at       []int32 // branch of an object + 1
	branches []branch
	index    map[branchKey]int32
}

// mergedPaths merges the shortest paths to many objects, each by one path.
func mergedPaths(ctx context.Context, h *graph.Heap, s *Selection, edges path.Edges, po PathOptions, opt Options) ([]report.Section, error) {
	var set []graph.Object
	limit := graph.Strong
	for o := range s.Each() {
		set = append(set, o)
		if x := h.Strength(o); x < graph.Unreachable {
			limit = max(limit, x)
		}
	}
	parent, err := path.Parents(ctx, h, po.limitOf(limit), edges, opt.phase("finding paths"))
	if err != nil {
		return nil, err
	}
	m := &merger{h: h, edges: edges, parent: parent, at: make([]int32, h.NumObjects()), index: map[branchKey]int32{}}
	reached := make([]graph.Object, 0, len(set))
	for i, o := range set {
		if i&0xfff == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if parent[o] != path.NoParent {
			b := m.place(o)
			m.branches[b].objects++
			m.branches[b].shallow += h.Shallow(o)
			reached = append(reached, o)
		}
	}
	for _, o := range h.Undominated(reached) {
		m.branches[m.at[o]-1].retained += h.Retained(o)
	}
	m.sum()
	out := report.Section{Name: "path", Title: "Merged paths from GC roots to " + s.Text}
	out.Summary = fmt.Sprintf("%s, each by a shortest path; they retain %s.", analyze.Plural(int64(len(reached)), "object"), analyze.Size(h.RetainedOf(reached)))
	out.Facts = append(out.Facts, analyze.Fact("objects", report.Count(int64(len(set)))), analyze.Fact("without a path", report.Count(int64(len(set)-len(reached)))))
	out.Trees = append(out.Trees, report.Tree{Name: "merged", Title: "By branch: what the selected objects on it retain", Nodes: m.tree(&opt)})
	return []report.Section{out}, nil
}

// place finds the branch of an object, and those of what lies before it.
func (m *merger) place(o graph.Object) int32 {
	chain := []graph.Object{o}
	for m.at[chain[len(chain)-1]] == 0 {
		p := m.parent[chain[len(chain)-1]]
		if p == path.Root {
			break
		}
		chain = append(chain, graph.Object(p))
	}
	for i, x := range slices.Backward(chain) {
		if m.at[x] != 0 {
			continue
		}
		if i == len(chain)-1 {
			m.at[x] = m.branch(branchKey{-1, "GC root: " + rootWord(m.h.RootsOf(x)), m.h.ClassOf(x), x}, x) + 1
			continue
		}
		m.at[x] = m.below(chain[i+1], x) + 1
	}
	return m.at[o] - 1
}

// below finds the branch of x, which from refers to. A run of one field between objects of one class is one branch.
func (m *merger) below(from, x graph.Object) int32 {
	b, label, class := m.at[from]-1, m.label(from, x), m.h.ClassOf(x)
	if up := &m.branches[b]; up.parent >= 0 && up.label == label && up.class == class && label != "[]" {
		up.links++
		up.object = graph.NoObject
		return b
	}
	return m.branch(branchKey{b, label, class, graph.NoObject}, x)
}

func (m *merger) branch(k branchKey, x graph.Object) int32 {
	if b, ok := m.index[k]; ok {
		m.branches[b].object = graph.NoObject
		m.branches[b].links++
		return b
	}
	if len(m.branches) >= maxBranches && k.parent >= 0 {
		return k.parent
	}
	b := int32(len(m.branches))
	m.index[k] = b
	m.branches = append(m.branches, branch{parent: k.parent, label: k.label, class: k.class, object: x, links: 1})
	return b
}

// label names the reference; elements of arrays are alike.
func (m *merger) label(from, to graph.Object) string {
	if m.h.Class(m.h.ClassOf(from)).IsArray {
		return "[]"
	}
	var best graph.Edge
	found := false
	m.h.EachEdge(from, func(e graph.Edge) bool {
		if e.To == to && (!found || e.Strength < best.Strength) {
			best, found = e, true
		}
		return !found || best.Strength != graph.Strong
	})
	return edgeText(m.h, from, best.Label)
}

// sum adds branches to those that they hang under, which come before them.
func (m *merger) sum() {
	for i := len(m.branches) - 1; i >= 0; i-- {
		if b := m.branches[i]; b.parent >= 0 {
			up := &m.branches[b.parent]
			up.objects += b.objects
			up.retained += b.retained
			up.shallow += b.shallow
		}
	}
}

// maxShown branches are shown; of one branch as many as a table has rows.
const maxShown = 500

// tree writes the branches, the largest first.
func (m *merger) tree(opt *Options) (out report.List[report.TreeNode]) {
	children := map[int32][]int32{}
	for i := range m.branches {
		children[m.branches[i].parent] = append(children[m.branches[i].parent], int32(i))
	}
	for _, c := range children {
		slices.SortFunc(c, func(a, b int32) int {
			x, y := &m.branches[a], &m.branches[b]
			return cmp.Or(cmp.Compare(y.retained, x.retained), cmp.Compare(y.objects, x.objects), cmp.Compare(a, b))
		})
	}
	type item struct {
		branch int32
		parent int
	}
	var stack []item
	push := func(at int32, parent int) (omitted, bytes int64) {
		kids := children[at]
		most := len(kids)
		if n := opt.Rows(); n >= 0 {
			most = min(most, n)
		}
		for _, k := range kids[most:] {
			omitted++
			bytes += m.branches[k].retained
		}
		for _, k := range slices.Backward(kids[:most]) {
			stack = append(stack, item{k, parent})
		}
		return omitted, bytes
	}
	out.Omitted, out.OmittedBytes = push(-1, -1)
	for len(stack) > 0 {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		b := &m.branches[x.branch]
		if len(out.Rows) >= maxShown {
			if x.parent >= 0 {
				out.Rows[x.parent].OmittedChildren++
				out.Rows[x.parent].OmittedBytes += b.retained
			} else {
				out.Omitted++
				out.OmittedBytes += b.retained
			}
			continue
		}
		n := report.TreeNode{Parent: x.parent, Label: b.label, Class: m.h.Class(b.class).Name, Objects: b.links, Shallow: b.shallow, Retained: b.retained}
		if b.object != graph.NoObject {
			n.Address, n.Note = Address(m.h, b.object), noteOf(m.h, b.object)
		}
		if b.objects > 0 && b.objects != b.links {
			n.Note = joinNote(n.Note, fmt.Sprintf("on the way to %s", analyze.Number(b.objects)))
		}
		out.Rows = append(out.Rows, n)
		at := len(out.Rows) - 1
		out.Rows[at].OmittedChildren, out.Rows[at].OmittedBytes = push(x.branch, at)
	}
	return out
}

func joinNote(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}
