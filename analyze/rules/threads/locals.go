package threads

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
)

// Locals are values of thread locals of one class that one ThreadLocal has, or that have lost theirs.
type Locals struct {
	Value    graph.Class
	Key      string         // the static field that holds the ThreadLocal, or the field, or its class; "" of stale ones
	Stale    bool           // the ThreadLocal is gone: nothing can read the values any more
	Fast     bool           // of Netty's FastThreadLocal
	Entries  []graph.Object // ThreadLocal$ThreadLocalMap$Entry; the values themselves of fast ones
	Values   analyze.ObjectSet
	Threads  analyze.ObjectSet
	Owners   []graph.Object // the thread of each entry
	Retained int64          // by the entries: the values, as far as nothing else holds them
	Sample   graph.Object   // the entry that stands for them
}

// AllLocals returns the thread locals of live threads, those that retain most first.
func AllLocals(p *analyze.Pass) []*Locals {
	return analyze.Shared(p, "thread locals", func() []*Locals {
		b := newLocalsBuilder(p.Heap)
		b.addFast(analyze.Result[[]fastMap](p, fastMapScan), analyze.Result[[]fastLocal](p, fastLocalScan))
		for _, r := range analyze.Result[[]entryRow](p, EntryScan) {
			b.add(r)
		}
		return b.finish()
	})
}

type localsKey struct {
	value graph.Class
	key   string
	stale bool
	fast  bool
}

// newLocalsBuilder returns an empty one.
func newLocalsBuilder(h *graph.Heap) *localsBuilder {
	return &localsBuilder{
		h: h, r: jdk.NewReader(h), maps: map[graph.Object]graph.Object{}, keys: map[graph.Object]string{}, groups: map[localsKey]*Locals{},
		thread: h.Subclasses("java.lang.Thread"), entry: h.Subclasses("java.lang.ThreadLocal$ThreadLocalMap$Entry"),
		table: h.Subclasses("java.lang.ThreadLocal$ThreadLocalMap$Entry[]"), mapOf: h.Subclasses("java.lang.ThreadLocal$ThreadLocalMap"),
	}
}

type localsBuilder struct {
	r                           *jdk.Reader
	h                           *graph.Heap
	thread, entry, table, mapOf []bool
	maps                        map[graph.Object]graph.Object // table → thread
	keys                        map[graph.Object]string       // ThreadLocal → what holds it
	groups                      map[localsKey]*Locals
	buf                         []graph.Object
}

func (b *localsBuilder) add(r entryRow) {
	entry, value := r.entry.object(), r.value.object()
	if value == graph.NoObject || b.h.Strength(entry) == graph.Unreachable {
		return
	}
	thread := b.owner(entry)
	if thread == graph.NoObject {
		return
	}
	k := localsKey{value: b.h.ClassOf(value), stale: r.stale}
	if !r.stale {
		k.key = b.keyOf(r.key.object())
	}
	b.put(k, entry, value, thread)
}

func (b *localsBuilder) put(k localsKey, entry, value, thread graph.Object) {
	g := b.groups[k]
	if g == nil {
		g = &Locals{Value: k.value, Key: k.key, Stale: k.stale, Fast: k.fast}
		b.groups[k] = g
	}
	g.Entries, g.Values, g.Owners = append(g.Entries, entry), append(g.Values, value), append(g.Owners, thread) // of the entries
}

// source returns the object of some class that refers to o.
func (b *localsBuilder) source(o graph.Object, is []bool) graph.Object {
	b.buf = b.h.In(o, b.buf[:0])
	for _, u := range b.buf {
		if is[b.h.ClassOf(u)] {
			return u
		}
	}
	return graph.NoObject
}

// owner returns the thread that has an entry.
func (b *localsBuilder) owner(entry graph.Object) graph.Object {
	table := b.source(entry, b.table)
	if table == graph.NoObject {
		return graph.NoObject
	}
	t, ok := b.maps[table]
	if !ok {
		t = graph.NoObject
		if m := b.source(table, b.mapOf); m != graph.NoObject {
			t = b.source(m, b.thread)
		}
		b.maps[table] = t
	}
	return t
}

const (
	maxKeyNames   = 10_000 // ThreadLocals whose holder is looked for, some 10 µs each
	maxKeyHolders = 64     // objects that refer to a ThreadLocal that are looked at
)

// keyOf names what holds a ThreadLocal: a static field, else a field, else its class.
func (b *localsBuilder) keyOf(key graph.Object) string {
	if name, ok := b.keys[key]; ok {
		return name
	}
	if key == graph.NoObject {
		return ""
	}
	name := ""
	if len(b.keys) < maxKeyNames {
		name = b.holder(key)
	}
	if name == "" {
		name = "a " + b.h.ClassName(key)
	}
	b.keys[key] = name
	return name
}

func (b *localsBuilder) holder(key graph.Object) string {
	var statics, fields []string
	seen := 0
	for _, u := range b.h.In(key, nil) {
		if b.entry[b.h.ClassOf(u)] {
			continue
		}
		if seen++; seen > maxKeyHolders {
			break
		}
		e, ok := b.h.Label(u, key)
		switch {
		case ok && e.Label.Kind == graph.StaticEdge:
			statics = append(statics, b.h.Class(e.Label.Class).Name+"."+e.Label.Name)
		case ok && e.Label.Kind == graph.FieldEdge:
			fields = append(fields, signature.Name(b.h.EdgeText(e.Label)))
		}
	}
	for _, names := range [][]string{statics, fields} {
		if len(names) > 0 {
			return slices.Min(names)
		}
	}
	return ""
}

func (b *localsBuilder) finish() []*Locals {
	out := make([]*Locals, 0, len(b.groups))
	for _, g := range b.groups {
		g.Sample = b.sample(g)
		g.Values, g.Threads = analyze.NewSet(g.Values), analyze.NewSet(slices.Clone(g.Owners))
		g.Retained = b.h.RetainedOf(g.Entries)
		out = append(out, g)
	}
	slices.SortFunc(out, func(x, y *Locals) int {
		return cmp.Or(cmp.Compare(y.Retained, x.Retained), cmp.Compare(b.h.Class(x.Value).Name, b.h.Class(y.Value).Name), cmp.Compare(x.Key, y.Key),
			cmp.Compare(x.Value, y.Value))
	})
	return out
}

// maxSamples bounds the threads whose names are compared for a sample.
const maxSamples = 1000

// sample is an entry of the thread whose name is the first without its numbers: the same in dumps of two runs.
func (b *localsBuilder) sample(g *Locals) graph.Object {
	best, name := g.Entries[0], ""
	for i := range g.Entries[:min(len(g.Entries), maxSamples)] {
		text, _ := b.r.Name(g.Owners[i], maxName, "name")
		n := signature.Thread(text)
		if i == 0 || n < name {
			best, name = g.Entries[i], n
		}
	}
	return best
}
