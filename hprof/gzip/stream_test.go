package gzip

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	kgzip "github.com/klauspost/compress/gzip"
)

// usual packs as the gzip command does, with all that a header can have.
func usual(t testing.TB, b []byte, level int, full bool) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := kgzip.NewWriterLevel(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if full {
		w.Name, w.Comment, w.Extra, w.ModTime = "app.hprof", "a comment", bytes.Repeat([]byte{0, 7}, 900), time.Unix(1_700_000_000, 0)
	}
	_, _ = w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unpackStream(r io.Reader) ([]byte, error) {
	s, err := NewStream(r)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(s)
}

func TestStream(t *testing.T) {
	for name, want := range contents(1500 << 10) {
		for _, level := range []int{kgzip.HuffmanOnly, 0, 1, 6} {
			file := usual(t, want, level, level == 1)
			for source, r := range map[string]io.Reader{"whole": bytes.NewReader(file), "dribble": iotest.HalfReader(bytes.NewReader(file)), "with the end": iotest.DataErrReader(bytes.NewReader(file))} {
				if got, err := unpackStream(r); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%s, level %d, %s: %d bytes, want %d; %v", name, level, source, len(got), len(want), err)
				}
			}
		}
	}
	words := contents(100_000)["words"]
	two := append(usual(t, words, 6, true), append(make([]byte, 700), usual(t, words, 1, false)...)...)
	if got, err := unpackStream(iotest.OneByteReader(bytes.NewReader(two))); err != nil || len(got) != 200_000 {
		t.Errorf("two members: %d bytes, %v", len(got), err)
	}
}

func TestStreamDamage(t *testing.T) {
	words := contents(2 << 20)["words"]
	good := usual(t, words, 1, false)
	changed := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 0x55
		return b
	}
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"cut":        {good[:len(good)/2], io.ErrUnexpectedEOF},
		"trailer":    {good[:len(good)-3], io.ErrUnexpectedEOF},
		"checksum":   {changed(len(good) - 7), ErrChecksum},
		"length":     {changed(len(good) - 1), ErrChecksum},
		"rubbish":    {append(bytes.Clone(good), "rub"...), ErrHeader},
		"header":     {changed(0), ErrHeader},
		"kind":       {changed(2), ErrHeader},
		"empty":      {nil, ErrHeader},
		"no name":    {append([]byte{0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3}, strings.Repeat("x", 300_000)...), ErrHeader},
		"read error": {nil, errDisk},
	} {
		var r io.Reader = bytes.NewReader(c.file)
		if errors.Is(c.want, errDisk) {
			r = io.MultiReader(bytes.NewReader(good[:700_0]), iotest.ErrReader(errDisk))
		}
		got, err := unpackStream(r)
		if !errors.Is(err, c.want) || !bytes.HasPrefix(words, got) {
			t.Errorf("%s: %d bytes, %v; want %v", name, len(got), err, c.want)
		}
	}
	b := changed(len(good) / 2)
	if got, err := unpackStream(bytes.NewReader(b)); err == nil || len(got) < len(words)/4 {
		t.Errorf("flipped: %d bytes, %v", len(got), err)
	}
}

// FuzzGzip holds that any bytes behind a header of blocks are refused or read without a panic, within bounds of memory and
// work, and that both readers agree where a file is sound.
func FuzzGzip(f *testing.F) {
	good, begins := pack(f, 4096, 1, bytes.Repeat([]byte("JAVA PROFILE"), 300), contents(4000)["random"], make([]byte, 4096), []byte("end"))
	f.Add(good)
	f.Add(good[:len(good)-5])
	f.Add(good[begins[1]:])
	f.Add(append(bytes.Clone(good[:begins[2]]), good[begins[3]:]...))
	f.Add(append(bytes.Clone(good[:begins[1]+300]), good[begins[1]+310:]...))
	f.Add(usual(f, []byte("JAVA PROFILE 1.0.2"), 6, true))
	f.Fuzz(func(t *testing.T, b []byte) {
		streamed, serr := unpackLimited(b)
		z, err := Open(t.Context(), bytes.NewReader(b), int64(len(b)), nil)
		if err != nil {
			if !errors.Is(err, ErrNotBlocks) {
				t.Fatal(err)
			}
			return
		}
		if z.Size() > int64(len(b))*1032+int64(z.block)*int64(z.Blocks()) || z.Blocks() > len(b)/leastMember+1 {
			t.Fatalf("%d bytes in %d blocks from %d bytes", z.Size(), z.Blocks(), len(b))
		}
		if z.Size() > 4<<20 {
			return
		}
		got := readAll(t, z)
		again := make([]byte, 0, len(got))
		for off := int64(0); off < z.Size(); off += 1000 {
			piece := make([]byte, min(1000, z.Size()-off))
			if n, err := z.ReadAt(piece, off); err != nil || n != len(piece) {
				t.Fatal(n, err)
			}
			again = append(again, piece...)
		}
		if !bytes.Equal(got, again) {
			t.Fatal("two reads differ")
		}
		for _, w := range z.Flaws(0) {
			if w.Offset < 0 || w.Offset > z.Size() || w.Bytes < 0 || w.Bytes > z.Size() {
				t.Fatalf("flaw outside the dump: %+v", w)
			}
		}
		if serr == nil && len(z.Flaws(0)) == 0 && !bytes.Equal(streamed, got) {
			t.Fatalf("%d bytes, from beginning to end %d", len(got), len(streamed))
		}
	})
}

// unpackLimited unpacks a few megabytes at most.
func unpackLimited(b []byte) ([]byte, error) {
	s, err := NewStream(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(s, 4<<20))
	if len(out) == 4<<20 {
		return nil, errTooLong
	}
	return out, err
}
