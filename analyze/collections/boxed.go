package collections

import (
	"heapcause/graph"
)

// Boxed is a field with maps whose keys are boxes.
type Boxed struct {
	*Group
	Key graph.Class
}

// Boxed returns the groups of maps by owner whose fullest one has a box for its first key, in the order of the groups.
func (c *Census) Boxed() []Boxed {
	var out []Boxed
	for _, g := range c.Owners {
		if g.Elements == 0 || !c.Reader.IsMap(g.Class) {
			continue
		}
		key := graph.NoObject
		c.Reader.Entries(g.Fullest, func(k, _ graph.Object) bool { key = k; return key == graph.NoObject })
		if key != graph.NoObject && IsBox(c.Heap.ClassName(key)) {
			out = append(out, Boxed{g, c.Heap.ClassOf(key)})
		}
	}
	return out
}

// IsBox reports whether a class wraps a primitive.
func IsBox(class string) bool {
	switch class {
	case "java.lang.Integer", "java.lang.Long", "java.lang.Short", "java.lang.Byte", "java.lang.Character", "java.lang.Boolean", "java.lang.Float", "java.lang.Double":
		return true
	}
	return false
}
