package collections

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// cacheKind is a class of caches.
type cacheKind struct {
	class  string
	text   string   // with its article
	fields []string // without which the class is of an unknown version
	// judge fills in the cache; false when it is bounded. Entries are -1 when they cannot be counted.
	judge func(p pass, c *cache) bool
}

const (
	caffeineBounded = "com.github.benmanes.caffeine.cache.BoundedLocalCache"
	ehcache         = "net.sf.ehcache.Cache" // its store is held by others too
)

var cacheKinds = []cacheKind{
	{"com.google.common.cache.LocalCache", "A Guava cache", []string{"maxWeight", "expireAfterAccessNanos", "expireAfterWriteNanos", "keyStrength", "valueStrength", "segments"}, judgeGuava},
	{"com.github.benmanes.caffeine.cache.UnboundedLocalCache", "A Caffeine cache", []string{"data"}, judgeCaffeine},
	{caffeineBounded, "A Caffeine cache", []string{"data"}, judgeCaffeineBounded},
	{ehcache, "An Ehcache cache", []string{"configuration", "compoundStore"}, judgeEhcache},
	{"org.springframework.cache.concurrent.ConcurrentMapCache", "A Spring ConcurrentMapCache", []string{"store"}, judgeSpring},
}

func cacheNames() []string {
	var out []string
	for _, k := range cacheKinds {
		out = append(out, k.class)
	}
	return out
}

const boundCaffeine = "Build it with maximumSize or maximumWeight, and with expireAfterWrite or expireAfterAccess."

// endless is a bound that no heap reaches.
const endless = 1 << 31

func judgeGuava(p pass, c *cache) bool {
	limit, _ := p.r.Int(c.object, "maxWeight")
	access, _ := p.r.Int(c.object, "expireAfterAccessNanos")
	write, _ := p.r.Int(c.object, "expireAfterWriteNanos")
	key, _ := p.r.Enum(c.object, "keyStrength")
	value, _ := p.r.Enum(c.object, "valueStrength")
	c.entries, c.map_ = p.segmentCounts(p.r.Ref(c.object, "segments")), c.object
	c.why, c.fix = "maxWeight is unset, expireAfterAccessNanos and expireAfterWriteNanos are 0, keys and values are held strongly", boundCaffeine
	if limit >= endless {
		c.why = fmt.Sprintf("maxWeight is %s, which is none, and nothing expires", analyze.Number(limit))
	}
	return (limit == -1 || limit >= endless) && access <= 0 && write <= 0 && key == "STRONG" && value == "STRONG"
}

// segmentCounts adds up the entries of a map's segments, -1 where they have no count.
func (p pass) segmentCounts(segments graph.Object) int64 {
	n, known := int64(0), segments != graph.NoObject
	p.r.EachElement(segments, func(_ int, s graph.Object) bool {
		k, ok := p.r.Int(s, "count")
		known = known && ok
		n += k
		return known
	})
	if !known {
		return -1
	}
	return n
}

func judgeCaffeine(p pass, c *cache) bool {
	c.map_ = p.r.Ref(c.object, "data")
	c.entries = p.sizeOf(c.map_)
	c.why, c.fix = "it was built without a maximum, an expiry and weak or soft references (UnboundedLocalCache)", boundCaffeine
	return true
}

// judgeCaffeineBounded looks at the fields of the class, which Caffeine generates for what was asked for: one that only refreshes has
// none that bounds it.
func judgeCaffeineBounded(p pass, c *cache) bool {
	for _, f := range []string{"expiresAfterAccessNanos", "expiresAfterWriteNanos", "expiry", "timerWheel", "keyReferenceQueue", "valueReferenceQueue", "writeOrderDeque"} {
		if p.r.Has(c.object, f) {
			return false
		}
	}
	limit, ok := p.r.Int(c.object, "maximum")
	if ok && limit < endless {
		return false
	}
	c.map_ = p.r.Ref(c.object, "data")
	c.entries = p.sizeOf(c.map_)
	c.why, c.fix = "it only refreshes its entries, and was built without a maximum, an expiry and weak or soft references", boundCaffeine
	if ok {
		c.why = fmt.Sprintf("its maximum is %s, which is none, and nothing expires", analyze.Number(limit))
	}
	return true
}

func judgeEhcache(p pass, c *cache) bool {
	config := p.r.Ref(c.object, "configuration")
	for _, f := range []string{"maxEntriesLocalHeap", "maxBytesLocalHeap", "eternal", "timeToLiveSeconds", "timeToIdleSeconds"} {
		if !p.r.Has(config, f) {
			c.entries = -1
			return true
		}
	}
	for _, f := range []string{"maxEntriesLocalHeap", "maxBytesLocalHeap", "maxBytesLocalHeapPercentage"} {
		if n, _ := p.r.Number(p.r.Ref(config, f)); n > 0 && n < endless {
			return false
		}
	}
	if pool, _ := p.r.Enum(config, "onHeapPoolUsage"); pool == "CacheManager" { // which has a bound for all of its caches
		return false
	}
	live, _ := p.r.Int(config, "timeToLiveSeconds")
	idle, _ := p.r.Int(config, "timeToIdleSeconds")
	if !p.r.Bool(config, "eternal") && live+idle > 0 {
		return false
	}
	c.entries = -1
	store := p.r.Ref(c.object, "compoundStore")
	for _, s := range []graph.Object{p.r.Ref(store, "authority"), p.r.Ref(store, "cache"), store} {
		if m := p.r.Ref(s, "map"); m != graph.NoObject && p.r.Has(m, "segments") {
			c.entries, c.holds = p.segmentCounts(p.r.Ref(m, "segments")), m
			break
		}
	}
	if name, ok := p.r.Text(config, 100, "name"); ok {
		c.name = report.Content(p.Policy.Value(name))
	}
	c.why = "maxEntriesLocalHeap and maxBytesLocalHeap are 0, and entries never expire (eternal, or timeToLive and timeToIdle are 0)"
	c.fix = "Set maxEntriesLocalHeap or maxBytesLocalHeap, and timeToLiveSeconds; or maxBytesLocalHeap of the CacheManager."
	return true
}

func judgeSpring(p pass, c *cache) bool {
	c.map_ = p.r.Ref(c.object, "store")
	c.entries = p.sizeOf(c.map_)
	if name, ok := p.r.Text(c.object, 100, "name"); ok {
		c.name = report.Content(p.Policy.Value(name))
	}
	c.why = "a ConcurrentMapCache is a plain ConcurrentMap, which Spring never removes anything from by itself"
	c.fix = "Use a CacheManager that bounds its caches, such as CaffeineCacheManager with maximumSize and expireAfterWrite."
	return true
}

// sizeOf is -1 for what is no collection of a known shape.
func (p pass) sizeOf(o graph.Object) int64 {
	if n, ok := p.r.Size(o); ok {
		return n
	}
	return -1
}
