package gzip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
)

// ErrNotBlocks says that a file is not packed in blocks as HotSpot does it, or too irregular to be read so: read it from
// beginning to end.
var ErrNotBlocks = errors.New("not a gzip file of HotSpot's blocks")

var errTooLong = errors.New("it unpacks to more than a block")

// A Flaw is a damaged place.
type Flaw struct {
	Offset int64 // in the unpacked dump
	Bytes  int64 // how many bytes of it are lost, 0 when not known
	What   string
}

// member is where a member begins in the file and its block in the dump. The last of a table is the end of both.
type member struct{ packed, plain int64 }

// Open finds the members of a file of so many bytes. progress is called with bytes done and may be nil. The error wraps
// ErrNotBlocks, or is the context's or the reader's.
func Open(ctx context.Context, r io.ReaderAt, size int64, progress func(done, total int64)) (*Reader, error) {
	head := make([]byte, min(size, maxHeader))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !IsBlocks(head) {
		return nil, ErrNotBlocks
	}
	_, block := header(head)
	s := &scanner{r: r, size: size, block: int64(block), chunk: scanChunk, progress: progress}
	if err := s.borders(ctx); err != nil {
		return nil, err
	}
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	z := &Reader{r: r, block: block, members: s.members, flaws: s.flaws, seen: make([]verdict, len(s.members))}
	for _, i := range s.damaged {
		z.seen[i].Store(told)
	}
	z.cache.room = 2*runtime.GOMAXPROCS(0) + 4
	z.cache.bytes = block + slack
	return z, nil
}

// IsBlocks reports whether a file that begins so seems to be packed in HotSpot's blocks.
func IsBlocks(head []byte) bool {
	n, block := header(head)
	return n > 0 && block > 0 && block <= maxBlock
}

// scanner builds the table of members.
type scanner struct {
	r        io.ReaderAt
	size     int64 // of the file
	block    int64
	chunk    int64 // read at a time
	progress func(done, total int64)

	found []border // in file order; the last is the end of the file

	members []member
	damaged []int // those told of in flaws
	flaws   []Flaw
	work    int64 // bytes unpacked so far
	u       unpacker
	dst     []byte
}

// border is where a member seems to begin. length is what the four bytes before it say of the member before it.
type border struct {
	packed int64
	length uint32
	bare   bool // there is no header: what is here was found where the member before ended
}

const scanChunk = 4 << 20

