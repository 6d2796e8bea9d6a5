package graph

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"heapcause/graph/dominator"
)

// dominators runs both passes of Semi-NCA over the search's numbers. The predecessors come range by range from disk;
// semidominators go there.
func (b *builder) dominators(ctx context.Context) error {
	n := int64(b.count)
	anc, err := newArray[uint32](n + 1)
	if err != nil {
		return err
	}
	defer anc.free()
	if err := b.parents.read(anc.v, 0); err != nil {
		return err
	}
	semi, err := tempFile(b.h.opt.TempDir)
	if err != nil {
		return err
	}
	defer func() { _ = semi.Close() }()
	if err := dominator.Semidominators(anc.v, b.low.v, b.buckets(ctx, func(first uint32, s []uint32) error {
		return writeAll(semi, asBytes(s), int64(first)*4)
	})); err != nil {
		return err
	}
	_ = b.arcs.f.Close()
	b.arcs = nil
	anc.free()
	b.low.free()
	for _, a := range []*array[uint32]{&b.dom, &b.jump, &b.depth} {
		if *a, err = newArray[uint32](n + 1); err != nil {
			return err
		}
	}
	tree := dominator.NewAncestors(b.dom.v, b.jump.v, b.depth.v)
	parents, semis := make([]uint32, 1<<16), make([]uint32, 1<<16)
	for w := int64(1); w <= n; w += int64(len(parents)) {
		k := min(int64(len(parents)), n+1-w)
		if err := b.parents.read(parents[:k], w); err != nil {
			return err
		}
		if err := readAll(semi, asBytes(semis[:k]), w*4); err != nil {
			return err
		}
		tree.Extend(parents[:k], semis[:k])
	}
	_ = b.parents.f.Close()
	b.parents = nil
	b.ancestors = tree
	return nil
}

// buckets yields the predecessors in descending ranges of targets and hands each range's semidominators to done.
func (b *builder) buckets(ctx context.Context, done func(first uint32, semi []uint32) error) iter.Seq2[dominator.Bucket, error] {
	return func(yield func(dominator.Bucket, error) bool) {
		y := bucketer{log: b.arcs, done: done, yield: yield, most: max(minBucket, 4*(b.arcs.size/8)/arcParts)}
		width := uint64(1) << b.arcs.shift
		r := arcRange{start: make([]uint64, width+1), semi: make([]uint32, width)}
		for p := int(uint64(b.count) >> b.arcs.shift); p >= 0; p-- {
			first := max(uint64(p)<<b.arcs.shift, 1)
			end := min(uint64(p+1)<<b.arcs.shift, uint64(b.count)+1)
			if first >= end {
				continue
			}
			r.load(y.log, p, uint32(first), uint32(end), y.most)
			if err := cmp.Or(ctx.Err(), r.err); err != nil {
				y.fail(err)
				return
			}
			if r.crowded && !y.crowded(&r) || !r.crowded && !y.give(&r.bucket) {
				return
			}
		}
	}
}

// arcRange is the arcs of one part of the log, sorted by target unless they are too many for memory.
type arcRange struct {
	part       int
	first, end uint32
	crowded    bool
	err        error
	bucket     dominator.Bucket
	arcs       []uint64
	start      []uint64
	semi       []uint32
}

// load reads part p, whose targets are first to end-1, unless it has more arcs than most.
func (r *arcRange) load(log *arcLog, p int, first, end uint32, most int64) {
	r.part, r.first, r.end, r.crowded = p, first, end, log.len(p) > most
	if r.crowded {
		return
	}
	if r.arcs, r.err = log.read(p, r.arcs); r.err == nil {
		r.sort(first, end, r.arcs)
	}
}

// sort makes the bucket of the targets first to end-1.
func (r *arcRange) sort(first, end uint32, arcs []uint64) {
	n := end - first
	r.bucket.First, r.bucket.Start, r.bucket.Semi, r.bucket.More = first, r.start[:n+1], r.semi[:n], nil
	r.bucket.Fill(arcs)
}

// minBucket arcs are held in memory at once without a thought: 12 MiB.
const minBucket = 1 << 20

// bucketer hands buckets on.
type bucketer struct {
	log   *arcLog
	done  func(first uint32, semi []uint32) error
	yield func(dominator.Bucket, error) bool
	most  int64 // arcs to be held in memory
}

// fail yields an error and ends.
func (y *bucketer) fail(err error) bool {
	y.yield(dominator.Bucket{}, err)
	return false
}

// give yields a bucket; false to stop.
func (y *bucketer) give(b *dominator.Bucket) bool {
	if !y.yield(*b, nil) {
		return false
	}
	if err := y.done(b.First, b.Semi); err != nil {
		return y.fail(err)
	}
	return true
}

