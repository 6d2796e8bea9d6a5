// Package userrules reads rules written in YAML and makes analyze.Rules of them, which the engine runs like those written in Go.
// The language is described in docs/rules-yaml.md; Shipped are the rules of heapcause itself that are written in it.
//
// A file is text that anyone may have written, so everything is bounded: the size of a file and of an expression, the nodes of an
// expression, the objects a rule looks at, the groups it makes. Expressions are evaluated by expr-lang's machine, which has no
// loops once predicates, ranges and variables are refused, as they are here, and no way out: no files, network, clock or
// environment.
package userrules
