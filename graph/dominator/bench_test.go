package dominator

import (
	"math/rand/v2"
	"testing"
)

// listLength makes heldList a graph of ten million vertices.
const listLength = 5_000_000

// perVertex reports the time of one operation divided by the vertices it does.
func perVertex(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/vertex")
}

func BenchmarkCompute(b *testing.B) {
	g, list, array := heldList(listLength)
	for _, c := range []struct {
		name  string
		roots []uint32
	}{{"ListFirst", []uint32{list, array}}, {"ArrayFirst", []uint32{array, list}}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				Compute(g, c.roots)
			}
			perVertex(b, g.Len())
		})
	}
}

// BenchmarkPasses measures what is left once the caller has searched and sorted.
func BenchmarkPasses(b *testing.B) {
	g, list, array := heldList(listLength)
	roots := []uint32{list, array}
	s := g.depthFirst(roots)
	all, n := g.predecessors(roots, s), s.count()
	anc, label, semi := make([]uint32, n+1), make([]uint32, n+1), make([]uint32, n+1)
	idom := make([]uint32, n+1)
	all.Semi = semi[1:]

	semidominators := func() {
		copy(anc, s.parent)
		copy(label, s.parent)
		_ = Semidominators(anc, label, func(yield func(Bucket, error) bool) { yield(all, nil) })
	}
	b.Run("Semidominators", func(b *testing.B) {
		for b.Loop() {
			semidominators()
		}
		perVertex(b, n)
	})
	semidominators()
	b.Run("Extend", func(b *testing.B) {
		for b.Loop() {
			NewAncestors(idom, anc, label).Extend(s.parent[1:], semi[1:])
		}
		perVertex(b, n)
	})
	a := NewAncestors(idom, anc, label)
	a.Extend(s.parent[1:], semi[1:])
	b.Run("NCA", func(b *testing.B) {
		r := rand.New(rand.NewPCG(1, 2))
		for b.Loop() {
			a.NCA(1+r.Uint32N(uint32(n)), 1+r.Uint32N(uint32(n)))
		}
	})
	sum := make([]int64, n+1)
	b.Run("Accumulate", func(b *testing.B) {
		for b.Loop() {
			for i := range sum {
				sum[i] = 1
			}
			Accumulate(a.Idom, sum)
		}
		perVertex(b, n)
	})
}
