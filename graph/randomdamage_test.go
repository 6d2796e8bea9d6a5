package graph_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// demoDump returns the small real dump of the repository, unpacked.
func demoDump(t *testing.T) []byte {
	t.Helper()
	f, err := os.Open("../testdata/demo.hprof.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRandomDamage damages a real dump in 1,000 ways: it costs few objects, never adds one, and the work stays in proportion to
// the dump.
func TestRandomDamage(t *testing.T) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 100
	}
	if hproftest.Race {
		seeds = 20
	}
	good := demoDump(t)
	ctx := context.Background()
	h, err := graph.CountClasses(ctx, open(t, good), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	whole := h.Total.Objects
	lost, silent := int64(0), 0
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 7))
		b := damage(r, good)
		in := &hproftest.Reads{ReaderAt: bytes.NewReader(b)}
		f, err := hprof.OpenReaderAt(in, int64(len(b)))
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			continue
		}
		h, err := graph.CountClasses(ctx, f, graph.Options{Workers: 1 + int(seed%2)})
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			continue
		}
		left := h.Total.Objects
		if left > whole {
			t.Errorf("seed %d: %d objects, the good dump has %d", seed, left, whole)
		}
		if read := in.Bytes(); read > 12*int64(len(good)) {
			t.Errorf("seed %d: %d bytes read of a dump of %d", seed, read, len(b))
		}
		if len(b) > len(good)/2 && left < whole && len(h.Problems) == 0 {
			silent++
		}
		if cut := len(b) < len(good)-64; !cut {
			lost += whole - left
			if whole-left > whole/50 {
				t.Errorf("seed %d: %d of %d objects are lost: %v", seed, whole-left, whole, h.Problems)
			}
		}
		if seed%20 == 0 {
			for _, workers := range []int{1, 3} {
				again, err := graph.CountClasses(ctx, f, graph.Options{Workers: workers})
				if err != nil || !slices.Equal(again.Classes, h.Classes) || !slices.Equal(again.Problems, h.Problems) {
					t.Errorf("seed %d: %d workers give another histogram; %v", seed, workers, err)
				}
			}
			built := build(t, f, graph.Options{Workers: 2, TempDir: t.TempDir(), NoInbound: true})
			if n := built.NumObjects(); n > whole {
				t.Errorf("seed %d: a graph of %d objects, the good dump has %d", seed, n, whole)
			}
		}
	}
	t.Logf("%d seeds: %.4f objects of %d are lost per damage, %d times without a word", seeds, float64(lost)/float64(seeds), whole, silent)
}
