package graph

import (
	"cmp"
	"slices"
	"sort"
	"sync"
)

// locator finds the record of an object in the dump. Where file order is address order (all HotSpot collectors but ZGC and
// Shenandoah) it keeps one block per locatorStep records; blocks of interleaved runs may overlap.
type locator struct {
	mu     sync.Mutex
	blocks []locBlock     // by first
	packed *packedLocator // from an index, in place of blocks
}

// locBlock covers records in the file from offset on, ascending from object first to object first + span.
type locBlock struct {
	offset      int64
	first, span uint32
}

// locatorStep bounds the records of a block, roots and classes between its objects included; locatorGap bounds how far the
// numbers of two neighbours are apart: blocks that overlap are few, and none reaches farther than locatorReach.
const (
	locatorStep  = 64
	locatorGap   = 8
	locatorReach = locatorStep * locatorGap
)

func (l *locator) add(bs []locBlock) {
	l.mu.Lock()
	l.blocks = append(l.blocks, bs...)
	l.mu.Unlock()
}

func (l *locator) seal() {
	slices.SortFunc(l.blocks, func(a, b locBlock) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.offset, b.offset))
	})
}

// each calls fn with the offsets at which the record of o, or one before it, may lie, until fn returns true.
func (l *locator) each(o Object, fn func(offset int64) bool) {
	if l.packed != nil {
		l.packed.each(o, fn)
		return
	}
	i := sort.Search(len(l.blocks), func(i int) bool { return Object(l.blocks[i].first) > o }) - 1
	for ; i >= 0; i-- {
		b := l.blocks[i]
		if Object(b.first)+locatorReach < o || Object(b.first)+Object(b.span) >= o && fn(b.offset) {
			return
		}
	}
}

// locWriter collects the blocks of one stretch of the file.
type locWriter struct {
	out  []locBlock
	cur  locBlock
	n    int // records since offset, counted by the caller
	open bool
}

func (w *locWriter) put(o Object, offset int64) {
	last := Object(w.cur.first) + Object(w.cur.span)
	if w.open && w.n <= locatorStep && o > last && o-last <= locatorGap {
		w.cur.span = uint32(o) - w.cur.first
		return
	}
	w.flush()
	w.cur = locBlock{offset: offset, first: uint32(o)}
	w.n, w.open = 1, true
}

func (w *locWriter) flush() {
	if w.open {
		w.out = append(w.out, w.cur)
		w.open = false
	}
}
