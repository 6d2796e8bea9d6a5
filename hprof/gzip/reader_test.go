package gzip

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	kgzip "github.com/klauspost/compress/gzip"
)

// pack packs blocks as HotSpot does, and returns where each member begins, with the end.
func pack(t testing.TB, blockSize, level int, blocks ...[]byte) (file []byte, begins []int) {
	var out bytes.Buffer
	for i, b := range blocks {
		begins = append(begins, out.Len())
		h := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3}
		if i == 0 || i%5 == 0 {
			h[3] = flagComment
			h = append(h, fmt.Sprintf("HPROF BLOCKSIZE=%d\x00", blockSize)...)
		}
		out.Write(h)
		out.Write(deflated(t, b, level))
		var end [8]byte
		binary.LittleEndian.PutUint32(end[:], crc32.ChecksumIEEE(b))
		binary.LittleEndian.PutUint32(end[4:], uint32(len(b)))
		out.Write(end[:])
	}
	return out.Bytes(), append(begins, out.Len())
}

const testBlock = 32 << 10

// blocks cuts a mixture of contents into blocks nearly as large as may be, as a dump has them.
func blocks(n int) [][]byte {
	r := rand.New(rand.NewPCG(5, uint64(n)))
	c := contents(testBlock)
	var out [][]byte
	for range n {
		b := bytes.Clone(c["words"])
		for i := 0; i < len(b); i += 100 {
			b[i] = byte(r.Uint32())
		}
		out = append(out, b[:testBlock-r.IntN(200)])
	}
	return out
}

