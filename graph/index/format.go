package index

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"
)

// Version is that of the format and of what package graph puts into it; any other is refused.
const Version = 1

const (
	magic      = "heapcause index\n"
	orderMark  = 0x01020304
	blockShift = 14
	// BlockBytes is the unit that is verified.
	BlockBytes = 1 << blockShift

	fixedHeader = 64
	sectionRow  = 24
	maxSections = 64
)

var ne = binary.NativeEndian

// ErrUnusable is what all reasons not to trust an index wrap.
var ErrUnusable = errors.New("index not usable")

func unusable(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrUnusable}, args...)...)
}

// Info describes an index: whose dump, read how, with what in it.
type Info struct {
	Key
	Objects, Classes int64
}

// row is an entry of the section table.
type row struct {
	id             uint32
	offset, length int64
}

// header is block 0.
type header struct {
	size       int64 // of the file
	hashes     int64 // offset of the hash table
	hashesHash uint64
	rows       []row
	info       Info
}

// encode returns the block.
func (h *header) encode() ([]byte, error) {
	b := make([]byte, 0, BlockBytes)
	b = append(b, magic...)
	b = ne.AppendUint32(b, Version)
	b = ne.AppendUint32(b, orderMark)
	b = ne.AppendUint64(b, uint64(h.size))
	b = ne.AppendUint64(b, uint64(h.hashes))
	b = ne.AppendUint64(b, h.hashesHash)
	info := h.info.encode()
	b = ne.AppendUint32(b, uint32(len(h.rows)))
	b = ne.AppendUint32(b, uint32(len(info)))
	b = append(b, make([]byte, fixedHeader-len(b))...)
	for _, r := range h.rows {
		b = ne.AppendUint32(b, r.id)
		b = ne.AppendUint32(b, 0)
		b = ne.AppendUint64(b, uint64(r.offset))
		b = ne.AppendUint64(b, uint64(r.length))
	}
	b = append(b, info...)
	if len(b) > BlockBytes-8 {
		return nil, fmt.Errorf("the dump's path is too long for an index (%d bytes)", len(h.info.Dump))
	}
	b = append(b, make([]byte, BlockBytes-8-len(b))...)
	return ne.AppendUint64(b, xxhash.Sum64(b)), nil
}

// decodeHeader checks block 0 of a file of that size.
func decodeHeader(b []byte, size int64) (*header, error) {
	switch {
	case len(b) < BlockBytes:
		return nil, unusable("it is cut")
	case string(b[:16]) != magic:
		return nil, unusable("it is no index of heapcause")
	case ne.Uint32(b[16:]) != Version || ne.Uint32(b[20:]) != orderMark:
		return nil, unusable("another version of heapcause wrote it")
	case ne.Uint64(b[BlockBytes-8:]) != xxhash.Sum64(b[:BlockBytes-8]):
		return nil, unusable("its header is damaged")
	}
	h := &header{size: int64(ne.Uint64(b[24:])), hashes: int64(ne.Uint64(b[32:])), hashesHash: ne.Uint64(b[40:])}
	if h.size != size {
		return nil, unusable("it is cut: %d of %d bytes", size, h.size)
	}
	rows, info := int64(ne.Uint32(b[48:])), int64(ne.Uint32(b[52:]))
	end := fixedHeader + rows*sectionRow
	if rows > maxSections || end+info > BlockBytes-8 {
		return nil, unusable("its header is damaged")
	}
	blocks := h.hashes / BlockBytes
	if h.hashes < BlockBytes || h.hashes%BlockBytes != 0 || h.hashes > size || size-h.hashes != 8*blocks {
		return nil, unusable("its header is damaged")
	}
	free := int64(BlockBytes) // where the next section may begin: a block that two share would be verified as one only
	for p := b[fixedHeader:end]; len(p) > 0; p = p[sectionRow:] {
		r := row{ne.Uint32(p), int64(ne.Uint64(p[8:])), int64(ne.Uint64(p[16:]))}
		if r.offset < free || r.offset%BlockBytes != 0 || r.length < 0 || r.offset > h.hashes || r.length > h.hashes-r.offset {
			return nil, unusable("its header is damaged")
		}
		free = r.offset + (r.length+BlockBytes-1)/BlockBytes*BlockBytes
		h.rows = append(h.rows, r)
	}
	if !h.info.decode(b[end : end+info]) {
		return nil, unusable("its header is damaged")
	}
	return h, nil
}

func (i *Info) encode() []byte {
	var b []byte
	for _, n := range []uint64{uint64(i.Size), uint64(i.Modified), i.Fingerprint, uint64(i.Objects), uint64(i.Classes)} {
		b = ne.AppendUint64(b, n)
	}
	for _, s := range []string{i.Dump, i.Variant} {
		b = ne.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return b
}

func (i *Info) decode(b []byte) bool {
	if len(b) < 40 {
		return false
	}
	i.Size, i.Modified, i.Fingerprint = int64(ne.Uint64(b)), int64(ne.Uint64(b[8:])), ne.Uint64(b[16:])
	i.Objects, i.Classes = int64(ne.Uint64(b[24:])), int64(ne.Uint64(b[32:]))
	b = b[40:]
	for _, s := range []*string{&i.Dump, &i.Variant} {
		if len(b) < 4 || int64(ne.Uint32(b)) > int64(len(b)-4) {
			return false
		}
		n := 4 + int(ne.Uint32(b))
		*s = string(b[4:n])
		b = b[n:]
	}
	return len(b) == 0
}
