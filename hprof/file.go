package hprof

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
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

// Segment is the body of one HEAP_DUMP or HEAP_DUMP_SEGMENT record.
type Segment struct {
	Offset int64
	Length int64
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

	Unpacked string // "" or how the packed file was made readable, for a word to the user

	r       io.ReaderAt
	close   []func() error
	watched watch
}

// Options of Open.
type Options struct {
	TempDir    string // where a gzip file without blocks is unpacked; "" is the system's (never a RAM disk by choice)
	HeaderOnly bool   // leave the top-level records unread: for who knows already where the objects lie
}

// Open reads the header and the top-level records of the dump at path and leaves the heap segments unread. gzip is
// recognised by its content. A damaged dump opens as far as it goes, with its Problems; only a file that is no dump fails,
// with an error that wraps ErrNotHPROF.
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
	f := &File{Path: path, Size: st.Size(), DiskSize: st.Size(), r: fd, close: []func() error{fd.Close}}
	f.watched = watch{fd, st.Size(), st.ModTime()}
	if err := f.unpack(ctx, fd, opt); err != nil {
		_ = f.Close()
		return nil, err
	}
	read := f.readTop
	if opt.HeaderOnly {
		read = f.readHeader
	}
	if err := read(ctx); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// readHeader reads the start alone.
func (f *File) readHeader(context.Context) error {
	b := make([]byte, 64)
	n, err := f.r.ReadAt(b, 0)
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	f.Header, err = parseHeader(b[:n])
	return err
}

// OpenBytes reads a dump that is in memory; for tests and fuzzing.
func OpenBytes(b []byte) (*File, error) { return OpenReaderAt(bytes.NewReader(b), int64(len(b))) }

// OpenReaderAt reads an unpacked dump of that size from anywhere; r must be safe for concurrent use.
func OpenReaderAt(r io.ReaderAt, size int64) (*File, error) {
	f := &File{Path: "memory", Size: size, DiskSize: size, r: r}
	if err := f.readTop(context.Background()); err != nil {
		return nil, err
	}
	return f, nil
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
	n := be.Uint32(b[end+1:])
	if n != 4 && n != 8 {
		return h, fmt.Errorf("%w: identifiers of %d bytes (4 and 8 exist); the header is damaged", ErrNotHPROF, n)
	}
	h.IDSize = int(n)
	h.Time = time.UnixMilli(int64(be.Uint64(b[end+5:]))).UTC()
	h.Bytes = int64(end + 13)
	return h, nil
}
