// Package references has the rules on soft, weak and phantom references, cleaners and reference queues, and the survey of them that
// the inspection of the same subject shows.
package references
