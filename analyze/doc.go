// Package analyze says why a heap is full. Rules read the object graph, and the fields of the objects in it, and turn what
// they recognise into findings; [Run] collects these, joins what several rules say of the same objects into one story, and
// adds the tables of a report.
//
// A rule is a value, as in golang.org/x/tools/go/analysis. What several rules need (all finalizers, all timer tasks, all
// statements) is collected once, in one read of the dump, by the collector in collect.go.
//
// The package prints nothing and knows no command.
package analyze
