package graph_test

import (
	"testing"

	"heapcause/graph"
)

// retainedOf is RetainedOf with maps, from the definition: the members that no other member dominates.
func retainedOf(h *graph.Heap, set []graph.Object) (sum int64) {
	in := map[graph.Object]bool{}
	for _, o := range set {
		in[o] = true
	}
	for o := range in {
		covered := false
		for d := h.Idom(o); d != graph.NoObject && !covered; d = h.Idom(d) {
			covered = in[d]
		}
		if !covered {
			sum += h.Retained(o)
		}
	}
	return sum
}

func TestRetainedOf(t *testing.T) {
	h := build(t, openDump(t, dumps(t, "zoo/zoo-small.hprof")[0]), graph.Options{})
	for _, step := range []int64{1, 2, 3, 7, 50, 1000} {
		var set []graph.Object
		for o := int64(0); o < h.NumObjects(); o += step {
			set = append(set, graph.Object(o))
		}
		if got, want := h.RetainedOf(set), retainedOf(h, set); got != want {
			t.Errorf("every %d objects: %d, want %d", step, got, want)
		}
	}
}
