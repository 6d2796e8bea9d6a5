package perfdata

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	magic       = 0xcafec0c0
	prologueLen = 32
	entryLen    = 20
)

// MaxBytes is the most that is read of a file. HotSpot's own default is 32 KiB, and -XX:PerfDataMemorySize goes to 32 MiB.
const MaxBytes = 32 << 20

// ErrNotReady says that the JVM has not filled its performance data yet.
var ErrNotReady = errors.New("perfdata: the JVM has not filled it yet")

// Data is what a JVM counts, by name ("sun.gc.collector.0.invocations").
type Data struct {
	numbers map[string]int64
	texts   map[string]string
	// Overflow is the number of bytes that found no place in the file.
	Overflow int64
}

// Number returns a counter; ok says whether there is one of that name.
func (d *Data) Number(name string) (n int64, ok bool) {
	n, ok = d.numbers[name]
	return n, ok
}

// Text returns a text, "" when there is none.
func (d *Data) Text(name string) string { return d.texts[name] }

// Len is the number of values.
func (d *Data) Len() int { return len(d.numbers) + len(d.texts) }

// Parse reads the contents of a file. Entries of other types than numbers and texts are passed over; whatever contradicts itself is
// an error. Memory is bounded by a small multiple of the length of b.
func Parse(b []byte) (*Data, error) {
	if len(b) < prologueLen {
		return nil, fmt.Errorf("perfdata: %d bytes, the prologue has %d", len(b), prologueLen)
	}
	if m := binary.BigEndian.Uint32(b); m != magic {
		return nil, fmt.Errorf("perfdata: begins with %#08x, not with %#08x", m, uint32(magic))
	}
	var order binary.ByteOrder = binary.BigEndian
	switch b[4] {
	case 0:
	case 1:
		order = binary.LittleEndian
	default:
		return nil, fmt.Errorf("perfdata: byte order %d", b[4])
	}
	if b[5] != 2 {
		return nil, fmt.Errorf("perfdata: version %d.%d, 2.0 is known", b[5], b[6])
	}
	if b[7] == 0 {
		return nil, ErrNotReady
	}
	d := &Data{numbers: map[string]int64{}, texts: map[string]string{}, Overflow: int64(order.Uint32(b[12:]))}
	at, count := int64(order.Uint32(b[24:])), order.Uint32(b[28:])
	if at < prologueLen {
		return nil, fmt.Errorf("perfdata: entries at %d, inside of the prologue", at)
	}
	for i := range count {
		length, err := d.entry(b, at, order)
		if err != nil {
			return nil, fmt.Errorf("perfdata: entry %d at %d: %w", i, at, err)
		}
		at += length
	}
	return d, nil
}

// entry reads one entry and returns its length.
func (d *Data) entry(b []byte, at int64, order binary.ByteOrder) (int64, error) {
	if at+entryLen > int64(len(b)) {
		return 0, fmt.Errorf("begins behind the end at %d", len(b))
	}
	e := b[at:]
	length := int64(order.Uint32(e))
	if length < entryLen || length > int64(len(e)) {
		return 0, fmt.Errorf("has length %d, %d bytes are left", length, len(e))
	}
	e = e[:length]
	name, err := text(e, int64(order.Uint32(e[4:])))
	if err != nil {
		return 0, fmt.Errorf("name: %w", err)
	}
	elements, value := int64(order.Uint32(e[8:])), int64(order.Uint32(e[16:]))
	switch {
	case e[12] == 'J' && elements == 0:
		if value < entryLen || value+8 > length {
			return 0, fmt.Errorf("%s: value at %d of %d bytes", name, value, length)
		}
		d.numbers[name] = int64(order.Uint64(e[value:]))
	case e[12] == 'B' && elements > 0:
		if value < entryLen || value+elements > length {
			return 0, fmt.Errorf("%s: %d bytes at %d of %d", name, elements, value, length)
		}
		v := e[value : value+elements]
		if end := bytes.IndexByte(v, 0); end >= 0 {
			v = v[:end]
		}
		d.texts[name] = valid(v)
	}
	return length, nil
}

// text reads a name that ends with 0.
func text(e []byte, at int64) (string, error) {
	if at < entryLen || at >= int64(len(e)) {
		return "", fmt.Errorf("at %d of %d bytes", at, len(e))
	}
	end := bytes.IndexByte(e[at:], 0)
	if end < 0 {
		return "", fmt.Errorf("at %d: has no end", at)
	}
	return valid(e[at : at+int64(end)]), nil
}

func valid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "?")
}
