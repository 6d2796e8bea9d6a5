package hprof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"heapcause/hprof/gzip"
)

// packing is how a file is packed, by how it begins.
type packing uint8

const (
	plainFile packing = iota
	gzipFile
	zstdFile
)

func (p packing) String() string { return [...]string{"", "gzip", "zstd"}[p] }

func packingOf(head []byte) packing {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}):
		return gzipFile
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return zstdFile
	}
	return plainFile
}

const headBytes = 64 // hold any dump's header

// fromFile makes a regular file readable at any offset: as it is, block by block, or unpacked to a temporary file.
func (f *File) fromFile(ctx context.Context, fd *os.File, opt *Options) error {
	var head [headBytes]byte
	n, err := fd.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return bare(err)
	}
	f.r, f.Size = fd, f.DiskSize
	switch p := packingOf(head[:n]); p {
	case gzipFile:
		if err := f.fromBlocks(ctx, fd, opt); !errors.Is(err, gzip.ErrNotBlocks) {
			return err
		}
		return f.unpackFile(ctx, fd, p, opt)
	case zstdFile:
		return f.unpackFile(ctx, fd, p, opt)
	}
	return nil
}

// unpackFile unpacks a file that is not looked at again afterwards.
func (f *File) unpackFile(ctx context.Context, fd *os.File, p packing, opt *Options) error {
	if err := f.unpack(ctx, io.NewSectionReader(fd, 0, f.DiskSize), p, f.DiskSize, opt); err != nil {
		return err
	}
	err := f.Changed()
	f.watched = watch{}
	return err
}

// fromBlocks reads what HotSpot packed where it is.
func (f *File) fromBlocks(ctx context.Context, r io.ReaderAt, opt *Options) error {
	z, err := gzip.Open(ctx, r, f.DiskSize, func(done, total int64) { opt.progress("finding gzip blocks", done, total) })
	if err != nil {
		return err
	}
	head := make([]byte, min(headBytes, z.Size()))
	if _, err := z.ReadAt(head, 0); err != nil {
		return err
	}
	if _, err := parseHeader(head); err != nil {
		return fmt.Errorf("inside gzip: %w", err)
	}
	f.r, f.Size, f.blocks, f.Compression = z, z.Size(), z, gzipFile.String()
	return nil
}

// fromStream makes what can be read once readable at any offset, in a temporary file: HotSpot's blocks as they are, other packed
// dumps unpacked.
func (f *File) fromStream(ctx context.Context, r io.Reader, opt *Options) error {
	count := &counted{r: r}
	in := readAhead(ctx, count, nil)
	defer in.Close()
	head := make([]byte, headBytes)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return bare(err)
	}
	all := io.MultiReader(bytes.NewReader(head[:n]), in)
	p := packingOf(head[:n])
	if p == zstdFile || p == gzipFile && !gzip.IsBlocks(head[:n]) {
		err := f.unpack(ctx, all, p, 0, opt)
		f.DiskSize = count.n.Load()
		return err
	}
	if p == plainFile {
		if _, err := parseHeader(head[:n]); err != nil {
			return err
		}
	}
	tmp, size, rerr, err := f.spool(ctx, all, opt, "reading "+f.Path, func() { opt.progress("reading "+f.Path, count.n.Load(), 0) })
	if err != nil {
		return err
	}
	f.DiskSize = size
	if rerr != nil {
		f.problem(f.DiskSize, 0, "%s ends early: %v", f.Path, bare(rerr))
	}
	return f.fromFile(ctx, tmp, opt)
}

// ReadProblems returns the damage of packed data that has come up since Open: a block is checked when it is first read. It is
// safe for concurrent use.
func (f *File) ReadProblems() []Problem {
	if f.blocks == nil {
		return nil
	}
	var out []Problem
	for _, w := range f.blocks.Flaws(f.flawsKnown) {
		out = append(out, Problem(w))
	}
	return out
}

func (o *Options) progress(phase string, done, total int64) {
	if o.Progress != nil {
		o.Progress(phase, done, total)
	}
}
