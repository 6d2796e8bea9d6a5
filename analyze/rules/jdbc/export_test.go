package jdbc

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// What tests need besides.
const (
	ConnectionsInTable = connectionsInTable
)

// Statement is what a test sees of a statement.
type Statement struct {
	Object, Inner graph.Object
	Open          bool
}

// Statements returns the statements and the pools' wrappers.
func Statements(q *analyze.Pass) (statements, wrappers []Statement) {
	seen := func(in []*statement) (out []Statement) {
		for _, s := range in {
			out = append(out, Statement{s.object, s.inner, s.open})
		}
		return out
	}
	s, w := pass{q}.statementsOf()
	return seen(s), seen(w)
}
