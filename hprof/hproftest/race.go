//go:build race

package hproftest

// Race says that the race detector is on: it makes code ten times as slow, so tests of what one goroutine does leave out or shrink
// what is large.
const Race = true
