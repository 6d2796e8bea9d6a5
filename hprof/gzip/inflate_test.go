package gzip

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
)

// kinds of content that reach each part of the decoder.
func contents(size int) map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, size)
	words := make([]byte, size)
	skewed := make([]byte, size)
	for i := range random {
		random[i] = byte(r.Uint32())
		skewed[i] = byte(min(r.ExpFloat64()*9, 255))
	}
	for i := 0; i < size; i += 24 {
		var w [24]byte
		le.PutUint64(w[:], 0x7f0000000000+uint64(r.IntN(4000))*8)
		le.PutUint64(w[8:], uint64(r.IntN(5)))
		le.PutUint32(w[17:], r.Uint32N(1000))
		copy(words[i:], w[:])
	}
	periods := make([]byte, 0, size)
	for p := 1; len(periods) < size; p++ {
		periods = append(periods, bytes.Repeat(random[:p%40+1], 1+3000/(p%40+1))...)
	}
	far := bytes.Repeat(random[:min(size, window)], 1+size/window) // matches from as far back as they reach
	return map[string][]byte{"random": random, "words": words, "skewed": skewed, "zeros": make([]byte, size), "periods": periods[:size], "far": far[:size], "empty": {}, "one": {7}}
}

func deflated(t testing.TB, b []byte, level int) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(b)
	if len(b)%2 == 1 {
		_ = w.Flush() // an empty block before the end
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestInflate(t *testing.T) {
	d := new(inflater)
	for name, want := range contents(200 << 10) {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 6, 9} {
			z := deflated(t, want, level)
			dst := make([]byte, len(want)+slack)
			for _, after := range []int{0, 3, 100} {
				d.reset(append(bytes.Clone(z), make([]byte, after)...), true, dst)
				err := d.run(len(want))
				if err != nil || d.state != atEnd || !bytes.Equal(dst[:d.op], want) || d.consumed() != len(z) {
					t.Fatalf("%s, level %d, %d bytes after: %v, %d of %d bytes, %d of %d read", name, level, after, err, d.op, len(want), d.consumed(), len(z))
				}
			}
			for _, cut := range []int{1, 2, 9, len(z) / 2} {
				if cut >= len(z) {
					continue
				}
				d.reset(z[:len(z)-cut], true, dst)
				if err := d.run(len(want)); !errors.Is(err, io.ErrUnexpectedEOF) && d.op < len(want) || !bytes.Equal(dst[:d.op], want[:d.op]) {
					t.Fatalf("%s, level %d, %d bytes cut: %v after %d bytes", name, level, cut, err, d.op)
				}
			}
		}
	}
}

// TestInflateInPieces gives input and room piece by piece.
func TestInflateInPieces(t *testing.T) {
	d := new(inflater)
	for name, want := range contents(300 << 10) {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 6} {
			z := deflated(t, want, level)
			for _, piece := range []int{600, 4096, 100_000} {
				dst := make([]byte, len(want)+slack)
				d.reset(nil, false, dst)
				given, limit := 0, 0
				for d.state != atEnd {
					err := d.run(limit)
					if err == nil {
						limit = min(limit+777, len(want))
						if d.op > limit {
							limit = d.op
						}
						continue
					}
					if !errors.Is(err, errMore) {
						t.Fatal(name, level, piece, err)
					}
					d.giveBack()
					d.src, d.ip = append(bytes.Clone(d.src[d.ip:]), z[given:min(given+piece, len(z))]...), 0
					given = min(given+piece, len(z))
					d.last = given == len(z)
				}
				if !bytes.Equal(dst[:d.op], want) {
					t.Fatalf("%s, level %d, pieces of %d: differs", name, level, piece)
				}
			}
		}
	}
}

func BenchmarkInflate(b *testing.B) {
	want := contents(1 << 20)["words"]
	z := deflated(b, want, 1)
	if name := os.Getenv("MEMBER"); name != "" {
		raw, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		z = raw[786608+10:]
		want = make([]byte, 1048426)
	}
	dst := make([]byte, len(want)+slack)
	d := new(inflater)
	b.SetBytes(int64(len(want)))
	for b.Loop() {
		d.reset(z, true, dst)
		if err := d.run(len(want)); err != nil || d.state != atEnd {
			b.Fatal(err, d.state)
		}
	}
}
