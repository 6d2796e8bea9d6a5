// Package layout recovers the exact sizes of the objects in a HotSpot heap dump.
//
// HPROF records no sizes. It records addresses, and HotSpot lays objects out by
// fixed rules, so the sizes follow from a handful of parameters of the virtual
// machine: where instance fields and array lengths begin, how wide a reference
// is, how objects are aligned, and which of four generations of the packing
// rules applies. [Infer] picks the parameters under which the most objects end
// exactly where the next one begins, and under which none reaches into the next.
//
// Three facts decide the method:
//
//   - A distance between neighbours is only ever an upper bound of a size. Dead
//     objects between live ones enlarge it, for all objects of a class alike
//     where they were allocated in step with garbage. So a class is never raised
//     to its most common distance; its size comes from the packing rules.
//   - A size that some object touches with is confirmed. A size larger than some
//     distance is impossible, whatever the rules say.
//   - The rules do not see fields that HotSpot injects or pads apart
//     (@Contended). Tables name them for each JDK (tables.go); the few corrections
//     that evidence alone allows are in correct.go.
//
// Terms: the word is the machine word, 4 or 8 bytes. The header is what precedes
// the first instance field. A mirror is the java.lang.Class instance of a class;
// since JDK 7 it also holds the class's static fields. The feature is the JDK's
// feature release number, 5 to 25 and later.
//
// Evidence is collected with [Evidence] while objects pass in address order, one
// collector for each worker, merged at the end. The package imports no other of
// this module, reads no dump, and never fails: what it cannot prove it computes,
// and [Model] says which of the two happened.
package layout
