package hprof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A JVM of JDK 22 or newer writes header, symbols, class names and stack traces into NAME, and the heap segments of each of its
// dumper threads into NAME.p0, NAME.p1, …, also where there is but one. NAME.p0 begins with the class
// dumps and the roots. At the end it appends the parts to NAME, in this order, and removes each. So a JVM that died meanwhile
// leaves NAME without heap records, or with the records of some parts, beside those that are left. (HotSpot's DumpMerger.)

// part is one of the files.
type part struct {
	path  string
	n     int
	start int64 // of its content in what is read as one dump
	size  int64
	fd    *os.File
}

// findParts returns the parts that lie beside a dump, in order.
func findParts(path string) []part {
	var out []part
	dir, base := filepath.Split(path)
	entries, err := os.ReadDir(filepath.Clean(dir + "."))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		tail, ok := strings.CutPrefix(e.Name(), base+".p")
		if !ok || !e.Type().IsRegular() {
			continue
		}
		if n, err := strconv.Atoi(tail); err == nil && n >= 0 && strconv.Itoa(n) == tail {
			out = append(out, part{path: dir + e.Name(), n: n})
		}
	}
	slices.SortFunc(out, func(a, b part) int { return a.n - b.n })
	return out
}

// partedReader reads files as if each followed the one before.
type partedReader struct {
	first io.ReaderAt
	size  int64 // of first
	parts []part
}

// ReadAt implements io.ReaderAt.
func (p *partedReader) ReadAt(b []byte, off int64) (int, error) {
	n := 0
	read := func(r io.ReaderAt, start, size int64) error {
		if at := off + int64(n) - start; at < size && n < len(b) {
			k, err := r.ReadAt(b[n:n+int(min(int64(len(b)-n), size-at))], at)
			n += k
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
		}
		return nil
	}
	if err := read(p.first, 0, p.size); err != nil {
		return n, err
	}
	for i := range p.parts {
		if err := read(p.parts[i].fd, p.parts[i].start, p.parts[i].size); err != nil {
			return n, err
		}
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// packedParts reports whether the parts are those of a packed dump: each of its own gzip members.
func packedParts(parts []part) bool {
	for _, p := range parts {
		fd, err := os.Open(p.path)
		if err != nil {
			continue
		}
		var b [1]byte
		n, _ := fd.ReadAt(b[:], 0)
		_ = fd.Close()
		if n == 1 {
			return b[0] == 0x1f
		}
	}
	return false
}

// joinParts adds the parts of an interrupted dump to its heap. It reports whether there are any.
func (f *File) joinParts(ctx context.Context) (bool, error) {
	if f.Dumps > 1 {
		return false, nil
	}
	parts := findParts(f.Path)
	if len(parts) == 0 {
		return false, nil
	}
	if packedParts(parts) {
		f.problem(f.Size, 0, "the JVM was interrupted while it wrote: its heap is in packed parts (%s), which are not read", filepath.Base(parts[0].path))
		return false, nil
	}
	if f.Compression != "" || f.Temp.Bytes > 0 {
		return false, nil
	}
	merged, err := f.mergedUpTo(parts[0])
	if err != nil || merged < 0 {
		return false, err
	}
	p := &partedReader{first: f.r, size: merged}
	end := merged
	for _, q := range parts {
		fd, err := os.Open(q.path)
		if err != nil {
			return false, err
		}
		f.close = append(f.close, fd.Close)
		st, err := fd.Stat()
		if err != nil {
			return false, err
		}
		q.start, q.size, q.fd = end, st.Size(), fd
		end += q.size
		p.parts = append(p.parts, q)
	}
	f.cutHeap(merged)
	f.r, f.Size, f.DiskSize, f.Parts = p, end, end, len(parts)
	f.problem(merged, 0, "the JVM was interrupted while it wrote: %s read as its heap part", partNames(p.parts))
	if len(f.Classes) == 0 {
		f.problem(merged, 0, "the names of all classes are lost: the JVM had not written them yet")
	}
	for _, q := range p.parts {
		if _, err := f.walkTop(ctx, q.start, q.start+q.size); err != nil {
			return false, err
		}
	}
	return true, nil
}

// partNames says which files are read.
func partNames(parts []part) string {
	first, last := filepath.Base(parts[0].path), filepath.Base(parts[len(parts)-1].path)
	if len(parts) == 1 {
		return first + " is"
	}
	return fmt.Sprintf("%d files from %s to %s are", len(parts), first, last)
}

// mergedUpTo returns how much of the dump comes before what was copied of its first part that is left: all of it where merging had not
// begun, and -1 where the part does not belong to the dump.
func (f *File) mergedUpTo(p part) (int64, error) {
	if len(f.Segments) == 0 {
		return f.Size, nil
	}
	fd, err := os.Open(p.path)
	if err != nil {
		return -1, err
	}
	defer func() { _ = fd.Close() }()
	head := make([]byte, 4096)
	n, err := fd.ReadAt(head, 0)
	if n < 9 {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return -1, err
	}
	same := make([]byte, n)
	for _, s := range f.Segments {
		k, err := f.r.ReadAt(same, s.Offset-9)
		if k == 0 && err != nil {
			break
		}
		if bytes.Equal(same[:k], head[:k]) {
			return s.Offset - 9, nil
		}
	}
	if last := f.Segments[len(f.Segments)-1]; p.n > 0 && last.Missing == 0 && last.Offset+last.Length == f.Size {
		return f.Size, nil // the parts before were copied whole
	}
	return -1, nil
}

// cutHeap takes back what was read of the heap from off on.
func (f *File) cutHeap(off int64) {
	f.Segments = slices.DeleteFunc(f.Segments, func(s Segment) bool { return s.Offset >= off })
	f.Problems = slices.DeleteFunc(f.Problems, func(p Problem) bool { return p.Offset >= off })
}
