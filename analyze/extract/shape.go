package extract

import (
	"math/bits"
	"strings"

	"github.com/cespare/xxhash/v2"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report/redact"
)

// mostShaped is the length up to which a text keeps its shape, bytes.
const mostShaped = 256 << 10

// shaped replaces what a report does not show of a statement or URL, letters by letters and digits by digits. It is false, and
// nothing is changed, where the report would show something else of what comes of it.
func (m *masker) shaped(use graph.TextUse, elem hprof.Type, b []byte) bool {
	if elem != hprof.Byte && elem != hprof.Char || len(b) > mostShaped {
		return false
	}
	runes, wide := decode(elem, b)
	text := string(runes)
	secrets, shown, ok := secretsOf(use, text)
	if !ok {
		return false
	}
	m.alike(runes, placesOf(runes, secrets))
	if shown(string(runes)) != shown(text) {
		return false
	}
	encode(b, elem, wide, runes)
	return true
}

// secretsOf returns what a text of a use keeps to itself, and what a report shows of such a text.
func secretsOf(use graph.TextUse, text string) (secrets []redact.Span, shown func(string) string, ok bool) {
	find, show := redact.URLSecrets, redact.MaskURL
	if use != graph.URLText {
		find, show = redact.SQLSecrets, redact.NormalizeSQL
	}
	if secrets, ok = find(text); ok {
		return secrets, show, true
	}
	before := ""
	switch {
	case use == graph.SQLPartText:
		before = "SELECT ? "
	case use == graph.URLText && strings.HasPrefix(text, "/"): // the file of a java.net.URL
		before = "http://h"
	default:
		return nil, nil, false
	}
	secrets, ok = find(before + text)
	for i := range secrets {
		secrets[i].From -= len(before)
		secrets[i].To -= len(before)
	}
	return secrets, func(s string) string { return show(before + s) }, ok
}

// place is a character that is replaced by one of so many from first on.
type place struct {
	at    int
	first rune
	radix uint64
}

// placesOf returns the letters and digits of the secrets, which are in bytes of the text. What stands between them stays, and so
// does what tells the kind of a literal: N'…', 0x….
func placesOf(runes []rune, secrets []redact.Span) (out []place) {
	at, next, begin := 0, 0, 0
	for i, r := range runes {
		for next < len(secrets) && secrets[next].To <= at {
			next++
		}
		if next < len(secrets) && secrets[next].From <= at {
			if secrets[next].From == at {
				begin = i
			}
			if p := placeOf(runes, begin, i); p.radix > 1 {
				out = append(out, p)
			}
		}
		at += len(string(r))
	}
	return out
}

// placeOf is about character i of a secret that begins at begin.
func placeOf(runes []rune, begin, i int) place {
	number := runes[begin] >= '0' && runes[begin] <= '9'
	prefix := func() bool {
		return i < begin+2 && i+1 < len(runes) && (runes[i+1] == '\'' || runes[min(i+2, len(runes)-1)] == '\'')
	}
	switch r := runes[i]; {
	case r >= '0' && r <= '9':
		return place{i, '0', 10}
	case r >= 'a' && r <= 'f' && number:
		return place{i, 'a', 6}
	case r >= 'A' && r <= 'F' && number:
		return place{i, 'A', 6}
	case r < 0x80 && (number && i == begin+1 || prefix()):
		return place{}
	case r >= 'a' && r <= 'z':
		return place{i, 'a', 26}
	case r >= 'A' && r <= 'Z':
		return place{i, 'A', 26}
	case r >= 0x100:
		return place{i, 0x4E00, 1 << 13}
	case r >= 0xC0:
		return place{i, 0xC0, 0x17}
	}
	return place{}
}

// alike replaces characters: by a permutation where there are few enough, so that no two texts become one.
func (m *masker) alike(runes []rune, places []place) {
	size, x, exact := uint64(1), uint64(0), true
	for _, p := range places {
		hi, lo := bits.Mul64(size, p.radix)
		if exact = exact && hi == 0 && lo < 1<<exactBits; !exact {
			break
		}
		size = lo
		x = x*p.radix + uint64(runes[p.at]-p.first)%p.radix
	}
	whole := xxhash.Sum64String(string(runes))
	if exact {
		for _, p := range places {
			runes[p.at] = p.first
		}
		x = m.key.permute(tweak(ofSpans, 0, 0)^xxhash.Sum64String(string(runes))>>16, size, x)
		for _, p := range places {
			runes[p.at] = p.first + rune(x%p.radix)
			x /= p.radix
		}
		return
	}
	h, g := whole, uint64(len(runes))
	for _, p := range places {
		h, g = m.key.hash(h, g)
		runes[p.at] = p.first + rune(h%p.radix)
	}
}

func encode(b []byte, elem hprof.Type, wide bool, runes []rune) {
	for i, r := range runes {
		switch {
		case !wide:
			b[i] = byte(r)
		case elem == hprof.Char:
			be.PutUint16(b[2*i:], uint16(r))
		default:
			b[2*i], b[2*i+1] = byte(r), byte(r>>8)
		}
	}
}
