package graph

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Dominated appends the objects whose immediate dominator is o, ascending; NoObject stands for the virtual root.
func (h *Heap) Dominated(o Object, buf []Object) []Object {
	h.childOnce.Do(h.makeChildren)
	i := uint64(o)
	if o == NoObject {
		i = h.n
	}
	for _, c := range h.child[h.childIndex[i]:h.childIndex[i+1]] {
		buf = append(buf, Object(c))
	}
	return buf
}

// NumDominated returns how many objects have o as immediate dominator.
func (h *Heap) NumDominated(o Object) int64 {
	h.childOnce.Do(h.makeChildren)
	i := uint64(o)
	if o == NoObject {
		i = h.n
	}
	return int64(h.childIndex[i+1] - h.childIndex[i])
}

func (h *Heap) makeChildren() {
	h.childIndex = make([]uint64, h.n+2)
	slot := func(o Object) uint64 {
		if d := h.idom[o]; d != noIdom {
			return uint64(d)
		}
		return h.n
	}
	for o := range Object(h.n) {
		h.childIndex[slot(o)+1]++
	}
	for i := range h.n + 1 {
		h.childIndex[i+1] += h.childIndex[i]
	}
	h.child = make([]uint32, h.n)
	next := slices.Clone(h.childIndex[:h.n+1])
	for o := range Object(h.n) {
		s := slot(o)
		h.child[next[s]] = uint32(o)
		next[s]++
	}
}

// children is the dominator tree downwards, made on first use.
type children struct {
	childOnce  sync.Once
	childIndex []uint64
	child      []uint32
}

// Group is a set of objects: a class, package or class loader.
type Group struct {
	Name      string // of the class or package
	Class     Class  // of class groups; NoClass otherwise
	Loader    Object // of loader groups; NoObject is the boot loader
	Instances int64
	Shallow   int64
	Retained  int64 // of the set: see the package comment
}

// groupBy says what a set is made of.
type groupBy uint8

const (
	byClass groupBy = iota
	byPackage
	byLoader
)

// Classes, Packages and Loaders return the sets with their sizes, the greatest retained size first. Only objects of the
// strength or stronger ones count.
func (h *Heap) Classes() []Group { return h.groups(byClass) }

// Packages groups objects by the package of their class; arrays belong to that of their element class.
func (h *Heap) Packages() []Group { return h.groups(byPackage) }

// Loaders groups objects by the loader of their class.
func (h *Heap) Loaders() []Group { return h.groups(byLoader) }

// groups walks the dominator tree once, counting for each set how often it is open on the way down: an object under an open
// member of its own set adds nothing to the set's retained size.
func (h *Heap) groups(by groupBy) []Group {
	h.childOnce.Do(h.makeChildren)
	of := make([]int32, len(h.classes)) // class → group
	var gs []Group
	index := map[string]int32{}
	for c := range h.classes {
		k := &h.classes[c]
		key, g := "", Group{Class: NoClass, Loader: NoObject}
		switch by {
		case byClass:
			g.Name, g.Class, g.Loader = k.Name, Class(c), k.Loader
			of[c] = int32(len(gs))
			gs = append(gs, g)
			continue
		case byPackage:
			g.Name = Package(k.Name)
			key = g.Name
		case byLoader:
			g.Loader = k.Loader
			g.Name = "<boot loader>"
			if k.Loader != NoObject {
				g.Name = h.Name(k.Loader)
			}
			key = g.Name
		}
		i, ok := index[key]
		if !ok {
			i = int32(len(gs))
			index[key] = i
			gs = append(gs, g)
		}
		of[c] = i
	}
	open := make([]uint32, len(gs))
	type frame struct {
		o    Object
		next uint64
	}
	var stack []frame
	enter := func(o Object) {
		g := of[h.class[o]]
		s := &gs[g]
		s.Instances++
		s.Shallow += h.Shallow(o)
		if open[g] == 0 {
			s.Retained += h.retained[o]
		}
		if h.childIndex[o] == h.childIndex[o+1] {
			return
		}
		open[g]++
		stack = append(stack, frame{o, h.childIndex[o]})
	}
	for _, top := range h.child[h.childIndex[h.n]:h.childIndex[h.n+1]] {
		enter(Object(top))
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next == h.childIndex[f.o+1] {
				open[of[h.class[f.o]]]--
				stack = stack[:len(stack)-1]
				continue
			}
			c := Object(h.child[f.next])
			f.next++
			enter(c)
		}
	}
	gs = slices.DeleteFunc(gs, func(g Group) bool { return g.Instances == 0 })
	slices.SortFunc(gs, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Retained, a.Retained), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Loader, b.Loader))
	})
	return gs
}

// Package returns the package of a Java class name, "<default>" for none and "<primitive arrays>" for those.
func Package(class string) string {
	class = strings.TrimRight(class, "[]")
	if i := strings.IndexAny(class, "/+"); i > 0 { // hidden class
		class = class[:i]
	}
	if i := strings.LastIndexByte(class, '.'); i > 0 {
		return class[:i]
	}
	switch class {
	case "boolean", "char", "float", "double", "byte", "short", "int", "long":
		return "<primitive arrays>"
	}
	return "<default>"
}

// RetainedOf returns the retained size of a set of objects: of those that no other member dominates.
func (h *Heap) RetainedOf(set []Object) int64 {
	in := make(map[Object]struct{}, len(set))
	for _, o := range set {
		in[o] = struct{}{}
	}
	under := map[Object]bool{} // whether o or one of its dominators is a member
	var sum int64
	var chain []Object
	for o := range in {
		chain = chain[:0]
		covered := false
		for d := h.Idom(o); d != NoObject; d = h.Idom(d) {
			if _, ok := in[d]; ok {
				covered = true
				break
			}
			if c, ok := under[d]; ok {
				covered = c
				break
			}
			chain = append(chain, d)
		}
		for _, d := range chain {
			under[d] = covered
		}
		if !covered {
			sum += h.retained[o]
		}
	}
	return sum
}
