package serializers

import (
	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// Rules returns the rules of this package.
func Rules() []*analyze.Rule {
	return []*analyze.Rule{Caches, Streams}
}

// pass is what the functions of these rules share.
type pass struct {
	*analyze.Pass
	r *jdk.Reader
}

// strong leaves out what nothing holds strongly.
func (p pass) strong(objects []graph.Object) analyze.ObjectSet {
	var out analyze.ObjectSet
	for _, o := range objects {
		if p.Heap.Strength(o) == graph.Strong {
			out = append(out, o)
		}
	}
	return out
}
