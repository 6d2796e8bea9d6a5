package graph

import (
	"encoding/binary"
	"math/bits"

	"heapcause/graph/index"
)

// packedLocator is the locator as it lies in an index file: a bit per object that a block begins with, the rank of every
// rankStep-th word, and per block 7 bytes, little-endian: the span in locBlockSpan bits, above it the offset.
type packedLocator struct {
	bits   []uint64
	ranks  []uint32
	blocks []byte

	bitsPart, ranksPart, blocksPart *index.Section
}

const (
	packedBlock  = 7
	locBlockSpan = 10 // bits: no span is beyond locatorReach
	maxLocOffset = 1<<(8*packedBlock-locBlockSpan) - 1
)

// each is locator.each.
func (l *packedLocator) each(o Object, fn func(offset int64) bool) {
	w := uint64(o) / 64
	if !l.bitsPart.Ok(w*8) || !l.ranksPart.Ok(w/rankStep*4) {
		return
	}
	word := l.bits[w] & (2<<(o%64) - 1)
	i := int64(l.ranks[w/rankStep]) + int64(bits.OnesCount64(word)) - 1
	for _, before := range l.bits[w&^(rankStep-1) : w] {
		i += int64(bits.OnesCount64(before))
	}
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
		if w--; !l.bitsPart.Ok(w * 8) {
			return
		}
		word = l.bits[w]
	}
}

// block returns the offset and the span of a block; an offset of -1 where the index is damaged.
func (l *packedLocator) block(i int64) (offset int64, span Object) {
	at := i * packedBlock
	if at < 0 || at+packedBlock > int64(len(l.blocks)) {
		l.blocksPart.Fail()
		return -1, 0
	}
	if !l.blocksPart.Ok(uint64(at)) || !l.blocksPart.Ok(uint64(at)+packedBlock-1) {
		return -1, 0
	}
	var b [8]byte
	copy(b[:], l.blocks[at:at+packedBlock])
	x := binary.LittleEndian.Uint64(b[:])
	return int64(x >> locBlockSpan), Object(x & (1<<locBlockSpan - 1))
}

// locator writes the bits, the ranks and the blocks.
func (w *indexWriter) locator() error {
	h := w.h
	words := make([]uint64, (h.n+63)/64)
	var blocks []byte
	for _, b := range h.loc.blocks {
		if words[b.first/64]>>(b.first%64)&1 != 0 || b.offset > maxLocOffset {
			continue // a repeated identifier; or beyond 64 TiB: not found then, as where a record is lost
		}
		words[b.first/64] |= 1 << (b.first % 64)
		blocks = binary.LittleEndian.AppendUint64(blocks, uint64(b.offset)<<locBlockSpan|uint64(b.span))
		blocks = blocks[:len(blocks)-8+packedBlock]
	}
	ranks := make([]uint32, 0, len(words)/rankStep+1)
	rank := uint32(0)
	for i, x := range words {
		if i%rankStep == 0 {
			ranks = append(ranks, rank)
		}
		rank += uint32(bits.OnesCount64(x))
	}
	if err := w.bytes(asBytes(words)); err != nil {
		return err
	}
	if err := w.w.Begin(partLocRanks); err != nil {
		return err
	}
	if err := w.bytes(asBytes(ranks)); err != nil {
		return err
	}
	if err := w.w.Begin(partLocBlocks); err != nil {
		return err
	}
	return w.bytes(blocks)
}

// locator opens what the writer's locator wrote.
func (r *indexReader) locator() {
	words := (r.h.n + 63) / 64
	l := &packedLocator{
		bitsPart: r.part(partLocBits, 8*words), ranksPart: r.part(partLocRanks, 4*((words+rankStep-1)/rankStep)), blocksPart: r.x.Section(partLocBlocks),
	}
	l.bits, l.ranks, l.blocks = asNumbers[uint64](l.bitsPart.Bytes), asNumbers[uint32](l.ranksPart.Bytes), l.blocksPart.Bytes
	r.h.loc = locator{packed: l}
}
