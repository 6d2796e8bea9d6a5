package graph

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"heapcause/graph/index"
)

// locator finds the record of an object in the dump: by blocks of records that ascend in the file and by address. Where file order is
// address order (all HotSpot collectors but ZGC and Shenandoah) there is one block per locatorStep records; blocks of
// interleaved runs may overlap.
//
// A bit per object says that a block begins with it; with it come the rank of every rankStep-th word, and per block 7 bytes,
// little-endian: the span in locBlockSpan bits, above it the offset. So an unordered dump costs 7 bytes per object at most. It lies so
// in an index file too.
type locator struct {
	bits   []uint64
	ranks  []uint32
	blocks []byte

	bitsPart, ranksPart, blocksPart *index.Section // nil unless from an index
}

const (
	packedBlock  = 7
	locBlockSpan = 10 // bits: no span is beyond locatorReach
	maxLocOffset = 1<<(8*packedBlock-locBlockSpan) - 1
)

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

// blocksBefore returns the rank of word w: how many blocks begin with an object before its first.
func (l *locator) blocksBefore(w uint64) int64 {
	i := int64(l.ranks[w/rankStep])
	for _, before := range l.bits[w&^(rankStep-1) : w] {
		i += int64(bits.OnesCount64(before))
	}
	return i
}

// each calls fn with the offsets at which the record of o, or one before it, may lie, until fn returns true.
func (l *locator) each(o Object, fn func(offset int64) bool) {
	w := uint64(o) / 64
	if !intact(l.bitsPart, w*8) || !intact(l.ranksPart, w/rankStep*4) {
		return
	}
	word := l.bits[w] & (2<<(o%64) - 1)
	i := l.blocksBefore(w) + int64(bits.OnesCount64(word)) - 1
	for {
		for ; word != 0; i-- {
			t := bits.Len64(word) - 1
			word &^= 1 << t
			first := Object(w)*64 + Object(t)
			offset, span := l.block(i)
			if first+locatorReach < o || offset < 0 || first+span >= o && fn(offset) {
				return
			}
		}
		if w == 0 || Object(w)*64+locatorReach < o {
			return
		}
		if w--; !intact(l.bitsPart, w*8) {
			return
		}
		word = l.bits[w]
	}
}

// intact reports whether what is at an offset of a part of an index may be read; there is no part where the heap was built.
func intact(s *index.Section, at uint64) bool { return s == nil || s.Ok(at) }

// block returns the offset and the span of a block; an offset of -1 where the index is damaged.
func (l *locator) block(i int64) (offset int64, span Object) {
	at := i * packedBlock
	if at < 0 || at+packedBlock > int64(len(l.blocks)) {
		if l.blocksPart != nil {
			l.blocksPart.Fail()
		}
		return -1, 0
	}
	if !intact(l.blocksPart, uint64(at)) || !intact(l.blocksPart, uint64(at)+packedBlock-1) {
		return -1, 0
	}
	var b [8]byte
	copy(b[:], l.blocks[at:at+packedBlock])
	x := binary.LittleEndian.Uint64(b[:])
	return int64(x >> locBlockSpan), Object(x & (1<<locBlockSpan - 1))
}

// locLog collects the blocks of all workers.
type locLog struct{ *appender }

// locBatch blocks are written at a time: 64 KiB.
const locBatch = 4096

func (l *locLog) write(bs []locBlock) error { return l.append(blockBytes(bs), nil) }

// blockBytes returns the memory of blocks.
func blockBytes(bs []locBlock) []byte {
	if len(bs) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&bs[0])), len(bs)*int(unsafe.Sizeof(bs[0])))
}

// each calls fn with all blocks.
func (l *locLog) each(fn func(*locBlock)) error {
	bs := make([]locBlock, locBatch)
	const size = int64(unsafe.Sizeof(locBlock{}))
	for at := int64(0); at < l.size; at += size * locBatch {
		piece := bs[:min(locBatch, (l.size-at)/size)]
		if err := readAll(l.f, blockBytes(piece), at); err != nil {
			return err
		}
		for i := range piece {
			fn(&piece[i])
		}
	}
	return nil
}

