package shell

import (
	"errors"
	"strings"
)

// Word is a word of a line.
type Word struct {
	Text  string // without quotes
	Start int    // byte where it begins in the line
}

var errQuote = errors.New("a quote is not closed")

// Split breaks a line into words as shells do: spaces part words, quotes keep them together, a backslash takes the next character
// as it is except within single quotes, and # at the begin of a word begins a comment. Of a line with an open quote it returns
// the words with an error; the last one is what stands behind the quote.
func Split(line string) ([]Word, error) {
	var out []Word
	var b strings.Builder
	start, quote := -1, byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == '\'':
			b.WriteByte(c)
		case c == '\\' && i+1 < len(line):
			start = begin(start, i)
			i++
			b.WriteByte(line[i])
		case quote != 0:
			b.WriteByte(c)
		case c == '\'' || c == '"':
			start, quote = begin(start, i), c
		case c == ' ' || c == '\t':
			if start >= 0 {
				out = append(out, Word{b.String(), start})
				b.Reset()
				start = -1
			}
		case c == '#' && start < 0:
			return out, nil
		default:
			start = begin(start, i)
			b.WriteByte(c)
		}
	}
	if start >= 0 {
		out = append(out, Word{b.String(), start})
	}
	if quote != 0 {
		return out, errQuote
	}
	return out, nil
}

func begin(start, i int) int {
	if start >= 0 {
		return start
	}
	return i
}
