package dominator

import (
	"fmt"
	"iter"
)

// Bucket holds predecessors of consecutive targets, all in preorder numbers.
// Those of target First+i are Pred[Start[i]:Start[i+1]], so Start has one
// element more than there are targets. First is at least 1.
//
// Every edge between reached vertices must be in some bucket, except self loops
// and edges from ancestors in the search tree that label covers, which may be.
// A root that the search met from elsewhere has the predecessor 0. Order and repetition within a
// target do not matter, and neither does whether a predecessor is smaller or
// greater than its target.
//
// [Semidominators] fills Semi, which has as many elements as there are targets.
type Bucket struct {
	First uint32
	Start []uint64
	Pred  []uint32
	Semi  []uint32

	// More, if set, supplies further arcs into the last target, packed as for Fill, in pieces that it may overwrite afterwards: for a
	// target with more predecessors than memory should hold.
	More func(func(arcs []uint64)) error
}

// targets is the number of targets of b.
func (b *Bucket) targets() int { return len(b.Start) - 1 }

// Fill sets Start and Pred from arcs in any order, each packed as
// target<<32 | predecessor, by counting sort. It overwrites Start, whose length
// says how many targets there are, and Pred, whose capacity it reuses where
// that is enough. A target out of range panics.
func (b *Bucket) Fill(arcs []uint64) {
	clear(b.Start)
	for _, arc := range arcs {
		b.Start[:b.targets()][uint32(arc>>32)-b.First]++
	}
	sum := uint64(0)
	for i, n := range b.Start {
		sum += n
		b.Start[i] = sum
	}
	if cap(b.Pred) < len(arcs) {
		b.Pred = make([]uint32, len(arcs))
	}
	b.Pred = b.Pred[:len(arcs)]
	for _, arc := range arcs {
		start := &b.Start[uint32(arc>>32)-b.First]
		*start--
		b.Pred[*start] = uint32(arc)
	}
}

// Semidominators computes the semidominator of every preorder number. It is the
// first pass of Semi-NCA.
//
// anc and label have N+1 elements. On entry anc[w] is the parent of w for each w
// from 1 to N, and label[w] the least of w's predecessors among its ancestors, or
// any other of them where the buckets have the rest: the parent, to begin with.
// Both are working memory, 8 bytes per
// vertex, and hold nothing of use afterwards.
//
// The buckets come in descending order of target and together cover N down to 1
// without gap. Semi of a bucket is complete when the iterator is resumed, which
// may then reuse the bucket's memory. The first error that the iterator yields
// ends the pass and is returned. Buckets out of order panic.
//
// Time is O((n+m) log n) for n vertices and m predecessors.
func Semidominators(anc, label []uint32, buckets iter.Seq2[Bucket, error]) error {
	left := len(anc) - 1 // numbers without a semidominator so far
	for b, err := range buckets {
		if err != nil {
			return err
		}
		first, n := int(b.First), b.targets()
		if first < 1 || first+n-1 != left || len(b.Semi) != n {
			panic(fmt.Sprintf("dominator: bucket of targets %d to %d with room for %d, expected one that ends at %d",
				first, first+n-1, len(b.Semi), left))
		}
		if err := b.semidominators(anc, label); err != nil {
			return err
		}
		left -= n
	}
	if left > 0 {
		panic(fmt.Sprintf("dominator: no bucket for targets 1 to %d", left))
	}
	return nil
}

// semidominators does the targets of one bucket. The semidominator of w is the
// least of w's smaller predecessors and, for each greater predecessor v, of the
// semidominators of v and of v's ancestors greater than w.
func (b *Bucket) semidominators(anc, label []uint32) error {
	i := b.targets() - 1
	if b.More != nil && i >= 0 {
		if err := b.passing(i, anc, label); err != nil {
			return err
		}
		i--
	}
	for ; i >= 0; i-- {
		b.Semi[i] = b.semidominator(i, anc, label)
		label[b.First+uint32(i)] = b.Semi[i]
	}
	return nil
}

// semidominator is that of target First+i by the predecessors in Pred.
func (b *Bucket) semidominator(i int, anc, label []uint32) uint32 {
	w := b.First + uint32(i)
	semi := label[w] // as it was on entry: eval changes only numbers above its bound
	for _, v := range b.Pred[b.Start[i]:b.Start[i+1]] {
		if v > w {
			v = eval(anc, label, v, w)
		}
		semi = min(semi, v)
	}
	return semi
}

// passing does target First+i, whose predecessors do not all lie in Pred.
func (b *Bucket) passing(i int, anc, label []uint32) error {
	w := b.First + uint32(i)
	semi := b.semidominator(i, anc, label)
	err := b.More(func(arcs []uint64) {
		for _, arc := range arcs {
			v := uint32(arc)
			if v > w {
				v = eval(anc, label, v, w)
			}
			semi = min(semi, v)
		}
	})
	b.Semi[i], label[w] = semi, semi
	return err
}

// eval returns the least label of v and those of its ancestors that are greater
// than bound; v itself is. It compresses the path on the way: afterwards anc of
// each vertex on it is the first ancestor not greater than bound, and label
// covers what is skipped. There is no stack: on the way up anc points back down.
func eval(anc, label []uint32, v, bound uint32) uint32 {
	if anc[v] <= bound {
		return label[v]
	}
	x, below := v, v
	for up := anc[x]; up > bound; up = anc[x] {
		anc[x] = below
		x, below = up, x
	}
	top, least := anc[x], label[x]
	for x != v {
		x = below
		below = anc[x]
		anc[x] = top
		least = min(least, label[x])
		label[x] = least
	}
	return least
}