func open(t testing.TB, file []byte) *Reader {
	t.Helper()
	z, err := Open(context.Background(), bytes.NewReader(file), int64(len(file)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func readAll(t testing.TB, z *Reader) []byte {
	t.Helper()
	b := bytes.Repeat([]byte{0xaa}, int(z.Size()))
	if n, err := z.ReadAt(b, 0); err != nil || int64(n) != z.Size() {
		t.Fatalf("%d of %d bytes: %v", n, z.Size(), err)
	}
	return b
}

func whats(z *Reader) string {
	var out []string
	for _, f := range z.Flaws(0) {
		out = append(out, fmt.Sprintf("%d+%d: %s", f.Offset, f.Bytes, f.What))
	}
	return strings.Join(out, "\n")
}

func TestRoundTrip(t *testing.T) {
	random := contents(testBlock)["random"]
	for name, bs := range map[string][][]byte{
		"one": {[]byte("JAVA")}, "usual": blocks(40), "tiny ones": {random[:1], random[:2], random[:0], random[:3], random},
		"what cannot be packed": {random, random, random[:testBlock-3], random}, "zeros": {make([]byte, testBlock), make([]byte, testBlock), make([]byte, 9)},
		"parallel": append(append(blocks(9), random[:40]), blocks(8)...),
	} {
		for _, level := range []int{1, 6, 9} {
			file, begins := pack(t, testBlock, level, bs...)
			want := bytes.Join(bs, nil)
			z := open(t, file)
			if z.Blocks() != len(begins)-1 || z.Size() != int64(len(want)) {
				t.Fatalf("%s, level %d: %d members, %d bytes, want %d, %d; %s", name, level, z.Blocks(), z.Size(), len(begins)-1, len(want), whats(z))
			}
			if got := readAll(t, z); !bytes.Equal(got, want) || len(z.Flaws(0)) > 0 {
				t.Fatalf("%s, level %d: differs; %s", name, level, whats(z))
			}
		}
	}
}

// TestReadAtAnywhere reads pieces of all lengths at and around borders of blocks, from several goroutines at once.
func TestReadAtAnywhere(t *testing.T) {
	bs := blocks(30)
	file, _ := pack(t, testBlock, 1, bs...)
	want := bytes.Join(bs, nil)
	z := open(t, file)
	z.cache.room = 3 // so that blocks go and come back
	var wg sync.WaitGroup
	for g := range 6 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 9))
			buf := make([]byte, 3*testBlock)
			for range 300 {
				off := int64(r.IntN(len(want) + 10))
				if r.IntN(2) == 0 { // at a border, or a byte from it
					off = max(z.members[r.IntN(len(z.members))].plain+int64(r.IntN(3)-1), 0)
				}
				b := buf[:r.IntN([]int{10, 5000, len(buf)}[r.IntN(3)])+1]
				n, err := z.ReadAt(b, off)
				rest := want[min(off, int64(len(want))):]
				if n != min(len(b), len(rest)) || errors.Is(err, io.EOF) != (n < len(b)) || !bytes.Equal(b[:n], rest[:n]) {
					t.Errorf("%d bytes at %d: %d, %v", len(b), off, n, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if len(z.Flaws(0)) > 0 {
		t.Error(whats(z))
	}
	if len(z.cache.all) > 3 {
		t.Errorf("%d blocks kept", len(z.cache.all))
	}
	if _, err := z.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("a negative offset was read")
	}
}

// TestMagicInData: a heap holds gzip members, packed and whole ones of blocks too, in data that is stored as it is.
func TestMagicInData(t *testing.T) {
	random := contents(testBlock)["random"]
	inner, _ := pack(t, testBlock, 6, blocks(3)[0][:9000], random[:700])
	full, _ := pack(t, 5000, 1, random[:4990], random[:5000], random[:4999], random[:20])
	var bs [][]byte
	for i := range 12 {
		b := bytes.Clone(random)
		r := rand.New(rand.NewPCG(3, uint64(i)))
		for at := r.IntN(900); at+len(full) < len(b); at += len(full) + r.IntN(5000) {
			copy(b[at:], full)
		}
		copy(b[len(b)-len(inner)-i*40:], inner)
		le.PutUint32(b[10_000:], testBlock-50) // a length that fits, then a header
		copy(b[10_004:], []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3})
		bs = append(bs, b[:testBlock-i])
	}
	file, begins := pack(t, testBlock, 1, bs...)
	z := open(t, file)
	if got := readAll(t, z); !bytes.Equal(got, bytes.Join(bs, nil)) || z.Blocks() != len(begins)-1 || len(z.Flaws(0)) > 0 {
		t.Fatalf("%d members, want %d: %s", z.Blocks(), len(begins)-1, whats(z))
	}
}

// TestDamage damages one member, each part of it in turn: all others keep content and place.
func TestDamage(t *testing.T) {
	bs := blocks(12)
	good, begins := pack(t, testBlock, 1, bs...)
	want := bytes.Join(bs, nil)
	for bad := range bs {
		begin, end := begins[bad], begins[bad+1]
		from := len(bytes.Join(bs[:bad], nil))
		to := from + len(bs[bad])
		for what, damage := range map[string]func(b []byte){
			"magic":     func(b []byte) { b[begin] = 0 },
			"header":    func(b []byte) { b[begin+3], b[begin+5] = 0xff, 0xff },
			"data":      func(b []byte) { copy(b[(begin+end)/2:], "\xff\xff\xff\xff\xff\xff\xff\xff") },
			"beginning": func(b []byte) { clear(b[begin+len("1234567890HPROF BLOCKSIZE=32768"):][:200]) },
			"checksum":  func(b []byte) { b[end-8] ^= 1 },
			"length":    func(b []byte) { b[end-1] ^= 0x40 },
			"short":     func(b []byte) { b[end-3] ^= 0x10 },
			"trailer":   func(b []byte) { clear(b[end-8 : end]) },
			"all":       func(b []byte) { clear(b[begin+40 : end-8]) },
		} {
			if bad == 0 && (what == "magic" || what == "header") { // then it is no file of blocks
				continue
			}
			file := bytes.Clone(good)
			damage(file)
			z := open(t, file)
			got := readAll(t, z)
			if len(z.Flaws(0)) != 1 || z.Flaws(0)[0].Offset != int64(from) || !strings.Contains(whats(z), fmt.Sprintf("byte %d of", begin)) {
				t.Errorf("%s of member %d at %d: %q", what, bad, begin, whats(z))
			}
			if len(got) != len(want) || !bytes.Equal(got[:from], want[:from]) || !bytes.Equal(got[to:], want[to:]) {
				t.Errorf("%s of member %d: %d bytes, want %d; others are lost: %s", what, bad, len(got), len(want), whats(z))
				continue
			}
			keeps := what != "data" && what != "beginning" && what != "all"
			if lost := z.Flaws(0)[0].Bytes; keeps != bytes.Equal(got[from:to], want[from:to]) || keeps != (lost == 0) && what != "data" || lost > int64(to-from) {
				t.Errorf("%s of member %d: %d bytes lost: %s", what, bad, lost, whats(z))
			}
			if hole := got[to-int(z.Flaws(0)[0].Bytes) : to]; len(bytes.Trim(hole, "\x00")) > 0 {
				t.Errorf("%s of member %d: the hole is not zeros", what, bad)
			}
		}
	}
}

// TestTruncated cuts a file everywhere: all whole members are kept, and what comes out of the last.
func TestTruncated(t *testing.T) {
	bs := blocks(5)
	good, begins := pack(t, testBlock, 1, bs...)
	want := bytes.Join(bs, nil)
	for cut := 40; cut < len(good); cut += 97 {
		z := open(t, good[:cut])
		got := readAll(t, z)
		whole := 0
		for i := range bs {
			if begins[i+1] <= cut {
				whole += len(bs[i])
			}
		}
		if len(got) < whole || !bytes.Equal(got, want[:len(got)]) || len(z.Flaws(0)) != 1 && !slices.Contains(begins, cut) {
			t.Fatalf("cut at %d: %d bytes, whole members have %d; %s", cut, len(got), whole, whats(z))
		}
	}
	z := open(t, append(bytes.Clone(good), "rubbish"...))
	if got := readAll(t, z); !bytes.Equal(got, want) || !strings.Contains(whats(z), "7 bytes, is no gzip block") {
		t.Errorf("rubbish: %s", whats(z))
	}
}

// TestScanInChunks: headers are found wherever the pieces end that the file is read in.
func TestScanInChunks(t *testing.T) {
	file, begins := pack(t, testBlock, 1, blocks(12)...)
	for _, chunk := range []int64{1, 7, 100, 1000, 10_700} {
		s := &scanner{r: bytes.NewReader(file), size: int64(len(file)), block: testBlock, chunk: chunk}
		if err := s.borders(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, b := range s.found {
			got = append(got, int(b.packed))
		}
		if !slices.Equal(got, begins) {
			t.Errorf("in pieces of %d: %v, want %v", chunk, got, begins)
		}
	}
}

func TestHeader(t *testing.T) {
	for text, want := range map[string][2]int{
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\x03":                                         {10, 0},
		"\x1f\x8b\x08\x10\x00\x00\x00\x00\x04\x00HPROF BLOCKSIZE=1048576\x00":              {34, 1 << 20},
		"\x1f\x8b\x08\x10\x00\x00\x00\x00\x04\x00HPROF BLOCKSIZE=1048576":                  {},
		"\x1f\x8b\x08\x10\x00\x00\x00\x00\x04\x00HPROF BLOCKSIZE=-1\x00":                   {},
		"\x1f\x8b\x08\x10\x00\x00\x00\x00\x04\x00HPROF BLOCKSIZE=99999999999999999999\x00": {},
		"\x1f\x8b\x08\x10\x00\x00\x00\x00\x04\x00another comment\x00":                      {},
		"\x1f\x8b\x08\x08\x00\x00\x00\x00\x04\x00name\x00":                                 {},
		"\x1f\x8b\x08\x00\x01\x00\x00\x00\x04\x03":                                         {},
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x03\x03":                                         {},
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04":                                             {},
	} {
		if n, block := header([]byte(text)); n != want[0] || block != want[1] {
			t.Errorf("%q: %d, %d, want %v", text, n, block, want)
		}
	}
	for _, c := range []struct {
		packed, plain int64
		want          bool
	}{{20, 0, true}, {19, 0, false}, {1000, 1000, true}, {2000, 1000, false}, {1 << 20, 1<<20 - 100, true}, {1000, 1_032_000, true}, {1000, 1_032_001, false}} {
		if got := plausible(c.packed, c.plain); got != c.want {
			t.Errorf("%d bytes in %d: %v", c.plain, c.packed, got)
		}
	}
}

func TestRefused(t *testing.T) {
	var usual bytes.Buffer
	w := kgzip.NewWriter(&usual)
	_, _ = w.Write(blocks(1)[0])
	_ = w.Close()
	huge, _ := pack(t, 4<<30, 1, blocks(2)...)
	none, _ := pack(t, 0, 1, blocks(2)...)
	for name, b := range map[string][]byte{"plain gzip": usual.Bytes(), "blocks of 4 GiB": huge, "blocks of none": none, "empty": nil, "no gzip": []byte("JAVA PROFILE 1.0.2")} {
		if _, err := Open(context.Background(), bytes.NewReader(b), int64(len(b)), nil); !errors.Is(err, ErrNotBlocks) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	file, _ := pack(t, testBlock, 1, blocks(3)...)
	if _, err := Open(ctx, bytes.NewReader(file), int64(len(file)), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestReadError: an error of the disk is one of ReadAt, and passes.
func TestReadError(t *testing.T) {
	bs := blocks(9)
	file, begins := pack(t, testBlock, 1, bs...)
	r := &failing{bytes.NewReader(file), int64(len(file))}
	z, err := Open(context.Background(), r, int64(len(file)), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.from = int64(begins[5])
	b := make([]byte, z.Size())
	if n, err := z.ReadAt(b, 0); !errors.Is(err, errDisk) || n == 0 {
		t.Errorf("%d bytes, %v", n, err)
	}
	r.from = int64(len(file))
	if !bytes.Equal(readAll(t, z), bytes.Join(bs, nil)) || len(z.Flaws(0)) > 0 {
		t.Error("an error was remembered", whats(z))
	}
}

var errDisk = errors.New("bad disk")

// failing fails from an offset on.
type failing struct {
	io.ReaderAt
	from int64
}

func (f *failing) ReadAt(b []byte, off int64) (int, error) {
	if off+int64(len(b)) > f.from && f.from < 1<<40 && off >= f.from {
		return 0, errDisk
	}
	return f.ReaderAt.ReadAt(b, off)
}
