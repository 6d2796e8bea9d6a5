package analyze

import (
	"slices"

	"heapcause/graph"
)

// objectSet is a set of objects in address order: 8 bytes a member, for sets of millions.
type objectSet []graph.Object

// newSet takes the slice over.
func newSet(os []graph.Object) objectSet {
	slices.Sort(os)
	return slices.Compact(os)
}

func (s objectSet) has(o graph.Object) bool {
	_, ok := slices.BinarySearch(s, o)
	return ok
}
