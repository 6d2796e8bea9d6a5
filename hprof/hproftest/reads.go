package hproftest

import (
	"io"
	"sync/atomic"
)

// Reads is a dump that counts the bytes that are read of it: the work that reading causes.
type Reads struct {
	io.ReaderAt
	n atomic.Int64
}

// ReadAt implements io.ReaderAt.
func (r *Reads) ReadAt(b []byte, off int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(b, off)
	r.n.Add(int64(n))
	return n, err
}

// Bytes returns how many have been read.
func (r *Reads) Bytes() int64 { return r.n.Load() }
