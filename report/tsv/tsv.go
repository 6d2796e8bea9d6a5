// Package tsv writes tables of a report as tab-separated values: a line of column names that begins with #, then a line per row.
package tsv

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"heapcause/report"
)

// Table names a table of the report.
type Table string

// The tables.
const (
	Histogram Table = "histogram"
	Classes   Table = "classes"
	Objects   Table = "objects"
	Packages  Table = "packages"
	Loaders   Table = "loaders"
	Findings  Table = "findings"
)

// Write writes one table.
func Write(w io.Writer, r *report.Report, t Table) error {
	b := bufio.NewWriter(w)
	row := func(cells ...any) {
		for i, c := range cells {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(escape(fmt.Sprint(c)))
		}
		b.WriteByte('\n')
	}
	classes := func(l report.List[report.ClassRow]) {
		row("#class", "loader", "instances", "shallow", "retained")
		for _, c := range l.Rows {
			row(c.Name, c.Loader, c.Instances, c.Shallow, c.Retained)
		}
	}
	switch t {
	case Histogram:
		classes(r.Histogram)
	case Classes:
		classes(r.Consumers.Classes)
	case Objects:
		row("#address", "class", "note", "shallow", "retained")
		for _, o := range r.Consumers.Objects.Rows {
			row(o.Address, o.Class, o.Note, o.Shallow, o.Retained)
		}
	case Packages:
		row("#package", "classes", "instances", "shallow", "retained")
		for _, p := range r.Consumers.Packages.Rows {
			row(p.Name, p.Classes, p.Instances, p.Shallow, p.Retained)
		}
	case Loaders:
		row("#loader", "name", "address", "classes", "instances", "shallow", "retained")
		for _, l := range r.Consumers.Loaders.Rows {
			row(l.Class, l.Name, l.Address, l.Classes, l.Instances, l.Shallow, l.Retained)
		}
	case Findings:
		row("#severity", "confidence", "rule", "retained", "share", "objects", "signature", "title")
		for i := range r.Findings {
			f := &r.Findings[i]
			row(f.Severity, f.Confidence, f.Rule, f.Retained, f.RetainedShare, f.Objects, f.Signature, f.Title)
		}
	default:
		return fmt.Errorf("no table %q", t)
	}
	return b.Flush()
}

// WriteTable writes a table of a section: numbers and sizes as integers, shares as fractions, times and durations in milliseconds.
func WriteTable(w io.Writer, t *report.Table) error {
	b := bufio.NewWriter(w)
	for i, c := range t.Columns {
		b.WriteString([]string{"#", "\t"}[min(i, 1)])
		b.WriteString(escape(c))
	}
	b.WriteByte('\n')
	for _, r := range t.Rows {
		for i, v := range r {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(escape(plain(v)))
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// plain is a value for a program.
func plain(v report.Value) string {
	switch v.Kind() {
	case report.KindNone:
		return ""
	case report.KindShare:
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
// characters, tabs and line breaks become spaces, and what begins like a formula gets an apostrophe in front. Numbers
// are never negative here.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, s)
	if first := strings.TrimLeft(s, " "); first != "" && strings.ContainsRune("=+-@", rune(first[0])) {
		return "'" + s
	}
	return s
}
