package path

import (
	"context"
	"errors"

	"heapcause/graph"
)

// Cut is what is taken away from a heap.
type Cut struct {
	Objects []graph.Object // with all their references
	Edges   Edges

	Progress func(done, total int64) // of going through the whole graph; may be nil
}

// Freed is what a cut leaves held more weakly than before, or not at all.
type Freed struct {
	h     *graph.Heap
	gone  bitset
	after []uint8 // strength by object, after the cut

	Objects int64                            // the removed ones included
	Bytes   int64                            // shallow
	After   [graph.NumStrengths]graph.Totals // of them, by what holds them after the cut
}

// Has reports whether an object is freed.
func (f *Freed) Has(o graph.Object) bool { return f.gone.has(o) }

// Set has a bit for each object of the heap: set where it is freed.
func (f *Freed) Set() []uint64 { return f.gone }

// Strength is how an object is held after the cut; a removed one is unreachable.
func (f *Freed) Strength(o graph.Object) graph.Strength { return graph.Strength(f.after[o]) }

// maxReferences can be numbered by the arrays of forward.
var maxReferences = int64(1<<32 - 1)

// ErrTooMany says that the heap has more references than can be followed.
var ErrTooMany = errors.New("the heap has more than 4,294,967,295 references, too many to go through the whole graph")

// forward is the graph from objects to what they refer to, without the references of instances to their class.
type forward struct {
	start []uint32 // one more than objects
	to    []uint32
}

// bytesPerObject and bytesPerReference are the memory of going through the whole graph.
const (
	bytesPerObject    = 6
	bytesPerReference = 4
)

// wholeGraph is what needs that memory.
const wholeGraph = "going through all references of this dump"

// newForward turns the inbound references round, by counting. What does not fit is refused with a *graph.MemoryError.
func newForward(ctx context.Context, h *graph.Heap, progress func(done, total int64)) (*forward, error) {
	n := h.NumObjects()
	if err := h.Afford(wholeGraph, bytesPerObject*n); err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	g := &forward{start: make([]uint32, n+1)}
	total := int64(0)
	h.EachReference(func(from, to graph.Object) bool {
		g.start[from]++
		if total++; total&0xfffff != 0 {
			return true
		}
		progress(int64(to), 3*n)
		return ctx.Err() == nil
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if total > maxReferences {
		return nil, ErrTooMany
	}
	if err := h.Afford(wholeGraph, bytesPerObject*n+bytesPerReference*total); err != nil {
		return nil, err
	}
	end := uint32(0)
	for i := range g.start {
		end += g.start[i]
		g.start[i] = end
	}
	g.to = make([]uint32, end)
	h.EachReference(func(from, to graph.Object) bool {
		if g.start[from] == 0 { // a damaged index says another number than before
			return false
		}
		g.start[from]--
		g.to[g.start[from]] = uint32(to)
		if total--; total&0xfffff != 0 {
			return true
		}
		progress(n+int64(to), 3*n)
		return ctx.Err() == nil
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return g, h.Err()
}

// reach finds again how each object is held, strength by strength, as if what is cut were not there.
type reach struct {
	h        *graph.Heap
	g        *forward
	cut      *Cut
	removed  bitset
	labelled []bool
	statics  map[graph.Object]bool
	phase    graph.Strength
	after    []uint8
	stack    []uint32
	pending  [graph.NumStrengths][]uint32
}

// Free finds what a cut frees: the objects that it removes, and those that nothing holds any more as strongly as before. Where a
// removed object is unreachable, what it dominates goes with it. What objects alone free is found among what they may hold where that is
// little; else it goes through all references of the heap. What does not fit into memory is refused with a *graph.MemoryError.
func Free(ctx context.Context, h *graph.Heap, cut Cut) (*Freed, error) {
	if cut.Edges.none() {
		if f, err := freeLocally(ctx, h, cut.Objects); f != nil || err != nil {
			return f, err
		}
	}
	return freeWhole(ctx, h, cut)
}

// freeWhole goes through all references.
func freeWhole(ctx context.Context, h *graph.Heap, cut Cut) (*Freed, error) {
	g, err := newForward(ctx, h, cut.Progress)
	if err != nil {
		return nil, err
	}
	r := &reach{h: h, g: g, cut: &cut, removed: newBitset(h), labelled: cut.Edges.labelled(h), statics: cut.Edges.statics(h)}
	for _, o := range cut.Objects {
		r.removed.set(o)
	}
	r.after = make([]uint8, h.NumObjects())
	for i := range r.after {
		r.after[i] = uint8(graph.Unreachable)
	}
	for _, root := range h.Roots() {
		r.pending[graph.Strong] = append(r.pending[graph.Strong], uint32(root.Object))
	}
	for r.phase = graph.Strong; r.phase < graph.Unreachable; r.phase++ {
		for i := 0; i < len(r.pending[r.phase]); i++ { // grows while it runs
			r.push(graph.Object(r.pending[r.phase][i]))
			if err := r.run(ctx); err != nil {
				return nil, err
			}
		}
		r.pending[r.phase] = nil
	}
	f := r.freed()
	return f, h.Err()
}

func (r *reach) push(o graph.Object) {
	if r.after[o] == uint8(graph.Unreachable) && !r.removed.has(o) {
		r.after[o] = uint8(r.phase)
		r.stack = append(r.stack, uint32(o))
	}
}

func (r *reach) run(ctx context.Context) error {
	for n := 0; len(r.stack) > 0; n++ {
		if n&0xffff == 0xffff && ctx.Err() != nil {
			return ctx.Err()
		}
		u := graph.Object(r.stack[len(r.stack)-1])
		r.stack = r.stack[:len(r.stack)-1]
		r.follow(u)
	}
	return nil
}

// follow goes on to what an object refers to.
func (r *reach) follow(u graph.Object) {
	c := r.h.ClassOf(u)
	if class := r.h.Class(c).Object; class != graph.NoObject {
		r.push(class)
	}
	if !r.labelled[c] && !r.statics[u] {
		for _, v := range r.g.to[r.g.start[u]:r.g.start[u+1]] {
			r.push(graph.Object(v))
		}
		return
	}
	r.h.EachEdge(u, func(e graph.Edge) bool {
		switch {
		case r.cut.Edges.leaves(u, e):
		case e.Strength <= r.phase:
			r.push(e.To)
		default:
			r.pending[e.Strength] = append(r.pending[e.Strength], uint32(e.To))
		}
		return true
	})
}

// freed compares with how objects were held before.
func (r *reach) freed() *Freed {
	h := r.h
	f := &Freed{h: h, gone: r.removed, after: r.after}
	var buf []graph.Object
	for _, o := range r.cut.Objects {
		if h.Strength(o) != graph.Unreachable {
			continue
		}
		for buf = h.Dominated(o, buf[:0]); len(buf) > 0; {
			last := buf[len(buf)-1]
			buf = buf[:len(buf)-1]
			if !f.gone.has(last) {
				f.gone.set(last)
				buf = h.Dominated(last, buf)
			}
		}
	}
	for o := range graph.Object(h.NumObjects()) {
		if !f.gone.has(o) {
			if r.after[o] <= uint8(h.Strength(o)) {
				continue
			}
			f.gone.set(o)
		}
		s := h.Shallow(o)
		f.Objects++
		f.Bytes += s
		f.After[r.after[o]].Objects++
		f.After[r.after[o]].Bytes += s
	}
	return f
}
