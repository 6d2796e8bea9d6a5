package gzip

import (
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
)

var le = binary.LittleEndian

// errCorrupt says that a deflate stream breaks the rules of RFC 1951.
var errCorrupt = errors.New("damaged deflate data")

// slack is the room that an inflater may write beyond the place where it is to stop: the longest match, and a word.
const slack = 258 + 3 + 8

// inflater decodes one deflate stream (RFC 1951). Its output buffer is its window, and input and output are whole slices, so
// that a symbol costs no call; that is what makes it several times as fast as a decoder behind io.Reader. It stops where
// output or input runs out, and goes on after the caller has given more.
type inflater struct {
	src  []byte // what comes next is src[ip:], after the bits held
	ip   int
	last bool // nothing follows src

	hold  uint64 // bits taken from src, the next one lowest
	nhold int    // how many

	dst []byte // dst[:op] is what came out so far, or at least its last 32 KiB
	op  int

	state  state
	final  bool // this block is the last
	fixed  bool // the tables are those of fixed codes
	stored int  // bytes left of a stored block
	lens   [maxLitLen + maxDist]uint8
	sorted [maxLitLen]uint16
	lit    [litSize]uint32
	dist   [distSize]uint32
}

type state uint8

const (
	atBlock state = iota
	inStored
	inSymbols
	atEnd
)

const (
	maxLitLen = 288
	maxDist   = 32
	maxCode   = 15 // bits

	// Bits that the first look at a table decodes; longer codes go on in a second part. The sizes cover the largest second
	// parts that complete codes can have (2,342 and 402 entries), rounded up so that an index can be masked.
	litBits  = 11
	litSize  = 4096
	distBits = 8
	distSize = 512

	// blockHeader is at least as long as any block's header, bytes.
	blockHeader = 512
)

// An entry of a table. Low six bits: the bits to take, of the code and of what extends its value.
const (
	literal   = 1 << 31 // bits 16-23: the byte
	special   = 1 << 15 // one of the three below; else bits 16-30 are the least length or distance, bits 8-11 the code's own bits
	second    = 1 << 14 // bits 16-30: where the second part begins; bits 8-11: its bits
	endBlock  = 1 << 13
	noSuch    = special // no code leads here
	takeMask  = 63
	baseShift = 16
	codeShift = 8
)

// reset prepares for a new stream.
func (d *inflater) reset(src []byte, last bool, dst []byte) {
	d.src, d.ip, d.last = src, 0, last
	d.hold, d.nhold = 0, 0
	d.dst, d.op = dst, 0
	d.state, d.final, d.stored = atBlock, false, 0
}

// giveBack returns whole bytes that are held to src.
func (d *inflater) giveBack() {
	if d.nhold >= 8 {
		d.ip -= d.nhold / 8
		d.nhold &= 7
		d.hold &= 1<<uint(d.nhold) - 1
	}
}

// consumed returns how many bytes of src were used; to be asked at the end of the stream.
func (d *inflater) consumed() int { return d.ip - d.nhold/8 }

// run decodes until limit bytes of dst are filled or the stream has ended, and returns nil; or until the input runs out:
// io.ErrUnexpectedEOF when it was the last, errMore else. dst must have slack bytes after limit; they may be written.
func (d *inflater) run(limit int) error {
	for d.op < limit && d.state != atEnd {
		var err error
		switch d.state {
		case atBlock:
			err = d.block()
		case inStored:
			err = d.copyStored(limit)
		case inSymbols:
			err = d.symbols(limit)
		}
		if err != nil {
			return err
		}
	}
	if d.op == limit {
		return d.passEnds(limit)
	}
	return nil
}

// errMore asks for more input.
var errMore = errors.New("more input is needed")

// passEnds goes through ends and headers of blocks to where a byte would come: a stream whose end falls on the limit ends now,
// not at the next call.
func (d *inflater) passEnds(limit int) (err error) {
	for err == nil {
		switch d.state {
		case atEnd:
			return nil
		case atBlock:
			err = d.block()
		case inStored:
			if d.stored > 0 {
				return nil
			}
			err = d.copyStored(limit)
		case inSymbols:
			if err = d.endHere(); err == nil && d.state == inSymbols {
				return nil
			}
		}
	}
	return err
}

