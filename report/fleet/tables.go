package fleet

import (
	"fmt"
	"strings"

	"heapcause/report"
)

// DefaultTable is the table that is written when none is named.
const DefaultTable = "dumps"

// TableNames are the names of the tables for programs.
var TableNames = []string{"dumps", "findings", "places"}

// Table returns a table for programs: a row per dump, per signature, or per finding of a dump.
func (f *Fleet) Table(name string) (*report.Table, error) {
	switch name {
	case "dumps":
		return f.dumpTable(), nil
	case "findings":
		return f.findingTable(), nil
	case "places":
		return f.placeTable(), nil
	}
	return nil, fmt.Errorf("no table %q: there are %s", name, strings.Join(TableNames, ", "))
}

func (f *Fleet) dumpTable() *report.Table {
	t := &report.Table{Name: "dumps", Columns: []string{
		"dump", "taken", "jvm", "file", "heap", "strong", "objects", "classes", "findings",
		"severity", "rule", "retained", "share", "signature", "worst finding", "incomplete", "error",
	}}
	for i := range f.Dumps {
		d := &f.Dumps[i]
		row := make([]report.Value, len(t.Columns))
		row[0], row[16] = report.Name(d.Path), some(d.Error)
		if d.Error == "" {
			if !d.Taken.IsZero() {
				row[1] = report.Time(d.Taken)
			}
			row[2], row[3], row[4], row[5] = some(d.JVM), report.Bytes(d.FileBytes), report.Bytes(d.Bytes), report.Bytes(d.Strong)
			row[6], row[7], row[8] = report.Count(d.Objects), report.Count(d.Classes), report.Count(int64(len(d.Findings)))
			row[15] = report.Name(yes(d.Incomplete))
		}
		if len(d.Findings) > 0 {
			w := &d.Findings[0]
			row[9], row[10], row[11], row[12] = report.Name(string(w.Severity)), report.Name(w.Rule), report.Bytes(w.Retained), report.Share(w.RetainedShare)
			row[13], row[14] = report.Name(w.Signature), report.Name(w.Title)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (f *Fleet) findingTable() *report.Table {
	t := &report.Table{Name: "findings", Columns: []string{
		"signature", "rule", "severity", "dumps", "of", "retained", "objects", "most retained", "in", "anchor", "finding",
	}}
	for i := range f.Findings {
		g := &f.Findings[i]
		t.Rows = append(t.Rows, []report.Value{
			report.Name(g.Signature), report.Name(g.Rule), report.Name(string(g.Severity)), report.Count(int64(len(g.Dumps))), report.Count(int64(f.analysed())),
			report.Bytes(g.Retained), report.Count(g.Objects), report.Bytes(g.Dumps[0].Retained), report.Name(g.Dumps[0].Path), report.Name(g.Anchor), report.Name(g.Title),
		})
	}
	return t
}

func (f *Fleet) placeTable() *report.Table {
	t := &report.Table{Name: "places", Columns: []string{"dump", "signature", "rule", "severity", "confidence", "retained", "share", "objects", "anchor", "finding"}}
	for i := range f.Dumps {
		for j := range f.Dumps[i].Findings {
			x := &f.Dumps[i].Findings[j]
			t.Rows = append(t.Rows, []report.Value{
				report.Name(f.Dumps[i].Path), report.Name(x.Signature), report.Name(x.Rule), report.Name(string(x.Severity)), report.Name(string(x.Confidence)),
				report.Bytes(x.Retained), report.Share(x.RetainedShare), report.Count(x.Objects), report.Name(x.Anchor), report.Name(x.Title),
			})
		}
	}
	return t
}

// analysed is the number of dumps that could be analysed.
func (f *Fleet) analysed() int { return len(f.Dumps) - len(f.Failed()) }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// some is a name, nothing for "".
func some(s string) report.Value {
	if s == "" {
		return report.Value{}
	}
	return report.Name(s)
}
