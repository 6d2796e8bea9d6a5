package graph

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"

	"heapcause/graph/index"
)

// packedAddrs is the address index as it lies in an index file, without the core: about a byte per object. Per page a
// directory entry, a bit per granule, and the rank of every rankStep-th word. The sparse form is an array of addresses.
type packedAddrs struct {
	shift uint
	n     uint64

	dir   []pageEntry // ascending, and one more that holds n
	dense []int32     // directory from dir[0].key on, -1 none; nil where the pages lie too far apart
	bits  []uint64    // pageCells per page
	ranks []uint32    // pageRanks per page: objects of the page before

	sorted []uint64 // the sparse form

	bitsPart, ranksPart, sortedPart *index.Section
}

// pageEntry is a page of addresses: its key, and how many objects lie before it.
type pageEntry struct{ key, base uint64 }

const (
	rankStep  = 8 // words
	pageRanks = pageCells / rankStep
	denseWork = 16 // entries of the dense directory per page, at most
)

// open checks the directory and prepares the dense one.
func (x *packedAddrs) open() bool {
	if x.sorted != nil || x.n == 0 {
		return uint64(len(x.sorted)) == x.n
	}
	k := len(x.dir) - 1
	if k < 1 || len(x.bits) != k*pageCells || len(x.ranks) != k*pageRanks || x.dir[0].base != 0 || x.dir[k].base != x.n {
		return false
	}
	for i := range k {
		if x.dir[i].base > x.dir[i+1].base || i > 0 && x.dir[i].key <= x.dir[i-1].key {
			return false
		}
	}
	first := x.dir[0].key
	if span := x.dir[k-1].key - first; span < uint64(denseWork*k) {
		x.dense = make([]int32, span+1)
		for i := range x.dense {
			x.dense[i] = -1
		}
		for i := range k {
			x.dense[x.dir[i].key-first] = int32(i)
		}
	}
	return true
}

// pageOf returns the place of the page of a key, -1 when there is none.
func (x *packedAddrs) pageOf(key uint64) int {
	if x.dense != nil {
		if i := key - x.dir[0].key; i < uint64(len(x.dense)) {
			return int(x.dense[i])
		}
		return -1
	}
	if x.n == 0 {
		return -1
	}
	i, ok := slices.BinarySearchFunc(x.dir[:len(x.dir)-1], key, func(e pageEntry, key uint64) int { return cmp.Compare(e.key, key) })
	if !ok {
		return -1
	}
	return i
}

// find returns the number of the object at addr.
func (x *packedAddrs) find(addr uint64) (Object, bool) {
	if x.sorted != nil {
		return x.findSorted(addr)
	}
	g := addr >> x.shift
	p := x.pageOf(g >> pageBits)
	if p < 0 || g<<x.shift != addr {
		return NoObject, false
	}
	w := p*pageCells + int(g>>6&(pageCells-1))
	bit := uint64(1) << (g & 63)
	if !x.bitsPart.Ok(uint64(w)*8) || x.bits[w]&bit == 0 || !x.ranksPart.Ok(uint64(w/rankStep)*4) {
		return NoObject, false
	}
	o := x.dir[p].base + uint64(x.ranks[w/rankStep]) + uint64(bits.OnesCount64(x.bits[w]&(bit-1)))
	for i := w &^ (rankStep - 1); i < w; i++ {
		o += uint64(bits.OnesCount64(x.bits[i]))
	}
	if o >= x.n {
		x.ranksPart.Fail()
		return NoObject, false
	}
	return Object(o), true
}

func (x *packedAddrs) findSorted(addr uint64) (Object, bool) {
	i := sort.Search(len(x.sorted), func(i int) bool { return x.sortedPart.Ok(uint64(i)*8) && x.sorted[i] >= addr })
	if i < len(x.sorted) && x.sorted[i] == addr && x.sortedPart.Ok(uint64(i)*8) {
		return Object(i), true
	}
	return NoObject, false
}

// addr returns the address of an object, which must be below n; 0 where the index is damaged.
func (x *packedAddrs) addr(o Object) uint64 {
	if x.sorted != nil {
		if !x.sortedPart.Ok(uint64(o) * 8) {
			return 0
		}
		return x.sorted[o]
	}
	p := sort.Search(len(x.dir), func(i int) bool { return x.dir[i].base > uint64(o) }) - 1
	r := uint32(uint64(o) - x.dir[p].base)
	if !x.ranksPart.Ok(uint64(p)*pageRanks*4) || !x.bitsPart.Ok(uint64(p)*pageCells*8) {
		return 0
	}
	ranks := x.ranks[p*pageRanks : (p+1)*pageRanks]
	at := sort.Search(pageRanks, func(i int) bool { return ranks[i] > r }) - 1
	if at < 0 {
		x.ranksPart.Fail()
		return 0
	}
	r -= ranks[at]
	for i, w := range x.bits[p*pageCells+at*rankStep:][:rankStep] {
		if n := uint32(bits.OnesCount64(w)); r >= n {
			r -= n
			continue
		}
		for ; r > 0; r-- {
			w &= w - 1
		}
		cell := uint64(at*rankStep + i)
		return (x.dir[p].key<<pageBits | cell<<6 | uint64(bits.TrailingZeros64(w))) << x.shift
	}
	x.ranksPart.Fail()
	return 0
}

// packPage appends a page's words and ranks.
func packPage(p *page, words, ranks []byte) (w, r []byte) {
	for i := range p.cells {
		words = binary.NativeEndian.AppendUint64(words, p.cells[i].bits)
		if i%rankStep == 0 {
			ranks = binary.NativeEndian.AppendUint32(ranks, p.cells[i].rank)
		}
	}
	return words, ranks
}
