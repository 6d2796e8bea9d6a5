package export

import (
	"heapcause/graph"
)

// owners finds the owners of objects: the class of the nearest dominator that is no class of the Java platform and no array. A class
// object stands for its class, whose statics hold the object.
//
// What lies between an object and its owner, such as the nodes of a list, may be a chain of millions, so what was found is remembered for
// some of it. Not for concurrent use.
type owners struct {
	h       *graph.Heap
	classes *classTable
	own     []bool // by class: may be an owner
	mirror  graph.Class
	memo    []memo
	way     []graph.Object
}

// memo says that the owner of an object, or of what it dominates, is a class.
type memo struct {
	object graph.Object
	owner  graph.Class
}

const memos = 1 << 16

func newOwners(h *graph.Heap, classes *classTable) *owners {
	w := &owners{h: h, classes: classes, own: make([]bool, h.NumClasses()), mirror: graph.NoClass, memo: make([]memo, memos)}
	for c := range w.own {
		w.own[c] = !classes.platform[c] && !h.Class(graph.Class(c)).IsArray
	}
	for i := range w.memo {
		w.memo[i].object = graph.NoObject
	}
	return w
}

// of returns the owner of an object, NoClass where there is none.
func (w *owners) of(o graph.Object) graph.Class {
	w.way = w.way[:0]
	owner := graph.NoClass
	for d := w.h.Idom(o); d != graph.NoObject; d = w.h.Idom(d) {
		if m := &w.memo[d%memos]; m.object == d {
			owner = m.owner
			break
		}
		if len(w.way) < memos {
			w.way = append(w.way, d)
		}
		if c, ok := w.ownerAt(d); ok {
			owner = c
			break
		}
	}
	for _, d := range w.way {
		w.memo[d%memos] = memo{d, owner}
	}
	return owner
}

// ownerAt returns the class that an object makes an owner.
func (w *owners) ownerAt(d graph.Object) (graph.Class, bool) {
	c := w.h.ClassOf(d)
	if w.own[c] {
		return c, true
	}
	if c != w.mirrors() {
		return graph.NoClass, false
	}
	k, ok := w.h.AsClass(d)
	return k, ok && w.own[k]
}

// mirrors returns java.lang.Class.
func (w *owners) mirrors() graph.Class {
	if w.mirror == graph.NoClass {
		for _, c := range w.h.ClassesByName("java.lang.Class") {
			w.mirror = c
		}
	}
	return w.mirror
}
