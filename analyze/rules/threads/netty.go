package threads

import (
	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// Netty's threads keep their thread locals in an array: FastThreadLocal.index is the place. Other threads have that map in a ThreadLocal.
const (
	nettyMap   = "io.netty.util.internal.InternalThreadLocalMap"
	nettyLocal = "io.netty.util.concurrent.FastThreadLocal"
)

// fastMap is a thread's map of FastThreadLocals.
type fastMap struct{ object, variables graph.Object }

func fastMapObject(m fastMap) graph.Object { return m.object }

// fastMapScan collects them.
var fastMapScan = &analyze.Scan{Name: "maps of Netty's thread locals", Start: func(b *analyze.Binder) analyze.Scanner {
	for _, c := range b.ClassesByName(nettyMap) {
		variables, ok := b.FindField(c, "indexedVariables") // in a superclass until 4.1.52
		if !ok {
			b.Unknown(nettyMap, "indexedVariables")
			continue
		}
		return &analyze.Rows[fastMap]{
			Wanted: b.Subclasses(nettyMap), Object: fastMapObject,
			Read: func(v *graph.View) fastMap { return fastMap{v.Object, v.Ref(variables)} },
		}
	}
	return nil
}}

// fastLocal is a FastThreadLocal.
type fastLocal struct {
	object graph.Object
	index  int64
}

func fastLocalObject(l fastLocal) graph.Object { return l.object }

// fastLocalScan collects them.
var fastLocalScan = &analyze.Scan{Name: "Netty's thread locals", Start: func(b *analyze.Binder) analyze.Scanner {
	index, ok := b.Need(nettyLocal, "index")
	if !ok {
		return nil
	}
	return &analyze.Rows[fastLocal]{
		Wanted: b.Subclasses(nettyLocal), Object: fastLocalObject,
		Read: func(v *graph.View) fastLocal { return fastLocal{v.Object, v.Int(index)} },
	}
}}

// addFast adds the values of FastThreadLocals.
func (b *localsBuilder) addFast(maps []fastMap, locals []fastLocal) {
	keys := map[int64]graph.Object{}
	for _, l := range locals {
		if _, ok := keys[l.index]; !ok && b.h.Strength(l.object) == graph.Strong {
			keys[l.index] = l.object
		}
	}
	unset := b.h.StaticRef(nettyMap, "UNSET")
	r := jdk.NewReader(b.h)
	for _, m := range maps {
		thread := b.fastOwner(m.object)
		if thread == graph.NoObject {
			continue
		}
		r.EachElement(m.variables, func(i int, value graph.Object) bool {
			if key, ok := keys[int64(i)]; ok && value != unset && b.h.Idom(value) == m.variables { // what others hold too would stay
				k := localsKey{value: b.h.ClassOf(value), key: b.keyOf(key), fast: true}
				b.put(k, value, value, thread)
			}
			return true
		})
	}
}

// fastOwner returns the thread that has a map, in a field or in a ThreadLocal.
func (b *localsBuilder) fastOwner(m graph.Object) graph.Object {
	if t := b.source(m, b.thread); t != graph.NoObject && b.h.Strength(t) == graph.Strong {
		return t
	}
	if e := b.source(m, b.entry); e != graph.NoObject {
		return b.owner(e)
	}
	return graph.NoObject
}

// fastPath leads from a thread to the value of a FastThreadLocal.
func (p pass) fastPath(value graph.Object) []graph.Step {
	b := newLocalsBuilder(p.Heap)
	array := p.Heap.Idom(value)
	m := b.source(array, p.Heap.Subclasses(nettyMap))
	thread := b.fastOwner(m)
	if thread == graph.NoObject {
		return p.Holding(value, nil)
	}
	path := p.threadPath(thread)
	if _, ok := p.Heap.Label(thread, m); !ok { // its map is in a ThreadLocal
		path = p.Holding(m, nil)
	}
	for _, o := range []graph.Object{m, array, value} {
		if len(path) == 0 || path[len(path)-1].Object != o {
			path = p.Extend(path, o)
		}
	}
	return path
}
