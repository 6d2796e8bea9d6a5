package path

import (
	"heapcause/graph"
)

// Edges says which references are left out. The zero value leaves out none.
type Edges struct {
	Strengths [graph.NumStrengths]bool // of referents
	Fields    []Field
}

// Field names references by the field or static that holds them.
type Field struct {
	Name     string
	Declared []bool       // by class: whether a field of that name, declared there, is meant
	Of       graph.Object // only of this object; NoObject for all
}

// none reports whether no references are left out.
func (x *Edges) none() bool { return len(x.Fields) == 0 && x.Strengths == [graph.NumStrengths]bool{} }

// fits reports whether an edge from u goes by the field.
func (f *Field) fits(u graph.Object, l graph.EdgeLabel) bool {
	if l.Kind != graph.FieldEdge && l.Kind != graph.StaticEdge || l.Name != f.Name || !f.Declared[l.Class] {
		return false
	}
	return f.Of == graph.NoObject || f.Of == u
}

// leaves reports whether the edge is left out.
func (x *Edges) leaves(u graph.Object, e graph.Edge) bool {
	if x.Strengths[e.Strength] {
		return true
	}
	for i := range x.Fields {
		if x.Fields[i].fits(u, e.Label) {
			return true
		}
	}
	return false
}

// labelled tells, by class, whether the references of its objects are not all alike, so that they must be read one by one: those of
// java.lang.ref.Reference, and those that may be left out.
func (x *Edges) labelled(h *graph.Heap) []bool {
	out := h.Subclasses("java.lang.ref.Reference")
	for c := range out {
		for i := range x.Fields {
			out[c] = out[c] || x.Fields[i].inherited(h, graph.Class(c))
		}
	}
	return out
}

func (f *Field) inherited(h *graph.Heap, c graph.Class) bool {
	for range h.NumClasses() {
		if c == graph.NoClass {
			return false
		}
		if f.Declared[c] {
			return true
		}
		c = h.Class(c).Super
	}
	return false
}

// statics are the class objects whose statics may be left out.
func (x *Edges) statics(h *graph.Heap) map[graph.Object]bool {
	out := map[graph.Object]bool{}
	for i := range x.Fields {
		for c, wanted := range x.Fields[i].Declared {
			if o := h.Class(graph.Class(c)).Object; wanted && o != graph.NoObject {
				out[o] = true
			}
		}
	}
	return out
}
