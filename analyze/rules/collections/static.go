package collections

import (
	"fmt"
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// Thresholds of static-collection-growth.
var (
	staticShare = &analyze.Threshold{Name: "share", Default: 0.05, Unit: "share", Doc: "a collection that retains a smaller share of the strongly reachable heap is not told of"}
	staticBytes = &analyze.Threshold{Name: "bytes", Default: 1 << 20, Unit: "bytes", Doc: "nor one that retains less"}
	staticMin   = &analyze.Threshold{Name: "elements", Default: 100, Unit: "elements", Doc: "nor one with fewer elements: it is large, not grown"}
)

// StaticGrowth finds collections in static fields that retain a large part of the heap.
var StaticGrowth = &analyze.Rule{
	Name:  "static-collection-growth",
	Title: "A collection in a static field retains a large part of the heap",
	Doc: `A static field lives as long as its class, mostly until the program ends. What is put into a collection there stays until somebody removes it: a map that
is used as a cache, a registry, a log.

Recognised by a static field of a class that is not the platform's that refers to a collection, at once or through one object of the application (a singleton), where
the collection has 100 elements or more and retains 1 MiB and 5 % of the strongly reachable heap. A subclass of LinkedHashMap is only told: it may bound itself by removeEldestEntry. The keys are looked at: where they are numbers without gaps, nothing was ever
removed. Caches of libraries, listeners and other patterns that a rule knows are told of by that one, which this one joins.

Remove entries when they are done, or bound the collection: a cache with maximumSize and expireAfterWrite instead of a map, a LinkedHashMap with removeEldestEntry, a
ring buffer for a log.`,
	Max:        report.Error,
	Last:       true,
	After:      []string{"inner-class-back-reference"},
	Thresholds: []*analyze.Threshold{staticShare, staticBytes, staticMin},
	Run:        runStatic,
}

func runStatic(q *analyze.Pass) error {
	p := reader(q)
	told := map[graph.Object]bool{}
	for c := range graph.Class(p.Heap.NumClasses()) {
		k := p.Heap.Class(c)
		if analyze.Platform(k.Name) {
			continue
		}
		for _, s := range k.Statics {
			if s.Type != hprof.Object || s.Value == 0 || strings.HasPrefix(s.Name, "<") {
				continue
			}
			o, ok := p.Heap.Lookup(s.Value)
			if !ok || p.small(o) {
				continue
			}
			if o = p.collectionAt(o); o == graph.NoObject || told[o] {
				continue
			}
			told[o] = true
			p.staticFinding(o, k.Name+"."+s.Name)
		}
	}
	return nil
}

// small reports whether an object retains too little to be told of.
func (p pass) small(o graph.Object) bool {
	n := p.Heap.Retained(o)
	return n < p.Count(staticBytes) || p.Share(n) < p.Value(staticShare)
}

// collectionAt returns the collection that a static refers to: the object itself, or the largest in a field of an application's one.
func (p pass) collectionAt(o graph.Object) graph.Object {
	best := graph.NoObject
	consider := func(x graph.Object) {
		if n, ok := p.r.Size(x); ok && n >= p.Count(staticMin) && !p.small(x) && (best == graph.NoObject || p.Heap.Retained(x) > p.Heap.Retained(best)) {
			best = x
		}
	}
	c := p.Heap.ClassOf(o)
	k := p.Heap.Class(c)
	if ofCache(k.Name) { // judged by its bound
		return best
	}
	if p.r.IsCollection(c) {
		consider(o)
		return best
	}
	if k.IsArray || analyze.Platform(k.Name) {
		return best
	}
	p.Heap.EachEdge(o, func(e graph.Edge) bool {
		if e.Label.Kind == graph.FieldEdge && p.r.IsCollection(p.Heap.ClassOf(e.To)) && !ofCache(p.Heap.ClassName(e.To)) {
			consider(e.To)
		}
		return true
	})
	return best
}

func (p pass) staticFinding(o graph.Object, field string) {
	h := p.Heap
	size, _ := p.r.Size(o)
	retained := h.Retained(o)
	if k := p.Claimed(o); k != nil {
		p.Join(k.Finding, fmt.Sprintf("The static field %s holds the collection: %s, %s.", field, analyze.Plural(size, "element"), p.Of(retained)), analyze.Fact("static field", report.Name(field)))
		return
	}
	in := p.contentsOf(o)
	path := p.Holding(o, nil)
	what := p.keyName(p.most(in.values))
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Likely, Retained: retained, Objects: size,
		Title: fmt.Sprintf("The static field %s holds a %s of %s %s; %s", field, h.ClassName(o), analyze.Number(size), what, p.Of(retained)),
		Facts: []report.Fact{
			analyze.Fact("static field", report.Name(field)),
			analyze.Fact("elements", report.Count(size)),
			analyze.Fact("bytes per element", report.Bytes(retained/max(size, 1))),
		},
		Fix: []string{
			fmt.Sprintf("Remove entries of %s when they are done, or bound it by number or age.", field),
			"A cache is no plain map: build it with Caffeine or Guava, with maximumSize and expireAfterWrite; or a LinkedHashMap with removeEldestEntry.",
		},
		Falsifier: "The collection is filled once and then has as many elements in two dumps under the same load.",
	}
	if c := p.Heap.ClassName(o); p.IsA(o, "java.util.LinkedHashMap") && !analyze.Platform(c) {
		f.Severity = report.Info
		f.Story = append(f.Story, c+" is a subclass of LinkedHashMap, as those are that forget their eldest entry.")
	}
	p.appendOnly(&f, o)
	p.classTables(&f, in)
	p.Sign(&f, path, h.ClassName(o), what)
	if in.first != graph.NoObject && h.Idom(in.first) == o {
		path = p.Extend(path, in.first)
	}
	f.Path = p.Steps(path)
	f.Accumulation = p.Accumulation(o)
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: o, Members: analyze.ObjectSet{o}})
}

// appendOnly tells when the keys are numbers without a gap: nothing was removed.
func (p pass) appendOnly(f *report.Finding, o graph.Object) {
	if !p.r.IsMap(p.Heap.ClassOf(o)) {
		return
	}
	var keys []graph.Object
	p.r.Entries(o, func(k, _ graph.Object) bool {
		keys = append(keys, k)
		return len(keys) < maxKeys
	})
	size, _ := p.r.Size(o)
	if int64(len(keys)) != size || size < p.Count(staticMin) {
		return
	}
	least, most := int64(0), int64(0)
	for i, k := range keys {
		n, ok := p.r.Number(k)
		if !ok {
			return
		}
		if i == 0 {
			least, most = n, n
		}
		least, most = min(least, n), max(most, n)
	}
	if most-least+1 == size {
		p.Heap.NoteRange(p.Heap.ClassOf(keys[0]), least, most)
		f.Story = append(f.Story, "Its keys are whole numbers without a gap: nothing was ever removed but from the ends.")
		f.Facts = append(f.Facts, analyze.Fact("keys without a gap", report.Count(size)))
	}
}

// maxKeys of a map are read to see whether they have gaps.
const maxKeys = 100_000
