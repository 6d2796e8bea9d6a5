package dominator

import "fmt"

// Ancestors is a dominator tree over preorder numbers in which ancestors are
// found in O(log n) steps. All three slices have N+1 elements, 12 bytes per
// vertex, and belong to the caller.
//
// Besides its immediate dominator a vertex points to one ancestor further up.
// The length of that jump depends on the vertex's depth alone: depths are
// written as skew-binary numbers and the jump removes the smallest digit (Myers
// 1983). So two vertices of equal depth always jump equally far.
//
// Methods that only read may run concurrently.
type Ancestors struct {
	Idom  []uint32 // immediate dominator
	Jump  []uint32 // an ancestor, Idom or further up
	Depth []uint32 // number of proper dominators; 0 for the virtual root

	known uint32 // numbers from 0 to known are done
}

// NewAncestors returns a tree that holds the virtual root alone. The slices have
// N+1 elements each and may hold anything.
func NewAncestors(idom, jump, depth []uint32) *Ancestors {
	if len(jump) != len(idom) || len(depth) != len(idom) {
		panic(fmt.Sprintf("dominator: slices for %d, %d and %d numbers", len(idom), len(jump), len(depth)))
	}
	idom[0], jump[0], depth[0] = 0, 0, 0
	return &Ancestors{Idom: idom, Jump: jump, Depth: depth}
}

// Extend adds the next len(parent) numbers in ascending order, starting with 1.
// parent[i] and semi[i] are the parent and the semidominator of the i-th number
// added. It is the second pass of Semi-NCA and takes O(log n) per number.
//
// parent and semi may be the very elements of Idom, Jump or Depth that this call
// sets: each is read before it is overwritten. Passing a known Idom as both
// rebuilds Jump and Depth from it.
func (a *Ancestors) Extend(parent, semi []uint32) {
	idom, jump, depth := a.Idom, a.Jump, a.Depth
	semi = semi[:len(parent)]
	w := a.known
	for i, x := range parent {
		w++
		bound := semi[i]
		for x > bound {
			if j := jump[x]; j >= bound {
				x = j
			} else {
				x = idom[x]
			}
		}
		idom[w] = x
		jump[w] = nextJump(jump, depth, x)
		depth[w] = depth[x] + 1
	}
	a.known = w
}

// nextJump is the jump pointer of a child of x. Where the two jumps that start
// at x are equally long, the child's jump spans both.
func nextJump(jump, depth []uint32, x uint32) uint32 {
	once := jump[x]
	twice := jump[once]
	if depth[x]-depth[once] == depth[once]-depth[twice] {
		return twice
	}
	return x
}

// At returns the ancestor of v at the given depth, which is v itself if it is
// not deeper than that.
func (a *Ancestors) At(v, depth uint32) uint32 {
	for a.Depth[v] > depth {
		if j := a.Jump[v]; a.Depth[j] >= depth {
			v = j
		} else {
			v = a.Idom[v]
		}
	}
	return v
}

// NCA returns the nearest common ancestor of v and w, that is their last common
// dominator: v itself if v dominates w. It takes O(log n).
//
// The immediate dominator of a vertex without successors is the NCA of its
// predecessors, so such vertices need neither a number nor a place in the tree.
func (a *Ancestors) NCA(v, w uint32) uint32 {
	if v == w {
		return v
	}
	v, w = a.At(v, a.Depth[w]), a.At(w, a.Depth[v])
	for v != w {
		if jv, jw := a.Jump[v], a.Jump[w]; jv != jw {
			v, w = jv, jw
		} else {
			v, w = a.Idom[v], a.Idom[w]
		}
	}
	return v
}

// Dominates reports whether v dominates w. Every vertex dominates itself, and
// the virtual root dominates all. It takes O(log n).
func (a *Ancestors) Dominates(v, w uint32) bool {
	return a.Depth[v] <= a.Depth[w] && a.At(w, a.Depth[v]) == v
}

// Accumulate adds to each element of sum those of all numbers that it
// dominates, given the immediate dominators. sum[w] is the shallow size of w on
// entry and its retained size on return; sum[0] is then the total. Both slices
// have N+1 elements; idom[0] is not read.
func Accumulate[T uint32 | int64](idom []uint32, sum []T) {
	for w := len(idom) - 1; w >= 1; w-- {
		sum[idom[w]] += sum[w]
	}
}
