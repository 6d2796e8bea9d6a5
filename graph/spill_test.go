package graph_test

import (
	"context"
	"sync"
	"testing"

	"heapcause/graph"
	"heapcause/hprof/hproftest"
)

// TestSpill writes records of two workers, few in memory and many to disk, and reads each back once, equal keys in one part.
func TestSpill(t *testing.T) {
	h, err := graph.Build(context.Background(), hproftest.New(8).Open(t), graph.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	for _, n := range []int{0, 1, 1000, 200_000} {
		s, err := h.NewSpill(int64(n))
		if err != nil {
			t.Fatal(err)
		}
		writers := []*graph.SpillWriter{s.Writer(), s.Writer()}
		var wg sync.WaitGroup
		for k, w := range writers {
			wg.Go(func() {
				for i := k; i < n; i += len(writers) {
					w.Put(graph.SpillRecord{Key: spread(i / 4), Tag: 7, Object: uint32(i)})
				}
			})
		}
		wg.Wait()
		for _, w := range writers {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		seen := make([]int, n)
		at := map[uint64]int{}
		var buf []graph.SpillRecord
		for p := range s.Parts() {
			if buf, err = s.Read(p, buf); err != nil {
				t.Fatal(err)
			}
			for _, r := range buf {
				if before, ok := at[r.Key]; ok && before != p || r.Tag != 7 || r.Key != spread(int(r.Object)/4) {
					t.Fatalf("%d: %+v in part %d", n, r, p)
				}
				at[r.Key] = p
				seen[r.Object]++
			}
		}
		for i, k := range seen {
			if k != 1 {
				t.Fatalf("%d: record %d is there %d times", n, i, k)
			}
		}
		if n > 100_000 && s.Parts() < 4 {
			t.Errorf("%d records in %d parts", n, s.Parts())
		}
		s.Close()
	}
}

func spread(i int) uint64 { return uint64(i) * 0x9E3779B97F4A7C15 }
