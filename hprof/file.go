package hprof

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"heapcause/hprof/gzip"
)

var be = binary.BigEndian

// ID is an object, class, symbol or stack frame identifier. Object identifiers of HotSpot are heap addresses.
type ID = uint64

// Header is the fixed start of a dump.
type Header struct {
	Version string    // "1.0.2"
	IDSize  int       // 4 or 8
	Time    time.Time // when the dump was begun, UTC, milliseconds
	Bytes   int64     // length of the header
}

// Segment is the body of one HEAP_DUMP or HEAP_DUMP_SEGMENT record, or a stretch of the file that is to be read as one.
type Segment struct {
	Offset  int64
	Length  int64 // that the file has
	Missing int64 // bytes by which the file was cut off inside the record
}

// LoadClass binds a class to its name.
type LoadClass struct {
	Serial uint32
	Class  ID
	Name   ID // of a symbol
}

// Frame is one stack frame.
type Frame struct {
	Method, Signature, Source ID // of symbols
	Class                     uint32
	Line                      int32 // > 0 a line; -1 unknown, -2 compiled, -3 native
}

// Trace is a thread's stack, innermost frame first.
type Trace struct {
	Serial, Thread uint32
	Frames         []ID
}

// File is an open dump: everything but the heap is in memory, the heap is a list of segments.
type File struct {
	Header
	Path     string
	Size     int64 // of the unpacked dump, bytes
	DiskSize int64 // of the file, bytes

	Symbols  map[ID]string
	Classes  []LoadClass
	Frames   map[ID]Frame
	Traces   map[uint32]Trace // by serial
	Segments []Segment
	Problems []Problem

	Dump, Dumps int // the file holds Dumps of them, one behind the other; this is number Dump, from 1

	Parts int // of an interrupted dump: the files beside this one that hold its heap

	Compression string // "", "gzip" or "zstd"
	Temp        Temp   // what is kept on disk while the dump is open

	r          io.ReaderAt
	close      []func() error
	blocks     *gzip.Reader // nil unless the dump is read packed
	flawsKnown int          // of blocks, in Problems
	watched    watch
}

// Options of Open.
type Options struct {
	TempDir    string                                // where packed dumps are unpacked and streams kept; "" is the system's
	Progress   func(phase string, done, total int64) // bytes; total 0: not known. May be nil; called from any goroutine
	HeaderOnly bool                                  // leave the top-level records unread: for who knows already where the objects lie
	Dump       int                                   // which of several dumps in the file, from 1; 0 is the first
}

func (o *Options) tempDir() string {
	if o.TempDir == "" {
		return os.TempDir()
	}
	return o.TempDir
}

// Open reads the header and the top-level records of the dump at path and leaves the heap segments unread. gzip and zstd are
// recognised by their content; what is no regular file is read as OpenStream does. A damaged dump opens as far as it goes, with
// its Problems; only a file that is no dump fails, with an error that wraps ErrNotHPROF. A *TempError says that there was no room
// to unpack.
func Open(ctx context.Context, path string, opt Options) (*File, error) {
	fd, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := fd.Stat()
	if err == nil && st.IsDir() {
		err = fmt.Errorf("%s: is a folder, not a heap dump", path)
	}
	if err != nil {
		_ = fd.Close()
		return nil, err
	}
	f := &File{Path: path, DiskSize: st.Size(), close: []func() error{fd.Close}, watched: watch{fd, st.Size(), st.ModTime()}}
	if !st.Mode().IsRegular() {
		f.watched = watch{}
		return f.opened(ctx, &opt, f.fromStream(ctx, fd, &opt))
	}
	return f.opened(ctx, &opt, f.fromFile(ctx, fd, &opt))
}

// OpenStream opens a dump that can be read but once, from a pipe; name is what it is called. It is kept in a temporary file, unless
// r is an *os.File that is a regular file: that is read where it is, and left open.
func OpenStream(ctx context.Context, r io.Reader, name string, opt Options) (*File, error) {
	f := &File{Path: name}
	if fd, ok := r.(*os.File); ok {
		if st, err := fd.Stat(); err == nil && st.Mode().IsRegular() {
			f.DiskSize, f.watched = st.Size(), watch{fd, st.Size(), st.ModTime()}
			return f.opened(ctx, &opt, f.fromFile(ctx, fd, &opt))
		}
	}
	return f.opened(ctx, &opt, f.fromStream(ctx, r, &opt))
}

