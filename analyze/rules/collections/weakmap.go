package collections

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of weak-map-value-holds-key.
var weakMin = &analyze.Threshold{Name: "entries", Default: 100, Unit: "entries", Doc: "a map with fewer entries that hold their own keys is not told of"}

// weakEntry is an entry whose key only the map itself holds.
type weakEntry struct {
	entry, key uint32
}

// maxWeakClimb bounds the way up the dominator tree from a key to the entry that holds it.
const maxWeakClimb = 100

// weakScan finds the entries of WeakHashMaps whose keys are strongly reachable, but through a WeakHashMap's entry alone.
var weakScan = &analyze.Scan{Name: "weak map entries", Start: func(b *analyze.Binder) analyze.Scanner {
	value, ok := b.Need("java.util.WeakHashMap$Entry", "value")
	referent, ok2 := b.Need("java.lang.ref.Reference", "referent")
	if !ok || !ok2 {
		return nil
	}
	return &weakScanner{h: b.Heap, wanted: b.Subclasses("java.util.WeakHashMap$Entry"), value: value, referent: referent}
}}

type weakScanner struct {
	h               *graph.Heap
	wanted          []bool
	value, referent graph.Field
	parts           []*[]weakEntry
}

// Wants implements analyze.Scanner.
func (s *weakScanner) Wants(c graph.Class) bool { return s.wanted[c] }

// Worker implements analyze.Scanner.
func (s *weakScanner) Worker() func(*graph.View) {
	part := new([]weakEntry)
	s.parts = append(s.parts, part)
	return func(v *graph.View) {
		key := v.Ref(s.referent)
		if key == graph.NoObject || v.Ref(s.value) == graph.NoObject || s.h.Strength(key) != graph.Strong {
			return
		}
		for o, i := s.h.Idom(key), 0; o != graph.NoObject && i < maxWeakClimb; o, i = s.h.Idom(o), i+1 {
			if s.wanted[s.h.ClassOf(o)] {
				*part = append(*part, weakEntry{uint32(v.Object), uint32(key)})
				return
			}
		}
	}
}

// Finish implements analyze.Scanner.
func (s *weakScanner) Finish() any {
	var all []weakEntry
	for _, p := range s.parts {
		all = append(all, *p...)
	}
	slices.SortFunc(all, func(a, b weakEntry) int { return cmp.Compare(a.entry, b.entry) })
	return all
}

// WeakMap finds WeakHashMaps whose values hold their keys.
var WeakMap = &analyze.Rule{
	Name:  "weak-map-value-holds-key",
	Title: "The values of a WeakHashMap hold its keys",
	Doc: `A WeakHashMap forgets an entry when nothing but the map refers to its key. The map holds the values strongly; a value that refers to its key, at once or through
other objects, keeps the key alive and with it the entry. The map then never shrinks.

Recognised by entries (WeakHashMap$Entry) whose key is strongly reachable, but only through an entry of the same map: on the way up the dominator tree from the key lies such an
entry. Keys that anything else holds are not counted. Told from 100 such entries on.

Let the value refer to the key by a WeakReference, or not at all; or keep the value in the key object itself, where it goes with it.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{weakMin},
	Scans:      []*analyze.Scan{weakScan},
	Run:        runWeakMap,
}

// weakMap is a map with the entries that hold keys.
type weakMap struct {
	object graph.Object
	keys   []graph.Object
	own    int64 // entries that hold their own key; of the others another entry of the map does
	sample weakEntry
}

func runWeakMap(q *analyze.Pass) error {
	p := reader(q)
	maps := map[graph.Object]*weakMap{}
	for _, e := range analyze.Result[[]weakEntry](q, weakScan) {
		in, out := p.weakMapOf(graph.Object(e.entry)), p.weakMapOf(graph.Object(e.key))
		if in == graph.NoObject || in != out {
			continue
		}
		m := maps[in]
		if m == nil {
			m = &weakMap{object: in, sample: e}
			maps[in] = m
		}
		m.keys = append(m.keys, graph.Object(e.key))
		if p.Dominates(graph.Object(e.entry), graph.Object(e.key)) {
			m.own++
		}
	}
	var all []*weakMap
	for _, m := range maps {
		if int64(len(m.keys)) >= p.Count(weakMin) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b *weakMap) int {
		return cmp.Or(cmp.Compare(p.Heap.Retained(b.object), p.Heap.Retained(a.object)), cmp.Compare(a.object, b.object))
	})
	for _, m := range all[:min(len(all), maxAudiences)] {
		p.weakFinding(m)
	}
	return nil
}

// weakMapOf returns the WeakHashMap that dominates an object.
func (p pass) weakMapOf(o graph.Object) graph.Object {
	for i := 0; o != graph.NoObject && i < maxWeakClimb+10; i++ {
		if p.IsA(o, "java.util.WeakHashMap") {
			return o
		}
		o = p.Heap.Idom(o)
	}
	return graph.NoObject
}

func (p pass) weakFinding(m *weakMap) {
	h := p.Heap
	n := int64(len(m.keys))
	size, _ := p.r.Size(m.object)
	entry, key := graph.Object(m.sample.entry), graph.Object(m.sample.key)
	value := p.r.Ref(entry, "value")
	retained := h.Retained(m.object)
	path := p.Holding(m.object, nil)
	holder := p.NearestHolder(path)
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s of %s entries of the WeakHashMap held by %s stay because its values hold their keys: %s refers to %s; %s", analyze.Number(n), analyze.Number(size), holder, h.ClassName(value), h.ClassName(key), p.Of(retained)),
		Story: []string{fmt.Sprintf("No other object holds these keys: %s are held by the value of their own entry, %s by those of other entries of the map.", analyze.Number(m.own), analyze.Number(n-m.own))},
		Facts: []report.Fact{
			analyze.Fact("entries", report.Count(size)),
			analyze.Fact("entries that stay", report.Count(n)),
			analyze.Fact("key class", report.Name(h.ClassName(key))),
			analyze.Fact("value class", report.Name(h.ClassName(value))),
		},
		Fix: []string{
			fmt.Sprintf("Let %s refer to its %s by a WeakReference, or not at all.", h.ClassName(value), h.ClassName(key)),
			"Or keep the value in a field of the key, where it goes with the key.",
		},
		Falsifier: "A collection of garbage removes the entries: their number falls after jcmd PID GC.run.",
	}
	p.Sign(&f, path, h.ClassName(value), h.ClassName(key))
	f.Path = p.Steps(p.valuePath(path, entry, value, key))
	if k := p.Claimed(m.object); k != nil {
		p.Join(k.Finding, f.Title+".", f.Facts...)
		return
	}
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: m.object, Members: analyze.NewSet(append(m.keys, m.object))})
}

// valuePath goes on from the map to the entry, its value and the key, as far as each refers to the next.
func (p pass) valuePath(path []graph.Step, entry, value, key graph.Object) []graph.Step {
	down := []graph.Object{key}
	for o, i := p.Heap.Idom(key), 0; o != graph.NoObject && i < maxWeakClimb && !p.IsA(o, "java.util.WeakHashMap"); o, i = p.Heap.Idom(o), i+1 {
		down = append(down, o)
	}
	slices.Reverse(down)
	for _, o := range down {
		path = p.Extend(path, o)
	}
	return path
}
