package graph

import (
	"context"
	"slices"

	"heapcause/hprof"
)

// link lays the lists of all chunks out as one array, object by object.
func (b *builder) link(lists []edgeList) error {
	h := b.h
	for i := range h.class { // an object whose record vanished between the reads
		if h.class[i] == noIdom {
			h.class[i] = uint32(h.missing)
		}
	}
	b.extraEdges()
	b.outIndex = make([]uint64, h.n+1)
	for _, l := range lists {
		for i, o := range l.objects {
			b.outIndex[o+1] = uint64(l.degree[i])
		}
	}
	for _, e := range b.extra {
		b.outIndex[e.from+1]++
	}
	for i := range h.n {
		b.outIndex[i+1] += b.outIndex[i]
	}
	b.out = make([]uint32, b.outIndex[h.n])
	for li := range lists {
		l := &lists[li]
		t := l.targets
		for i, o := range l.objects {
			copy(b.out[b.outIndex[o]:], t[:l.degree[i]])
			t = t[l.degree[i]:]
		}
		*l = edgeList{}
	}
	for i := 0; i < len(b.extra); {
		j := i
		for j < len(b.extra) && b.extra[j].from == b.extra[i].from {
			j++
		}
		at := b.outIndex[b.extra[i].from+1] - uint64(j-i)
		for ; i < j; i++ {
			b.out[at] = b.extra[i].to
			at++
		}
	}
	return nil
}

// extraEdges collects loader → class and thread → local.
func (b *builder) extraEdges() {
	h := b.h
	h.defined = map[Object][]Class{}
	for c := range h.classes {
		k := &h.classes[c]
		if k.Loader == NoObject || k.Object == NoObject {
			continue
		}
		h.defined[k.Loader] = append(h.defined[k.Loader], Class(c))
		if h.opt.References == DefaultReferences && !k.hidden {
			b.extra = append(b.extra, refEdge{from: uint32(k.Loader), to: uint32(k.Object)})
		}
	}
	for t, ls := range h.locals {
		for _, l := range ls {
			b.extra = append(b.extra, refEdge{from: uint32(t), to: uint32(l.Object)})
		}
	}
	slices.SortFunc(b.extra, func(x, y refEdge) int {
		if x.from != y.from {
			return int(int64(x.from) - int64(y.from))
		}
		return int(int64(x.to) - int64(y.to))
	})
	b.extra = slices.Compact(b.extra)
}

// assemble builds the inbound references from all outgoing ones, referents included.
func (b *builder) assemble(context.Context) error {
	h := b.h
	h.inIndex = make([]uint64, h.n+1)
	mark := make([]uint32, h.n) // last source seen + 1: makes sources distinct
	each := func(fn func(from, to uint32)) {
		clear(mark)
		ri := 0
		for u := range uint32(h.n) {
			for _, v := range b.out[b.outIndex[u]:b.outIndex[u+1]] {
				if mark[v] != u+1 {
					mark[v] = u + 1
					fn(u, v)
				}
			}
			for ; ri < len(b.referent) && b.referent[ri].from == u; ri++ {
				if v := b.referent[ri].to; mark[v] != u+1 {
					mark[v] = u + 1
					fn(u, v)
				}
			}
		}
	}
	each(func(_, v uint32) { h.inIndex[v+1]++ })
	for i := range h.n {
		h.inIndex[i+1] += h.inIndex[i]
	}
	h.in = make([]uint32, h.inIndex[h.n])
	next := slices.Clone(h.inIndex[:h.n])
	each(func(u, v uint32) {
		h.in[next[v]] = u
		next[v]++
	})
	return nil
}

// JavaVersion returns the value of java.version that the JVM's own classes hold as a constant, "" when the dump lacks it.
func (h *Heap) JavaVersion() string {
	for _, name := range []string{"java.lang.VersionProps", "sun.misc.Version"} {
		for _, c := range h.byName[name] {
			if v, t, ok := h.Static(c, "java_version"); ok && t == hprof.Object {
				if s, ok := h.Text(h.object(v), 64); ok {
					return s
				}
			}
		}
	}
	return ""
}
