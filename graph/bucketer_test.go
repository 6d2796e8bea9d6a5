package graph

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"heapcause/graph/dominator"
)

// TestCrowdedArcs reads parts of an arc log with room for few arcs at a time, and compares with what was logged.
func TestCrowdedArcs(t *testing.T) {
	const targets = 1000
	r := rand.New(rand.NewPCG(1, 2))
	f, err := tempFile(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func(f *os.File) { _ = f.Close() }(f)
	log := &arcLog{f: f, shift: 10}
	want := make([][]uint32, targets+1)
	for range 30000 {
		to := uint32(1 + r.IntN(targets))
		if r.IntN(2) == 0 {
			to = 500 // many refer to one
		}
		from := uint32(r.IntN(5000))
		log.put(to, from)
		want[to] = append(want[to], from)
	}
	if err := log.flush(); err != nil {
		t.Fatal(err)
	}
	next, passed := uint32(targets+1), false
	y := bucketer{
		log: log, most: 300,
		done: func(uint32, []uint32) error { return nil },
		yield: func(b dominator.Bucket, err error) bool {
			if err != nil {
				t.Fatal(err)
			}
			n := uint32(len(b.Semi))
			if b.First+n != next {
				t.Fatalf("targets %d to %d, expected some that end at %d", b.First, b.First+n-1, next-1)
			}
			next = b.First
			if len(b.Pred) > 300 {
				t.Errorf("%d arcs in memory", len(b.Pred))
			}
			for i := range n {
				got := slices.Clone(b.Pred[b.Start[i]:b.Start[i+1]])
				if b.More != nil {
					passed = true
					if err := b.More(func(arcs []uint64) {
						for _, a := range arcs {
							got = append(got, uint32(a))
						}
					}); err != nil {
						t.Fatal(err)
					}
				}
				slices.Sort(got)
				slices.Sort(want[b.First+i])
				if !slices.Equal(got, want[b.First+i]) {
					t.Fatalf("target %d: %d arcs, want %d", b.First+i, len(got), len(want[b.First+i]))
				}
			}
			return true
		},
	}
	var all arcRange
	all.start, all.semi = make([]uint64, targets+1), make([]uint32, targets)
	all.load(log, 0, 1, targets+1, y.most)
	if !all.crowded || !y.crowded(&all) || next != 1 || !passed {
		t.Errorf("stopped at target %d; a crowded target was streamed: %t", next, passed)
	}
}
