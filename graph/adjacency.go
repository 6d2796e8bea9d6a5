package graph

import (
	"sync/atomic"
)

// adjacency holds the edges between core objects: per object a list of varints, each the zigzag difference to the target
// before (to the object itself at first) shifted left once, with the low bit set on the last. About 2.2 bytes per edge.
type adjacency struct {
	data  []byte
	pos   atomic.Int64 // next free byte; 0 is never used
	start array[uint32]
	high  array[uint8] // bits 32-39 of start, where lists may lie beyond 4 GiB
}

// adjacencyStart is where the first list lies: 0 stands for none. A variable for tests, which begin beyond 4 GiB.
var adjacencyStart int64 = 1

func (a *adjacency) init(cores, maxBytes int64) (err error) {
	a.pos.Store(adjacencyStart)
	maxBytes += adjacencyStart
	if a.data, err = mapAnon(maxBytes + 1); err != nil {
		return err
	}
	hugePages(a.data)
	if a.start, err = newArray[uint32](cores + 1); err != nil {
		return err
	}
	if maxBytes >= 1<<32 {
		a.high, err = newArray[uint8](cores + 1)
	}
	return err
}

func (a *adjacency) free() {
	unmap(a.data)
	a.data = nil
	a.start.free()
	a.high.free()
}

// list returns where the list of a core object begins, 0 for none.
func (a *adjacency) list(k uint32) uint64 {
	p := uint64(a.start.v[k])
	if a.high.v != nil {
		p |= uint64(a.high.v[k]) << 32
	}
	return p
}

// place copies encoded lists behind the others and returns where they begin.
func (a *adjacency) place(b []byte) int64 {
	at := a.pos.Add(int64(len(b))) - int64(len(b))
	copy(a.data[at:], b)
	return at
}

func (a *adjacency) setList(k uint32, pos int64) {
	a.start.v[k] = uint32(pos)
	if a.high.v != nil {
		a.high.v[k] = uint8(pos >> 32)
	}
}

func zigzag(d int64) uint64 { return uint64(d<<1) ^ uint64(d>>63) }

func unzigzag(z uint64) int64 { return int64(z>>1) ^ -int64(z&1) }

// next decodes the varint at pos.
func (a *adjacency) next(pos uint64) (z, after uint64) {
	d := a.data[pos : pos+10 : pos+10]
	z = uint64(d[0])
	if z < 0x80 {
		return z, pos + 1
	}
	z &= 0x7f
	for i := 1; ; i++ {
		c := uint64(d[i])
		z |= (c & 0x7f) << (7 * i)
		if c < 0x80 {
			return z, pos + uint64(i) + 1
		}
	}
}
