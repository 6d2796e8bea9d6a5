// Package watch looks at a running JVM again and again: what it counts, what waits for finalization, and which classes grow.
//
// A Sampler takes one Sample at a time, when it is told to; it knows no clock of its own, so that tests need none. What it asks of a JVM
// is in package live. A JVM that does not answer is not asked again before it has: what it was asked waits in its queue, and each
// histogram of live objects costs a collection.
package watch
