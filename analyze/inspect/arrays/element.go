package arrays

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"heapcause/hprof"
)

var errEnough = errors.New("enough")

// elementText writes an element as Java would, a character by its number where it cannot be seen.
func elementText(t hprof.Type, b []byte) (text string, zero bool) {
	be := binary.BigEndian
	switch t {
	case hprof.Boolean:
		return strconv.FormatBool(b[0] != 0), b[0] == 0
	case hprof.Byte:
		return strconv.Itoa(int(int8(b[0]))), b[0] == 0
	case hprof.Short:
		return strconv.Itoa(int(int16(be.Uint16(b)))), be.Uint16(b) == 0
	case hprof.Char:
		c := rune(be.Uint16(b))
		if strconv.IsPrint(c) {
			return fmt.Sprintf("'%c'", c), false
		}
		return fmt.Sprintf("'\\u%04x'", c), c == 0
	case hprof.Int:
		return strconv.Itoa(int(int32(be.Uint32(b)))), be.Uint32(b) == 0
	case hprof.Long:
		return strconv.FormatInt(int64(be.Uint64(b)), 10), be.Uint64(b) == 0
	case hprof.Float:
		return strconv.FormatFloat(float64(math.Float32frombits(be.Uint32(b))), 'g', -1, 32), be.Uint32(b) == 0
	case hprof.Double:
		return strconv.FormatFloat(math.Float64frombits(be.Uint64(b)), 'g', -1, 64), be.Uint64(b) == 0
	}
	return "", false
}
