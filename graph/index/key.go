package index

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Key says which dump an index is of, and how it was read.
type Key struct {
	Dump        string // absolute path
	Size        int64  // of the dump's file, packed or not, in bytes
	Modified    int64  // of the dump's file, nanoseconds since 1970
	Fingerprint uint64 // of size, start, end and samples between
	Variant     string // options that change the graph; "" is the default
}

const (
	sampleEdge  = 64 << 10 // bytes at the start and at the end
	sampleBytes = 4 << 10
	samples     = 62 // between them, evenly
)

// KeyOf describes the dump at path: it reads less than 400 KiB of it. A dump whose bytes were changed in place between the
// samples is told by its time of change alone.
func KeyOf(path, variant string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return Key{}, err
	}
	k := Key{Dump: path, Size: st.Size(), Modified: st.ModTime().UnixNano(), Variant: variant}
	if abs, err := filepath.Abs(path); err == nil {
		k.Dump = abs
	}
	k.Fingerprint, err = Fingerprint(f, k.Size)
	return k, err
}

// Fingerprint returns that of a dump of so many bytes.
func Fingerprint(r io.ReaderAt, size int64) (uint64, error) {
	d := xxhash.New()
	fmt.Fprintf(d, "%d\n", size)
	buf := make([]byte, sampleEdge)
	part := func(off, n int64) error {
		n = min(n, size-off)
		k, err := r.ReadAt(buf[:n], off)
		if int64(k) < n {
			return fmt.Errorf("reading the dump at offset %d: %w", off, err)
		}
		_, _ = d.Write(buf[:n])
		return nil
	}
	if size <= 2*sampleEdge+samples*sampleBytes {
		for off := int64(0); off < size; off += sampleEdge {
			if err := part(off, sampleEdge); err != nil {
				return 0, err
			}
		}
		return d.Sum64(), nil
	}
	if err := part(0, sampleEdge); err != nil {
		return 0, err
	}
	step := (size - 2*sampleEdge - sampleBytes) / samples
	for i := range int64(samples) {
		if err := part((sampleEdge+i*step)&^(sampleBytes-1), sampleBytes); err != nil {
			return 0, err
		}
	}
	if err := part(size-sampleEdge, sampleEdge); err != nil {
		return 0, err
	}
	return d.Sum64(), nil
}

// suffix of index files.
const suffix = ".hcindex"

// Name returns the name of the file in its folder: that of the dump for people, and what tells it from others.
func (k *Key) Name() string {
	base := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, filepath.Base(k.Dump))
	base = strings.TrimLeft(base[:min(len(base), 60)], ".")
	variant := ""
	if k.Variant != "" {
		variant = "-" + k.Variant
	}
	return fmt.Sprintf("%s-%016x%s%s", base, k.Fingerprint, variant, suffix)
}

// changed says what tells the dump of an index from this one, "" when nothing does. The path does not count: dumps are moved.
func (k *Key) changed(now *Key) string {
	switch {
	case k.Variant != now.Variant:
		return "it was built with other options"
	case k.Size != now.Size:
		return fmt.Sprintf("it is of a dump of %d bytes, this one has %d", k.Size, now.Size)
	case k.Fingerprint != now.Fingerprint:
		return "it is of another dump"
	case k.Modified != now.Modified:
		return "the dump has been written to since"
	}
	return ""
}
