package dominator

import (
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
)

// arcs logs every edge between reached vertices the way a caller's search
// would: tree edges, self loops and repetitions included, in random order.
func (s *search) arcs(r *rand.Rand, g Graph, roots []uint32) []uint64 {
	var log []uint64
	for _, root := range roots {
		log = append(log, uint64(s.number[root])<<32)
	}
	for _, v := range s.order {
		for _, w := range g.Succ(v) {
			log = append(log, uint64(s.number[w])<<32|uint64(s.number[v]))
		}
	}
	r.Shuffle(len(log), func(i, j int) { log[i], log[j] = log[j], log[i] })
	return log
}

// inBuckets yields the arcs in buckets of random width, descending, reusing one
// bucket's memory throughout. Semidominators are copied out as a caller would
// spill them.
func inBuckets(r *rand.Rand, n int, arcs []uint64, semi []uint32) iter.Seq2[Bucket, error] {
	return func(yield func(Bucket, error) bool) {
		start, room := make([]uint64, n+1), make([]uint32, n)
		var b Bucket
		for left := n; left > 0; {
			width := 1 + r.IntN(left)
			first := left - width + 1
			var part []uint64
			for _, a := range arcs {
				if w := int(a >> 32); first <= w && w <= left {
					part = append(part, a)
				}
			}
			b.First, b.Start, b.Semi, b.More = uint32(first), start[:width+1], room[:width], nil
			if width == 1 && r.IntN(2) == 0 { // as a target with too many predecessors for memory would come
				passing := part[r.IntN(len(part)+1):]
				part = part[:len(part)-len(passing)]
				b.More = func(piece func([]uint64)) error {
					for _, a := range passing {
						piece([]uint64{a})
					}
					return nil
				}
			}
			b.Fill(part)
			if !yield(b, nil) {
				return
			}
			copy(semi[first:], b.Semi)
			left -= width
		}
	}
}

// garbage is memory that was in use before.
func garbage(n int) []uint32 {
	s := make([]uint32, n)
	for i := range s {
		s[i] = 0xdeadbeef
	}
	return s
}

// descends reports whether v is an ancestor of w in the search tree, or the virtual root.
func (s *search) descends(w, v uint32) bool {
	for w > v {
		w = s.parent[w]
	}
	return w == v
}

// stream runs the passes as a caller short of memory would.
func stream(t *testing.T, r *rand.Rand, g Graph, roots []uint32) (*search, *Ancestors) {
	t.Helper()
	s := g.depthFirst(roots)
	n := s.count()
	anc, label, semi := slices.Clone(s.parent), slices.Clone(s.parent), garbage(n+1)
	arcs := slices.DeleteFunc(s.arcs(r, g, roots), func(arc uint64) bool {
		w, v := uint32(arc>>32), uint32(arc)
		if !s.descends(w, v) || r.IntN(2) == 0 {
			return false
		}
		label[w] = min(label[w], v)
		return true
	})
	if err := Semidominators(anc, label, inBuckets(r, n, arcs, semi)); err != nil {
		t.Fatal(err)
	}
	a := NewAncestors(garbage(n+1), anc, label)
	for first := 1; first <= n; {
		end := first + 1 + r.IntN(n-first+1)
		a.Extend(s.parent[first:end], semi[first:end])
		first = end
	}
	return s, a
}

func TestStreamRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 6000 {
		g, roots := randomGraph(r, 40)
		s, a := stream(t, r, g, roots)
		checkAncestors(t, g, roots, s, a, byRemoval(g, roots))
	}
}

// vertex is the vertex with the given preorder number, or Root.
func (s *search) vertex(number uint32) uint32 {
	if number == 0 {
		return Root
	}
	return s.order[number-1]
}

// checkAncestors compares a, all its NCAs and the retained sizes with the definition.
func checkAncestors(t *testing.T, g Graph, roots []uint32, s *search, a *Ancestors, want *removal) {
	t.Helper()
	n, idom := uint32(s.count()), want.idom()
	sum := make([]int64, n+1)
	for w := uint32(1); w <= n; w++ {
		v := s.vertex(w)
		if got := s.vertex(a.Idom[w]); got != idom[v] {
			t.Fatalf("dominator of %d is %d, want %d\ngraph %v roots %v", v, got, idom[v], g, roots)
		}
		if int(a.Depth[w]) != want.depth[v]+1 {
			t.Fatalf("depth of %d is %d, want %d\ngraph %v roots %v", v, a.Depth[w], want.depth[v]+1, g, roots)
		}
		sum[w] = size(v)
	}
	for i := range n {
		for j := range n {
			v, w := s.order[i], s.order[j]
			if got, nca := s.vertex(a.NCA(i+1, j+1)), want.nca(v, w); got != nca {
				t.Fatalf("NCA of %d and %d is %d, want %d\ngraph %v roots %v", v, w, got, nca, g, roots)
			}
			if got := a.Dominates(i+1, j+1); got != want.doms[w][v] {
				t.Fatalf("%d dominates %d: %t\ngraph %v roots %v", v, w, got, g, roots)
			}
		}
	}
	Accumulate(a.Idom, sum)
	total := int64(0)
	retained := want.retained(size)
	for w := uint32(1); w <= n; w++ {
		if v := s.vertex(w); sum[w] != retained[v] {
			t.Fatalf("%d retains %d, want %d\ngraph %v roots %v", v, sum[w], retained[v], g, roots)
		}
		total += size(s.vertex(w))
	}
	if sum[0] != total {
		t.Fatalf("total %d, want %d", sum[0], total)
	}
}

