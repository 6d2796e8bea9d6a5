package hprof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"heapcause/hprof/gzip"
)

// maxWindow of zstd is the most that its command unpacks without being told: --long=27.
const maxWindow = 128 << 20

// unpack writes the content of a packed dump to a temporary file, where it can be read at any offset. packed is the size of r, 0
// when not known.
func (f *File) unpack(ctx context.Context, r io.Reader, p packing, packed int64, opt *Options) error {
	in := &counted{r: r}
	z, err := unpacker(in, p, opt)
	if err != nil {
		return err
	}
	out := readAhead(ctx, z.r, z.close)
	defer out.Close()
	// Look before unpacking gigabytes of something else.
	head := make([]byte, headBytes)
	n, err := io.ReadFull(out, head)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, herr := parseHeader(head[:n]); herr != nil {
		if n == 0 && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: damaged %s data: %v", ErrNotHPROF, p, err)
		}
		return fmt.Errorf("inside %s: %w", p, herr)
	}
	phase := "unpacking " + p.String()
	all := io.MultiReader(bytes.NewReader(head[:n]), out)
	tmp, size, rerr, err := f.spool(ctx, all, opt, phase, func() { opt.progress(phase, in.n.Load(), packed) })
	if err != nil {
		return err
	}
	f.r, f.Size, f.Compression = tmp, size, p.String()
	if rerr != nil {
		f.unpackProblem(p, rerr, z, packed)
	}
	return nil
}

// unpackProblem tells why unpacking ended before the end.
func (f *File) unpackProblem(p packing, err error, z unpacking, packed int64) {
	switch {
	case errors.Is(err, gzip.ErrHeader) && packed > 0:
		f.problem(f.Size, 0, "the last %d bytes of the file, after the gzip data, are no gzip: they were not read", packed-z.used())
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, zstd.ErrMagicMismatch):
		f.problem(f.Size, 0, "what follows the %s data is none: it was not read", p)
	case errors.Is(err, io.ErrUnexpectedEOF):
		f.problem(f.Size, 0, "the %s file ends early", p)
	default:
		f.problem(f.Size, 0, "the %s data is damaged: %v", p, bare(err))
	}
}

// unpacking is a decoder at work.
type unpacking struct {
	r     io.Reader
	close func()       // nil where there is nothing to close
	used  func() int64 // packed bytes used, for gzip
}

func unpacker(r io.Reader, p packing, opt *Options) (unpacking, error) {
	if p == gzipFile {
		z, err := gzip.NewStream(r)
		if err != nil {
			return unpacking{}, fmt.Errorf("%w: %v", ErrNotHPROF, err)
		}
		return unpacking{z, nil, z.Packed}, nil
	}
	head := make([]byte, zstd.HeaderMaxSize)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return unpacking{}, err
	}
	var h zstd.Header
	if err := h.Decode(head[:n]); err != nil {
		return unpacking{}, fmt.Errorf("%w: damaged zstd header: %v", ErrNotHPROF, err)
	}
	if h.WindowSize > maxWindow {
		return unpacking{}, fmt.Errorf("packed with a zstd window of %d MiB, more than %d: unpack it with `zstd -d --long=31`", h.WindowSize>>20, maxWindow>>20)
	}
	if h.HasFCS && h.FrameContentSize < 1<<62 {
		if err := enough(opt.tempDir(), int64(h.FrameContentSize)); err != nil {
			return unpacking{}, &TempError{opt.tempDir(), "unpacking zstd", err}
		}
	}
	z, err := zstd.NewReader(io.MultiReader(bytes.NewReader(head[:n]), r), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(2))
	if err != nil {
		return unpacking{}, err
	}
	return unpacking{z, z.Close, nil}, nil
}
