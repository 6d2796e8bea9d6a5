package hprof_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// larger is a dump of some hundred kilobytes that packs well, but not to nothing.
func larger(opts ...hproftest.Option) *hproftest.Dump {
	d := sample(8, opts...)
	for i := range 9000 {
		d.Longs(int64(i)*0x9E3779B97F4A7C, int64(i))
	}
	return d
}

// packings are the options for each way to pack.
var packings = map[string]hproftest.Option{"gzip": hproftest.Gzip(), "blocks": hproftest.GzipBlocks(20 << 10), "zstd": hproftest.Zstd(), "plain": hproftest.Base(0x700000000)}

// content reads the whole dump.
func content(t *testing.T, f *hprof.File) []byte {
	t.Helper()
	b := make([]byte, f.Size)
	if n, err := f.ReadAt(b, 0); n != len(b) {
		t.Fatalf("%d of %d bytes: %v", n, len(b), err)
	}
	return b
}

// TestSources: however a dump is packed and handed over, its bytes are the same, and nothing is left on disk.
func TestSources(t *testing.T) {
	want := larger(packings["plain"]).Bytes()
	for name, how := range packings {
		packed := larger(packings["plain"], how).Bytes()
		path := filepath.Join(t.TempDir(), "dump")
		if err := os.WriteFile(path, packed, 0o600); err != nil {
			t.Fatal(err)
		}
		tmp := t.TempDir()
		var mu sync.Mutex
		phases := map[string]int64{}
		opt := hprof.Options{TempDir: tmp, Progress: func(phase string, done, total int64) {
			mu.Lock()
			defer mu.Unlock()
			if done < phases[phase] || total > 0 && done > total {
				t.Errorf("%s: %s, %d of %d after %d", name, phase, done, total, phases[phase])
			}
			phases[phase] = done
		}}
		fromFile, err := hprof.Open(context.Background(), path, opt)
		if err != nil {
			t.Fatal(name, err)
		}
		if temp := fromFile.Temp.Bytes; (temp > 0) != (name == "gzip" || name == "zstd") || temp > 0 && fromFile.Temp.Dir != tmp {
			t.Errorf("%s: kept %+v", name, fromFile.Temp)
		}
		seen := len(phases)
		clear(phases)
		fromPipe, err := hprof.OpenStream(context.Background(), iotest.HalfReader(bytes.NewReader(packed)), "a pipe", opt)
		if err != nil {
			t.Fatal(name, err)
		}
		fd, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		clear(phases)
		direct, err := hprof.OpenStream(context.Background(), fd, "a redirected file", opt)
		if err != nil {
			t.Fatal(name, err)
		}
		for how, f := range map[string]*hprof.File{"file": fromFile, "pipe": fromPipe, "redirected": direct} {
			if !bytes.Equal(content(t, f), want) || f.DiskSize != int64(len(packed)) || len(f.Problems)+len(f.ReadProblems()) > 0 {
				t.Errorf("%s by %s: differs, or %d bytes are not %d; %v", name, how, f.DiskSize, len(packed), f.Problems)
			}
			if kind := strings.Replace(strings.Replace(name, "blocks", "gzip", 1), "plain", "", 1); f.Compression != kind {
				t.Errorf("%s by %s: compression %q", name, how, f.Compression)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := fd.Stat(); err != nil {
			t.Errorf("%s: the caller's file was closed", name)
		}
		_ = fd.Close()
		if left, _ := os.ReadDir(tmp); len(left) > 0 {
			t.Errorf("%s: %v is left behind", name, left)
		}
		if seen == 0 && name != "plain" {
			t.Errorf("%s: no progress", name)
		}
	}
}

// TestDamagedBlocks damages each member of a packed dump: the damage is told of once, all other bytes are there.
func TestDamagedBlocks(t *testing.T) {
	want := larger().Bytes()
	packed := larger(packings["blocks"]).Bytes()
	var begins []int
	for at := 0; ; at++ {
		k := bytes.Index(packed[at:], []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3})
		if k < 0 {
			break
		}
		at += k
		begins = append(begins, at)
	}
	if len(begins) < 10 {
		t.Fatalf("%d members", len(begins))
	}
	for _, at := range begins[1 : len(begins)-1] {
		bad := bytes.Clone(packed)
		copy(bad[at+200:], "\xff\xff\xff\xff")
		path := filepath.Join(t.TempDir(), "bad.gz")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := hprof.Open(context.Background(), path, hprof.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := content(t, f)
		said := slices.Concat(f.Problems, f.ReadProblems())
		gzip := slices.DeleteFunc(said, func(p hprof.Problem) bool { return !strings.Contains(p.What, "gzip block") })
		if len(got) != len(want) || len(gzip) != 1 {
			t.Fatalf("member at %d: %d bytes, want %d; %+v", at, len(got), len(want), said)
		}
		first, last := len(want), 0
		for i := range want {
			if got[i] != want[i] {
				first, last = min(first, i), i
			}
		}
		if p := gzip[0]; int64(first) < p.Offset || last-first > 20<<10 || int64(last) >= p.Offset+20<<10 {
			t.Errorf("member at %d: bytes %d to %d differ; %+v", at, first, last, p)
		}
		_ = f.Close()
	}
}

func TestDamagedZstd(t *testing.T) {
	good := larger(hproftest.Zstd()).Bytes()
	flipped := bytes.Clone(good)
	copy(flipped[len(flipped)/2:], "\xff\xff\xff\xff\xff\xff")
	huge := bytes.Clone(good[:4]) // an empty dump's header, of a frame that claims 2^60 bytes
	huge = append(huge, 0xe0)
	huge = binary.LittleEndian.AppendUint64(huge, 1<<60)
	wide := append(bytes.Clone(good[:4]), 0x00, (31-10)<<3, 1, 0, 0, 'x')
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"cut":      {good[:len(good)*6/10], "the zstd file ends early"},
		"flipped":  {flipped, "the zstd data is damaged"},
		"rubbish":  {append(bytes.Clone(good), "rubbish"...), "what follows the zstd data is none"},
		"huge":     {huge, "are needed"},
		"window":   {wide, "zstd -d --long=31"},
		"no frame": {append(bytes.Clone(good[:4]), 0xff), "damaged zstd header"},
	} {
		f, err := hprof.OpenStream(context.Background(), bytes.NewReader(c.b), "zstd", hprof.Options{TempDir: t.TempDir()})
		if err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
			var te *hprof.TempError
			if name == "huge" && !errors.As(err, &te) {
				t.Errorf("%s: %T", name, err)
			}
			continue
		}
		n, _ := walk(f)
		if total(n) == 0 || !slices.ContainsFunc(f.Problems, func(p hprof.Problem) bool { return strings.Contains(p.What, c.want) }) {
			t.Errorf("%s: %d records, %+v, want %q", name, total(n), f.Problems, c.want)
		}
		_ = f.Close()
	}
}

