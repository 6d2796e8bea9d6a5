// Package delimited writes a table as tab- or comma-separated values, or as lines of JSON, for programs and spreadsheets: sizes and counts as
// integers, shares as fractions from 0 to 1, times and durations in milliseconds, addresses as "0x…".
package delimited

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"heapcause/report"
)

// TSV writes a line of column names that begins with #, then a line per row. Tabs and line breaks in cells become spaces.
func TSV(w io.Writer, t *report.Table) error { return all(NewTSV(w, t.Columns), t) }

// CSV writes the table as RFC 4180 has it, with a line of column names.
func CSV(w io.Writer, t *report.Table) error { return all(NewCSV(w, t.Columns), t) }

func all(w *Writer, t *report.Table) error {
	for _, r := range t.Rows {
		if err := w.Row(r); err != nil {
			return err
		}
	}
	return w.Flush()
}

// Writer writes a table row by row.
type Writer struct {
	row   func(row []report.Value) error
	flush func() error
}

// Row writes a row. Its error, or a later one, is that of writing.
func (w *Writer) Row(row []report.Value) error { return w.row(row) }

// Flush writes what is left.
func (w *Writer) Flush() error { return w.flush() }

// NewTSV begins what TSV writes.
func NewTSV(w io.Writer, columns []string) *Writer {
	b := bufio.NewWriter(w)
	row := func(n int, cell func(i int) string) error {
		for i := range n {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(cell(i))
		}
		return b.WriteByte('\n') // an error sticks
	}
	b.WriteByte('#')
	_ = row(len(columns), func(i int) string { return escape(columns[i]) })
	return &Writer{func(r []report.Value) error {
		return row(len(r), func(i int) string { return escape(plain(r[i])) })
	}, b.Flush}
}

// NewCSV begins what CSV writes.
func NewCSV(w io.Writer, columns []string) *Writer {
	c := csv.NewWriter(w)
	cells := make([]string, len(columns))
	for i, name := range columns {
		cells[i] = escape(name)
	}
	_ = c.Write(cells) // its error sticks
	return &Writer{func(r []report.Value) error {
		for i, v := range r {
			cells[i] = escape(plain(v))
		}
		return c.Write(cells)
	}, func() error {
		c.Flush()
		return c.Error()
	}}
}

// NewJSONLines writes an object per row, with the columns as its members: numbers as numbers, times in milliseconds, what is
// empty as null. Columns of one name are numbered.
func NewJSONLines(w io.Writer, columns []string) *Writer {
	b := bufio.NewWriter(w)
	keys := make([]string, len(columns))
	seen := map[string]int{}
	for i, name := range columns {
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, seen[name])
		}
		keys[i] = quote(name)
	}
	return &Writer{func(r []report.Value) error {
		sep := byte('{')
		for i, v := range r {
			b.WriteByte(sep)
			sep = ','
			b.WriteString(keys[i])
			b.WriteByte(':')
			switch {
			case v.Kind() == report.KindNone:
				b.WriteString("null")
			case v.IsText() || v.Kind() == report.KindAddress:
				b.WriteString(quote(plain(v)))
			default:
				b.WriteString(plain(v))
			}
		}
		b.WriteByte('}')
		return b.WriteByte('\n')
	}, b.Flush}
}

func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always can
	return strings.TrimSpace(b.String())
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
