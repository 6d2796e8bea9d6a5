package userrules

import (
	"heapcause/analyze"
	"heapcause/report"
)

// spec is a rule as it is written.
type spec struct {
	name, title, doc string
	max              report.Severity
	confidence       report.Confidence
	experimental     bool
	after            []string
	match            match
	follow           []named
	heldBy           []holder
	lets             []named
	where            []*expression
	thresholds       []*analyze.Threshold
	aggregates       []aggregate
	when             *expression
	severity         []judgement
	message          *template
	story, fix       []*template
	falsifier        string
	facts            []named
	tables           []table
	evidence         []named
	examples         int
	tests            []expectation
}

// match says which objects a rule looks at.
type match struct {
	classes     []string
	subclasses  bool
	unreachable bool // those that nothing holds too
}

// named is an expression with the name or label it is known by.
type named struct {
	name  string
	value *expression
}

// holder is an object that must refer to the one before it, or must not.
type holder struct {
	name       string
	classes    []string
	subclasses bool
	field      string // "" for any field
	absent     bool
}

// reduction is how an aggregate makes one number of many.
type reduction string

const (
	countOf reduction = "count"
	sumOf   reduction = "sum"
	maxOf   reduction = "max"
	minOf   reduction = "min"
)

// aggregate is a number over all matches.
type aggregate struct {
	named
	how reduction
}

// judgement is a severity and when it holds; nil is always.
type judgement struct {
	level report.Severity // "" by the retained size
	when  *expression
}

// table breaks the matches down by the value of an expression.
type table struct {
	title, column string
	by            *expression
	show          []aggregate
}

// expectation is what a rule must find on a dump.
type expectation struct {
	node     node
	dump     string
	findings int // -1 not said
	objects  int
	severity report.Severity
	title    []string
	abstains string
}
