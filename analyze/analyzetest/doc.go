// Package analyzetest has what the tests of rules and inspections share: building graphs of small written dumps and of real ones,
// running rules over them, and asking findings.
package analyzetest
