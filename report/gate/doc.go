// Package gate judges a report by a budget: what a heap, its classes, packages and loaders, its findings and named figures may be,
// and by how much they may have grown since a baseline. It needs no dump: reports that were saved are judged like new ones.
//
// A budget is a YAML file (Parse), which is checked whole: an unknown key, a wrong unit or a mistyped name is an error with its line
// and column. Check makes a Result of it: a verdict per limit, the findings with what suppresses them, and the outcome.
//
// Nothing is guessed. The lists of a saved report are cut, so that a class may be in the dump and not in the report: all that is
// known then is that it is not larger than the last one listed. A verdict is "ok" or "broken" where that decides it, and "unknown"
// where it does not; an unknown verdict is no pass.
//
// Nothing depends on a clock: the day by which suppressions expire is an argument.
package gate
