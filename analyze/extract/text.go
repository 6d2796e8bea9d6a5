package extract

import "heapcause/hprof"

// Characters of texts that are replaced by their like.
const (
	firstPrintable = ' '
	lastPrintable  = '~'
	printables     = lastPrintable - firstPrintable + 1
)

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// mostHalves is the number of 16-bit characters up to which a permutation replaces them.
const mostHalves = 3

// lettersOfHash are as many of letters as 64 bits choose.
const lettersOfHash = 11

// kind is what all characters of a text are.
type kind int

const (
	digits     kind = iota // all are 0 to 9
	printable              // all are printable ASCII, and not all digits
	other                  // of any kind
	withHalves             // of any kind, with halves of surrogate pairs: of texts of mostHalves at most
)

// units are the elements of a byte[] or char[].
type units struct {
	b    []byte
	w    int
	elem hprof.Type
}

func (u units) len() int { return len(u.b) / u.w }

func (u units) at(i int) uint64 {
	if u.w == 1 {
		return uint64(u.b[i])
	}
	return uint64(be.Uint16(u.b[2*i:]))
}

func (u units) set(i int, v uint64) {
	if u.w == 1 {
		u.b[i] = byte(v)
	} else {
		be.PutUint16(u.b[2*i:], uint16(v))
	}
}

func (u units) kind() kind {
	all, halves := digits, u.w == 2 && u.len() <= mostHalves
	for i := range u.len() {
		switch c := u.at(i); {
		case halves && c >= 0xD800 && c < 0xE000:
			return withHalves
		case c < firstPrintable || c > lastPrintable:
			if all = other; !halves {
				return other
			}
		case all == digits && (c < '0' || c > '9'):
			all = printable
		}
	}
	return all
}

// text replaces the characters of a string, or bytes of any meaning: as many, of the same kind.
func (m *masker) text(elem hprof.Type, b []byte) {
	w := elem.Size(8)
	u := units{b, w, elem}
	switch k := u.kind(); k {
	case digits:
		m.small(u, k, 10, '0', 18)
	case printable:
		m.small(u, k, printables, firstPrintable, 9)
	default:
		m.small(u, k, 1<<(8*w), 0, 7/w) // of 16 bits, mostHalves
	}
}

// small permutes texts of up to most characters, and gives longer ones to large.
func (m *masker) small(u units, k kind, radix, first uint64, most int) {
	n := u.len()
	if n > most {
		m.large(u, k)
		return
	}
	x, size := uint64(0), uint64(1)
	for i := range n {
		x, size = x*radix+u.at(i)-first, size*radix
	}
	for {
		x = m.key.permute(tweak(ofTexts, uint64(k)<<4|uint64(u.w), uint64(n)), size, x)
		for i, rest := n-1, x; i >= 0; i-- {
			u.set(i, rest%radix+first)
			rest /= radix
		}
		if u.kind() == k && !zero(u.b) && (n < constantFrom || !constant(u.b, u.w)) && !m.stays(u.elem, u.b) {
			return
		}
	}
}

// large replaces a text by the hash of it in its first characters, and the same character over and over.
func (m *masker) large(u units, k kind) {
	h, g := m.hash(u.b)
	n := u.len()
	switch {
	case k == digits:
		fill(u, '0')
		for i := range 19 {
			u.set(i, '0'+h%10)
			h /= 10
		}
	case k == printable:
		fill(u, 'x')
		m.letters(u, h)
	case u.w == 2: // Chinese characters: 13 bits each
		fill(u, 0x4E00)
		for i := range min(n, 5) {
			u.set(i, 0x4E00+h&0x1FFF)
			h = h>>13 | g<<51
		}
	case n > lettersOfHash:
		clear(u.b)
		m.letters(u, h)
	default:
		clear(u.b)
		be.PutUint64(u.b, h|1)
	}
}

func (m *masker) letters(u units, h uint64) {
	for i := range min(u.len(), lettersOfHash) {
		u.set(i, uint64(letters[h%uint64(len(letters))]))
		h /= uint64(len(letters))
	}
}

func fill(u units, c uint64) {
	for i := range u.len() {
		u.set(i, c)
	}
}
