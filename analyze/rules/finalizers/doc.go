// Package finalizers has the rules on finalization: what waits for it, and what is registered.
package finalizers
