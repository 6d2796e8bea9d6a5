// Package buffers shows buffers inside and outside of the heap, and other native memory that objects stand for.
package buffers
