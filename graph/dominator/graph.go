package dominator

// Graph is a directed graph over the vertices 0 to N-1. The successors of v are
// Edges[Index[v]:Index[v+1]], so Index has N+1 elements (or none, for the empty
// graph). Repeated edges and self loops are allowed. N must be smaller than
// [Unreached].
type Graph struct {
	Index []uint64
	Edges []uint32
}

// Len is the number of vertices.
func (g Graph) Len() int { return max(len(g.Index)-1, 0) }

// Succ returns the successors of v. The slice is part of the graph.
func (g Graph) Succ(v uint32) []uint32 { return g.Edges[g.Index[v]:g.Index[v+1]] }

// search is what a depth-first search found.
type search struct {
	number []uint32 // vertex → preorder number, 0 if not reached
	parent []uint32 // preorder number → that of its parent
	order  []uint32 // preorder number - 1 → vertex
}

// count is the number of vertices reached.
func (s *search) count() int { return len(s.order) }

// depthFirst numbers everything reachable from roots. The stack of the search is
// the chain of parents; all it needs besides is a cursor into the successors of
// each vertex, 8 bytes, so depth costs nothing.
func (g Graph) depthFirst(roots []uint32) *search {
	s := &search{
		number: make([]uint32, g.Len()),
		parent: make([]uint32, 1, g.Len()+1),
		order:  make([]uint32, 0, g.Len()),
	}
	cursor := make([]uint64, 1, g.Len()+1) // preorder number → next edge to follow
	meet := func(v, parent uint32) (number uint32) {
		s.order = append(s.order, v)
		s.parent = append(s.parent, parent)
		cursor = append(cursor, g.Index[v])
		number = uint32(len(s.order))
		s.number[v] = number
		return number
	}
	for _, root := range roots {
		if s.number[root] != 0 {
			continue
		}
		for top := meet(root, 0); top != 0; {
			edge := cursor[top]
			if edge == g.Index[s.order[top-1]+1] {
				top = s.parent[top]
				continue
			}
			cursor[top]++
			if v := g.Edges[edge]; s.number[v] == 0 {
				top = meet(v, top)
			}
		}
	}
	return s
}

// predecessors collects, for every reached vertex, where its edges come from, in
// preorder numbers. Edges from the parent are left out, as are self loops:
// neither can lower a semidominator.
func (g Graph) predecessors(roots []uint32, s *search) Bucket {
	b := Bucket{First: 1, Start: make([]uint64, s.count()+1)}
	g.eachArc(roots, s, func(w, _ uint32) { b.Start[w-1]++ })
	sum := uint64(0)
	for i, n := range b.Start {
		sum += n
		b.Start[i] = sum
	}
	b.Pred = make([]uint32, sum)
	g.eachArc(roots, s, func(w, v uint32) {
		b.Start[w-1]--
		b.Pred[b.Start[w-1]] = v
	})
	return b
}

// eachArc calls f(w, v) for each edge from v to w that predecessors keeps.
func (g Graph) eachArc(roots []uint32, s *search, f func(w, v uint32)) {
	for _, root := range roots {
		if w := s.number[root]; s.parent[w] != 0 {
			f(w, 0)
		}
	}
	for i, from := range s.order {
		v := uint32(i) + 1
		for _, to := range g.Succ(from) {
			if w := s.number[to]; w != v && s.parent[w] != v {
				f(w, v)
			}
		}
	}
}
