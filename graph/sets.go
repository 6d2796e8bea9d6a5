package graph

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// Dominated appends the objects whose immediate dominator is o, ascending; NoObject stands for the virtual root.
func (h *Heap) Dominated(o Object, buf []Object) []Object {
	buf = slices.Grow(buf, int(min(h.NumDominated(o), int64(h.n)))) // a damaged index may claim more
	h.EachDominated(o, func(c Object) bool {
		buf = append(buf, c)
		return true
	})
	return buf
}

// EachDominated calls fn with what Dominated appends, until it returns false.
func (h *Heap) EachDominated(o Object, fn func(Object) bool) {
	if h.kept != nil {
		h.kept.dominated(h.nodeOf(o), fn)
		return
	}
	lo, hi := h.childRange(o)
	for _, c := range h.child[lo:hi] {
		if !fn(Object(c)) {
			return
		}
	}
}

// NumDominated returns how many objects have o as immediate dominator.
func (h *Heap) NumDominated(o Object) int64 {
	if h.kept != nil {
		return h.kept.dominated(h.nodeOf(o), nil)
	}
	lo, hi := h.childRange(o)
	return int64(hi - lo)
}

// nodeOf returns the place of o in the tree; the virtual root's is behind the objects.
func (h *Heap) nodeOf(o Object) uint64 {
	if o == NoObject {
		return h.n
	}
	return uint64(o)
}

func (h *Heap) childRange(o Object) (lo, hi uint32) {
	i := h.nodeOf(o)
	return h.childIndex[i], h.childIndex[i+1]
}

// children is the dominator tree downwards: those of o are child[childIndex[o]:childIndex[o+1]], the virtual root's are at
// NumObjects.
type children struct {
	childIndex []uint32 // two more than objects
	child      []uint32
}

// tree turns the immediate dominators round, by counting.
func (b *builder) tree(context.Context) error {
	h := b.h
	index, err := newArray[uint32](int64(h.n) + 2)
	if err != nil {
		return err
	}
	defer index.free()
	child, err := newArray[uint32](int64(h.n))
	if err != nil {
		return err
	}
	defer child.free()
	at := index.v
	slot := func(d uint32) uint64 {
		if d != noIdom {
			return uint64(d)
		}
		return h.n
	}
	for _, d := range h.idom {
		at[slot(d)]++
	}
	end := uint32(0)
	for i := range h.n + 1 {
		end += at[i]
		at[i] = end
	}
	at[h.n+1] = end
	for o := len(h.idom) - 1; o >= 0; o-- {
		s := slot(h.idom[o])
		at[s]--
		child.v[at[s]] = uint32(o)
	}
	if h.childIndex, err = keep(h.store, &index); err != nil {
		return err
	}
	if h.child, err = keep(h.store, &child); err != nil {
		return err
	}
	h.store.drop()
	return nil
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

// Classes returns a group per class with objects, the greatest retained size first.
func (h *Heap) Classes() []Group { return h.sets()[byClass] }

// Packages groups objects by the package of their class; arrays belong to that of their element class.
func (h *Heap) Packages() []Group { return h.sets()[byPackage] }

// Loaders groups objects by the loader of their class.
func (h *Heap) Loaders() []Group { return h.sets()[byLoader] }

// sets returns the groups, sorted.
func (h *Heap) sets() [3][]Group {
	h.setsOnce.Do(func() {
		if h.kept != nil {
			h.groups = h.keptGroups()
		} else {
			h.groups = h.walkSets()
		}
	})
	return h.groups
}

// grouping assigns classes to groups.
type grouping struct {
	of   []int32 // class → group
	gs   []Group
	open []uint32
}

func (h *Heap) grouping(by groupBy) *grouping {
	g := &grouping{of: make([]int32, len(h.classes))}
	if by == byClass {
		g.gs = make([]Group, len(h.classes))
		for c := range h.classes {
			k := &h.classes[c]
			g.of[c], g.gs[c] = int32(c), Group{Name: k.Name, Class: Class(c), Loader: k.Loader}
		}
		g.open = make([]uint32, len(g.gs))
		return g
	}
	index := map[string]int32{}
	for c := range h.classes {
		k := &h.classes[c]
		one := Group{Class: NoClass, Loader: NoObject}
		if by == byPackage {
			one.Name = Package(k.Name)
		} else {
			one.Loader = k.Loader
			one.Name = "<boot loader>"
			if k.Loader != NoObject {
				one.Name = h.Name(k.Loader)
			}
		}
		i, ok := index[one.Name]
		if !ok {
			i = int32(len(g.gs))
			index[one.Name] = i
			g.gs = append(g.gs, one)
		}
		g.of[c] = i
	}
	g.open = make([]uint32, len(g.gs))
	return g
}

func (h *Heap) groupings() [3]*grouping {
	return [3]*grouping{h.grouping(byClass), h.grouping(byPackage), h.grouping(byLoader)}
}

// walkSets walks the dominator tree, counting for each set how often it is open on the way down: an object under an open member
// of its own set adds nothing to the set's retained size.
func (h *Heap) walkSets() [3][]Group {
	sets := h.groupings()
	type frame struct{ o, next uint32 }
	var stack []frame
	visited := 0
	enter := func(o uint32) {
		if visited++; visited%dropEvery == 0 {
			h.store.drop()
		}
		c := h.ClassOf(Object(o))
		kept := h.retained.get(o)
		leaf := h.childIndex[o] == h.childIndex[o+1]
		size := kept
		if !leaf {
			size = h.Shallow(Object(o))
		}
		for _, g := range sets {
			i := g.of[c]
			s := &g.gs[i]
			s.Instances++
			s.Shallow += size
			if g.open[i] == 0 {
				s.Retained += kept
			}
			if !leaf {
				g.open[i]++
			}
		}
		if !leaf {
			stack = append(stack, frame{o, h.childIndex[o]})
		}
	}
	lo, hi := h.childRange(NoObject)
	for _, top := range h.child[lo:hi] {
		enter(top)
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next == h.childIndex[f.o+1] {
				c := h.ClassOf(Object(f.o))
				for _, g := range sets {
					g.open[g.of[c]]--
				}
				stack = stack[:len(stack)-1]
				continue
			}
			c := h.child[f.next]
			f.next++
			enter(c)
		}
	}
	h.store.drop()
	return sortedGroups(sets)
}

