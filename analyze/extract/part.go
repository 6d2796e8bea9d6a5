package extract

import (
	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/hprof"
)

// part is what some objects retain.
type part struct {
	h    *graph.Heap
	set  analyze.BitSet
	from []graph.Object
	held map[hprof.ID]bool // by a static of a class outside
}

// newPart walks down the dominator tree.
func newPart(h *graph.Heap, from []graph.Object) *part {
	p := &part{h, analyze.NewBitSet(h), from, map[hprof.ID]bool{}}
	var open []graph.Object
	for _, o := range from {
		if p.set.Add(o) {
			open = append(open, o)
		}
	}
	for len(open) > 0 {
		o := open[len(open)-1]
		open = open[:len(open)-1]
		h.EachDominated(o, func(x graph.Object) bool {
			if p.set.Add(x) {
				open = append(open, x)
			}
			return true
		})
	}
	return p
}

// has reports whether the object at an address belongs to the part.
func (p *part) has(id hprof.ID) bool {
	o, ok := p.h.Lookup(id)
	return ok && p.set.Has(o)
}

// class reports whether an address is that of a class: all of them are written.
func (p *part) class(id hprof.ID) bool {
	o, ok := p.h.Lookup(id)
	if !ok {
		return false
	}
	_, ok = p.h.AsClass(o)
	return ok
}

// partRoots makes roots of the objects that the part was asked for, unless a static holds them, and of the classes outside of it, so that these do not count
// as retained by it.
func (o *writer) partRoots() {
	for _, x := range o.part.from {
		if id := o.h.Addr(x); !o.part.held[id] {
			o.out.Root(&hprof.Record{Tag: hprof.RootUnknown, ID: id})
		}
	}
	for c := range graph.Class(o.h.NumClasses()) {
		if k := o.h.Class(c); k.Object != graph.NoObject && !o.part.set.Has(k.Object) {
			o.out.Root(&hprof.Record{Tag: hprof.RootStickyClass, ID: o.h.Addr(k.Object)})
		}
	}
}