// A vertex without successors may stay out of the graph: the NCA of its
// predecessors is its immediate dominator.
func TestLeavesByNCA(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 2000 {
		g, roots := randomGraph(r, 30)
		whole := Compute(g, roots)
		s, a := stream(t, r, withoutLeaves(g), roots)
		for leaf := range uint32(g.Len()) {
			if len(g.Succ(leaf)) > 0 || whole.Idom[leaf] == Unreached || slices.Contains(roots, leaf) {
				continue
			}
			nca := Unreached
			for _, v := range s.order {
				switch number := s.number[v]; {
				case !slices.Contains(g.Succ(v), leaf):
				case nca == Unreached:
					nca = number
				default:
					nca = a.NCA(nca, number)
				}
			}
			if got := s.vertex(nca); got != whole.Idom[leaf] {
				t.Fatalf("leaf %d: dominator %d, want %d\ngraph %v roots %v", leaf, got, whole.Idom[leaf], g, roots)
			}
		}
	}
}

// withoutLeaves drops the edges to vertices without successors.
func withoutLeaves(g Graph) Graph {
	var s sketch
	s.add(g.Len())
	for v := range uint32(g.Len()) {
		for _, w := range g.Succ(v) {
			if len(g.Succ(w)) > 0 {
				s.edge(v, w)
			}
		}
	}
	return s.graph()
}

func TestExtendRebuildsFromIdom(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 500 {
		g, roots := randomGraph(r, 300)
		_, a := stream(t, r, g, roots)
		idom := slices.Clone(a.Idom)
		again := NewAncestors(idom, garbage(len(idom)), garbage(len(idom)))
		again.Extend(idom[1:], idom[1:])
		if !slices.Equal(a.Idom, again.Idom) || !slices.Equal(a.Jump, again.Jump) || !slices.Equal(a.Depth, again.Depth) {
			t.Fatalf("rebuilt tree differs\ngraph %v roots %v", g, roots)
		}
	}
}

// Walks stay logarithmic: no ancestor query on a path of a million vertices
// follows more than a few dozen pointers.
func TestAtIsLogarithmic(t *testing.T) {
	const n = 1_000_000
	parent := make([]uint32, n+1)
	for w := uint32(1); w <= n; w++ {
		parent[w] = w - 1
	}
	a := NewAncestors(make([]uint32, n+1), make([]uint32, n+1), make([]uint32, n+1))
	a.Extend(parent[1:], parent[1:])
	r := rand.New(rand.NewPCG(13, 14))
	for range 20_000 {
		v, depth := 1+r.Uint32N(n), r.Uint32N(n+1)
		if got := a.At(v, depth); got != min(v, depth) {
			t.Fatalf("ancestor of %d at depth %d is %d", v, depth, got)
		}
		steps := 0
		for x := v; a.Depth[x] > depth; steps++ {
			if j := a.Jump[x]; a.Depth[j] >= depth {
				x = j
			} else {
				x = a.Idom[x]
			}
		}
		if steps > 3*20 {
			t.Fatalf("%d steps from %d to depth %d", steps, v, depth)
		}
	}
}

func TestSemidominatorsReturnsError(t *testing.T) {
	want := errors.New("disk gone")
	parent := []uint32{0, 0, 1, 2}
	got := Semidominators(parent, make([]uint32, 4), func(yield func(Bucket, error) bool) {
		b := Bucket{First: 2, Start: make([]uint64, 3), Semi: make([]uint32, 2)}
		if !yield(b, nil) {
			t.Error("stopped without reason")
		}
		if yield(Bucket{}, want) {
			t.Error("went on after an error")
		}
	})
	if !errors.Is(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestSemidominatorsPanicsOnGap(t *testing.T) {
	bucket := func(first uint32, n int) Bucket {
		return Bucket{First: first, Start: make([]uint64, n+1), Semi: make([]uint32, n)}
	}
	short := bucket(1, 3)
	short.Semi = short.Semi[1:]
	for name, buckets := range map[string][]Bucket{
		"none":           {},
		"top missing":    {bucket(1, 2)},
		"bottom missing": {bucket(2, 2)},
		"gap":            {bucket(3, 1), bucket(1, 1)},
		"ascending":      {bucket(1, 1), bucket(2, 2)},
		"virtual root":   {bucket(0, 4)},
		"no room":        {short},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_ = Semidominators(make([]uint32, 4), make([]uint32, 4), func(yield func(Bucket, error) bool) {
				for _, b := range buckets {
					if !yield(b, nil) {
						return
					}
				}
			})
		})
	}
}
