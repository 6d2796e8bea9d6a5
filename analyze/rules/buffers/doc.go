// Package buffers has the rule on memory outside of the heap that buffers hold, and the survey of them that the inspection of the same
// subject shows.
package buffers
