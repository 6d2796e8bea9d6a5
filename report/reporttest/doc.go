// Package reporttest has reports for the tests of renderers: a realistic one,
// one with every field set, one with none, and secrets that must not show.
package reporttest
