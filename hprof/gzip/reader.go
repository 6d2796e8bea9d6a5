package gzip

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
)

// Reader reads the unpacked dump at any place. It is safe for concurrent use; its memory is a few blocks per processor.
type Reader struct {
	r       io.ReaderAt
	block   int
	members []member  // with the end of the file as the last
	seen    []verdict // per member

	mu    sync.Mutex
	flaws []Flaw

	cache     cache
	unpackers sync.Pool // of *unpacker
}

// verdict is what is known of a member: nothing, sound, or told of in flaws.
type verdict struct{ atomic.Uint32 }

const (
	sound = 1
	told  = 2
)

// Size returns the length of the unpacked dump, bytes.
func (z *Reader) Size() int64 { return z.members[len(z.members)-1].plain }

// Blocks returns the number of members.
func (z *Reader) Blocks() int { return len(z.members) - 1 }

// Flaws returns the damage met so far but for the first known of it, in the order in which it was met: what Open found, then
// what reading found.
func (z *Reader) Flaws(known int) []Flaw {
	z.mu.Lock()
	defer z.mu.Unlock()
	return slices.Clone(z.flaws[known:])
}

// at returns the member whose block holds off.
func (z *Reader) at(off int64) int {
	i, found := slices.BinarySearchFunc(z.members, off, func(m member, off int64) int { return cmp.Compare(m.plain, off) })
	if !found {
		return i - 1
	}
	for z.members[i+1].plain == off { // of no length
		i++
	}
	return i
}

// ReadAt reads from the unpacked dump. Damage is no error: it reads as zeros.
func (z *Reader) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("gzip: negative offset %d", off)
	}
	n := 0
	for n < len(b) && off < z.Size() {
		i := z.at(off)
		k, err := z.readBlock(i, b[n:], int(off-z.members[i].plain))
		if err != nil {
			return n, err
		}
		n += k
		off += int64(k)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// peekBytes of a block's beginning are unpacked alone: who walks from record to record wants no more.
const peekBytes = 64 << 10

// readBlock copies what a block has from a place of it on, as much as b holds.
func (z *Reader) readBlock(i int, b []byte, from int) (int, error) {
	size := z.length(i)
	n := min(len(b), size-from)
	if !z.cache.has(i) {
		if from == 0 && n == size && len(b) >= size+slack {
			return n, z.unpack(i, b)
		}
		if end := from + n; end <= peekBytes && end < size/4 && z.peek(i, b[:n], from) {
			return n, nil
		}
	}
	blk, err := z.cache.get(i, z.unpack)
	if err != nil {
		return 0, err
	}
	copy(b[:n], blk.buf[from:])
	z.cache.release(blk)
	return n, nil
}

// length returns how many bytes a member's block has.
func (z *Reader) length(i int) int { return int(z.members[i+1].plain - z.members[i].plain) }

func (z *Reader) unpacker() *unpacker {
	if u, ok := z.unpackers.Get().(*unpacker); ok {
		return u
	}
	return new(unpacker)
}

// unpack unpacks a member into dst, which has slack bytes more than its block, and notes damage when it meets it first.
func (z *Reader) unpack(i int, dst []byte) error {
	u := z.unpacker()
	defer z.unpackers.Put(u)
	m, size := z.members[i], z.length(i)
	packed := z.members[i+1].packed - m.packed
	b, err := u.read(z.r, m.packed, min(packed, maxPacked(int64(z.block))))
	if err != nil {
		return err
	}
	if z.seen[i].Load() == sound { // no need of the checksum
		n, _ := header(b)
		if u.reset(b[n:], true, dst); u.run(size) == nil && u.op == size {
			return nil
		}
	}
	o := u.unpack(b, dst, size)
	clear(dst[o.plain:size])
	if o.sound && o.plain == size && o.packed == packed {
		z.seen[i].CompareAndSwap(0, sound)
	} else if z.seen[i].CompareAndSwap(0, told) {
		z.tell(i, packed, size, &o)
	}
	return nil
}

func (z *Reader) tell(i int, packed int64, size int, o *outcome) {
	f := Flaw{Offset: z.members[i].plain, Bytes: int64(size - o.plain)}
	if o.ended && o.plain == size && o.packed == packed {
		f.What = fmt.Sprintf("wrong checksum: the gzip block at byte %d of the file, %d bytes, is damaged somewhere", z.members[i].packed, packed)
	} else {
		f.What = fmt.Sprintf("damaged gzip block at byte %d of the file, %d bytes: %v", z.members[i].packed, packed, o.cause())
	}
	z.mu.Lock()
	z.flaws = append(z.flaws, f)
	z.mu.Unlock()
}

// peek unpacks the beginning of a block, without a check; false when that did not do.
func (z *Reader) peek(i int, b []byte, from int) bool {
	u := z.unpacker()
	defer z.unpackers.Put(u)
	end := from + len(b)
	packed := z.members[i+1].packed - z.members[i].packed
	raw, err := u.read(z.r, z.members[i].packed, min(packed, maxPacked(int64(end))+blockHeader))
	n, _ := header(raw)
	if err != nil || n == 0 {
		return false
	}
	if len(u.start) < end+slack {
		u.start = make([]byte, peekBytes+slack)
	}
	u.reset(raw[n:], int64(len(raw)) == packed, u.start)
	if err := u.run(end); err != nil && u.op < end || u.op < end {
		return false
	}
	copy(b, u.start[from:end])
	return true
}
