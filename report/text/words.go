package text

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"

	"heapcause/report"
)

// width is the number of columns of a text, escape sequences of our own styles not counted.
func width(s string) int {
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			return runewidth.StringWidth(s)
		}
		j := strings.IndexByte(s[i:], 'm')
		if j < 0 {
			return runewidth.StringWidth(s[:i])
		}
		s = s[:i] + s[i+j+1:]
	}
}

// clean replaces what could steer a terminal: control characters, and marks that change the direction of text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '?'
		}
		return r
	}, s)
}

// pad fills a text up to n columns.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-width(s))) }

// middle shortens a text to n columns by cutting out its middle: names differ at both ends.
func middle(s string, n int) string {
	n = max(n, 8)
	if width(s) <= n {
		return s
	}
	r := []rune(s)
	head := runewidth.Truncate(s, (n-1)/2, "")
	tail := ""
	for i := len(r) - 1; i >= 0; i-- {
		if width(head)+1+width(tail)+runewidth.RuneWidth(r[i]) > n {
			break
		}
		tail = string(r[i]) + tail
	}
	return head + "…" + tail
}

// wrap breaks a text into lines of at most n columns, at spaces; a longer word is cut.
func wrap(s string, n int) []string {
	n = max(n, 20)
	var out []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		for width(word) > n {
			if line != "" {
				out, line = append(out, line), ""
			}
			head := runewidth.Truncate(word, n, "")
			out = append(out, head)
			word = word[len(head):]
		}
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= n:
			line += " " + word
		default:
			out, line = append(out, line), word
		}
	}
	if line != "" || len(out) == 0 {
		out = append(out, line)
	}
	return out
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

// numeric reports whether a value stands at the right of its column.
func numeric(v report.Value) bool {
	switch v.Kind() {
	case report.KindCount, report.KindBytes, report.KindNumber, report.KindShare, report.KindDuration:
		return true
	}
	return false
}

// cell is value for a table: sizes without the exact bytes.
func cell(v report.Value) string {
	if v.Kind() == report.KindBytes {
		return bytes(v.Int())
	}
	return value(v)
}
