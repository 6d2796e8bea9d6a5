package text

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"heapcause/report"
)

// columns measures texts the same whatever the locale of the user, so that a dump always gives the same bytes.
var columns = &runewidth.Condition{StrictEmojiNeutral: true}

// width is the number of columns of a text, escape sequences of our own styles not counted.
func width(s string) int {
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			return columns.StringWidth(s)
		}
		j := strings.IndexByte(s[i:], 'm')
		if j < 0 {
			return columns.StringWidth(s[:i])
		}
		s = s[:i] + s[i+j+1:]
	}
}

// clean replaces what could steer a terminal or reorder a line: control characters, line separators, marks without
// width, and bytes that are no text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), r == utf8.RuneError, unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			return '?'
		}
		return r
	}, s)
}

// pad fills a text up to n columns.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-width(s))) }

// Middle returns a name from a dump for n columns of a line: without control characters, cut in its middle where it is longer.
func Middle(s string, n int) string { return middle(clean(s), n) }

// middle shortens a text to n columns by cutting out its middle: names differ at both ends.
func middle(s string, n int) string {
	n = max(n, 8)
	if width(s) <= n {
		return s
	}
	head := columns.Truncate(s, n/2, "")
	room := n - 1 - width(head)
	from := len(s)
	for from > 0 {
		r, size := utf8.DecodeLastRuneInString(s[:from])
		room -= columns.RuneWidth(r)
		if room < 0 {
			break
		}
		from -= size
	}
	return head + "…" + s[from:]
}

// wrap breaks a text into lines of at most n columns, at spaces; a longer word loses its middle.
func wrap(s string, n int) []string {
	n = max(n, 20)
	var out []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		word = middle(word, n)
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= n:
			line += " " + word
		default:
			out, line = append(out, line), word
		}
	}
	return append(out, line)
}

// value writes a figure for people.
func value(v report.Value) string {
	switch v.Kind() {
	case report.KindCount:
		return comma(v.Int())
	case report.KindBytes:
		if v.Int() < 10240 {
			return comma(v.Int()) + " B"
		}
		return fmt.Sprintf("%s (%s B)", bytes(v.Int()), comma(v.Int()))
	case report.KindNumber:
		return fmt.Sprint(v.Int())
	case report.KindShare:
		return fmt.Sprintf("%.1f %%", 100*v.Fraction())
	case report.KindFloat:
		return strconv.FormatFloat(v.Fraction(), 'g', -1, 64)
	case report.KindDuration:
		return (time.Duration(v.Int()) * time.Millisecond).String()
	case report.KindTime:
		return time.UnixMilli(v.Int()).UTC().Format("2006-01-02 15:04:05.000 UTC")
	case report.KindAddress:
		return fmt.Sprintf("0x%x", uint64(v.Address()))
	case report.KindNone:
		return ""
	}
	return clean(v.Text().String())
}

// cell is value for a table: sizes without the exact bytes.
func cell(v report.Value) string {
	if v.Kind() == report.KindBytes {
		return bytes(v.Int())
	}
	return value(v)
}
