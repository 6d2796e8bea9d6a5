// Package delimited writes a table of a report as tab- or comma-separated values, for programs and spreadsheets: sizes and counts as
// integers, shares as fractions from 0 to 1, times and durations in milliseconds, addresses as "0x…".
package delimited

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode"

	"heapcause/report"
)

// TSV writes a line of column names that begins with #, then a line per row. Tabs and line breaks in cells become spaces.
func TSV(w io.Writer, t *report.Table) error {
	b := bufio.NewWriter(w)
	row := func(n int, cell func(i int) string) {
		for i := range n {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(cell(i))
		}
		b.WriteByte('\n')
	}
	b.WriteByte('#')
	row(len(t.Columns), func(i int) string { return escape(t.Columns[i]) })
	for _, r := range t.Rows {
		row(len(r), func(i int) string { return escape(plain(r[i])) })
	}
	return b.Flush()
}

// CSV writes the table as RFC 4180 has it, with a line of column names.
func CSV(w io.Writer, t *report.Table) error {
	c := csv.NewWriter(w)
	cells := make([]string, len(t.Columns))
	for i, name := range t.Columns {
		cells[i] = escape(name)
	}
	_ = c.Write(cells) // its error sticks
	for _, r := range t.Rows {
		for i, v := range r {
			cells[i] = escape(plain(v))
		}
		_ = c.Write(cells)
	}
	c.Flush()
	return c.Error()
}

// plain is a value for a program.
func plain(v report.Value) string {
	switch v.Kind() {
	case report.KindNone:
		return ""
	case report.KindShare, report.KindFloat:
		return fmt.Sprint(v.Fraction())
	case report.KindAddress:
		return v.Address().String()
	}
	if v.IsText() {
		return v.Text().String()
	}
	return fmt.Sprint(v.Int())
}

// escape keeps a cell in its cell, a terminal from obeying it, and a spreadsheet from taking it for a formula: control
// characters, tabs and line breaks become spaces, and what begins like a formula gets an apostrophe in front, but for numbers.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	first := strings.TrimLeft(s, " ")
	if first == "" || !strings.ContainsRune("=+-@", rune(first[0])) {
		return s
	}
	if rest := strings.TrimPrefix(first, "-"); rest != "" && strings.Trim(rest, "0123456789") == "" {
		return s
	}
	return "'" + s
}
