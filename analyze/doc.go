// Package analyze says why a heap is full. Rules read the object graph, and the fields of the objects in it, and turn what
// they recognise into findings; [Run] collects these, joins what several rules say of the same objects into one story, and
// adds the tables of a report.
//
// A rule is a value, as in golang.org/x/tools/go/analysis. What must look at every instance of some classes (all
// finalizers, all timer tasks, all statements) is a [Scan]; the scans of all selected rules share one read of the dump.
//
// Rules run in the order in which they require each other. The first that explains some objects reports a finding and claims
// them; a later rule that meets claimed objects joins its facts to that finding.
//
// The package prints nothing and knows no command.
package analyze
