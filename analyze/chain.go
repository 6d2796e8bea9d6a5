package analyze

import (
	"heapcause/graph"
	"heapcause/report"
)

// EndOfChain follows a chain of objects of one class that each dominate the next, such as the nodes of a linked list, from an object on,
// makes its node of the dominator tree stand for all of them, and returns the last. What else the links dominate is counted as left out.
// links is how many links may still be followed, of all chains: where they are too few, the rest of the chain is counted as left out, too:
// false.
func EndOfChain(h *graph.Heap, o graph.Object, node *report.TreeNode, links *int) (graph.Object, bool) {
	at, class := o, h.ClassOf(o)
	if class == graph.NoClass || h.Class(class).IsArray {
		return at, true
	}
	for ; *links > 0; *links-- {
		next := graph.NoObject
		n := 0
		h.EachDominated(at, func(o graph.Object) bool {
			if n++; h.ClassOf(o) == class && (h.Retained(o)*20 > h.Retained(at)*19 || h.Shallow(at)+h.Retained(o) == h.Retained(at)) {
				next = o
			}
			return n < 100
		})
		if next == graph.NoObject {
			return at, true
		}
		node.Objects++
		node.Shallow += h.Shallow(next)
		if beside := h.Retained(at) - h.Shallow(at) - h.Retained(next); n > 1 {
			node.OmittedChildren += int64(n - 1)
			node.OmittedBytes += beside
		}
		at = next
	}
	node.OmittedChildren++
	node.OmittedBytes += h.Retained(at) - h.Shallow(at) // at itself is in the node
	return at, false
}
