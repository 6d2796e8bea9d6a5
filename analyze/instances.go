package analyze

import (
	"slices"

	"heapcause/graph"
)

// Known names a class and the fields that its objects are read by; a superclass may declare them.
type Known struct {
	Class  string
	Fields []string
}

// Instances makes a scan that collects the objects of some classes and of their subclasses: []graph.Object in address order. It is for
// classes of which a heap has thousands, not millions. A class that lacks one of its fields is of an unknown version; of several entries
// for one class it is enough that one fits.
func Instances(name string, known ...Known) *Scan {
	return &Scan{Name: name, Start: func(b *Binder) Scanner {
		bases := b.bases(known)
		if len(bases) == 0 {
			return nil
		}
		s := &Rows[graph.Object]{Wanted: make([]bool, b.NumClasses()), Read: func(v *graph.View) graph.Object { return v.Object }, Object: Same[graph.Object]}
		for c := range s.Wanted {
			s.Wanted[c] = slices.ContainsFunc(bases, func(base graph.Class) bool { return b.IsA(graph.Class(c), base) })
		}
		return s
	}}
}

// bases returns the classes of the dump that are known.
func (b *Binder) bases(known []Known) []graph.Class {
	var fit []graph.Class
	lacks := map[graph.Class]string{}
	for _, k := range known {
		for _, c := range b.ClassesByName(k.Class) {
			if f := b.missing(c, k.Fields); f != "" {
				lacks[c] = f
			} else {
				fit = append(fit, c)
			}
		}
	}
	for _, k := range known {
		for _, c := range b.ClassesByName(k.Class) {
			if f := lacks[c]; f != "" && !slices.Contains(fit, c) {
				b.Unknown(k.Class, f)
			}
		}
	}
	return fit
}

// missing returns the first of the fields that neither the class nor its superclasses declare.
func (b *Binder) missing(c graph.Class, fields []string) string {
	for _, f := range fields {
		if _, ok := b.FindField(c, f); !ok {
			return f
		}
	}
	return ""
}

// Strong returns those of some objects in address order that are strongly held.
func (p *Pass) Strong(objects []graph.Object) ObjectSet {
	var out ObjectSet
	for _, o := range objects {
		if p.Heap.Strength(o) == graph.Strong {
			out = append(out, o)
		}
	}
	return out
}
