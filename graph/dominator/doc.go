// Package dominator computes dominator trees of directed graphs, and what each
// vertex of such a tree retains. It knows nothing of heaps or dumps.
//
// # Terms
//
// The virtual root is a vertex that precedes every root. A vertex is reached
// if some path leads to it from the virtual root.
//
// Vertex d dominates vertex v if every path from the virtual root to v passes
// through d; every vertex dominates itself. The immediate dominator of v is the
// dominator of v, other than v, that all other dominators of v dominate. The
// immediate dominators form a tree with the virtual root on top.
//
// A preorder number is the position, from 1 to N, at which a depth-first search
// first met a vertex; 0 is the virtual root. The parent of a vertex is the one
// from which the search met it. Parents, semidominators and immediate
// dominators all have smaller numbers than their vertex, which is why a single
// sweep down or up the numbers is enough for every pass of this package.
//
// The semidominator of w is the smallest number from which a path leads to w
// that touches only numbers greater than w in between.
//
// The retained size of a vertex is the sum of the shallow sizes of everything
// that it dominates, itself included.
//
// # Two ways in
//
// [Compute] takes a whole graph in memory and returns a [Tree]. It searches,
// sorts and calls the passes below in the simplest manner, and so is a reference
// for callers that stream. It is no check on the passes themselves: tests hold
// those to two algorithms that share nothing with them.
//
// The second way is a set of passes for graphs that barely fit: the caller does
// the depth-first search, stores what it found wherever it likes, and hands
// over plain slices indexed by preorder number.
//
//	pass                   arrays it needs in memory        bytes per vertex
//	Semidominators         anc, label                       8
//	Ancestors.Extend       Idom, Jump, Depth                12
//	Ancestors.NCA          Idom, Jump, Depth                12
//	Accumulate             idom, sum                        12
//
// Parents, semidominators and predecessors stream through these passes in
// blocks, so only one block of each has to be in memory. Nothing here allocates
// per vertex or per edge, and nothing recurses: a chain of a hundred million
// vertices needs no more room than any other graph.
//
// # Algorithm
//
// Semi-NCA: the immediate dominator of w is the nearest common ancestor, in the
// dominator tree of smaller numbers, of w's parent and w's semidominator. That
// ancestor is also the first one of the parent whose number is not greater
// than the semidominator. Plain Semi-NCA walks there step by step and is
// quadratic on shapes that heaps do contain, such as a linked list whose items
// are also held by an array. Each vertex therefore keeps a jump pointer besides
// its immediate dominator, so that a walk takes O(log n) steps. Semidominators
// come from path compression without balancing, O(m log n) for n vertices and m
// edges. The whole is O((n+m) log n) whatever the shape.
//
//   - T. Lengauer, R. E. Tarjan: A Fast Algorithm for Finding Dominators in a
//     Flowgraph. ACM TOPLAS 1(1), 1979. Semidominators and path compression.
//   - L. Georgiadis: Linear-Time Algorithms for Dominators and Related Problems.
//     PhD thesis, Princeton University, 2005. Semi-NCA.
//   - E. W. Myers: An Applicative Random-Access Stack. Information Processing
//     Letters 17(5), 1983. Jump pointers whose lengths are skew-binary numbers.
package dominator
