// Package arrays has the inspection of arrays, boxes and what objects carry for nothing.
package arrays
