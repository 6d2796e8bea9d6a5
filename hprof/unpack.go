package hprof

import (
	"bufio"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
)

// unpack makes a gzip file readable at any offset by writing its content to a temporary file that has no name.
func (f *File) unpack(ctx context.Context, fd *os.File, opt Options) error {
	var m [3]byte
	if n, _ := fd.ReadAt(m[:], 0); n < 3 || m != [3]byte{0x1f, 0x8b, 8} {
		return nil
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(fd, 1<<20))
	if err != nil {
		return fmt.Errorf("%w: damaged gzip header: %v", ErrNotHPROF, err)
	}
	// Look before unpacking gigabytes of something else.
	head := make([]byte, 64)
	n, err := io.ReadFull(z, head)
	if _, herr := parseHeader(head[:n]); herr != nil {
		return fmt.Errorf("inside gzip: %w", herr)
	}
	tmp, err2 := os.CreateTemp(opt.TempDir, "heapcause-*.hprof")
	if err2 != nil {
		return fmt.Errorf("unpacking gzip: %w", err2)
	}
	os.Remove(tmp.Name()) // the descriptor keeps it; nothing is left behind, whatever happens
	f.close = append(f.close, tmp.Close)
	if _, werr := tmp.Write(head[:n]); werr != nil {
		return fmt.Errorf("unpacking gzip: %w", werr)
	}
	size := int64(n)
	buf := make([]byte, 1<<20)
	for err == nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n, err = z.Read(buf)
		if n > 0 {
			if _, werr := tmp.Write(buf[:n]); werr != nil {
				return fmt.Errorf("unpacking gzip into a temporary file: %w", werr)
			}
			size += int64(n)
		}
	}
	if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		what := "the gzip file ends early"
		var corrupt flate.CorruptInputError
		if errors.As(err, &corrupt) || errors.Is(err, gzip.ErrChecksum) || !errors.Is(err, io.ErrUnexpectedEOF) {
			what = "the gzip data is damaged: " + err.Error()
		}
		f.problem(size, 0, "%s", what)
	}
	f.r, f.Size = tmp, size
	f.Unpacked = "gzip, unpacked to a temporary file"
	return nil
}
