package graph

import (
	"math/bits"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
)

// addrIndex maps object addresses to dense numbers in ascending address order, and back. It is a bitmap with ranks, one
// bit per possible object start, in pages of 1 MiB of heap that exist only where objects are. Where addresses are so sparse
// that pages would cost more than a small multiple of the dump (hostile or foreign identifiers), it is a sorted array.
type addrIndex struct {
	shift  uint // log2 of the granule: 3, or 0 where identifiers are not multiples of 8
	mu     sync.Mutex
	pages  map[uint64]*page
	dir    []*page // dense directory from first, when the range allows it
	first  uint64
	order  []*page // ascending
	sorted []uint64
	n      uint64
}

const (
	pageBits  = 17 // granules of a page: 1 MiB of heap at 8 bytes
	pageCells = 1 << (pageBits - 6)
	maxDir    = 1 << 24 // entries of the dense directory: 16 TiB of address range
)

type page struct {
	key   uint64
	base  uint64 // objects before this page
	cells [pageCells]cell
}

// cell covers 64 granules.
type cell struct {
	bits uint64
	rank uint32 // objects of the page before this cell
}

func newAddrIndex(shift uint) *addrIndex { return &addrIndex{shift: shift, pages: map[uint64]*page{}} }

// page returns the page of a key, making it when absent. The caller caches it: locality is high in file order.
func (x *addrIndex) page(key uint64) *page {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.pages[key]
	if p == nil {
		p = &page{key: key}
		x.pages[key] = p
	}
	return p
}

// seal computes ranks once all addresses are set. maxPages bounds what is kept; beyond it the sorted form is used.
func (x *addrIndex) seal() {
	for _, p := range x.pages {
		x.order = append(x.order, p)
	}
	slices.SortFunc(x.order, func(a, b *page) int {
		if a.key < b.key {
			return -1
		}
		return 1
	})
	for _, p := range x.order {
		p.base = x.n
		var r uint32
		for i := range p.cells {
			p.cells[i].rank = r
			r += uint32(bits.OnesCount64(p.cells[i].bits))
		}
		x.n += uint64(r)
	}
	if k := len(x.order); k > 0 {
		x.first = x.order[0].key
		if span := x.order[k-1].key - x.first; span < maxDir {
			x.dir = make([]*page, span+1)
			for _, p := range x.order {
				x.dir[p.key-x.first] = p
			}
		}
	}
}

// sealSorted is the fallback: addrs are all addresses, in any order.
func (x *addrIndex) sealSorted(addrs []uint64) {
	slices.Sort(addrs)
	x.sorted = slices.Compact(addrs)
	x.pages, x.order = nil, nil
	x.n = uint64(len(x.sorted))
}

// find returns the number of the object at addr.
func (x *addrIndex) find(addr uint64) (Object, bool) {
	if x.sorted != nil {
		i, ok := slices.BinarySearch(x.sorted, addr)
		return Object(i), ok
	}
	g := addr >> x.shift
	if g<<x.shift != addr {
		return NoObject, false
	}
	key := g >> pageBits
	var p *page
	if x.dir != nil {
		k := key - x.first
		if k >= uint64(len(x.dir)) {
			return NoObject, false
		}
		p = x.dir[k]
	} else {
		p = x.pages[key]
	}
	if p == nil {
		return NoObject, false
	}
	c := &p.cells[(g>>6)&(pageCells-1)]
	bit := uint64(1) << (g & 63)
	if c.bits&bit == 0 {
		return NoObject, false
	}
	return Object(p.base + uint64(c.rank) + uint64(bits.OnesCount64(c.bits&(bit-1)))), true
}

// addr returns the address of an object.
func (x *addrIndex) addr(o Object) uint64 {
	if uint64(o) >= x.n {
		return 0
	}
	if x.sorted != nil {
		return x.sorted[o]
	}
	i := sort.Search(len(x.order), func(i int) bool { return x.order[i].base > uint64(o) }) - 1
	p := x.order[i]
	r := uint32(uint64(o) - p.base)
	lo, hi := 0, pageCells-1
	for lo < hi {
		m := (lo + hi + 1) / 2
		if p.cells[m].rank <= r {
			lo = m
		} else {
			hi = m - 1
		}
	}
	w := p.cells[lo].bits
	for r -= p.cells[lo].rank; r > 0; r-- {
		w &= w - 1
	}
	return (p.key<<pageBits | uint64(lo)<<6 | uint64(bits.TrailingZeros64(w))) << x.shift
}

// distance returns how far the next object lies after addr, or 0 when that is unknown or farther than the page.
func (x *addrIndex) distance(addr uint64) uint64 {
	if x.sorted != nil {
		i, _ := slices.BinarySearch(x.sorted, addr+1)
		if i == len(x.sorted) {
			return 0
		}
		return x.sorted[i] - addr
	}
	g := addr >> x.shift
	var p *page
	if x.dir != nil {
		p = x.dir[g>>pageBits-x.first]
	} else {
		p = x.pages[g>>pageBits]
	}
	i := (g >> 6) & (pageCells - 1)
	w := p.cells[i].bits &^ (2<<(g&63) - 1)
	for w == 0 {
		if i++; i == pageCells {
			return 0
		}
		w = p.cells[i].bits
	}
	next := p.key<<pageBits | i<<6 | uint64(bits.TrailingZeros64(w))
	return (next - g) << x.shift
}

// set marks the granule; safe for concurrent use.
func (p *page) set(g uint64) {
	c := &p.cells[(g>>6)&(pageCells-1)]
	if bit := uint64(1) << (g & 63); atomic.LoadUint64(&c.bits)&bit == 0 {
		atomic.OrUint64(&c.bits, bit)
	}
}
