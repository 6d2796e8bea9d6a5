package dominator

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// size is a shallow size that differs between vertices.
func size(v uint32) int64 { return int64(v)*7 + 3 }

// checkTree compares t with the definition.
func checkTree(t *testing.T, g Graph, roots []uint32, tree *Tree, want *removal) {
	t.Helper()
	if idom := want.idom(); !slices.Equal(tree.Idom, idom) {
		t.Fatalf("immediate dominators %v, want %v\ngraph %v roots %v", tree.Idom, idom, g, roots)
	}
	checkOrder(t, tree)
	if got, sum := tree.Retained(size), want.retained(size); !slices.Equal(got, sum) {
		t.Fatalf("retained %v, want %v\ngraph %v roots %v", got, sum, g, roots)
	}
}

// checkOrder verifies what Tree.Order promises.
func checkOrder(t *testing.T, tree *Tree) {
	t.Helper()
	seen := make([]bool, len(tree.Idom))
	for _, v := range tree.Order {
		if d := tree.Idom[v]; seen[v] || d == Unreached || d != Root && !seen[d] {
			t.Fatalf("vertex %d is repeated, not reached, or precedes its dominator %d", v, d)
		}
		seen[v] = true
	}
	for v, d := range tree.Idom {
		if d != Unreached && !seen[v] {
			t.Fatalf("vertex %d is missing in the order", v)
		}
	}
}

func TestComputeRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 6000 {
		g, roots := randomGraph(r, 40)
		checkTree(t, g, roots, Compute(g, roots), byRemoval(g, roots))
	}
}

// Larger graphs, where path compression and jumps have something to do.
func TestComputeAgainstIteration(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		g, roots := randomGraph(r, 2000)
		tree := Compute(g, roots)
		if want := byIteration(g, roots); !slices.Equal(tree.Idom, want) {
			t.Fatalf("immediate dominators differ on %d vertices, %d edges", g.Len(), len(g.Edges))
		}
		checkOrder(t, tree)
	}
}

func TestTwinsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 1000 {
		g, roots := randomGraph(r, 25)
		if a, b := byRemoval(g, roots).idom(), byIteration(g, roots); !slices.Equal(a, b) {
			t.Fatalf("removal %v, iteration %v\ngraph %v roots %v", a, b, g, roots)
		}
	}
}

func TestComputeShapes(t *testing.T) {
	const root, none = Root, Unreached
	for _, c := range []struct {
		name  string
		g     Graph
		roots []uint32
		want  []uint32
	}{
		{"zero graph", Graph{}, nil, []uint32{}},
		{"no vertices", draw(0), nil, []uint32{}},
		{"no roots", draw(2, [2]uint32{0, 1}), nil, []uint32{none, none}},
		{"single", draw(1), []uint32{0}, []uint32{root}},
		{"self loop", draw(2, [2]uint32{0, 0}, [2]uint32{0, 1}, [2]uint32{1, 1}), []uint32{0}, []uint32{root, 0}},
		{"diamond", draw(4, [2]uint32{0, 1}, [2]uint32{0, 2}, [2]uint32{1, 3}, [2]uint32{2, 3}), []uint32{0}, []uint32{root, 0, 0, 0}},
		{"two roots", draw(3, [2]uint32{0, 2}, [2]uint32{1, 2}), []uint32{0, 1}, []uint32{root, root, root}},
		{"duplicate roots", draw(2, [2]uint32{0, 1}), []uint32{0, 0, 0}, []uint32{root, 0}},
		{"root below a root", draw(3, [2]uint32{0, 1}, [2]uint32{1, 2}), []uint32{0, 1, 1}, []uint32{root, root, 1}},
		{"root above a root", draw(3, [2]uint32{0, 1}, [2]uint32{1, 2}), []uint32{1, 0}, []uint32{root, root, 1}},
		{"duplicate edges", draw(3, [2]uint32{0, 1}, [2]uint32{0, 1}, [2]uint32{1, 2}, [2]uint32{1, 2}), []uint32{0}, []uint32{root, 0, 1}},
		{"unreachable island", draw(4, [2]uint32{0, 1}, [2]uint32{2, 3}, [2]uint32{3, 2}, [2]uint32{3, 1}), []uint32{0}, []uint32{root, 0, none, none}},
		{"cycle entered twice", draw(3, [2]uint32{0, 1}, [2]uint32{0, 2}, [2]uint32{1, 2}, [2]uint32{2, 1}), []uint32{0}, []uint32{root, 0, 0}},
		{"back edge to the root", draw(3, [2]uint32{0, 1}, [2]uint32{1, 2}, [2]uint32{2, 0}), []uint32{0}, []uint32{root, 0, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := Compute(c.g, c.roots)
			if !slices.Equal(tree.Idom, c.want) {
				t.Errorf("got %v, want %v", tree.Idom, c.want)
			}
			checkTree(t, c.g, c.roots, tree, byRemoval(c.g, c.roots))
		})
	}
}

