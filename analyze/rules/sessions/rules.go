package sessions

import "heapcause/analyze"

// Rules returns the rules of this package.
func Rules() []*analyze.Rule {
	return []*analyze.Rule{Retention}
}

// pass is what the functions of this rule share.
type pass struct{ *analyze.Pass }
