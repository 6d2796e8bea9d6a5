// Package graph turns the records of a heap dump into an object graph and answers questions about it.
//
// It knows reachability, dominators and sizes; it knows nothing of commands, findings or reports.
//
// # Words
//
//   - shallow size: bytes that the object itself takes in the Java heap.
//   - GC root: an object that the JVM keeps for a reason outside the heap; every kind that a dump records is kept.
//   - strength: how an object is held. Of each path from a GC root take the weakest reference on it; the object's strength is
//     the strongest of these. The order is strong, soft, finalizer, weak, phantom, then unreachable (no recorded root).
//   - immediate dominator: the last object other than o itself that lies on every path to o. Paths are those of o's own
//     strength: an edge into a stronger object never changes that object's dominator. The objects that a weaker
//     strength begins with (referents) hang under the virtual root.
//   - retained size: shallow sizes of all objects that o dominates, itself included: what a collection would free
//     if o went. Of a set (class, package, loader): the retained sizes of its members that no other member dominates,
//     which is what would be freed if the whole set went, or less where two members share an object.
//   - accumulation point: the deepest object on the way down the dominator tree that still retains the bulk.
//
// # Edges
//
// An instance refers to its non-null reference fields and its class; a class to its superclass, loader, signers,
// protection domain, statics and pseudo-statics; a class loader to the classes it defined, except non-strong hidden ones; a
// thread object to its Java and JNI locals. java.lang.ref.Reference::referent is an edge of the reference's strength, with
// HotSpot's exception: the referent of an enqueued FinalReference (Reference::next is set) is held strongly.
package graph