// sortedGroups returns the groups that have objects, the greatest retained size first.
func sortedGroups(sets [3]*grouping) (out [3][]Group) {
	for i, g := range sets {
		gs := slices.DeleteFunc(g.gs, func(g Group) bool { return g.Instances == 0 })
		slices.SortFunc(gs, func(a, b Group) int {
			return cmp.Or(cmp.Compare(b.Retained, a.Retained), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Loader, b.Loader))
		})
		out[i] = gs
	}
	return out
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

// bitset is a set of object numbers with one bit each.
type bitset []uint64

func newBitset(n uint64) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(o Object) bool { return b[o/64]>>(o%64)&1 != 0 }

func (b bitset) set(o Object) { b[o/64] |= 1 << (o % 64) }

// RetainedOf returns the retained size of a set of objects: of those that no other member dominates. Repeated members count
// once.
func (h *Heap) RetainedOf(set []Object) (sum int64) {
	for _, o := range h.Undominated(set) {
		sum += h.Retained(o)
	}
	return sum
}

// Undominated returns the members of a set that no other member dominates, each once, in the order of the set. Each dominator is
// visited once, so a chain of a million members costs a million steps.
func (h *Heap) Undominated(set []Object) (out []Object) {
	member, seen, under := newBitset(h.n), newBitset(h.n), newBitset(h.n) // under: it or one of its dominators is a member
	distinct := make([]Object, 0, len(set))
	for _, o := range set {
		if !member.has(o) {
			member.set(o)
			distinct = append(distinct, o)
		}
	}
	var chain []Object
	for _, o := range distinct {
		chain = chain[:0]
		covered := false
		for d := h.Idom(o); d != NoObject; d = h.Idom(d) {
			if seen.has(d) {
				covered = under.has(d)
				break
			}
			chain = append(chain, d)
			if member.has(d) {
				covered = true
				break
			}
		}
		for _, d := range chain {
			seen.set(d)
			if covered {
				under.set(d)
			}
		}
		if !covered {
			out = append(out, o)
		}
	}
	return out
}
