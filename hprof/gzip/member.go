package gzip

import (
	"bytes"
	"hash/crc32"
	"io"
	"strconv"
)

const (
	headerSize  = 10 // of a member without a comment, bytes
	trailerSize = 8  // checksum and length
	leastMember = headerSize + 2 + trailerSize

	// maxBlock is the largest block size that is believed; HotSpot's is 1 MiB.
	maxBlock = 16 << 20
	// maxHeader is longer than any header with HotSpot's comment.
	maxHeader = 64

	flagComment = 0x10
)

var (
	magic   = []byte{0x1f, 0x8b, 8}
	comment = []byte("HPROF BLOCKSIZE=")
)

// header returns the length of the header that b begins with, and the block size that its comment gives (0: no comment); n is
// 0 when it is no header as HotSpot writes it: no time, no name, and no comment but that one.
func header(b []byte) (n, block int) {
	if len(b) < headerSize || !bytes.HasPrefix(b, magic) || b[3]&^flagComment != 0 || le.Uint32(b[4:]) != 0 || b[8] != 0 && b[8] != 2 && b[8] != 4 {
		return 0, 0
	}
	if b[3] == 0 {
		return headerSize, 0
	}
	text := b[headerSize:min(len(b), maxHeader)]
	end := bytes.IndexByte(text, 0)
	if end < 0 || !bytes.HasPrefix(text, comment) {
		return 0, 0
	}
	block, err := strconv.Atoi(string(text[len(comment):end]))
	if err != nil || block <= 0 {
		return 0, 0
	}
	return headerSize + end + 1, block
}

// guess returns the length of a header that is damaged.
func guess(b []byte) int {
	n := min(headerSize, len(b))
	text := b[n:min(len(b), maxHeader)]
	if end := bytes.IndexByte(text, 0); end >= 0 && bytes.HasPrefix(text, comment) {
		n += end + 1
	}
	return n
}

// maxPacked returns the most bytes that a member of a block of n bytes has: deflate stores what it cannot pack, with 5 bytes
// for each 16 KiB or more.
func maxPacked(n int64) int64 { return n + n>>10 + maxHeader + trailerSize + 64 }

// plausible reports whether packed bytes, header and trailer included, can hold a block of n bytes: deflate packs 1032 to 1 at most.
func plausible(packed, n int64) bool {
	return packed >= leastMember && packed <= maxPacked(n) && n <= packed*1032
}

// unpacker holds the room that unpacking a member needs. It is used by one goroutine at a time.
type unpacker struct {
	start []byte // room for the beginning of a block
	inflater
	packed []byte
}

// read reads n packed bytes at off, fewer at the end of the file.
func (u *unpacker) read(r io.ReaderAt, off, n int64) ([]byte, error) {
	if int64(cap(u.packed)) < n {
		u.packed = make([]byte, n)
	}
	b := u.packed[:n]
	k, err := r.ReadAt(b, off)
	if k < len(b) && err != nil && err != io.EOF {
		return nil, err
	}
	return b[:k], nil
}

// An outcome is what became of unpacking one member.
type outcome struct {
	plain  int   // bytes that came out
	packed int64 // bytes of the member, header and trailer included; when it did not end, what there was
	ended  bool  // the deflate stream came to its end, and a trailer follows
	sound  bool  // checksum and length are right
	err    error // why the stream did not end
}

// unpack unpacks the member that b begins with into dst, which has slack bytes after limit. A header that is damaged is taken for
// one of the usual length.
func (u *unpacker) unpack(b, dst []byte, limit int) outcome {
	n, _ := header(b)
	if n == 0 {
		n = guess(b)
	}
	u.reset(b[n:], true, dst)
	err := u.run(limit)
	out := outcome{plain: min(u.op, limit), packed: int64(len(b)), err: err}
	end := n + u.consumed()
	switch {
	case err != nil:
	case u.state != atEnd || u.op > limit:
		out.err = errTooLong
	case len(b)-end < trailerSize:
		out.err = io.ErrUnexpectedEOF
	default:
		out.ended, out.packed = true, int64(end+trailerSize)
		out.sound = le.Uint32(b[end:]) == crc32.ChecksumIEEE(dst[:u.op]) && le.Uint32(b[end+4:]) == uint32(u.op)
	}
	return out
}
