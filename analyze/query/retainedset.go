package query

import (
	"context"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/graph/path"
)

// RetainedSet returns what would go if all members of a set went, the members included: what nothing would hold any more as strongly
// as before.
func RetainedSet(ctx context.Context, h *graph.Heap, set analyze.BitSet) (analyze.BitSet, error) {
	f, err := path.Free(ctx, h, path.Cut{Objects: set.Members()})
	if err != nil {
		return nil, err
	}
	return f.Set(), nil
}