// shallow1 makes a retained size the number of vertices retained.
func shallow1(uint32) int64 { return 1 }

func TestComputeMillionChain(t *testing.T) {
	const n = 1_000_000
	tree := Compute(chain(n), []uint32{0})
	retained := tree.Retained(shallow1)
	for v := uint32(1); v < n; v++ {
		if tree.Idom[v] != v-1 || retained[v] != int64(n-v) {
			t.Fatalf("vertex %d: dominator %d, retained %d", v, tree.Idom[v], retained[v])
		}
	}
}

// All nodes of a list are held by an array too: nothing dominates them.
func TestComputeChainInArray(t *testing.T) {
	const n = 1_000_000
	for _, arrayFirst := range []bool{false, true} {
		g := chain(n)
		roots := []uint32{0, n}
		if arrayFirst {
			roots = []uint32{n, 0}
		}
		for v := range uint32(n) {
			g.Edges = append(g.Edges, v)
		}
		g.Index = append(g.Index, uint64(len(g.Edges)))
		for v, d := range Compute(g, roots).Idom {
			if d != Root {
				t.Fatalf("vertex %d has dominator %d", v, d)
			}
		}
	}
}

// The shape on which step-by-step walks take hours.
func TestComputeHeldList(t *testing.T) {
	const n = 1_000_000
	g, list, array := heldList(n)
	for _, roots := range [][]uint32{{list, array}, {array, list}} {
		tree := Compute(g, roots)
		for v, d := range tree.Idom {
			want := Root
			if v > 0 && v < n {
				want = uint32(v) - 1
			}
			if d != want {
				t.Fatalf("vertex %d: dominator %d, want %d", v, d, want)
			}
		}
		if got := tree.Retained(shallow1)[list]; got != n {
			t.Fatalf("list retains %d", got)
		}
	}
}

// Families whose dominator tree is the graph itself, grown to a size where
// recursion or a quadratic step would show.
func TestComputeTrees(t *testing.T) {
	for _, c := range []struct {
		name   string
		n      uint32
		parent func(v uint32) uint32
	}{
		{"star of stars", 500_000, func(v uint32) uint32 { return max(1, v/700) - 1 }},
		{"binary tree", 500_000, func(v uint32) uint32 { return (v - 1) / 2 }},
		{"comb", 500_000, func(v uint32) uint32 { return (v - 1) &^ 1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s sketch
			s.add(int(c.n))
			for v := uint32(1); v < c.n; v++ {
				s.edge(c.parent(v), v)
			}
			// An edge back to the top from everywhere changes nothing.
			for v := range c.n {
				s.edge(v, 0)
			}
			tree := Compute(s.graph(), []uint32{0})
			for v := uint32(1); v < c.n; v++ {
				if tree.Idom[v] != c.parent(v) {
					t.Fatalf("vertex %d: dominator %d, want %d", v, tree.Idom[v], c.parent(v))
				}
			}
			if got := tree.Retained(shallow1)[0]; got != int64(c.n) {
				t.Fatalf("top retains %d of %d", got, c.n)
			}
		})
	}
}

func TestComputePanicsOutsideGraph(t *testing.T) {
	for _, f := range []func(){
		func() { Compute(draw(1), []uint32{1}) },
		func() { Compute(draw(1, [2]uint32{0, 5}), []uint32{0}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		}()
	}
}
