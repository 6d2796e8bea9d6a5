package graph

import (
	"slices"
	"sort"
	"sync"
)

// locator finds the record of an object in the dump. Where file order is address order (all HotSpot collectors but ZGC and
// Shenandoah) it keeps one block per locatorStep records; blocks of interleaved runs may overlap.
type locator struct {
	mu     sync.Mutex
	blocks []locBlock // by first
	maxEnd []Object   // maxEnd[i] is the greatest last of blocks[:i+1]
}

// locBlock covers records in the file from offset on, ascending from object first to object last.
type locBlock struct {
	first, last Object
	offset      int64
}

// locatorStep bounds the records of a block, roots and classes between its objects included; locatorGap bounds how far the
// numbers of two neighbours are apart: blocks that overlap are few.
const (
	locatorStep = 64
	locatorGap  = 8
)

func (l *locator) add(bs []locBlock) {
	l.mu.Lock()
	l.blocks = append(l.blocks, bs...)
	l.mu.Unlock()
}

func (l *locator) seal() {
	slices.SortFunc(l.blocks, func(a, b locBlock) int {
		switch {
		case a.first < b.first:
			return -1
		case a.first > b.first:
			return 1
		case a.offset < b.offset:
			return -1
		}
		return 1
	})
	l.maxEnd = make([]Object, len(l.blocks))
	var m Object
	for i, b := range l.blocks {
		m = max(m, b.last)
		l.maxEnd[i] = m
	}
}

// each calls fn with the offsets at which the record of o, or one before it, may lie, until fn returns true.
func (l *locator) each(o Object, fn func(offset int64) bool) {
	i := sort.Search(len(l.blocks), func(i int) bool { return l.blocks[i].first > o }) - 1
	for ; i >= 0 && l.maxEnd[i] >= o; i-- {
		if l.blocks[i].last >= o && fn(l.blocks[i].offset) {
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
	if w.open && w.n <= locatorStep && o > w.cur.last && o-w.cur.last <= locatorGap {
		w.cur.last = o
		return
	}
	w.flush()
	w.cur = locBlock{o, o, offset}
	w.n, w.open = 1, true
}

func (w *locWriter) flush() {
	if w.open {
		w.out = append(w.out, w.cur)
		w.open = false
	}
}
