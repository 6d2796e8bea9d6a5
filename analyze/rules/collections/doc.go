// Package collections has the rules on collections, caches and listeners.
package collections
