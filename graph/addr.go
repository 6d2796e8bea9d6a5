package graph

import (
	"errors"
	"iter"
	"math/bits"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"unsafe"
)

// addrIndex maps object addresses to dense numbers in ascending address order, and back. It is a bitmap with ranks, one
// bit per possible object start, in pages of 1 MiB of heap that exist only where objects are: about 2 bytes per object. A
// second bitmap marks the core: objects with outgoing references that matter for dominators. Core objects and leaves
// are numbered too, each in their own space. Where addresses are so sparse that pages would cost more than a small multiple of
// the dump (hostile or foreign identifiers), a sorted array takes their place.
type addrIndex struct {
	shift uint // log2 of the granule: 3, or 0 where identifiers are not multiples of 8
	store *store

	mu    sync.Mutex
	pages map[uint64]*page
	slab  []page   // the unused pages of the last slab
	slabs [][]byte // what the pages lie in until settle
	limit int      // pages that may be made

	dir   []*page // dense directory from first, when the range allows it
	first uint64
	order []*page // ascending

	sorted     []uint64 // the sparse form: addresses, the core's bits and their ranks per word
	sortedCore []uint64
	sortedRank []uint32

	packed *packedAddrs // from an index, in place of pages and sorted

	n, nCore uint64
}

const (
	pageBits  = 17 // granules of a page: 1 MiB of heap at 8 bytes
	pageCells = 1 << (pageBits - 6)
	maxDir    = 1 << 24 // entries of the dense directory: 16 TiB of address range
	slabPages = 512
)

// page lies off the Go heap and holds no Go pointer.
type page struct {
	key      uint64
	base     uint64 // objects before this page
	coreBase uint64
	_        uint64
	cells    [pageCells]cell
}

// cell covers 64 granules: 24 bytes.
type cell struct {
	bits     uint64
	core     uint64
	rank     uint32 // objects of the page before this cell
	coreRank uint32
}

const pageSize = int(unsafe.Sizeof(page{}))

// errSparse says that pages do not pay.
var errSparse = errors.New("graph: sparse addresses")

// newAddrIndex allows pages for a dump of so many bytes: as much as that, or 64 MiB. Objects of 50 bytes of dump would
// pay for half of it; where they lie side by side, pages take a twentieth.
func newAddrIndex(s *store, shift uint, dumpBytes int64) *addrIndex {
	limit := max(64<<20, dumpBytes) / int64(pageSize)
	return &addrIndex{shift: shift, store: s, pages: map[uint64]*page{}, limit: int(limit)}
}

// page returns the page of a key, making it when absent. The caller caches it: locality is high in file order.
func (x *addrIndex) page(key uint64) (*page, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.pages[key]
	if p != nil {
		return p, nil
	}
	if len(x.pages) >= x.limit {
		return nil, errSparse
	}
	if len(x.slab) == 0 {
		n := max(1, min(slabPages, len(x.pages)/4))
		b, err := mapAnon(int64(n * pageSize))
		if err != nil {
			return nil, err
		}
		hugePages(b)
		x.slabs = append(x.slabs, b)
		x.slab = unsafe.Slice((*page)(unsafe.Pointer(&b[0])), n)
	}
	p = &x.slab[0]
	x.slab = x.slab[1:]
	p.key = key
	x.pages[key] = p
	return p, nil
}

// free releases the pages' memory.
func (x *addrIndex) free() {
	for _, b := range x.slabs {
		unmap(b)
	}
	x.pages, x.dir, x.order, x.slab, x.slabs = nil, nil, nil, nil, nil
}

// settle moves the pages to the store, once they are no longer read at random all the time.
func (x *addrIndex) settle() error {
	if x.store.f == nil || len(x.order) == 0 {
		return nil
	}
	const words = pageSize / 8
	w, err := newColumnWriter[uint64](x.store, uint64(len(x.order)*words))
	if err != nil {
		return err
	}
	for i, p := range x.order {
		if err := w.write(uint64(i*words), unsafe.Slice((*uint64)(unsafe.Pointer(p)), words)); err != nil {
			return err
		}
	}
	v, err := w.finish()
	if err != nil {
		return err
	}
	order, dir := x.order, x.dir
	for i := range order {
		order[i] = (*page)(unsafe.Pointer(&v[i*words]))
	}
	x.free()
	x.order, x.dir, x.pages = order, dir, make(map[uint64]*page, len(order))
	for _, p := range order {
		x.pages[p.key] = p
		if dir != nil {
			dir[p.key-x.first] = p
		}
	}
	return nil
}

