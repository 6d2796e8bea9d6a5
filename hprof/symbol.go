package hprof

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// symbolText decodes the JVM's modified UTF-8: a character beyond U+FFFF is a pair of surrogates of three bytes each, NUL has two
// bytes. All else is as it is.
func symbolText(b []byte) string {
	if bytes.IndexByte(b, surrogateByte) < 0 && bytes.IndexByte(b, nulByte) < 0 {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		high, low := surrogate(b), rune(0)
		if high != 0 {
			low = surrogate(b[3:])
		}
		switch r := utf16.DecodeRune(high, low); {
		case high != 0 && r != utf8.RuneError:
			out, b = utf8.AppendRune(out, r), b[6:]
		case len(b) > 1 && b[0] == nulByte && b[1] == 0x80:
			out, b = append(out, 0), b[2:]
		default:
			out, b = append(out, b[0]), b[1:]
		}
	}
	return string(out)
}

const (
	surrogateByte = 0xed
	nulByte       = 0xc0
)

// surrogate returns the surrogate that b begins with, 0 for none.
func surrogate(b []byte) rune {
	if len(b) < 3 || b[0] != surrogateByte || b[1]&0xe0 != 0xa0 || b[2]&0xc0 != 0x80 {
		return 0
	}
	return 0xd000 | rune(b[1]&0x3f)<<6 | rune(b[2]&0x3f)
}