// endHere takes an end of block if that is what comes next.
func (d *inflater) endHere() error {
	if err := d.refill(); err != nil {
		return err
	}
	e := d.lit[d.hold&(1<<litBits-1)]
	took := 0
	if e&(literal|special|second) == special|second {
		took = litBits
		e = d.lit[(e>>baseShift&0x7fff+uint32(d.hold>>litBits)&(1<<(e>>codeShift&15)-1))&(litSize-1)]
	}
	if e&(literal|special|endBlock) == special|endBlock {
		d.take(took + int(e&takeMask))
		if d.nhold < 0 {
			return io.ErrUnexpectedEOF
		}
		d.endBlock()
	}
	return nil
}

func (d *inflater) endBlock() {
	d.state = atBlock
	if d.final {
		d.state = atEnd
	}
}

// refill holds 56 bits or more, fewer only at the end of the last input.
func (d *inflater) refill() error {
	for d.nhold < 56 && d.ip < len(d.src) {
		d.hold |= uint64(d.src[d.ip]) << uint(d.nhold)
		d.ip++
		d.nhold += 8
	}
	if d.nhold < 56 && !d.last {
		return errMore
	}
	if d.nhold <= 0 {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (d *inflater) take(n int) uint64 {
	v := d.hold & (1<<uint(n) - 1)
	d.hold >>= uint(n)
	d.nhold -= n
	return v
}

// block reads a block's header.
func (d *inflater) block() error {
	if !d.last && len(d.src)-d.ip < blockHeader {
		return errMore
	}
	if err := d.refill(); err != nil {
		return err
	}
	d.final = d.take(1) == 1
	switch kind := d.take(2); kind {
	case 0:
		return d.storedHeader()
	case 1:
		if !d.fixed {
			d.fixedTables()
		}
	case 2:
		d.fixed = false
		if err := d.dynamicTables(); err != nil {
			return err
		}
	default:
		return errCorrupt
	}
	d.state = inSymbols
	return nil
}

func (d *inflater) storedHeader() error {
	d.giveBack()
	d.hold, d.nhold = 0, 0
	if len(d.src)-d.ip < 4 {
		return io.ErrUnexpectedEOF
	}
	n, inverse := le.Uint16(d.src[d.ip:]), le.Uint16(d.src[d.ip+2:])
	if n != ^inverse {
		return errCorrupt
	}
	d.ip += 4
	d.stored, d.state = int(n), inStored
	return nil
}

func (d *inflater) copyStored(limit int) error {
	n := copy(d.dst[d.op:], d.src[d.ip:][:min(d.stored, len(d.src)-d.ip, limit-d.op)])
	d.op += n
	d.ip += n
	d.stored -= n
	switch {
	case d.stored == 0:
		d.endBlock()
	case d.ip == len(d.src) && d.last:
		return io.ErrUnexpectedEOF
	case d.ip == len(d.src):
		return errMore
	}
	return nil
}

// symbols decodes literals and matches up to the end of the block, or until limit.
func (d *inflater) symbols(limit int) error {
	src, dst := d.src, d.dst
	lit, dist := &d.lit, &d.dist
	hold, nhold, ip, op := d.hold, d.nhold, d.ip, d.op
	var err error
	sure := op // what comes after it may have been decoded from bits that are not there
	for op < limit {
		sure = op
		if len(src)-ip >= 8 { // 56 bits or more: three literals, or one match
			hold |= le.Uint64(src[ip:]) << (uint(nhold) & 63)
			ip += (63 - nhold) >> 3
			nhold |= 56
		} else {
			d.hold, d.nhold, d.ip = hold, nhold, ip
			if err = d.refill(); err != nil {
				break
			}
			hold, nhold, ip = d.hold, d.nhold, d.ip
		}
		e := lit[hold&(1<<litBits-1)]
		if e&literal != 0 {
			hold >>= e & takeMask
			nhold -= int(e & takeMask)
			dst[op] = byte(e >> baseShift)
			op++
			e = lit[hold&(1<<litBits-1)]
			if e&literal != 0 {
				hold >>= e & takeMask
				nhold -= int(e & takeMask)
				dst[op] = byte(e >> baseShift)
				op++
				e = lit[hold&(1<<litBits-1)]
				if e&literal != 0 {
					hold >>= e & takeMask
					nhold -= int(e & takeMask)
					dst[op] = byte(e >> baseShift)
					op++
					if nhold < 0 {
						err = io.ErrUnexpectedEOF
						break
					}
					continue
				}
			}
			if nhold < 48 { // a match needs up to 48
				if nhold < 0 {
					err = io.ErrUnexpectedEOF
					break
				}
				if len(src)-ip < 8 {
					continue
				}
				hold |= le.Uint64(src[ip:]) << (uint(nhold) & 63)
				ip += (63 - nhold) >> 3
				nhold |= 56
			}
		}
		if e&special != 0 {
			if e&second != 0 {
				hold >>= litBits
				nhold -= litBits
				e = lit[(e>>baseShift+uint32(hold)&(1<<(e>>codeShift&15)-1))&(litSize-1)]
			}
			if e&literal != 0 {
				hold >>= e & takeMask
				nhold -= int(e & takeMask)
				if nhold < 0 {
					err = io.ErrUnexpectedEOF
					break
				}
				dst[op] = byte(e >> baseShift)
				op++
				continue
			}
			if e&special != 0 {
				if e&endBlock == 0 {
					err = errCorrupt
					break
				}
				hold >>= e & takeMask
				nhold -= int(e & takeMask)
				if nhold < 0 {
					err = io.ErrUnexpectedEOF
					break
				}
				d.endBlock()
				break
			}
		}
		length := int(e>>baseShift) + int(hold&(1<<(e&takeMask)-1)>>(e>>codeShift&15))
		hold >>= e & takeMask
		nhold -= int(e & takeMask)
		e = dist[hold&(1<<distBits-1)]
		if e&special != 0 {
			if e&second == 0 {
				err = errCorrupt
				break
			}
			hold >>= distBits
			nhold -= distBits
			e = dist[(e>>baseShift+uint32(hold)&(1<<(e>>codeShift&15)-1))&(distSize-1)]
			if e&special != 0 {
				err = errCorrupt
				break
			}
		}
		distance := int(e>>baseShift) + int(hold&(1<<(e&takeMask)-1)>>(e>>codeShift&15))
		hold >>= e & takeMask
		nhold -= int(e & takeMask)
		if nhold < 0 {
			err = io.ErrUnexpectedEOF
			break
		}
		if distance > op {
			err = errCorrupt
			break
		}
		copyMatch(dst, op, distance, length)
		op += length
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		op = sure
	}
	d.hold, d.nhold, d.ip, d.op = hold, nhold, ip, op
	return err
}

// copyMatch repeats length bytes from distance back at op; up to 8 bytes more are written.
func copyMatch(dst []byte, op, distance, length int) {
	from, end := op-distance, op+length
	switch {
	case distance >= 8:
		for op < end {
			le.PutUint64(dst[op:], le.Uint64(dst[from:]))
			op += 8
			from += 8
		}
	case distance == 1:
		w := uint64(dst[from]) * 0x0101010101010101
		for op < end {
			le.PutUint64(dst[op:], w)
			op += 8
		}
	default: // each word has distance bytes that are right
		for op < end {
			le.PutUint64(dst[op:], le.Uint64(dst[from:]))
			op += distance
			from += distance
		}
	}
}

// Base values and extra bits of length codes 257-285 and of distance codes, RFC 1951 section 3.2.5.
var (
	lengthEntry = extended([]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5}, 3)
	distEntry   = extended([]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}, 1)
)

