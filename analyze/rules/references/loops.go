package references

import (
	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/hprof"
)

// Loop is a reference that can never be cleared: what it keeps beside its referent leads back to the referent, and nothing else
// holds that.
type Loop struct {
	Reference, Referent graph.Object
	Container           graph.Object // the reference, or the table it is an entry of
}

// LoopClass counts loops by class.
type LoopClass struct {
	Reference, Referent graph.Class
	Count               int64
	First               Loop
}

// maxLoopClimb bounds the walk from a referent up the dominator tree to the reference that holds it.
const maxLoopClimb = 64

// Loops finds references that keep their own referents. Only those of subclasses with fields of their own can, such as the entries
// of a WeakHashMap, whose values may lead to the keys.
func (s *Survey) Loops(p *analyze.Pass) map[[2]graph.Class]*LoopClass {
	return analyze.Shared(p, "reference loops", func() map[[2]graph.Class]*LoopClass {
		h := p.Heap
		able := make([]bool, h.NumClasses())
		for c := range able {
			able[c] = s.kinds[c] != graph.Strong && ownReferences(h, graph.Class(c))
		}
		out := map[[2]graph.Class]*LoopClass{}
		for _, r := range s.refs {
			ref, referent := refObject(r), object(r.referent)
			c := h.ClassOf(ref)
			if !able[c] || referent == graph.NoObject || referent == ref || h.Strength(referent) != graph.Strong || h.Idom(referent) == graph.NoObject {
				continue
			}
			table := tableOf(h, ref)
			if !dominates(h, table, referent) {
				continue
			}
			k := [2]graph.Class{c, h.ClassOf(referent)}
			if out[k] == nil {
				out[k] = &LoopClass{Reference: k[0], Referent: k[1], First: Loop{ref, referent, table}}
			}
			out[k].Count++
		}
		return out
	})
}

// ownReferences reports whether a class of references, or a superclass outside of java.lang.ref, declares a field that refers to objects.
func ownReferences(h *graph.Heap, c graph.Class) bool {
	for range h.NumClasses() {
		if c == graph.NoClass || graph.Package(h.Class(c).Name) == "java.lang.ref" {
			break
		}
		for _, f := range h.Class(c).Fields {
			if f.Type == hprof.Object {
				return true
			}
		}
		c = h.Class(c).Super
	}
	return false
}

// tableOf returns the array that a reference is an entry of, through the chain of entries of one bin; itself when it is in none.
func tableOf(h *graph.Heap, ref graph.Object) graph.Object {
	own := h.ClassOf(ref)
	at := ref
	for range maxLoopClimb {
		d := h.Idom(at)
		if d == graph.NoObject {
			return ref
		}
		if h.Class(h.ClassOf(d)).IsArray {
			return d
		}
		if h.ClassOf(d) != own {
			return ref
		}
		at = d
	}
	return ref
}

// dominates reports whether a dominates o and is not o, looking a bounded way up.
func dominates(h *graph.Heap, a, o graph.Object) bool {
	for range maxLoopClimb {
		if o = h.Idom(o); o == a || o == graph.NoObject {
			break
		}
	}
	return o == a
}

// Through names the fields by which the referent is held again, from the container on.
func (l Loop) Through(p *analyze.Pass) string {
	h := p.Heap
	path, ok := h.PathAvoiding(l.Referent, nil)
	if !ok {
		return ""
	}
	text, inside := "", false
	for i, s := range path {
		if inside && i > 0 && s.Edge.Kind == graph.FieldEdge {
			if text != "" {
				text += " > "
			}
			text += h.EdgeText(s.Edge)
		}
		inside = inside || s.Object == l.Container
	}
	return text
}