// opened reads the top-level records, unless the bytes could not be had.
func (f *File) opened(ctx context.Context, opt *Options, err error) (*File, error) {
	switch {
	case err != nil:
	case opt.HeaderOnly:
		err = f.readHeader(ctx)
	default:
		err = f.readDump(ctx, max(opt.Dump, 1))
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	flaws := f.ReadProblems()
	f.flawsKnown = len(flaws)
	f.Problems = append(f.Problems, flaws...)
	slices.SortStableFunc(f.Problems, func(x, y Problem) int { return cmp.Compare(x.Offset, y.Offset) })
	return f, nil
}

// readHeader reads the start alone.
func (f *File) readHeader(context.Context) error {
	b := make([]byte, 64)
	n, err := f.r.ReadAt(b, 0)
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if f.Header, err = parseHeader(b[:n]); err != nil {
		return err
	}
	w := &window{r: f.r, buf: make([]byte, min(topWindow, max(f.Size, minPeek))), short: 8 << 10}
	return f.mendIDSize(w, f.Header.Bytes)
}

// OpenBytes reads a dump that is in memory; for tests and fuzzing.
func OpenBytes(b []byte) (*File, error) { return OpenReaderAt(bytes.NewReader(b), int64(len(b))) }

// OpenReaderAt reads an unpacked dump of that size from anywhere; r must be safe for concurrent use.
func OpenReaderAt(r io.ReaderAt, size int64) (*File, error) {
	f := &File{Path: "memory", Size: size, DiskSize: size, r: r}
	if err := f.readDump(context.Background(), 1); err != nil {
		return nil, err
	}
	return f, nil
}

// ErrNoSuchDump says that the file holds fewer dumps than the number that was asked for.
var ErrNoSuchDump = errors.New("no such dump in the file")

// readDump reads the top-level records of the n-th dump of the file and counts all.
func (f *File) readDump(ctx context.Context, n int) error {
	packed := f.Problems
	var top *topReader
	for f.Dump < n {
		start := int64(0)
		if top != nil {
			if start = top.next; start == 0 {
				return fmt.Errorf("%w: it has %d", ErrNoSuchDump, f.Dump)
			}
		}
		f.Classes, f.Segments, f.Problems = nil, nil, slices.Clone(packed)
		var err error
		if top, err = f.readTop(ctx, start); err != nil {
			return err
		}
		f.Dump++
	}
	if err := f.countDumps(ctx, top.next); err != nil {
		return err
	}
	if !top.whole {
		if joined, err := f.joinParts(ctx); joined || err != nil {
			return err
		}
	}
	top.sayEnd()
	return nil
}

// countDumps counts the dumps that follow from next on, 0 when none does.
func (f *File) countDumps(ctx context.Context, next int64) error {
	f.Dumps = f.Dump
	for next > 0 {
		more := &File{Size: f.Size, r: f.r}
		top, err := more.readTop(ctx, next)
		if errors.Is(err, ErrNotHPROF) {
			f.problem(next, f.Size-next, "what follows the dump is another that cannot be read: %v", err)
			return nil
		}
		if err != nil {
			return err
		}
		f.Dumps++
		next = top.next
	}
	return nil
}

// Close releases the file and removes what was unpacked.
func (f *File) Close() error {
	var errs []error
	for i := len(f.close) - 1; i >= 0; i-- {
		errs = append(errs, f.close[i]())
	}
	f.close = nil
	return errors.Join(errs...)
}

// ReadAt reads from the unpacked dump. It is safe for concurrent use.
func (f *File) ReadAt(b []byte, off int64) (int, error) { return f.r.ReadAt(b, off) }

// HeapBytes returns the length of all heap segments together.
func (f *File) HeapBytes() int64 {
	var n int64
	for _, s := range f.Segments {
		n += s.Length
	}
	return n
}

// Symbol returns the text of a symbol, or "" when the dump lacks it.
func (f *File) Symbol(id ID) string { return f.Symbols[id] }

func (f *File) problem(off, n int64, format string, args ...any) {
	f.Problems = append(f.Problems, Problem{off, n, fmt.Sprintf(format, args...)})
}

const magic = "JAVA PROFILE "

// parseHeader decodes the start of a dump.
func parseHeader(b []byte) (Header, error) {
	var h Header
	if len(b) == 0 {
		return h, fmt.Errorf("%w: the file is empty", ErrNotHPROF)
	}
	if !bytes.HasPrefix(b, []byte(magic)) {
		if len(b) < len(magic) && bytes.HasPrefix([]byte(magic), b) {
			return h, fmt.Errorf("%w: the file ends inside its header, after %d bytes", ErrNotHPROF, len(b))
		}
		return h, fmt.Errorf("%w: it does not begin with %q", ErrNotHPROF, magic)
	}
	end := bytes.IndexByte(b[:min(len(b), 32)], 0)
	if end < 0 || len(b) < end+13 {
		return h, fmt.Errorf("%w: the file ends inside its header, after %d bytes", ErrNotHPROF, len(b))
	}
	h.Version = string(b[len(magic):end])
	switch h.Version {
	case "1.0", "1.0.1", "1.0.2", "1.0.3":
	default:
		return h, fmt.Errorf("%w: version %q is unknown (1.0, 1.0.1, 1.0.2 and 1.0.3 are)", ErrNotHPROF, h.Version)
	}
	h.IDSize = int(be.Uint32(b[end+1:]))
	h.Time = time.UnixMilli(int64(be.Uint64(b[end+5:]))).UTC()
	h.Bytes = int64(end + 13)
	return h, nil
}
