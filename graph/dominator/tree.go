package dominator

const (
	// Root stands for the virtual root where a vertex is expected.
	Root = ^uint32(0)
	// Unreached marks a vertex to which no path leads.
	Unreached = ^uint32(0) - 1
)

// Tree is the dominator tree of a [Graph].
type Tree struct {
	// Idom has the immediate dominator of each vertex: [Root] for those that
	// only the virtual root dominates, [Unreached] for those not reached.
	Idom []uint32
	// Order has the reached vertices in depth-first preorder. Every vertex comes
	// after its immediate dominator.
	Order []uint32
}

// Compute returns the dominator tree of g as seen from roots, which may repeat.
// It takes O((n+m) log n) time for n vertices and m edges. Besides the graph it
// needs at most 32 bytes per vertex and 4 per edge, of which 8 per vertex
// remain. A root or an edge to a vertex that g does not have panics.
func Compute(g Graph, roots []uint32) *Tree {
	s := g.depthFirst(roots)
	idom := s.immediateDominators(g.predecessors(roots, s))
	t := &Tree{Idom: s.number, Order: s.order}
	for v, number := range s.number {
		switch {
		case number == 0:
			t.Idom[v] = Unreached
		case idom[number] == 0:
			t.Idom[v] = Root
		default:
			t.Idom[v] = s.order[idom[number]-1]
		}
	}
	return t
}

// immediateDominators runs both passes over one bucket of all predecessors and
// returns, for each preorder number, that of its immediate dominator.
func (s *search) immediateDominators(all Bucket) []uint32 {
	n := s.count()
	anc, label, semi := make([]uint32, n+1), make([]uint32, n+1), make([]uint32, n+1)
	copy(anc, s.parent)
	copy(label, s.parent)
	all.Semi = semi[1:]
	// The only bucket there is carries no error.
	_ = Semidominators(anc, label, func(yield func(Bucket, error) bool) { yield(all, nil) })
	a := NewAncestors(semi, anc, label)
	a.Extend(s.parent[1:], semi[1:])
	return a.Idom
}

// Retained returns the retained size of each vertex, given the shallow ones.
// Vertices not reached retain 0.
func (t *Tree) Retained(shallow func(v uint32) int64) []int64 {
	sum := make([]int64, len(t.Idom))
	for i := len(t.Order) - 1; i >= 0; i-- {
		v := t.Order[i]
		sum[v] += shallow(v)
		if d := t.Idom[v]; d != Root {
			sum[d] += sum[v]
		}
	}
	return sum
}
