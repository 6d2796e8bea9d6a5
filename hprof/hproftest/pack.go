package hproftest

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func packGzip(plain []byte) []byte { return member(plain, "") }

// packBlocks leaves a few bytes free in each block but the last, as a writer does that does not split records.
func packBlocks(plain []byte, n int) []byte {
	var out []byte
	comment := fmt.Sprintf("HPROF BLOCKSIZE=%d", n)
	for i := 0; len(plain) > 0; i++ {
		size := min(n-i%7, len(plain))
		out = append(out, member(plain[:size], comment)...)
		plain, comment = plain[size:], ""
	}
	return out
}

func packZstd(plain []byte) []byte {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out)
	if err != nil {
		panic(err)
	}
	written(w, plain)
	return out.Bytes()
}

// member is one gzip member; its header is the one that HotSpot writes.
func member(plain []byte, comment string) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		panic(err)
	}
	w.Comment = comment
	w.ModTime, w.OS = time.Unix(0, 0), 3
	written(w, plain)
	return out.Bytes()
}

func written(w io.WriteCloser, b []byte) {
	if _, err := w.Write(b); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
}
