package index

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/cespare/xxhash/v2"
)

// Writer writes an index under a temporary name beside its place. The file is locked as long as its builder lives: an unlocked one
// is a dead builder's, and a later run removes it.
type Writer struct {
	f       *os.File
	path    string
	buf     []byte
	flushed int64 // bytes in the file
	hashes  []uint64
	rows    []row
}

const writeBuffer = 1 << 20

// Create begins an index of about need bytes in a folder, which is made when absent. It removes what dead builders left there.
// The folder's disk must have room: that is checked first.
func Create(dir, name string, need int64) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	removeDead(dir)
	if free, ok := freeSpace(dir); ok && free < need {
		return nil, fmt.Errorf("%s: %w: the index needs about %d MiB, %d MiB are free", dir, syscall.ENOSPC, need>>20, free>>20)
	}
	f, err := createTemp(dir, name)
	if err != nil {
		return nil, err
	}
	w := &Writer{f: f, path: filepath.Join(dir, name), buf: make([]byte, BlockBytes, writeBuffer)}
	return w, nil
}

// createTemp makes the temporary file and takes its lock. Between the two a run that clears up may remove it: then anew.
func createTemp(dir, name string) (*os.File, error) {
	for range 100 {
		f, err := os.CreateTemp(dir, name+".*"+tempSuffix) // mode 0600
		if err != nil {
			return nil, err
		}
		if lock(f) && linked(f) {
			return f, nil
		}
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
	return nil, fmt.Errorf("%s: temporary files vanish", dir)
}

// Begin starts a section; it ends where the next begins.
func (w *Writer) Begin(id uint32) error {
	if err := w.pad(); err != nil {
		return err
	}
	if len(w.rows) == maxSections {
		return fmt.Errorf("index: more than %d sections", maxSections)
	}
	w.rows = append(w.rows, row{id: id, offset: w.at()})
	return nil
}

func (w *Writer) at() int64 { return w.flushed + int64(len(w.buf)) }

// pad ends a section at the end of a block.
func (w *Writer) pad() error {
	if k := len(w.rows); k > 0 {
		r := &w.rows[k-1]
		r.length = w.at() - r.offset
	}
	w.buf = append(w.buf, make([]byte, -len(w.buf)&(BlockBytes-1))...)
	if len(w.buf) == cap(w.buf) {
		return w.flush()
	}
	return nil
}

// Write adds to the section.
func (w *Writer) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		k := min(len(b), cap(w.buf)-len(w.buf))
		w.buf = append(w.buf, b[:k]...)
		b = b[k:]
		if len(w.buf) == cap(w.buf) {
			if err := w.flush(); err != nil {
				return n - len(b), err
			}
		}
	}
	return n, nil
}

// flush writes whole blocks.
func (w *Writer) flush() error {
	for p := w.buf; len(p) > 0; p = p[BlockBytes:] {
		w.hashes = append(w.hashes, xxhash.Sum64(p[:BlockBytes]))
	}
	if err := w.write(w.buf, w.flushed); err != nil {
		return err
	}
	w.flushed += int64(len(w.buf))
	w.buf = w.buf[:0]
	return nil
}

func (w *Writer) write(b []byte, off int64) error {
	if _, err := w.f.WriteAt(b, off); err != nil {
		return fmt.Errorf("writing an index: %w", err)
	}
	return nil
}

// Commit finishes the file and gives it its name. Where a crash of the machine comes between, blocks may be lost: their hashes tell.
func (w *Writer) Commit(info Info) (path string, size int64, err error) {
	if err := w.pad(); err != nil {
		return "", 0, err
	}
	if err := w.flush(); err != nil {
		return "", 0, err
	}
	w.hashes[0] = 0
	table := make([]byte, 0, 8*len(w.hashes))
	for _, h := range w.hashes {
		table = ne.AppendUint64(table, h)
	}
	h := header{size: w.flushed + int64(len(table)), hashes: w.flushed, hashesHash: xxhash.Sum64(table), rows: w.rows, info: info}
	first, err := h.encode()
	if err != nil {
		return "", 0, err
	}
	if err := w.write(table, w.flushed); err != nil {
		return "", 0, err
	}
	if err := w.write(first, 0); err != nil {
		return "", 0, err
	}
	return w.path, h.size, publish(w.f, w.path)
}

// Abort removes the temporary file of a Writer that was not committed.
func (w *Writer) Abort() {
	_ = os.Remove(w.f.Name())
	_ = w.f.Close()
}
