package index

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cespare/xxhash/v2"
)

// File is an open index. It is safe for concurrent use.
type File struct {
	Info
	Path string
	Size int64

	data     []byte
	release  func() error
	hashes   []byte
	state    []atomic.Uint32 // per block
	sections map[uint32]*Section
	once     sync.Once
	err      error
	failed   atomic.Bool
}

// States of a block.
const (
	unknown uint32 = iota
	good
	bad
)

// Section is a part of the file. Bytes may be read where Ok has said so.
type Section struct {
	Bytes []byte
	// Valid, when set, looks at a block whose hash is right: false is damage too. It is set before the first Ok.
	Valid func(block []byte) bool

	f     *File
	first int // block
	state []atomic.Uint32
	all   atomic.Bool // every block is good
}

// Open opens the index of a dump. An error that wraps ErrUnusable says why the file must not be trusted, fs.ErrNotExist
// that there is none.
func Open(path string, dump *Key) (*File, error) {
	f, err := openAny(path)
	if err != nil {
		return nil, err
	}
	if why := f.changed(dump); why != "" {
		_ = f.Close()
		return nil, unusable("%s", why)
	}
	return f, nil
}

// openAny opens an index whatever its dump.
func openAny(path string) (*File, error) {
	fd, size, err := openOwn(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = fd.Close() }() // a mapping outlives its descriptor
	data, release, err := mapReadOnly(fd, size)
	if err != nil {
		return nil, err
	}
	f, err := parse(data)
	if err != nil {
		_ = release()
		return nil, err
	}
	f.Path, f.release = path, release
	return f, nil
}

// openOwn opens a file that no other user can have written.
func openOwn(path string) (*os.File, int64, error) {
	fd, err := openFile(path)
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return nil, 0, fs.ErrNotExist
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrUnusable):
		return nil, 0, err
	case err != nil:
		return nil, 0, unusable("%v", err)
	}
	st, err := fd.Stat()
	why := ""
	switch {
	case err != nil:
		why = err.Error()
	case !st.Mode().IsRegular():
		why = "it is no regular file"
	default:
		why = foreign(st)
	}
	if why == "" && st.Size() < BlockBytes {
		why = "it is cut"
	}
	if why != "" {
		_ = fd.Close()
		return nil, 0, unusable("%s", why)
	}
	return fd, st.Size(), nil
}

// parse checks header and hash table.
func parse(data []byte) (*File, error) {
	h, err := decodeHeader(data[:min(len(data), BlockBytes)], int64(len(data)))
	if err != nil {
		return nil, err
	}
	f := &File{Info: h.info, Size: h.size, data: data, hashes: data[h.hashes:], sections: map[uint32]*Section{}}
	if xxhash.Sum64(f.hashes) != h.hashesHash {
		return nil, unusable("its table of hashes is damaged")
	}
	f.state = make([]atomic.Uint32, h.hashes/BlockBytes)
	for _, r := range h.rows {
		first := r.offset / BlockBytes
		last := (r.offset + r.length + BlockBytes - 1) / BlockBytes
		f.sections[r.id] = &Section{Bytes: data[r.offset:][:r.length:r.length], f: f, first: int(first), state: f.state[first:last]}
	}
	return f, nil
}

// Section returns a section, an empty one when the file has none of that id.
func (f *File) Section(id uint32) *Section {
	if s := f.sections[id]; s != nil {
		return s
	}
	return &Section{f: f}
}

// Err returns what was found damaged; all answers since Open are void then.
func (f *File) Err() error {
	if !f.failed.Load() {
		return nil
	}
	return f.err
}

// Fail notes damage that the caller found.
func (f *File) Fail(format string, args ...any) {
	f.once.Do(func() {
		f.err = unusable(format, args...)
		f.failed.Store(true)
	})
}

// Close releases the file. Nothing that came from it may be used any more.
func (f *File) Close() error {
	if f.release == nil {
		return nil
	}
	r := f.release
	f.release = nil
	return r()
}

// Verify verifies all blocks.
func (f *File) Verify() error {
	for _, s := range f.sections {
		if !s.All() {
			break
		}
	}
	return f.Err()
}

// Ok verifies the block of the byte at, which must be in the section, unless that has been done. A number whose size divides
// BlockBytes lies in one block.
func (s *Section) Ok(at uint64) bool {
	return s.state[at>>blockShift].Load() == good || s.verify(at)
}

// All verifies the section.
func (s *Section) All() bool {
	if s.all.Load() {
		return true
	}
	for b := range s.state {
		if s.state[b].Load() != good && !s.verify(uint64(b)<<blockShift) {
			return false
		}
	}
	s.all.Store(true)
	return true
}

// VerifiedTo returns the place up to which bytes from at on may be read: the end of its block. It is at itself when the block is
// damaged, and at the end of the section.
func (s *Section) VerifiedTo(at uint64) uint64 {
	n := uint64(len(s.Bytes))
	if at >= n || !s.Ok(at) {
		return at
	}
	return min(n, at&^(BlockBytes-1)+BlockBytes)
}

// Fail notes damage that the caller found in the section.
func (s *Section) Fail() { s.f.Fail("it is damaged at offset %d", int64(s.first)*BlockBytes) }

// verify verifies the block of the byte at.
func (s *Section) verify(at uint64) bool {
	b := int(at >> blockShift)
	if s.state[b].Load() == bad {
		return false
	}
	place := (s.first + b) * BlockBytes
	block := s.f.data[place : place+BlockBytes]
	ok := xxhash.Sum64(block) == ne.Uint64(s.f.hashes[8*(s.first+b):])
	if ok && s.Valid != nil {
		ok = s.Valid(s.Bytes[b*BlockBytes : min(len(s.Bytes), (b+1)*BlockBytes)])
	}
	if !ok {
		s.state[b].Store(bad)
		s.f.Fail("it is damaged at offset %d", place)
		return false
	}
	s.state[b].Store(good)
	return true
}
