package query

import "strings"

// walk calls fn with an expression and all in it, but not with what is in sub-selects.
func walk(e Expr, fn func(Expr)) {
	if e == nil {
		return
	}
	fn(e)
	all := func(es ...Expr) {
		for _, x := range es {
			walk(x, fn)
		}
	}
	switch e := e.(type) {
	case *Attr:
		all(e.X)
	case *FieldOf:
		all(e.X)
	case *Qualified:
		all(e.X)
	case *Call:
		all(e.X)
		all(e.Args...)
	case *Index:
		all(e.X, e.I)
	case *Slice:
		all(e.X, e.I, e.J)
	case *Unary:
		all(e.X)
	case *Binary:
		all(e.X, e.Y)
	case *Like:
		all(e.X)
	case *In:
		all(e.X, e.Y)
		all(e.List...)
	case *IsNull:
		all(e.X)
	case *TypeOf:
		all(e.X)
	}
}

// hasAggregate reports whether COUNT, SUM and the like are in an expression.
func hasAggregate(e Expr) bool {
	found := false
	walk(e, func(x Expr) {
		if c, ok := x.(*Call); ok && c.X == nil {
			_, is := aggregates[strings.ToUpper(c.Name)]
			found = found || is
		}
	})
	return found
}
