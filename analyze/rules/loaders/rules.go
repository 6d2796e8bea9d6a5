package loaders

import "heapcause/analyze"

// Rules returns the rules of this package.
func Rules() []*analyze.Rule {
	return []*analyze.Rule{Leak, Explosion}
}

// pass is what the functions of this package share.
type pass struct{ *analyze.Pass }
