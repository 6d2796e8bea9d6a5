package serializers

import (
	"heapcause/analyze"
	"heapcause/analyze/jdk"
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
