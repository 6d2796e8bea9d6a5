package dominator

import (
	"math/rand/v2"
	"testing"
)

// decode reads a graph of up to 32 vertices: their number, how many roots, the
// roots, then edges as pairs. Every input is a graph.
func decode(data []byte) (Graph, []uint32) {
	next := func() (b byte) {
		if len(data) > 0 {
			b, data = data[0], data[1:]
		}
		return b
	}
	n := 1 + next()%32
	vertex := func() uint32 { return uint32(next() % n) }
	roots := make([]uint32, next()%5)
	for i := range roots {
		roots[i] = vertex()
	}
	var s sketch
	s.add(int(n))
	for len(data) > 0 {
		s.edge(vertex(), vertex())
	}
	return s.graph(), roots
}

// FuzzDominators holds that both ways in agree with the definition.
func FuzzDominators(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{3, 1, 0, 0, 1, 0, 2, 1, 3, 2, 3})          // diamond
	f.Add([]byte{2, 2, 0, 1, 0, 2, 1, 2, 2, 2})             // two roots, self loop
	f.Add([]byte{4, 1, 0, 0, 1, 1, 2, 2, 3, 3, 4, 0, 4, 4}) // chain, shortcut, half an edge
	f.Fuzz(func(t *testing.T, data []byte) {
		g, roots := decode(data)
		want := byRemoval(g, roots)
		checkTree(t, g, roots, Compute(g, roots), want)
		r := rand.New(rand.NewPCG(uint64(len(data)), 1))
		s, a := stream(t, r, g, roots)
		checkAncestors(t, g, roots, s, a, want)
	})
}