// extended returns entries, without their codes' bits, of values that follow each other.
func extended(extra []uint8, base uint32) []uint32 {
	out := make([]uint32, 0, maxDist)
	for _, x := range extra {
		out = append(out, base<<baseShift|uint32(x))
		base += 1 << x
	}
	return out
}

// litEntry is the entry of a literal or length symbol without its code's bits.
func litEntry(symbol int) uint32 {
	switch {
	case symbol < 256:
		return literal | uint32(symbol)<<baseShift
	case symbol == 256:
		return special | endBlock
	case symbol == 285:
		return 258 << baseShift
	case symbol < 285:
		return lengthEntry[symbol-257]
	}
	return noSuch
}

func distanceEntry(symbol int) uint32 {
	if symbol < len(distEntry) {
		return distEntry[symbol]
	}
	return noSuch
}

func (d *inflater) fixedTables() {
	for i := range maxLitLen {
		switch {
		case i < 144:
			d.lens[i] = 8
		case i < 256:
			d.lens[i] = 9
		case i < 280:
			d.lens[i] = 7
		default:
			d.lens[i] = 8
		}
	}
	for i := range maxDist {
		d.lens[maxLitLen+i] = 5
	}
	d.table(d.lit[:], litBits, d.lens[:maxLitLen], litEntry)
	d.table(d.dist[:], distBits, d.lens[maxLitLen:], distanceEntry)
	d.fixed = true
}

