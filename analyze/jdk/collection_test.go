package jdk_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// TestSizesOfRealCollections counts the elements of every collection of real dumps: as many as its own size field says.
func TestSizesOfRealCollections(t *testing.T) {
	for _, dump := range []string{"zoo/zoo-small.hprof", "variants/variant-jdk25.hprof"} {
		h := analyzetest.RealHeap(t, dump)
		r := jdk.NewReader(h)
		collections := 0
		for c := range graph.Class(h.NumClasses()) {
			if !r.IsCollection(c) {
				continue
			}
			wrong := 0
			for o := range h.Instances(c) {
				if h.Strength(o) == graph.Unreachable {
					continue
				}
				collections++
				want, ok := r.Size(o)
				got := int64(0)
				nulls := int64(0)
				r.Entries(o, func(k, v graph.Object) bool {
					if got++; v == graph.NoObject {
						nulls++
					}
					return true
				})
				if !ok || got > want || got < want && !r.IsMap(c) && h.Class(c).Name != "java.util.ArrayList" && h.Class(c).Name != "java.util.Vector" {
					if wrong++; wrong < 4 {
						t.Errorf("%s: %s @ 0x%x: %d elements (%d null), size %d (%v)", dump, h.Class(c).Name, h.Addr(o), got, nulls, want, ok)
					}
				}
			}
		}
		t.Logf("%s: %d collections", dump, collections)
	}
}
