package dominator

import "math/rand/v2"

// sketch is a graph under construction.
type sketch struct{ succ [][]uint32 }

// add appends count vertices and returns the first.
func (s *sketch) add(count int) uint32 {
	first := uint32(len(s.succ))
	s.succ = append(s.succ, make([][]uint32, count)...)
	return first
}

func (s *sketch) edge(v uint32, to ...uint32) { s.succ[v] = append(s.succ[v], to...) }

func (s *sketch) graph() Graph {
	g := Graph{Index: make([]uint64, 1, len(s.succ)+1)}
	for _, to := range s.succ {
		g.Edges = append(g.Edges, to...)
		g.Index = append(g.Index, uint64(len(g.Edges)))
	}
	return g
}

// draw builds a graph of n vertices from edges given as pairs.
func draw(n int, edges ...[2]uint32) Graph {
	var s sketch
	s.add(n)
	for _, e := range edges {
		s.edge(e[0], e[1])
	}
	return s.graph()
}

// randomGraph has up to limit vertices, up to five edges for each, and one to
// four roots. Some edges stay near their source, so that long paths, forward
// edges and loops all occur.
func randomGraph(r *rand.Rand, limit int) (Graph, []uint32) {
	n := 1 + r.IntN(limit)
	var s sketch
	s.add(n)
	near := 1 + r.IntN(n)
	for range r.IntN(n*(1+r.IntN(5)) + 1) {
		v := r.IntN(n)
		w := r.IntN(n)
		if r.IntN(2) == 0 {
			w = (v + r.IntN(near)) % n
		}
		s.edge(uint32(v), uint32(w))
	}
	roots := make([]uint32, 1+r.IntN(4))
	for i := range roots {
		roots[i] = uint32(r.IntN(n))
	}
	return s.graph(), roots
}

// heldList is a linked list of n nodes, 0 to n-1, each with an item, n to 2n-1,
// that the array 2n holds as well. Every item refers to 2n+1. The roots are the
// first node and the array. Only the nodes dominate anything: the rest of the
// list. Algorithms that walk the dominator tree step by step are quadratic here.
func heldList(n uint32) (g Graph, list, array uint32) {
	g.Index = make([]uint64, 1, 2*n+3)
	g.Edges = make([]uint32, 0, 4*n)
	end := func() { g.Index = append(g.Index, uint64(len(g.Edges))) }
	for i := range n {
		if i+1 < n {
			g.Edges = append(g.Edges, i+1)
		}
		g.Edges = append(g.Edges, n+i)
		end()
	}
	for range n {
		g.Edges = append(g.Edges, 2*n+1)
		end()
	}
	for i := range n {
		g.Edges = append(g.Edges, n+i)
	}
	end()
	end()
	return g, 0, 2 * n
}

// chain is 0 → 1 → … → n-1.
func chain(n uint32) Graph {
	g := Graph{Index: make([]uint64, 1, n+1), Edges: make([]uint32, 0, n)}
	for i := range n {
		if i+1 < n {
			g.Edges = append(g.Edges, i+1)
		}
		g.Index = append(g.Index, uint64(len(g.Edges)))
	}
	return g
}
