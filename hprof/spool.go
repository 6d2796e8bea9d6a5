package hprof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// Temp is what an open dump keeps on disk: a file without a name, that is gone with the File or the process.
type Temp struct {
	Bytes int64  // 0: nothing
	Dir   string // the folder that it was made in
}

// A TempError says that a temporary file could not be made or written.
type TempError struct {
	Dir  string
	What string // what was to be kept there
	Err  error
}

// Error returns "WHAT into a temporary file in DIR: CAUSE".
func (e *TempError) Error() string {
	return fmt.Sprintf("%s into a temporary file in %s: %v", e.What, e.Dir, e.Err)
}

// Unwrap returns the cause.
func (e *TempError) Unwrap() error { return e.Err }

// tempFile makes a file that has no name: nothing is left behind, whatever happens.
func tempFile(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "heapcause-*.hprof")
	if err != nil {
		return nil, bare(err)
	}
	os.Remove(f.Name())
	return f, nil
}

// bare takes a file's name from an error: it means nothing to a reader.
func bare(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// spool copies r to a temporary file. Its errors are those of the file and the context's; what ended r is readErr, nil at its end.
func (f *File) spool(ctx context.Context, r io.Reader, opt *Options, what string, tick func()) (tmp *os.File, size int64, readErr, err error) {
	dir := opt.tempDir()
	if tmp, err = tempFile(dir); err != nil {
		return nil, 0, nil, &TempError{dir, what, err}
	}
	f.close = append(f.close, tmp.Close)
	f.Temp.Dir = dir
	buf := make([]byte, aheadBytes)
	for {
		n, rerr := r.Read(buf)
		if _, werr := tmp.Write(buf[:n]); werr != nil {
			return nil, 0, nil, &TempError{dir, what, bare(werr)}
		}
		f.Temp.Bytes += int64(n)
		size += int64(n)
		tick()
		switch {
		case ctx.Err() != nil:
			return nil, 0, nil, ctx.Err()
		case errors.Is(rerr, io.EOF):
			return tmp, size, nil, nil
		case rerr != nil:
			return tmp, size, rerr, nil
		}
	}
}

// counted counts the bytes that are read.
type counted struct {
	r io.Reader
	n atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// enough refuses to write so many bytes where there is less room; where the system does not tell, it hopes.
func enough(dir string, n int64) error {
	if free, ok := freeBytes(dir); ok && free < n {
		return fmt.Errorf("%w: %d bytes are needed, %d are free", errNoSpace, n, free)
	}
	return nil
}
