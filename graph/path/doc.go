// Package path finds what keeps objects: the distinct shortest paths from GC roots to an object, and what the objects of a heap are held
// by once some of them, or some references, are taken away.
//
// Nothing here recurses, and memory is bounded by the heap: 8 bytes for each object that a search back from an object meets; about 6
// bytes an object and 4 a reference for what goes through the whole graph.
package path
