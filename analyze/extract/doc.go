// Package extract copies a heap dump without what is content in it: a smaller file that may be given away, and that heapcause
// analyses to the same findings.
//
// What is needed for that is not a list kept by hand. The rules and inspections run on the dump first, and graph.Reads notes
// which fields and statics they bind and which texts they take for names, statements or URLs. The copy keeps these, all references,
// lengths and addresses, and masks everything else:
//
//   - Strings and arrays of primitives become others of the same length. Equal ones become equal, different ones different, zeros
//     stay zeros, and arrays of one value stay such, so that duplicates and waste are what they were.
//   - Statements and URLs that rules read keep what a report shows of them.
//   - Fields and statics of primitive types that nothing reads become small numbers; 0 and booleans stay.
//   - Boxes and hash codes are permuted.
//
// All of it is keyed at random and the key is thrown away, so what a masked value was cannot be found by trying values.
package extract
