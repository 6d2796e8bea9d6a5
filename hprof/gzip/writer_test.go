package gzip

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// TestWriter: what is written is read in blocks, and by anyone else's reader.
func TestWriter(t *testing.T) {
	for _, size := range []int{0, 1, WrittenBlock - 1, WrittenBlock, WrittenBlock + 1, 5*WrittenBlock + 77} {
		plain := make([]byte, size)
		for i := range plain {
			plain[i] = byte(i * i >> 7)
		}
		var first []byte
		for _, workers := range []int{1, 3} {
			var out bytes.Buffer
			w := NewWriter(&out, workers)
			for b := plain; len(b) > 0; b = b[min(len(b), 300_001):] {
				_, _ = w.Write(b[:min(len(b), 300_001)])
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = out.Bytes()
			} else if !bytes.Equal(first, out.Bytes()) {
				t.Errorf("%d bytes: other bytes with %d workers", size, workers)
			}
		}
		z, err := gzip.NewReader(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: another reader has %d: %v", size, len(got), err)
		}
		if !IsBlocks(first) {
			t.Errorf("%d bytes: not like HotSpot's blocks", size)
		}
		if size == 0 {
			continue
		}
		r, err := Open(context.Background(), bytes.NewReader(first), int64(len(first)), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, size)
		if _, err := r.ReadAt(got, 0); err != nil && !errors.Is(err, io.EOF) || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: the reader of blocks has others: %v", size, err)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriterFails(t *testing.T) {
	w := NewWriter(full{}, 2)
	for range 9 {
		_, _ = w.Write(make([]byte, WrittenBlock))
	}
	if err := w.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("%v, want the output's error", err)
	}
}