// locator sorts the blocks into a locator in the store.
func (l *locLog) locator(s *store, objects uint64) (out locator, err error) {
	words, err := newArray[uint64](int64(objects+63)/64 + 1)
	if err != nil {
		return out, err
	}
	defer words.free()
	if err := l.each(func(b *locBlock) {
		if b.offset <= maxLocOffset { // beyond 64 TiB an object is not found, as where a record is lost
			words.v[b.first/64] |= 1 << (b.first % 64)
		}
	}); err != nil {
		return out, err
	}
	out.bits = words.v[:(objects+63)/64]
	rank := uint32(0)
	for i, x := range out.bits {
		if i%rankStep == 0 {
			out.ranks = append(out.ranks, rank)
		}
		rank += uint32(bits.OnesCount64(x))
	}
	blocks, err := newArray[uint8](int64(rank)*packedBlock + 8)
	if err != nil {
		return out, err
	}
	defer blocks.free()
	if err := l.each(func(b *locBlock) {
		if b.offset > maxLocOffset {
			return
		}
		w, bit := uint64(b.first)/64, uint64(1)<<(b.first%64)
		i := out.blocksBefore(w) + int64(bits.OnesCount64(out.bits[w]&(bit-1)))
		var x [8]byte
		binary.LittleEndian.PutUint64(x[:], uint64(b.offset)<<locBlockSpan|uint64(b.span))
		copy(blocks.v[i*packedBlock:][:packedBlock], x[:])
	}); err != nil {
		return out, err
	}
	if out.bits, err = keep(s, &words); err != nil {
		return out, err
	}
	out.bits = out.bits[:(objects+63)/64]
	out.blocks, err = keep(s, &blocks)
	out.blocks = out.blocks[:min(int(rank)*packedBlock, len(out.blocks))]
	return out, err
}

// locWriter collects the blocks of one worker.
type locWriter struct {
	log  *locLog
	out  []locBlock
	cur  locBlock
	n    int // records since offset, counted by the caller
	open bool
	err  error
}

func (w *locWriter) put(o Object, offset int64) {
	last := Object(w.cur.first) + Object(w.cur.span)
	if w.open && w.n <= locatorStep && o > last && o-last <= locatorGap {
		w.cur.span = uint32(o) - w.cur.first
		return
	}
	w.end()
	w.cur = locBlock{offset: offset, first: uint32(o)}
	w.n, w.open = 1, true
}

// end ends the block at hand.
func (w *locWriter) end() {
	if !w.open {
		return
	}
	w.open = false
	if w.out = append(w.out, w.cur); len(w.out) == locBatch {
		w.flush()
	}
}

func (w *locWriter) flush() {
	if w.err == nil {
		w.err = w.log.write(w.out)
	}
	w.out = w.out[:0]
}

// locator writes the bits, the ranks and the blocks.
func (w *indexWriter) locator() error {
	l := &w.h.loc
	if err := w.bytes(asBytes(l.bits)); err != nil {
		return err
	}
	if err := w.w.Begin(partLocRanks); err != nil {
		return err
	}
	if err := w.bytes(asBytes(l.ranks)); err != nil {
		return err
	}
	if err := w.w.Begin(partLocBlocks); err != nil {
		return err
	}
	return w.bytes(l.blocks)
}

// locator opens what the writer's locator wrote.
func (r *indexReader) locator() {
	words := (r.h.n + 63) / 64
	l := locator{
		bitsPart: r.part(partLocBits, 8*words), ranksPart: r.part(partLocRanks, 4*((words+rankStep-1)/rankStep)), blocksPart: r.x.Section(partLocBlocks),
	}
	l.bits, l.ranks, l.blocks = asNumbers[uint64](l.bitsPart.Bytes), asNumbers[uint32](l.ranksPart.Bytes), l.blocksPart.Bytes
	r.h.loc = l
}