// TestBrokenPipe: a writer that fails leaves what it wrote.
func TestBrokenPipe(t *testing.T) {
	for name, how := range packings {
		b := larger(how).Bytes()
		r := io.MultiReader(bytes.NewReader(b[:len(b)*7/10]), iotest.ErrReader(errors.New("the other end is gone")))
		f, err := hprof.OpenStream(context.Background(), r, "pipe", hprof.Options{TempDir: t.TempDir()})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		n, _ := walk(f)
		said := slices.ContainsFunc(f.Problems, func(p hprof.Problem) bool { return strings.Contains(p.What, "the other end is gone") })
		if total(n) < 1000 || !said {
			t.Errorf("%s: %d records, %+v", name, total(n), f.Problems)
		}
		_ = f.Close()
	}
}

// TestInterruptedPipe: a pipe that nobody writes to does not keep the work from ending.
func TestInterruptedPipe(t *testing.T) {
	for name, how := range packings {
		b := larger(how).Bytes()
		for _, n := range []int{0, 10, 100, len(b) / 2} {
			r, w := io.Pipe()
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				_, _ = w.Write(b[:n])
				cancel() // and the pipe stays open
			}()
			if _, err := hprof.OpenStream(ctx, r, "pipe", hprof.Options{TempDir: t.TempDir()}); !errors.Is(err, context.Canceled) {
				t.Errorf("%s, after %d bytes: %v", name, n, err)
			}
			_ = w.Close()
		}
	}
}

func TestNoTempDir(t *testing.T) {
	for name, how := range packings {
		_, err := hprof.OpenStream(context.Background(), bytes.NewReader(larger(how).Bytes()), "pipe", hprof.Options{TempDir: filepath.Join(t.TempDir(), "none")})
		var te *hprof.TempError
		if !errors.As(err, &te) || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "into a temporary file in") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
