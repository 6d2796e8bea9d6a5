package content

import (
	"encoding/binary"
)

// idSet counts distinct identifiers, to just above MaxDistinct.
type idSet struct {
	slots []uint64
	n     int64
	last  uint64
}

// idSet returns the worker's set, empty.
func (k *worker) idSet() *idSet {
	if k.ids == nil {
		k.ids = &idSet{slots: make([]uint64, 4*MaxDistinct)}
	}
	clear(k.ids.slots)
	k.ids.n, k.ids.last = 0, 0
	return k.ids
}

// addAll adds the identifiers but for null. A nil set takes none.
func (s *idSet) addAll(p []byte, ids int) {
	if s == nil {
		return
	}
	for ; len(p) >= ids && s.n <= MaxDistinct; p = p[ids:] {
		var x uint64
		if ids == 8 {
			x = binary.LittleEndian.Uint64(p)
		} else {
			x = uint64(binary.LittleEndian.Uint32(p))
		}
		if x != 0 && x != s.last {
			s.add(x)
		}
	}
}

func (s *idSet) add(x uint64) {
	s.last = x
	mask := uint64(len(s.slots) - 1)
	i := x * 0x9E3779B97F4A7C15 >> 40
	for ; s.slots[i&mask] != 0; i++ {
		if s.slots[i&mask] == x {
			return
		}
	}
	s.slots[i&mask] = x
	s.n++
}
