package collections

import (
	"cmp"
	"math"
	"slices"

	"heapcause/graph"
)

// Bounds of the search for collisions.
const (
	minColliding = 16      // entries of a map that is looked at
	minChain     = 8       // entries in one bin that are told of: what HashMap makes a tree of
	maxTrees     = 100_000 // bins with trees whose maps are looked for
	maxWalked    = 100_000 // entries that are read to find the longest chains
	maxHashes    = 1000    // entries of a chain whose hash codes are compared
	poorSpread   = 2       // a map fills one in so many of the bins that it should
)

// Collision is a hash table whose keys fall into few bins.
type Collision struct {
	Map     graph.Object
	Owner   string
	Entries int64
	Slots   int64
	Used    int64 // bins with an entry
	Longest int64 // entries in one bin
	Hashes  int64 // different hash codes among the first thousand of these
	Hash    int64 // the first of them, as the table keeps it
	Key     graph.Class
	Trees   int64 // bins that became trees
}

// Treeified is the number of bins that HashMap or ConcurrentHashMap made trees of, which they do when many keys share a bin.
func (c *Census) Treeified() int64 { return int64(len(c.found.trees)) }

// Collisions returns the hash tables with chains of eight entries or more that good hash codes would not have made, the longest first.
func (c *Census) Collisions() []Collision {
	if c.collisions == nil {
		c.collisions = c.findCollisions()
	}
	return c.collisions
}

func (c *Census) findCollisions() []Collision {
	out := []Collision{}
	trees := c.treeTables()
	for i := range c.found.rows {
		w := &c.found.rows[i]
		if w.size < minColliding || w.store == none || !c.Reader.CollectionClass(c.Heap.ClassOf(graph.Object(w.object))).Hashed() {
			continue
		}
		t := c.tableOf(w.store)
		if t == nil || t.used == 0 || w.size < minChain {
			continue
		}
		slots := c.Heap.Length(object(w.store))
		if trees[w.store] == 0 && float64(t.used)*poorSpread > expected(int64(w.size), slots) {
			continue
		}
		out = append(out, Collision{Map: graph.Object(w.object), Entries: int64(w.size), Slots: slots, Used: int64(t.used), Trees: trees[w.store], Key: graph.NoClass})
	}
	slices.SortStableFunc(out, func(a, b Collision) int {
		return cmp.Or(cmp.Compare(b.Entries-b.Used, a.Entries-a.Used), cmp.Compare(a.Map, b.Map))
	})
	budget := int64(maxWalked)
	for i := range out {
		c.walk(&out[i], &budget)
		out[i].Owner = c.owners.names[c.owners.of(c.whole(out[i].Map), 0)]
	}
	out = slices.DeleteFunc(out, func(m Collision) bool { return m.Longest < minChain })
	slices.SortStableFunc(out, func(a, b Collision) int {
		return cmp.Or(cmp.Compare(b.Longest, a.Longest), cmp.Compare(a.Owner, b.Owner))
	})
	return out
}

// whole returns the collection that has a map for its own, or the map.
func (c *Census) whole(o graph.Object) graph.Object {
	if w := c.rowOf(o); w != nil && w.inner {
		for _, u := range c.Heap.In(o, nil) {
			if k := c.Reader.CollectionClass(c.Heap.ClassOf(u)); k != nil && k.Owns() {
				return u
			}
		}
	}
	return o
}

// expected is how many of the slots n evenly spread hash codes fill.
func expected(n, slots int64) float64 {
	m := float64(slots)
	return m * (1 - math.Exp(-float64(n)/m))
}

// treeTables counts the trees of each table.
func (c *Census) treeTables() map[uint32]int64 {
	out := map[uint32]int64{}
	var buf []graph.Object
	for _, root := range c.found.trees[:min(len(c.found.trees), maxTrees)] {
		buf = c.Heap.In(root, buf[:0])
		for _, u := range buf {
			if c.tableOf(number(u)) != nil {
				out[uint32(u)]++
			}
		}
	}
	return out
}

func (c *Census) tableOf(array uint32) *table {
	i, ok := slices.BinarySearchFunc(c.found.tables, array, func(t table, a uint32) int { return cmp.Compare(t.array, a) })
	if !ok {
		return nil
	}
	return &c.found.tables[i]
}

// walk finds the longest chain of a map, and what its keys are. Where all entries are in one bin only the first of them are read.
func (c *Census) walk(m *Collision, budget *int64) {
	limit := min(m.Entries, *budget)
	if m.Used == 1 {
		limit = min(limit, maxHashes)
	}
	*budget -= limit
	bins := map[int]*chain{}
	n := int64(0)
	c.Reader.Bins(m.Map, func(bin int, key graph.Object, hash int64) bool {
		b := bins[bin]
		if b == nil {
			b = &chain{bin: bin, key: key, hash: hash, hashes: map[int64]bool{}}
			bins[bin] = b
		}
		if b.length++; b.length <= maxHashes {
			b.hashes[hash] = true
		}
		n++
		return n < limit
	})
	var best *chain
	for _, b := range bins {
		if best == nil || b.length > best.length || b.length == best.length && b.bin < best.bin {
			best = b
		}
	}
	if best == nil {
		return
	}
	m.Longest, m.Hashes, m.Hash = best.length, int64(len(best.hashes)), best.hash
	if m.Used == 1 {
		m.Longest = m.Entries
	}
	if best.key != graph.NoObject {
		m.Key = c.Heap.ClassOf(best.key)
	}
}

// chain is what is seen of one bin.
type chain struct {
	bin    int
	length int64
	key    graph.Object // the first
	hash   int64
	hashes map[int64]bool
}