var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamicTables reads the code lengths of a block and makes its tables.
func (d *inflater) dynamicTables() error {
	if err := d.refill(); err != nil {
		return err
	}
	nlit, ndist, ncode := int(d.take(5))+257, int(d.take(5))+1, int(d.take(4))+4
	if nlit > 286 || ndist > 30 {
		return errCorrupt
	}
	var codeLens [19]uint8
	for _, i := range codeOrder[:ncode] {
		if err := d.refill(); err != nil {
			return err
		}
		codeLens[i] = uint8(d.take(3))
	}
	// The distance table is free until the lengths are known.
	const codeBits = 7
	if !d.table(d.dist[:], codeBits, codeLens[:], func(symbol int) uint32 { return uint32(symbol) << baseShift }) {
		return errCorrupt
	}
	for i := 0; i < nlit+ndist; {
		if err := d.refill(); err != nil {
			return err
		}
		e := d.dist[d.hold&(1<<codeBits-1)]
		if e&special != 0 {
			return errCorrupt
		}
		d.take(int(e & takeMask))
		symbol, value, n := e>>baseShift, uint8(0), 1
		switch symbol {
		case 16:
			if i == 0 {
				return errCorrupt
			}
			value, n = d.lens[i-1], 3+int(d.take(2))
		case 17:
			n = 3 + int(d.take(3))
		case 18:
			n = 11 + int(d.take(7))
		default:
			value = uint8(symbol)
		}
		if d.nhold < 0 {
			return io.ErrUnexpectedEOF
		}
		if i+n > nlit+ndist {
			return errCorrupt
		}
		for range n {
			d.lens[i] = value
			i++
		}
	}
	if d.lens[256] == 0 { // the block could not end
		return errCorrupt
	}
	if !d.table(d.lit[:], litBits, d.lens[:nlit], litEntry) || !d.table(d.dist[:], distBits, d.lens[nlit:nlit+ndist], distanceEntry) {
		return errCorrupt
	}
	return nil
}

// table makes the decoding table of a code from its lengths; false when they make none. Only a code of at most one symbol may
// be incomplete.
func (d *inflater) table(t []uint32, width int, lens []uint8, entry func(symbol int) uint32) bool {
	var count, next [maxCode + 1]int
	for _, n := range lens {
		count[n]++
	}
	used := len(lens) - count[0]
	count[0] = 0
	left := 1
	for n := 1; n <= maxCode; n++ {
		left = left<<1 - count[n]
		if left < 0 {
			return false
		}
		next[n] = next[n-1] + count[n-1]
	}
	if left > 0 && (used > 1 || used == 1 && count[1] == 0) {
		return false
	}
	for s, n := range lens {
		if n > 0 {
			d.sorted[next[n]] = uint16(s)
			next[n]++
		}
	}
	if left > 0 {
		for i := range 1 << width {
			t[i] = noSuch
		}
	}
	code, length := 0, 0 // canonical: codes of one length follow each other, shorter ones first
	room := 1 << width   // where the next second part begins
	prefix, part, partBits := -1, 0, 0
	for i := range used {
		s := int(d.sorted[i])
		n := int(lens[s])
		code <<= n - length
		length = n
		reversed := int(bits.Reverse16(uint16(code)) >> (16 - n))
		code++
		e := entry(s)
		if n <= width {
			fill(t[:1<<width], reversed, 1<<n, e, n)
			continue
		}
		if p := reversed & (1<<width - 1); p != prefix {
			prefix, part = p, room
			partBits = secondBits(count[:], n, width, code-1)
			room += 1 << partBits
			if room > len(t) {
				return false
			}
			t[p] = special | second | uint32(part)<<baseShift | uint32(partBits)<<codeShift | uint32(width)
		}
		fill(t[part:part+1<<partBits], reversed>>width, 1<<(n-width), e, n-width)
	}
	return true
}

// secondBits returns how many bits the second part needs that begins with this code of n bits: as many as its longest code.
func secondBits(count []int, n, width, code int) int {
	// Codes that share the prefix fill 1<<(m-width) places at depth m.
	first := code & (1<<(n-width) - 1)
	free := 1<<(n-width) - first
	taken := 0
	for i := n; ; i++ {
		have := count[i]
		if i == n {
			have -= usedOf(count, n, code)
		}
		if taken += have; taken >= free || i == maxCode {
			return i - width
		}
		free, taken = (free-taken)<<1, 0
	}
}

// usedOf returns how many codes of n bits come before this one.
func usedOf(count []int, n, code int) int {
	first := 0
	for i := 1; i <= n; i++ {
		first = (first + count[i-1]) << 1
	}
	return code - first
}

// fill writes an entry at each place whose low bits are the code.
func fill(t []uint32, at, step int, e uint32, codeBits int) {
	if e&(literal|special) == 0 {
		e |= uint32(codeBits) << codeShift
	}
	e += uint32(codeBits)
	for i := at; i < len(t); i += step {
		t[i] = e
	}
}
