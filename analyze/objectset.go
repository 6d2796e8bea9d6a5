package analyze

import (
	"slices"

	"heapcause/graph"
)

// ObjectSet is a set of objects in address order: 8 bytes a member, for sets of millions.
type ObjectSet []graph.Object

// NewSet takes the slice over.
func NewSet(os []graph.Object) ObjectSet {
	slices.Sort(os)
	return slices.Compact(os)
}

// Has reports whether o is a member.
func (s ObjectSet) Has(o graph.Object) bool {
	_, ok := slices.BinarySearch(s, o)
	return ok
}
