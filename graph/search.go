package graph

import (
	"context"
	"os"
	"slices"
	"sort"
)

// search numbers the core in depth-first preorder, strength by strength: first all that the GC roots reach by strong edges,
// then what the referents of soft references reach, and so on, at last what no root reaches. So strengths are ranges of
// preorder numbers, and an edge into a lower range leads into a stronger object and is dropped. Of the edges from ancestors, those of
// the search tree among them, only the least source is kept for each target; all others are logged by target for the dominators.
func (b *builder) search(ctx context.Context) error {
	s, err := newSearcher(b)
	if err != nil {
		return err
	}
	defer s.free()
	s.parents.stop = ctx.Err // each number goes there: so a signal ends a search that takes minutes
	h := b.h
	for _, r := range h.roots {
		if p, ok := h.index.locate(h.index.addr(r.Object)); ok && p.core {
			if err := s.start(p.place); err != nil {
				return err
			}
		}
	}
	b.limits[Strong] = s.n
	for k := Soft; k < Unreachable; k++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.phase, s.base = k, s.n
		for i := 0; i < len(s.pending[k]); i++ { // grows while it runs
			if err := s.start(s.pending[k][i]); err != nil {
				return err
			}
		}
		s.pending[k] = nil
		b.limits[k] = s.n
	}
	s.phase, s.base = Unreachable, s.n
	starts, err := s.sources()
	if err != nil {
		return err
	}
	for _, v := range starts {
		if err := s.start(v); err != nil {
			return err
		}
	}
	b.limits[Unreachable] = s.n
	if err := s.parents.flush(); err != nil {
		return err
	}
	if err := s.arcs.flush(); err != nil {
		return err
	}
	b.count = s.n
	b.num = b.adj.start // every object has been met: its place holds its number now
	b.adj.start = array[uint32]{}
	b.adj.free()
	b.sideBit.free()
	b.side = nil
	if h.store.f != nil {
		err = b.num.spill(h.opt.TempDir)
		b.spilled = b.num.b
		return err
	}
	return nil
}

// strengthOf returns the strength of a preorder number.
func (b *builder) strengthOf(n uint32) Strength {
	for s := Strong; s < Unreachable; s++ {
		if n <= b.limits[s] {
			return s
		}
	}
	return Unreachable
}

// arcParts is the number of ranges of targets that arcs are sorted into on disk.
const (
	arcParts  = 256
	arcBuffer = 2048
)

// arcLog keeps arcs target<<32 | source, in preorder numbers, by ranges of targets.
type arcLog struct {
	f      *os.File
	shift  uint
	size   int64
	bufs   [arcParts][]uint64
	blocks [arcParts][]stretch
	err    error
}

func (l *arcLog) put(to, from uint32) {
	p := to >> l.shift
	b := append(l.bufs[p], uint64(to)<<32|uint64(from))
	if len(b) >= arcBuffer {
		l.write(p, b)
		b = b[:0]
	}
	l.bufs[p] = b
}

func (l *arcLog) write(p uint32, b []uint64) {
	if len(b) == 0 || l.err != nil {
		return
	}
	l.blocks[p] = append(l.blocks[p], stretch{l.size, int64(len(b))})
	l.err = writeAll(l.f, asBytes(b), l.size)
	l.size += int64(len(b)) * 8
}

func (l *arcLog) flush() error {
	for p := range l.bufs {
		l.write(uint32(p), l.bufs[p])
		l.bufs[p] = nil
	}
	return l.err
}

// len returns the number of arcs of a range.
func (l *arcLog) len(p int) (n int64) {
	for _, s := range l.blocks[p] {
		n += s.pairs
	}
	return n
}

// read returns the arcs of a range, in buf where it has room.
func (l *arcLog) read(p int, buf []uint64) ([]uint64, error) {
	return readPairs(l.f, l.blocks[p], buf)
}

