package jdbc

import "heapcause/analyze"

// Rules returns the rules of this package.
func Rules() []*analyze.Rule {
	return []*analyze.Rule{PoolExhausted, ConnectionsUnpooled, ResultSetHuge, StatementCache, StatementRetained}
}

// pass is what the functions of these rules share.
type pass struct{ *analyze.Pass }
