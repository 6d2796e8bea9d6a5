// Package content compares what strings, arrays and boxes hold, in the shared read of the dump: what is there more than once, what
// is empty or all of one value, what is large. The inspections of strings and arrays and the rules on waste draw on it.
//
// While a record is at hand, its elements are hashed to 94 bits: 64 of xxHash and 30 of a hash with a random key, the type of the
// elements in both. Equal hashes are taken for equal elements: among 10^9 arrays the odds that two differ are about 1 in 10^10,
// whatever somebody put into the heap. Boxes are compared by their value itself. The hashes go to a temporary file in parts (see
// graph.Spill) and are resolved part by part, so that memory does not grow with the number of arrays, but for three bits per object
// that say which arrays belong to strings.
//
// What nothing reaches is garbage: it is counted, but neither compared nor called waste. Where part of the dump is missing, all
// counts as reachable, for what held it may be among what is lost.
package content
