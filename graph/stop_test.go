package graph

import (
	"context"
	"errors"
	"testing"
)

// TestSequenceStops: a search that is interrupted ends soon, not at its end.
func TestSequenceStops(t *testing.T) {
	s, err := newSequence(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.f.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.stop = ctx.Err
	for i := range uint32(1 << 20) {
		if i == 1000 {
			cancel()
		}
		if err := s.put(i); err != nil {
			if !errors.Is(err, context.Canceled) || i > 1<<16 {
				t.Errorf("after %d numbers: %v", i, err)
			}
			return
		}
	}
	t.Error("it does not stop")
}
