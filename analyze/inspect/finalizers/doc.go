// Package finalizers shows what is registered for finalization and what waits for it.
package finalizers