// each calls fn with the arcs of a range in pieces of at most arcBuffer.
func (l *arcLog) each(p int, fn func([]uint64)) error {
	var piece [arcBuffer]uint64
	for _, s := range l.blocks[p] {
		if err := readAll(l.f, asBytes(piece[:s.pairs]), s.offset); err != nil {
			return err
		}
		fn(piece[:s.pairs])
	}
	return nil
}

// step is one vertex on the search's path: 16 bytes, as paths of millions are no rarity.
type step struct {
	pos  uint32 // in the adjacency, its lower half; or in side
	high uint32 // the upper half; onSide for side
	num  uint32
	at   uint32 // the target before in the adjacency; of a step on side the vertex itself
}

// onSide marks a step through the edges kept aside; positions in the adjacency are below 2^40.
const onSide = 1 << 31

func (f *step) position() uint64 { return uint64(f.high)<<32 | uint64(f.pos) }

func (f *step) advance(pos uint64, target uint32) {
	f.pos, f.high, f.at = uint32(pos), uint32(pos>>32), target
}

// sideStep and listStep are the first steps from v.
func sideStep(first int, v, num uint32) step { return step{uint32(first), onSide, num, v} }

func listStep(list uint64, v, num uint32) step { return step{uint32(list), uint32(list >> 32), num, v} }

// searcher is the state of the search; the stack is a flat array, so depth costs memory only where the heap is deep.
type searcher struct {
	b       *builder
	num     []uint32 // builder.adj.start: an object's list until it is met, then its number
	met     array[uint64]
	low     []uint32 // builder.low
	stack   []step
	stackB  []byte
	n       uint32
	base    uint32 // numbers up to here belong to stronger phases
	phase   Strength
	pending [NumStrengths][]uint32
	parents *sequence
	arcs    *arcLog
}

const stepBytes = 16

func newSearcher(b *builder) (*searcher, error) {
	s := &searcher{b: b, num: b.adj.start.v}
	var err error
	if b.low, err = newArray[uint32](b.coreN + 1); err != nil {
		return nil, err
	}
	s.low = b.low.v
	if s.met, err = newArray[uint64](b.coreN/64 + 1); err != nil {
		return nil, err
	}
	if s.stackB, err = mapAnon((2*b.coreN + 2) * stepBytes); err != nil {
		return nil, err
	}
	s.stack = stepsOf(s.stackB)
	if s.parents, err = newSequence(b.h.opt.TempDir); err != nil {
		return nil, err
	}
	b.parents = s.parents // builder.release closes it, however the search ends
	f, err := tempFile(b.h.opt.TempDir)
	if err != nil {
		return nil, err
	}
	s.arcs = &arcLog{f: f}
	b.arcs = s.arcs
	for b.coreN>>s.arcs.shift >= arcParts {
		s.arcs.shift++
	}
	return s, s.parents.put(0)
}

func (s *searcher) free() {
	s.met.free()
	unmap(s.stackB)
	s.stackB, s.stack = nil, nil
}

// counts reports whether a side edge is an ordinary edge in this phase.
func (s *searcher) counts(e sideEdge) bool { return e.kind == Strong || e.kind < s.phase }

// sideFrom returns the index of the first side edge of a core object.
func (b *builder) sideFrom(v uint32) int {
	return sort.Search(len(b.side), func(i int) bool { return b.side[i].from >= v })
}

// number returns the number of v, 0 when it has not been met.
func (s *searcher) number(v uint32) uint32 {
	if s.met.v[v/64]>>(v%64)&1 == 0 {
		return 0
	}
	return s.num[v]
}

// visit numbers v and puts it on the path; depth is the length of the path before and after.
func (s *searcher) visit(v, parent uint32, depth int) (int, error) {
	list := s.b.adj.list(v)
	s.n++
	s.num[v] = s.n
	s.low[s.n] = parent
	s.met.v[v/64] |= 1 << (v % 64)
	if err := s.parents.put(parent); err != nil {
		return 0, err
	}
	b := s.b
	if b.sideBit.v[v/64]&(1<<(v%64)) != 0 {
		first := b.sideFrom(v)
		for i := first; i < len(b.side) && b.side[i].from == v; i++ {
			if e := b.side[i]; !s.counts(e) {
				s.pending[e.kind] = append(s.pending[e.kind], e.to)
			}
		}
		s.stack[depth] = sideStep(first, v, s.n)
		depth++
	}
	if list != 0 {
		s.stack[depth] = listStep(list, v, s.n)
		depth++
	}
	return depth, nil
}

