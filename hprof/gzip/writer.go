package gzip

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"
)

// WrittenBlock is how many bytes a block of Writer's has unpacked, as HotSpot's have.
const WrittenBlock = 1 << 20

// Writer packs a dump as HotSpot does: in blocks that are members of their own, which Reader reads at any place. Blocks are packed
// side by side and written in order.
type Writer struct {
	block []byte
	queue chan chan packed // in order
	done  chan error
	first bool
}

type packed struct {
	data []byte
	err  error
}

// NewWriter returns a Writer that packs with so many goroutines. Close it.
func NewWriter(w io.Writer, workers int) *Writer {
	z := &Writer{block: make([]byte, 0, WrittenBlock), queue: make(chan chan packed, max(workers-1, 0)), done: make(chan error, 1), first: true}
	go func() {
		var failed error
		for c := range z.queue {
			p := <-c
			if failed == nil {
				failed = p.err
			}
			if failed == nil {
				_, failed = w.Write(p.data)
			}
		}
		z.done <- failed
	}()
	return z
}

// Write takes bytes of the dump. An error of the output shows at Close.
func (z *Writer) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		k := min(len(b), WrittenBlock-len(z.block))
		z.block, b = append(z.block, b[:k]...), b[k:]
		if len(z.block) == WrittenBlock {
			z.flush()
		}
	}
	return n, nil
}

// flush hands the block at hand to a goroutine.
func (z *Writer) flush() {
	c := make(chan packed, 1)
	block, first := z.block, z.first
	z.block, z.first = make([]byte, 0, WrittenBlock), false
	z.queue <- c
	go func() {
		data, err := packBlock(block, first)
		c <- packed{data, err}
	}()
}

// packBlock makes a member of a block.
func packBlock(block []byte, first bool) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.ModTime, z.OS = time.Unix(0, 0), 3 // as HotSpot: no time, Unix
	if first {
		z.Comment = fmt.Sprintf("%s%d", comment, WrittenBlock)
	}
	if _, err := z.Write(block); err != nil {
		return nil, err
	}
	err := z.Close()
	return out.Bytes(), err
}

// Close writes what is left, and returns the first error. It does not close the output.
func (z *Writer) Close() error {
	if z.first || len(z.block) > 0 {
		z.flush()
	}
	close(z.queue)
	return <-z.done
}
