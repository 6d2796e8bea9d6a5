// Package unreachable shows what nothing reaches, and what is reached from GC roots of each kind.
package unreachable