// borders looks for headers whose member before them is plausible.
func (s *scanner) borders(ctx context.Context) error {
	buf := make([]byte, min(s.chunk, s.size)+2*maxHeader)
	s.found = append(s.found, border{})
	const before = 4 // bytes of the trailer that are wanted
	for at := int64(0); at < s.size; at += s.chunk {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if s.progress != nil {
			s.progress(at, s.size)
		}
		// Headers that begin in [at, at+s.chunk), with what comes before and after.
		from := max(at-before, 0)
		n, err := s.r.ReadAt(buf[:min(int64(len(buf)), s.size-from)], from)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		b := buf[:n]
		for i := int(at - from); ; i++ {
			k := bytes.Index(b[i:], magic)
			if k < 0 || int64(i+k)+from >= at+s.chunk {
				break
			}
			if i += k; i < before {
				continue
			}
			if n, _ := header(b[i:]); n > 0 {
				s.border(from+int64(i), le.Uint32(b[i-4:]))
			}
		}
	}
	var end [4]byte
	if s.size >= leastMember {
		if _, err := s.r.ReadAt(end[:], s.size-4); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	s.found = append(s.found, border{packed: s.size, length: le.Uint32(end[:])})
	return nil
}

func (s *scanner) border(at int64, length uint32) {
	if int64(length) <= s.block && plausible(at-s.found[len(s.found)-1].packed, int64(length)) {
		s.found = append(s.found, border{packed: at, length: length})
	}
}

// unlike reports whether the member that begins at border i looks unlike the others.
func (s *scanner) unlike(i int) bool {
	if i == 0 || i+2 >= len(s.found) || s.found[i].bare {
		return true
	}
	length, packed := int64(s.found[i+1].length), s.found[i+1].packed-s.found[i].packed
	before, after := s.found[i].packed-s.found[i-1].packed, s.found[i+2].packed-s.found[i+1].packed
	return length < s.block-s.block/16 || packed > max(before, after)*3/2
}

// workPerByte bounds what is unpacked while opening, per byte of the file: a file of nothing but irregular members is read
// from beginning to end instead.
const (
	workPerByte = 64
	workAtLeast = 64 << 20
)

// settle makes the table from the borders, unpacking what looks odd.
func (s *scanner) settle(ctx context.Context) error {
	var plain int64
	for i := 0; i+1 < len(s.found); {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		at := s.found[i].packed
		s.members = append(s.members, member{at, plain})
		if !s.unlike(i) {
			plain += int64(s.found[i+1].length)
			i++
			continue
		}
		length, end, err := s.unpack(at, i+1)
		if err != nil {
			return err
		}
		if plain += length; s.work > workPerByte*s.size+workAtLeast {
			return fmt.Errorf("%w: its members are irregular", ErrNotBlocks)
		}
		for i+1 < len(s.found) && s.found[i+1].packed <= end {
			i++
		}
		if s.found[i].packed < end { // what follows has no header that was found
			s.found[i] = border{packed: end, bare: true}
		}
	}
	s.members = append(s.members, member{s.size, plain})
	return nil
}

// unpack unpacks the member at a place of the file, whose next border should be found[next]. It returns the length of its
// block and where the member ends.
func (s *scanner) unpack(at int64, next int) (length, end int64, err error) {
	if s.dst == nil {
		s.dst = make([]byte, s.block+slack)
	}
	b, err := s.u.read(s.r, at, min(maxPacked(s.block), s.size-at))
	if err != nil {
		return 0, 0, err
	}
	whole, _ := header(b)
	o := s.u.unpack(b, s.dst, int(s.block))
	s.work += int64(o.plain)
	border := s.found[next]
	end = at + o.packed
	switch {
	case o.sound && whole > 0:
		return int64(o.plain), end, nil
	case o.sound:
		s.flaw(0, "the header of the gzip block at byte %d of the file is damaged; its content is whole", at)
		return int64(o.plain), end, nil
	case o.ended && s.begins(end):
		s.flaw(0, "wrong checksum: the gzip block at byte %d of the file, %d bytes, is damaged somewhere", at, o.packed)
		return int64(o.plain), end, nil
	case next+1 < len(s.found): // the next border stands
		length = int64(border.length)
		s.flaw(max(length-int64(o.plain), 0), "damaged gzip block at byte %d of the file, %d bytes: %v", at, border.packed-at, o.cause())
		return length, border.packed, nil
	case whole == 0:
		s.flaw(0, "what follows at byte %d of the file, %d bytes, is no gzip block", at, s.size-at)
		return 0, s.size, nil
	case errors.Is(o.err, io.ErrUnexpectedEOF):
		s.flaw(0, "the gzip file ends early: inside the block at byte %d of the file", at)
		return int64(o.plain), s.size, nil
	}
	if length = int64(o.plain); int64(border.length) <= s.block {
		length = max(length, int64(border.length))
	}
	s.flaw(length-int64(o.plain), "damaged gzip block at byte %d of the file, %d bytes: %v", at, s.size-at, o.cause())
	return length, s.size, nil
}

// begins reports whether a member begins at a place of the file, or the file ends there.
func (s *scanner) begins(at int64) bool {
	b := make([]byte, min(maxHeader, s.size-at))
	if len(b) == 0 {
		return true
	}
	if _, err := s.r.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	n, _ := header(b)
	return n > 0
}

// flaw tells of the member that was added last.
func (s *scanner) flaw(lost int64, format string, args ...any) {
	i := len(s.members) - 1
	s.damaged = append(s.damaged, i)
	s.flaws = append(s.flaws, Flaw{s.members[i].plain, lost, fmt.Sprintf(format, args...)})
}

// cause says in words why unpacking failed.
func (o *outcome) cause() string {
	switch {
	case o.ended && !o.sound:
		return "it ends too early"
	case errors.Is(o.err, io.ErrUnexpectedEOF):
		return "it does not end where the next begins"
	case o.err == nil:
		return "it does not end"
	}
	return o.err.Error()
}
