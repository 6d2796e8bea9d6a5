// Package references shows soft, weak and phantom references, reference queues and cleaners.
package references
