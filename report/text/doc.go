// Package text writes a report for people at a terminal: findings first, at most 100 columns, readable without colour.
//
// Names and texts come from a dump, which may be hostile: control characters never reach the terminal.
package text