// start searches from v, which the virtual root points at.
func (s *searcher) start(v uint32) error {
	if n := s.number(v); n != 0 {
		if n > s.base {
			s.low[n] = 0
		}
		return nil
	}
	depth, err := s.visit(v, 0, 0)
	if err != nil {
		return err
	}
	side := s.b.side
	for depth > 0 {
		f := &s.stack[depth-1]
		var t uint32
		from := f.num
		if f.high == onSide {
			i := f.pos
			if uint64(i) >= uint64(len(side)) || side[i].from != f.at {
				depth--
				continue
			}
			f.pos++
			if !s.counts(side[i]) {
				continue
			}
			t = side[i].to
		} else {
			z, after := s.b.adj.next(f.position())
			t = uint32(int64(f.at) + unzigzag(z>>1))
			if z&1 != 0 {
				depth--
			} else {
				f.advance(after, t)
			}
		}
		switch n := s.number(t); {
		case n == 0:
			if depth, err = s.visit(t, from, depth); err != nil {
				return err
			}
		case n > from: // to a descendant
			s.low[n] = min(s.low[n], from)
		case n > s.base && n != from:
			s.arcs.put(n, from)
		}
	}
	return s.arcs.err
}

// sources returns, of the core objects that no root reaches, the lowest of each source component. Searching in
// ascending order, each source component is entered at its lowest address and by a root of the search, as nothing
// outside leads into it. Searching again from these roots in reverse order, the roots that are still new are
// exactly one per source component.
func (s *searcher) sources() ([]uint32, error) {
	b := s.b
	if int64(s.n) == b.coreN {
		return nil, nil
	}
	seenA, err := newArray[uint64](b.coreN/64 + 1)
	if err != nil {
		return nil, err
	}
	defer seenA.free()
	seen := seenA.v
	var first []uint32
	for v := range uint32(b.coreN) {
		if s.reach(v, seen) {
			first = append(first, v)
		}
	}
	clear(seen)
	out := make([]uint32, 0, len(first))
	for i := len(first) - 1; i >= 0; i-- {
		if s.reach(first[i], seen) {
			out = append(out, first[i])
		}
	}
	slices.Sort(out)
	return out, nil
}

// reach marks all unnumbered objects that v reaches; false when v was marked or numbered before.
func (s *searcher) reach(v uint32, seen []uint64) bool {
	met, side, b := s.met.v, s.b.side, s.b
	depth := 0
	visit := func(v uint32) bool {
		if (met[v/64]|seen[v/64])&(1<<(v%64)) != 0 {
			return false
		}
		seen[v/64] |= 1 << (v % 64)
		if b.sideBit.v[v/64]&(1<<(v%64)) != 0 {
			s.stack[depth] = sideStep(b.sideFrom(v), v, 0)
			depth++
		}
		if p := b.adj.list(v); p != 0 {
			s.stack[depth] = listStep(p, v, 0)
			depth++
		}
		return true
	}
	if !visit(v) {
		return false
	}
	for depth > 0 {
		f := &s.stack[depth-1]
		if f.high == onSide {
			i := f.pos
			if uint64(i) >= uint64(len(side)) || side[i].from != f.at {
				depth--
				continue
			}
			f.pos++
			visit(side[i].to)
			continue
		}
		z, after := b.adj.next(f.position())
		t := uint32(int64(f.at) + unzigzag(z>>1))
		if z&1 != 0 {
			depth--
		} else {
			f.advance(after, t)
		}
		visit(t)
	}
	return true
}