// mark sets the bits of up to 64 granules; safe for concurrent use.
func (c *cell) mark(all, core uint64) {
	if atomic.LoadUint64(&c.bits)&all != all {
		atomic.OrUint64(&c.bits, all)
	}
	if core != 0 && atomic.LoadUint64(&c.core)&core != core {
		atomic.OrUint64(&c.core, core)
	}
}

// seal computes ranks once all addresses are set.
func (x *addrIndex) seal() {
	x.order = x.order[:0]
	for _, p := range x.pages {
		x.order = append(x.order, p)
	}
	slices.SortFunc(x.order, func(a, b *page) int {
		if a.key < b.key {
			return -1
		}
		return 1
	})
	x.n, x.nCore = 0, 0
	for _, p := range x.order {
		p.base, p.coreBase = x.n, x.nCore
		var r, cr uint32
		for i := range p.cells {
			c := &p.cells[i]
			c.rank, c.coreRank = r, cr
			r += uint32(bits.OnesCount64(c.bits))
			cr += uint32(bits.OnesCount64(c.core))
		}
		x.n += uint64(r)
		x.nCore += uint64(cr)
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

// sealSorted is the sparse form: addrs are all addresses, core those of the core, in any order and with repetition.
func (x *addrIndex) sealSorted(addrs, core []uint64) {
	slices.Sort(addrs)
	x.sorted = slices.Compact(addrs)
	if x.sorted == nil {
		x.sorted = []uint64{}
	}
	x.free()
	x.n = uint64(len(x.sorted))
	x.sortedCore = make([]uint64, x.n/64+1)
	for _, a := range core {
		if i, ok := slices.BinarySearch(x.sorted, a); ok {
			x.sortedCore[i/64] |= 1 << (i % 64)
		}
	}
	x.rankSorted()
}

func (x *addrIndex) rankSorted() {
	x.nCore = 0
	x.sortedRank = make([]uint32, len(x.sortedCore))
	for i, w := range x.sortedCore {
		x.sortedRank[i] = uint32(x.nCore)
		x.nCore += uint64(bits.OnesCount64(w))
	}
}

// promote moves leaves into the core.
func (x *addrIndex) promote(addrs []uint64) {
	changed := false
	for _, a := range addrs {
		if s, ok := x.locate(a); !ok || s.core {
			continue
		}
		changed = true
		if x.sorted != nil {
			i, _ := slices.BinarySearch(x.sorted, a)
			x.sortedCore[i/64] |= 1 << (i % 64)
			continue
		}
		g := a >> x.shift
		x.pageOf(g).cells[(g>>6)&(pageCells-1)].core |= 1 << (g & 63)
	}
	switch {
	case !changed:
	case x.sorted != nil:
		x.rankSorted()
	default:
		x.seal()
	}
}

// slot is where an object stands: its number and its place in the core or among the leaves.
type slot struct {
	object uint32
	place  uint32
	core   bool
}

// pageOf returns the page of a granule, nil when there is none.
func (x *addrIndex) pageOf(g uint64) *page {
	if x.dir != nil {
		k := g>>pageBits - x.first
		if k >= uint64(len(x.dir)) {
			return nil
		}
		return x.dir[k]
	}
	return x.pages[g>>pageBits]
}

// locate returns the slot of the object at addr.
func (x *addrIndex) locate(addr uint64) (slot, bool) {
	g := addr >> x.shift
	if x.sorted != nil || g<<x.shift != addr {
		if x.sorted == nil {
			return slot{}, false
		}
		i, ok := slices.BinarySearch(x.sorted, addr)
		return x.sortedSlot(i), ok
	}
	p := x.pageOf(g)
	if p == nil {
		return slot{}, false
	}
	c := &p.cells[(g>>6)&(pageCells-1)]
	bit := uint64(1) << (g & 63)
	if c.bits&bit == 0 {
		return slot{}, false
	}
	o := uint32(p.base) + c.rank + uint32(bits.OnesCount64(c.bits&(bit-1)))
	k := uint32(p.coreBase) + c.coreRank + uint32(bits.OnesCount64(c.core&(bit-1)))
	if c.core&bit != 0 {
		return slot{o, k, true}, true
	}
	return slot{o, o - k, false}, true
}

func (x *addrIndex) sortedSlot(i int) slot {
	if i >= len(x.sorted) {
		return slot{}
	}
	w, bit := x.sortedCore[i/64], uint64(1)<<(i%64)
	k := x.sortedRank[i/64] + uint32(bits.OnesCount64(w&(bit-1)))
	if w&bit != 0 {
		return slot{uint32(i), k, true}
	}
	return slot{uint32(i), uint32(i) - k, false}
}

// touch reads the cells of addresses and returns something of all of them: reads that do not wait for each other, after which
// locate finds the cells in the processor's cache.
func (x *addrIndex) touch(addrs []uint64) (sum uint64) {
	for _, a := range addrs {
		g := a >> x.shift
		if k := g>>pageBits - x.first; k < uint64(len(x.dir)) {
			if p := x.dir[k]; p != nil {
				sum += p.cells[(g>>6)&(pageCells-1)].bits
			}
		}
	}
	return sum
}

// find returns the number of the object at addr.
func (x *addrIndex) find(addr uint64) (Object, bool) {
	if x.packed != nil {
		return x.packed.find(addr)
	}
	s, ok := x.locate(addr)
	if !ok {
		return NoObject, false
	}
	return Object(s.object), true
}

// isCore reports whether the object at addr, which exists, is in the core.
func (x *addrIndex) isCore(addr uint64) bool {
	s, _ := x.locate(addr)
	return s.core
}

// addr returns the address of an object.
func (x *addrIndex) addr(o Object) uint64 {
	if uint64(o) >= x.n {
		return 0
	}
	if x.packed != nil {
		return x.packed.addr(o)
	}
	if x.sorted != nil {
		return x.sorted[o]
	}
	p := x.order[x.pageIndex(uint64(o))]
	r := uint32(uint64(o) - p.base)
	lo, hi := 0, pageCells-1 // the last cell whose rank is at most r: it has bits, as ranks grow only behind those
	for lo < hi {
		if m := (lo + hi + 1) / 2; p.cells[m].rank <= r {
			lo = m
		} else {
			hi = m - 1
		}
	}
	for p.cells[lo].bits == 0 {
		lo--
	}
	w := p.cells[lo].bits
	for r -= p.cells[lo].rank; r > 0; r-- {
		w &= w - 1
	}
	return (p.key<<pageBits | uint64(lo)<<6 | uint64(bits.TrailingZeros64(w))) << x.shift
}

// pageIndex returns the place in order of the page of an object.
func (x *addrIndex) pageIndex(o uint64) int {
	return sort.Search(len(x.order), func(i int) bool { return x.order[i].base > o }) - 1
}

// run is a number of consecutive objects.
type run struct {
	first     uint32 // number of the first
	firstCore uint32 // place of the first core object from there on
	firstLeaf uint32
	core      []bool // per object
}

// sortedRun is the length of the runs of the sparse form, a multiple of 64.
const sortedRun = 1 << 16

// runs returns how many runs make up all objects.
func (x *addrIndex) runs() int {
	if x.sorted != nil {
		return (len(x.sorted) + sortedRun - 1) / sortedRun
	}
	return len(x.order)
}

// run returns a run, in ascending order, in buf where it has room.
func (x *addrIndex) run(i int, buf []bool) run {
	buf = buf[:0]
	if x.sorted != nil {
		lo, hi := i*sortedRun, min((i+1)*sortedRun, len(x.sorted))
		for o := lo; o < hi; o++ {
			buf = append(buf, x.sortedCore[o/64]>>(o%64)&1 != 0)
		}
		core := x.sortedRank[lo/64]
		return run{uint32(lo), core, uint32(lo) - core, buf}
	}
	p := x.order[i]
	for j := range p.cells {
		c := &p.cells[j]
		for w := c.bits; w != 0; w &= w - 1 {
			buf = append(buf, c.core>>bits.TrailingZeros64(w)&1 != 0)
		}
	}
	return run{uint32(p.base), uint32(p.coreBase), uint32(p.base - p.coreBase), buf}
}

// allRuns yields all objects, run by run; a run's memory is used again.
func (h *Heap) allRuns() iter.Seq[*run] {
	return func(yield func(*run) bool) {
		var r run
		for i := range h.index.runs() {
			if r = h.index.run(i, r.core); !yield(&r) {
				return
			}
			h.passed(uint64(r.first), uint64(r.first)+uint64(len(r.core)))
		}
	}
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
	p := x.pageOf(g)
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
