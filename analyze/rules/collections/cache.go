package collections

import (
	"fmt"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of unbounded-cache.
var (
	cacheEntries = &analyze.Threshold{Name: "entries", Default: 1000, Unit: "entries", Doc: "a cache with fewer entries is not told of"}
	cacheShare   = &analyze.Threshold{Name: "share", Default: 0.01, Unit: "share", Doc: "nor one that retains a smaller share of the strongly reachable heap"}
)

// cacheScan finds the caches.
var cacheScan = &analyze.Scan{Name: "caches", Start: func(b *analyze.Binder) analyze.Scanner {
	wanted := b.Subclasses(slices.Concat(cacheNames(), []string{caffeineBounded})...)
	return &analyze.Rows[graph.Object]{Wanted: wanted, Read: func(v *graph.View) graph.Object { return v.Object }, Object: analyze.Same[graph.Object]}
}}

// UnboundedCache finds caches that nothing bounds.
var UnboundedCache = &analyze.Rule{
	Name:  "unbounded-cache",
	Title: "A cache has neither a bound nor an expiry",
	Doc: `A cache without a largest size, an expiry and weak or soft references keeps every entry that was ever put into it. It is a leak as soon as its keys
do not come from a small fixed set.

Recognised by what the cache itself says: in Guava by LocalCache.maxWeight, expireAfterAccessNanos, expireAfterWriteNanos, keyStrength and
valueStrength; in Caffeine by the class UnboundedLocalCache, or a BoundedLocalCache whose class has no field for a bound, an expiry or a reference queue (it
only refreshes); in Ehcache 2 by CacheConfiguration.maxEntriesLocalHeap, maxBytesLocalHeap, onHeapPoolUsage, eternal, timeToLiveSeconds and timeToIdleSeconds; in Spring by the
class ConcurrentMapCache, which has no bound. Told from 1,000 entries and 1 % of the heap on. Static maps that are used as caches are told of by static-collection-growth.

Give it a bound: maximumSize or maximumWeight and expireAfterWrite for Guava and Caffeine, maxEntriesLocalHeap or maxBytesLocalHeap and timeToLiveSeconds for Ehcache, another
CacheManager (Caffeine, say) for Spring. Weak keys compare by identity: they do not help with keys that are strings or boxes.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{cacheEntries, cacheShare},
	Scans:      []*analyze.Scan{cacheScan},
	Run:        runCache,
}

// cache is one cache as its fields describe it.
type cache struct {
	object  graph.Object
	holds   graph.Object // what retains the entries
	kind    *cacheKind
	entries int64
	why     string       // it is not bounded
	fix     string       // how to bound it
	map_    graph.Object // what its entries can be listed from, NoObject for none
	name    report.Value // that it was given
}

func runCache(q *analyze.Pass) error {
	p := reader(q)
	for _, o := range analyze.Result[[]graph.Object](q, cacheScan) {
		little := p.Share(p.Heap.Retained(o)) < p.Value(cacheShare)
		if p.Heap.Strength(o) != graph.Strong && !p.Incomplete() || little && !p.IsA(o, ehcache) {
			continue
		}
		c, err := p.judge(o)
		if err != "" {
			p.Abstain(err)
		}
		if c == nil || c.entries < p.Count(cacheEntries) || p.Share(p.Heap.Retained(c.holds)) < p.Value(cacheShare) {
			continue
		}
		if k := p.Claimed(c.holds); k != nil {
			p.Join(k.Finding, fmt.Sprintf("%s that holds them has no bound: %s.", c.kind.text, c.why), analyze.Fact("cache entries", report.Count(c.entries)))
			continue
		}
		p.cacheFinding(c)
	}
	return nil
}

// judge returns the cache when nothing bounds it; and why it cannot be judged.
func (p pass) judge(o graph.Object) (*cache, string) {
	for i := range cacheKinds {
		k := &cacheKinds[i]
		if !p.IsA(o, k.class) {
			continue
		}
		for _, f := range k.fields {
			if !p.r.Has(o, f) {
				return nil, fmt.Sprintf("unknown version of %s: it has no field %s", k.class, f)
			}
		}
		c := &cache{object: o, holds: o, kind: k, map_: graph.NoObject}
		if !k.judge(p, c) {
			return nil, ""
		}
		if c.entries < 0 {
			return nil, fmt.Sprintf("unknown version of %s: its entries cannot be counted", k.class)
		}
		return c, ""
	}
	return nil, ""
}

func (p pass) cacheFinding(c *cache) {
	h := p.Heap
	retained := h.Retained(c.holds)
	path := p.Holding(c.object, nil)
	holder := p.userOf(path)
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: c.entries,
		Title:     fmt.Sprintf("%s held by %s has %s entries and no bound; %s", c.kind.text, holder, analyze.Number(c.entries), p.Of(retained)),
		Story:     []string{"Nothing removes its entries: " + c.why + "."},
		Facts:     []report.Fact{analyze.Fact("entries", report.Count(c.entries)), analyze.Fact("bytes per entry", report.Bytes(retained/max(c.entries, 1)))},
		Fix:       []string{c.fix, "Where the keys are known to be few, load them once into an immutable map instead."},
		Falsifier: "The keys come from a small fixed set: two dumps under the same load have as many entries.",
	}
	if c.name != (report.Value{}) {
		f.Facts = append(f.Facts, analyze.Fact("name", c.name))
	}
	if c.map_ != graph.NoObject {
		p.classTables(&f, p.contentsOf(c.map_))
	}
	p.Sign(&f, path, h.ClassName(c.object))
	f.Path = p.Steps(path)
	f.Accumulation = p.Accumulation(c.holds)
	members := []graph.Object{c.object, c.holds}
	if c.map_ != graph.NoObject {
		members = append(members, c.map_)
	}
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: c.holds, Members: analyze.NewSet(members)})
}

// userOf names the last field on a path that is neither the platform's nor a cache's: who uses it.
func (p pass) userOf(path []graph.Step) string {
	for i := len(path) - 1; i > 0; i-- {
		e := path[i].Edge
		if class := p.ClassName(max(e.Class, 0)); (e.Kind == graph.FieldEdge || e.Kind == graph.StaticEdge) && !analyze.Platform(class) && !ofCache(class) {
			return p.Heap.EdgeText(e)
		}
	}
	return p.HolderText(path)
}

// ofCache reports whether a class belongs to a library of caches.
func ofCache(class string) bool {
	for _, k := range cacheKinds {
		if strings.HasPrefix(class, graph.Package(k.class)+".") || k.class == ehcache && strings.HasPrefix(class, graph.Package(ehcache)) {
			return true
		}
	}
	return false
}
