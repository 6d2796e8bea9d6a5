package explore

import (
	"iter"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Kind says what a selector stands for.
type Kind uint8

const (
	// OneObject is a selection of one object: by address, number, static or thread.
	OneObject Kind = iota
	// AllInstances are the objects of a class, or of the classes of one name that several loaders defined. Subclasses are not among them.
	AllInstances
	// OfFinding are the objects that a finding of the report speaks of.
	OfFinding
	// Several are objects that the selector fits alike: threads of one name.
	Several
)

// Selection is what a selector stands for in a heap. It holds no list of the instances of a class: Each walks them.
type Selection struct {
	Kind     Kind
	Selector string            // as it was written
	Text     string            // for people: names and addresses, no contents of the dump
	Classes  []graph.Class     // of AllInstances
	Objects  analyze.ObjectSet // of the other kinds, in address order
	Finding  *report.Finding   // of OfFinding

	heap *graph.Heap
}

// Count returns how many objects are selected.
func (s *Selection) Count() int64 {
	if s.Kind != AllInstances {
		return int64(len(s.Objects))
	}
	n := int64(0)
	for _, c := range s.Classes {
		n += s.heap.Class(c).Instances
	}
	return n
}

// One returns the object when exactly one is selected; the only instance of a class counts.
func (s *Selection) One() (graph.Object, bool) {
	if s.Count() != 1 {
		return graph.NoObject, false
	}
	for o := range s.Each() {
		return o, true
	}
	return graph.NoObject, false
}

// Each yields the objects in ascending address order. For the instances of a class it walks all objects of the dump, once.
func (s *Selection) Each() iter.Seq[graph.Object] {
	if s.Kind == AllInstances {
		return instances(s.heap, s.Classes)
	}
	return func(yield func(graph.Object) bool) {
		for _, o := range s.Objects {
			if !yield(o) {
				return
			}
		}
	}
}

// Has reports whether an object is selected.
func (s *Selection) Has(o graph.Object) bool {
	if s.Kind != AllInstances {
		return s.Objects.Has(o)
	}
	k := s.heap.ClassOf(o)
	for _, c := range s.Classes {
		if c == k {
			return true
		}
	}
	return false
}

// instances yields the objects of exactly these classes, ascending, and ends with the last of them.
func instances(h *graph.Heap, classes []graph.Class) iter.Seq[graph.Object] {
	if len(classes) == 1 {
		return limited(h.Instances(classes[0]), h.Class(classes[0]).Instances)
	}
	wanted := make([]bool, h.NumClasses())
	n := int64(0)
	for _, c := range classes {
		wanted[c] = true
		n += h.Class(c).Instances
	}
	return limited(func(yield func(graph.Object) bool) {
		for o := range graph.Object(h.NumObjects()) {
			if c := h.ClassOf(o); int(c) < len(wanted) && c >= 0 && wanted[c] && !yield(o) {
				return
			}
		}
	}, n)
}

// limited ends a sequence after n objects: what follows need not be looked at.
func limited(all iter.Seq[graph.Object], n int64) iter.Seq[graph.Object] {
	return func(yield func(graph.Object) bool) {
		left := n
		if left <= 0 {
			return
		}
		for o := range all {
			if left--; !yield(o) || left == 0 {
				return
			}
		}
	}
}