// crowded yields a part in which there are too many arcs for memory: mostly because very many objects refer to one. It reads the part
// once for the numbers of arcs and again for every run of targets that fits; a target that fits nowhere is a bucket of its own
// whose arcs pass by.
func (y *bucketer) crowded(r *arcRange) bool {
	first, end := r.first, r.end
	counts := make([]int64, end-first)
	if err := y.log.each(r.part, func(arcs []uint64) {
		for _, a := range arcs {
			counts[uint32(a>>32)-first]++
		}
	}); err != nil {
		return y.fail(err)
	}
	for end > first {
		lo, n := end-1, counts[end-1-first]
		for ; lo > first && n+counts[lo-1-first] <= y.most; lo-- {
			n += counts[lo-1-first]
		}
		r.arcs = slices.Grow(r.arcs[:0], int(min(n, y.most)))
		passing := n > y.most
		if !passing {
			if err := y.log.each(r.part, only(lo, end, func(arcs []uint64) { r.arcs = append(r.arcs, arcs...) })); err != nil {
				return y.fail(err)
			}
		}
		r.sort(lo, end, r.arcs)
		if passing {
			r.bucket.More = func(fn func([]uint64)) error { return y.log.each(r.part, only(lo, lo+1, fn)) }
		}
		if !y.give(&r.bucket) {
			return false
		}
		end = lo
	}
	return true
}

// only passes on the arcs into the targets first to end-1; it changes the pieces.
func only(first, end uint32, fn func([]uint64)) func([]uint64) {
	return func(arcs []uint64) {
		k := 0
		for _, a := range arcs {
			if t := uint32(a >> 32); t >= first && t < end {
				arcs[k] = a
				k++
			}
		}
		fn(arcs[:k])
	}
}

// leaves finds the immediate dominator of each leaf: the nearest common ancestor of the core objects of its own
// strength that refer to it.
func (b *builder) leaves(ctx context.Context) error {
	h := b.h
	var err error
	if b.leaf, err = newArray[uint32](b.leafN + 1); err != nil {
		return err
	}
	for _, r := range h.roots {
		if p, ok := h.index.locate(h.index.addr(r.Object)); ok && !p.core {
			b.fold(p.place, 0, Strong)
		}
	}
	for _, e := range b.leafRef {
		from := b.num.v[e.from]
		s := b.strengthOf(from)
		switch {
		case e.kind == Strong || e.kind < s:
			b.fold(e.to, from, s)
		default:
			b.fold(e.to, 0, e.kind)
		}
	}
	b.leafRef = nil
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range h.opt.workers() {
		g.Go(func() error {
			var buf []byte
			for {
				i := int(next.Add(1)) - 1
				if i >= len(b.leafLog.blocks) || ctx.Err() != nil {
					return ctx.Err()
				}
				blk := b.leafLog.blocks[i]
				if int64(cap(buf)) < blk[1] {
					buf = make([]byte, blk[1])
				}
				buf = buf[:blk[1]]
				if err := readAll(b.leafLog.f, buf, blk[0]); err != nil {
					return err
				}
				b.leafBlock(buf)
			}
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	_ = b.leafLog.f.Close()
	b.leafLog = nil
	b.loose = b.looseMirrors()
	unreached := b.rootOf(Unreachable)
	for i, d := range b.leaf.v[:b.leafN] {
		if d == 0 {
			b.leaf.v[i] = unreached
		}
	}
	return nil
}

// leafBlock folds the edges of one block of the log.
func (b *builder) leafBlock(p []byte) {
	var core, leaf int64
	var lastCore int64 = -1
	var from uint32
	var s Strength
	for len(p) > 0 {
		z, k := uvarint(p)
		p = p[k:]
		core += unzigzag(z)
		z, k = uvarint(p)
		p = p[k:]
		leaf += unzigzag(z)
		if core != lastCore {
			lastCore = core
			from = b.num.v[core]
			s = b.strengthOf(from)
		}
		b.fold(uint32(leaf), from, s)
	}
}

func uvarint(p []byte) (uint64, int) {
	z := uint64(p[0])
	if z < 0x80 {
		return z, 1
	}
	z &= 0x7f
	for i := 1; ; i++ {
		c := uint64(p[i])
		z |= (c & 0x7f) << (7 * i)
		if c < 0x80 {
			return z, i + 1
		}
	}
}

// rootOf encodes "dominated by the virtual root, of strength s".
func (b *builder) rootOf(s Strength) uint32 { return b.count + 1 + uint32(s) }

// meet combines what is known of a leaf with one more reference from preorder number from (0 is the virtual root) of
// strength s.
func (b *builder) meet(old, from uint32, s Strength) uint32 {
	at := from
	if from == 0 {
		at = b.rootOf(s)
	}
	if old == 0 {
		return at
	}
	if old == at {
		return old
	}
	if old > b.count {
		if so := Strength(old - b.count - 1); s >= so {
			return old
		}
		return at
	}
	switch so := b.strengthOf(old); {
	case s < so:
		return at
	case s > so:
		return old
	}
	if from == 0 {
		return at
	}
	if c := b.ancestors.NCA(old, from); c != 0 {
		return c
	}
	return b.rootOf(s)
}

// fold applies one reference to a leaf; safe for concurrent use, and the result does not depend on the order.
func (b *builder) fold(leaf, from uint32, s Strength) {
	p := &b.leaf.v[leaf]
	for {
		old := atomic.LoadUint32(p)
		to := b.meet(old, from, s)
		if to == old || atomic.CompareAndSwapUint32(p, old, to) {
			return
		}
	}
}
