package gzip

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// ErrHeader says that what begins is no gzip member.
var ErrHeader = errors.New("damaged gzip header")

// ErrChecksum says that a member unpacked to something else than was packed.
var ErrChecksum = errors.New("wrong checksum")

// Stream unpacks gzip of any kind (RFC 1952) from beginning to end, several members as one.
type Stream struct {
	r     io.Reader
	u     inflater
	in    []byte // room for packed bytes; u.src is part of it
	read  int64  // packed bytes taken from r
	given int    // u.dst[given:u.op] is to be read
	crc   uint32
	size  uint32
	open  bool // inside a member
	err   error
}

const (
	window     = 32 << 10 // how far back a match reaches
	streamRoom = 1 << 20
	streamRead = 256 << 10
	// maxText is the longest name or comment that is skipped.
	maxText = 64 << 10
)

// NewStream reads the first header.
func NewStream(r io.Reader) (*Stream, error) {
	s := &Stream{r: r, in: make([]byte, streamRead+2*maxText)}
	s.u.reset(s.in[:0], false, make([]byte, window+streamRoom+slack))
	if err := s.header(); err != nil {
		return nil, err
	}
	return s, nil
}

// Packed returns how many packed bytes have been used.
func (s *Stream) Packed() int64 { return s.read - int64(len(s.u.src)-s.u.consumed()) }

// Read returns unpacked bytes; io.EOF after the last member, io.ErrUnexpectedEOF when one does not end, ErrHeader when what
// follows one is none, ErrChecksum, or what damage was met.
func (s *Stream) Read(b []byte) (int, error) {
	for s.given == s.u.op {
		if s.err != nil {
			return 0, s.err
		}
		s.err = s.more()
	}
	n := copy(b, s.u.dst[s.given:s.u.op])
	s.given += n
	return n, nil
}

// more unpacks the next piece.
func (s *Stream) more() error {
	if !s.open {
		return s.header()
	}
	u := &s.u
	if u.op >= window+streamRoom {
		u.op = copy(u.dst, u.dst[u.op-window:u.op])
		s.given = u.op
	}
	before := u.op
	err := u.run(window + streamRoom)
	s.crc = crc32.Update(s.crc, crc32.IEEETable, u.dst[before:u.op])
	s.size += uint32(u.op - before)
	switch {
	case errors.Is(err, errMore):
		return s.fill(blockHeader + 8)
	case err != nil:
		return err
	case u.state == atEnd:
		return s.trailer()
	}
	return nil
}

// fill has n bytes at hand, fewer at the end of the input.
func (s *Stream) fill(n int) error {
	u := &s.u
	u.giveBack()
	if u.last || len(u.src)-u.ip >= n {
		return nil
	}
	have := copy(s.in, u.src[u.ip:])
	u.ip = 0
	for have < n && !u.last {
		k, err := s.r.Read(s.in[have:])
		have += k
		s.read += int64(k)
		if errors.Is(err, io.EOF) {
			u.last = true
		} else if err != nil {
			u.src = s.in[:have]
			return err
		}
	}
	u.src = s.in[:have]
	return nil
}

// trailer checks a member that has ended.
func (s *Stream) trailer() error {
	u := &s.u
	u.giveBack()
	u.hold, u.nhold = 0, 0
	if err := s.fill(trailerSize); err != nil {
		return err
	}
	b := u.src[u.ip:]
	if len(b) < trailerSize {
		return io.ErrUnexpectedEOF
	}
	u.ip += trailerSize
	s.open = false
	if le.Uint32(b) != s.crc || le.Uint32(b[4:]) != s.size {
		return ErrChecksum
	}
	return nil
}

// header reads a member's header; io.EOF when there is none left. Zeros between members, as tapes have them, are passed.
func (s *Stream) header() error {
	u := &s.u
	for first := s.read == 0; ; {
		if err := s.fill(headerSize); err != nil {
			return err
		}
		rest := u.src[u.ip:]
		if zeros := len(rest) - len(bytes.TrimLeft(rest, "\x00")); zeros > 0 && !first {
			u.ip += zeros
			continue
		}
		if len(rest) == 0 && !first {
			return io.EOF
		}
		if len(rest) < headerSize || !bytes.HasPrefix(rest, magic) || rest[3]&0xe0 != 0 {
			return fmt.Errorf("%w: %d bytes or more", ErrHeader, len(rest))
		}
		break
	}
	flags := u.src[u.ip+3]
	u.ip += headerSize
	if err := s.extras(flags); err != nil {
		return err
	}
	s.crc, s.size, s.open = 0, 0, true
	if u.op >= window+streamRoom {
		u.op = copy(u.dst, u.dst[u.op-window:u.op])
		s.given = u.op
	}
	u.state, u.final = atBlock, false
	return nil
}

// extras passes what a header has besides: extra fields, a name, a comment, a checksum.
func (s *Stream) extras(flags byte) error {
	u := &s.u
	if flags&4 != 0 {
		if err := s.need(2); err != nil {
			return err
		}
		n := int(le.Uint16(u.src[u.ip:]))
		u.ip += 2
		if err := s.need(n); err != nil {
			return err
		}
		u.ip += n
	}
	for _, text := range []byte{8, flagComment} {
		if flags&text == 0 {
			continue
		}
		if err := s.fill(maxText); err != nil {
			return err
		}
		n := bytes.IndexByte(u.src[u.ip:], 0)
		if n < 0 {
			return ErrHeader
		}
		u.ip += n + 1
	}
	if flags&2 != 0 {
		if err := s.need(2); err != nil {
			return err
		}
		u.ip += 2
	}
	return nil
}

func (s *Stream) need(n int) error {
	if err := s.fill(n); err != nil {
		return err
	}
	if len(s.u.src)-s.u.ip < n {
		return io.ErrUnexpectedEOF
	}
	return nil
}
