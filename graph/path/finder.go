package path

import (
	"context"
	"slices"

	"heapcause/graph"
)

// Finder finds paths from GC roots to an object, the shortest first. It goes back from the object breadth first and meets each other
// object once: so no two paths begin at the same root, and an object lies on several of them only where they come together again on the
// way to the target. Not for concurrent use.
type Finder struct {
	h        *graph.Heap
	ctx      context.Context
	limit    graph.Strength // of the references that count
	out      Edges
	labelled []bool
	statics  map[graph.Object]bool

	met       []uint64 // object<<32 | place of the next towards the target; each level ascending
	seen      bitset
	level     int // where the level that is searched begins, and ends
	end       int
	roots     []int // places of the level's roots that are not told yet, the best first
	instances bool  // from classes to their instances too: only what no loader keeps needs them
	some      bool
}

// maxClasses is how many classes are followed to their instances: each costs a walk over all objects.
const maxClasses = 8

// NewFinder returns a finder of paths over references no weaker than limit, but for those left out.
func NewFinder(ctx context.Context, h *graph.Heap, target graph.Object, limit graph.Strength, out Edges) *Finder {
	f := &Finder{h: h, ctx: ctx, limit: limit, out: out, labelled: out.labelled(h), statics: out.statics(h)}
	f.begin(target)
	return f
}

func (f *Finder) begin(target graph.Object) {
	f.met = append(f.met[:0], uint64(target)<<32)
	f.seen = newBitset(f.h)
	f.seen.set(target)
	f.level, f.end = 0, 1
	f.findRoots()
}

// Next returns the next path, false when there is none. A path ends at its first root: what holds that is not followed.
func (f *Finder) Next() ([]graph.Step, bool) {
	for {
		if len(f.roots) > 0 {
			at := f.roots[0]
			f.roots = f.roots[1:]
			f.some = true
			return f.steps(at), true
		}
		if f.ctx.Err() != nil {
			return nil, false
		}
		if f.level == f.end {
			if f.some || f.instances || f.h.Strength(f.target()) == graph.Unreachable {
				return nil, false
			}
			f.instances = true
			f.begin(f.target())
			continue
		}
		f.back()
	}
}

func (f *Finder) target() graph.Object { return f.object(0) }

func (f *Finder) object(i int) graph.Object { return graph.Object(f.met[i] >> 32) }

// back searches the next level. Roots are not gone behind.
func (f *Finder) back() {
	classes := 0
	for i := f.level; i < f.end && f.ctx.Err() == nil; i++ {
		v := f.object(i)
		if len(f.h.RootsOf(v)) > 0 {
			continue
		}
		visit := func(u graph.Object) bool {
			if !f.seen.has(u) && f.holds(u, v) {
				f.seen.set(u)
				f.met = append(f.met, uint64(u)<<32|uint64(i))
			}
			return len(f.met)&0xffff != 0 || f.ctx.Err() == nil
		}
		f.h.EachIn(v, visit)
		if c, ok := f.h.AsClass(v); ok && f.instances && classes < maxClasses {
			classes++
			for u := range f.h.Instances(c) {
				visit(u)
			}
		}
	}
	slices.Sort(f.met[f.end:]) // of two ways back the one over the lower address counts
	f.level, f.end = f.end, len(f.met)
	f.findRoots()
}

// holds reports whether a reference from u to v counts.
func (f *Finder) holds(u, v graph.Object) bool {
	if f.h.Strength(u) > f.limit {
		return false
	}
	if !f.labelled[f.h.ClassOf(u)] && !f.statics[u] {
		return true
	}
	_, ok := f.edge(u, v)
	return ok
}

// edge returns the strongest reference from u to v that counts.
func (f *Finder) edge(u, v graph.Object) (best graph.Edge, found bool) {
	f.h.EachEdge(u, func(e graph.Edge) bool {
		if e.To == v && e.Strength <= f.limit && !f.out.leaves(u, e) && (!found || e.Strength < best.Strength) {
			best, found = e, true
		}
		return !found || best.Strength != graph.Strong
	})
	return best, found
}

// findRoots collects the roots of a level: statics, threads, others; then by address.
func (f *Finder) findRoots() {
	f.roots = f.roots[:0]
	for i := f.level; i < f.end; i++ {
		if len(f.h.RootsOf(f.object(i))) > 0 {
			f.roots = append(f.roots, i)
		}
	}
	slices.SortStableFunc(f.roots, func(a, b int) int { return f.rank(a) - f.rank(b) })
}

func (f *Finder) rank(i int) int {
	if _, ok := f.h.AsClass(f.object(i)); ok {
		return 0
	}
	if len(f.h.Locals(f.object(i))) > 0 {
		return 1
	}
	return 2
}

// steps returns the path from the root at a place to the target.
func (f *Finder) steps(at int) []graph.Step {
	out := []graph.Step{{Object: f.object(at), Roots: f.h.RootsOf(f.object(at))}}
	for at != 0 {
		from := f.object(at)
		at = int(uint32(f.met[at]))
		e, _ := f.edge(from, f.object(at))
		out = append(out, graph.Step{Object: f.object(at), Edge: e.Label, Weak: e.Strength})
	}
	return out
}

// bitset is a set of objects with one bit each.
type bitset []uint64

func newBitset(h *graph.Heap) bitset { return make(bitset, (h.NumObjects()+63)/64) }

func (b bitset) has(o graph.Object) bool { return b[o/64]>>(o%64)&1 != 0 }

func (b bitset) set(o graph.Object) { b[o/64] |= 1 << (o % 64) }
