package jdk_test

import (
	"strconv"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

// TestShapesOfLibraries counts collections of Guava, fastutil and the JDK in static fields whose names end in their number of
// elements.
func TestShapesOfLibraries(t *testing.T) {
	h := analyzetest.RealHeap(t, "leaks/collection-shapes.hprof")
	r := jdk.NewReader(h)
	checked := 0
	for _, s := range h.Class(h.ClassesByName("Shapes")[0]).Statics {
		want, err := strconv.ParseInt(s.Name[strings.LastIndexByte(s.Name, '_')+1:], 10, 64)
		if err != nil || s.Type != hprof.Object {
			continue
		}
		checked++
		o, _ := h.Lookup(s.Value)
		got, ok := r.Size(o)
		if !ok || got != want {
			t.Errorf("%s, a %s: %d elements (%v)", s.Name, h.ClassName(o), got, ok)
		}
		n := int64(0)
		r.Entries(o, func(_, _ graph.Object) bool { n++; return true })
		if primitive := strings.HasPrefix(s.Name, "FAST_INT"); n != want && !primitive {
			t.Errorf("%s, a %s: %d elements seen", s.Name, h.ClassName(o), n)
		}
	}
	if checked != 22 {
		t.Errorf("%d fields", checked)
	}
}
