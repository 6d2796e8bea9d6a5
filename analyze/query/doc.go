// Package query answers questions about the objects of a heap in a language like SQL, which knows what users of Eclipse MAT's
// object query language type, and adds groups, aggregates, orders, limits and joins over references.
//
//	SELECT classof(r), COUNT(*) AS n, SUM(r.@retainedHeapSize)
//	FROM java.lang.ref.Finalizer f JOIN outbound(f) AS r
//	GROUP BY classof(r) ORDER BY n DESC LIMIT 10
//
// A query passes three stages. Parse makes a syntax tree, which prints as a query of the same meaning. Prepare checks it against
// a heap: classes, fields, attributes and functions have to be there, and an error points at the column and suggests what
// was meant. Run executes the plan: expressions have become closures over bound fields, a query over the fields of whole classes reads the
// dump once, on all processors, and one that asks for classes, sizes and the like reads no dump at all. Memory is bounded: sets of
// objects are bit sets, groups, distinct rows and sorted rows are counted, and what is more than their bounds is an error or is
// left out and counted.
//
// The same query gives the same rows in the same order, whatever the number of workers: rows come in ascending order of
// addresses, groups by their keys, unless the query orders them.
//
// docs/query.md has the grammar, every function and attribute, and where answers differ from MAT's.
package query
