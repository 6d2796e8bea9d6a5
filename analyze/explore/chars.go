package explore

import (
	"errors"
	"unicode/utf16"

	"heapcause/graph"
	"heapcause/hprof"
)

var errEnough = errors.New("enough")

// chars decodes the first n UTF-16 units of a char[], or of a byte[] of Latin-1 or of UTF-16 in the order of the JVM, which is little
// endian on all machines that HotSpot is built for today.
func (d *Decoder) chars(array graph.Object, n int64, wide bool) (string, bool) {
	k := d.h.Class(d.h.ClassOf(array))
	if !k.IsArray || k.Elem != hprof.Char && k.Elem != hprof.Byte || !d.c.Load(array) {
		return "", false
	}
	units := make([]uint16, 0, min(n, MaxText+1))
	err := d.c.Pieces(func(p []byte) error {
		for len(p) > 0 && int64(len(units)) < n {
			switch {
			case k.Elem == hprof.Byte && !wide:
				units = append(units, uint16(p[0]))
				p = p[1:]
			case len(p) < 2:
				p = nil
			case k.Elem == hprof.Byte:
				units = append(units, uint16(p[0])|uint16(p[1])<<8)
				p = p[2:]
			default:
				units = append(units, uint16(p[0])<<8|uint16(p[1]))
				p = p[2:]
			}
		}
		if int64(len(units)) >= n {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return "", false
	}
	return string(utf16.Decode(units)), true
}
