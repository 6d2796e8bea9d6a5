package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"heapcause/report"
	"heapcause/report/delimited"
	"heapcause/report/github"
	"heapcause/report/html"
	"heapcause/report/json"
	"heapcause/report/junit"
	"heapcause/report/markdown"
	"heapcause/report/openmetrics"
	"heapcause/report/pprof"
	"heapcause/report/sarif"
	"heapcause/report/tables"
	"heapcause/report/text"
)

// reportFormat is one way to write a report.
type reportFormat struct {
	name    string
	endings []string // of files that are written so
	write   func(a *app, w io.Writer, r *report.Report) error
}

var reportFormats = []reportFormat{
	{"text", []string{".txt"}, func(a *app, w io.Writer, r *report.Report) error {
		width, _ := terminal(a.stdout)
		return text.Write(w, r, text.Options{Color: a.color(), Width: width})
	}},
	{"json", []string{".json"}, func(_ *app, w io.Writer, r *report.Report) error { return json.Write(w, r) }},
	{"jsonl", []string{".jsonl", ".ndjson"}, func(_ *app, w io.Writer, r *report.Report) error { return json.WriteLines(w, r) }},
	{"html", []string{".html", ".htm"}, func(_ *app, w io.Writer, r *report.Report) error { return html.Write(w, r) }},
	{"md", []string{".md", ".markdown"}, func(a *app, w io.Writer, r *report.Report) error {
		return markdown.Write(w, r, markdown.Options{Full: a.f.full})
	}},
	{"jira", []string{".jira"}, func(a *app, w io.Writer, r *report.Report) error {
		return markdown.Write(w, r, markdown.Options{Full: a.f.full, Jira: true})
	}},
	{"csv", []string{".csv"}, func(a *app, w io.Writer, r *report.Report) error { return a.writeTable(w, r, delimited.CSV) }},
	{"tsv", []string{".tsv"}, func(a *app, w io.Writer, r *report.Report) error { return a.writeTable(w, r, delimited.TSV) }},
	{"openmetrics", []string{".om", ".prom"}, func(_ *app, w io.Writer, r *report.Report) error { return openmetrics.Write(w, r) }},
	{"sarif", []string{".sarif", ".sarif.json"}, func(_ *app, w io.Writer, r *report.Report) error { return sarif.Write(w, r) }},
	{"junit", []string{".xml"}, func(_ *app, w io.Writer, r *report.Report) error { return junit.Write(w, r) }},
	{"github", nil, func(_ *app, w io.Writer, r *report.Report) error { return github.Write(w, r) }},
	{"pprof", []string{".pb.gz", ".pprof"}, func(_ *app, w io.Writer, r *report.Report) error { return pprof.Write(w, r) }},
}

// formatNames are the names of all formats of a report.
func formatNames() []string {
	var out []string
	for _, f := range reportFormats {
		out = append(out, f.name)
	}
	return out
}

// sectionFormats are those of inspect.
var sectionFormats = []string{"text", "json", "tsv", "csv"}

// formatOf infers the format from the ending of the output file, the longest that fits; text is the default.
func formatOf(output string, formats []string) string {
	best, longest := "text", 0
	for _, f := range reportFormats {
		for _, end := range f.endings {
			if strings.HasSuffix(output, end) && len(end) > longest && slices.Contains(formats, f.name) {
				best, longest = f.name, len(end)
			}
		}
	}
	return best
}

// writeTable writes the table of --table.
func (a *app) writeTable(w io.Writer, r *report.Report, write func(io.Writer, *report.Table) error) error {
	t, err := a.tableOf(r)
	if err != nil {
		return err
	}
	return write(w, t)
}

// tableOf returns the table of --table.
func (a *app) tableOf(r *report.Report) (*report.Table, error) {
	t, err := tables.Of(r, cmp.Or(a.f.table, tables.Default))
	if err != nil {
		return nil, &hintError{fmt.Errorf("--table: %w", err), "histogram is the default"}
	}
	return t, nil
}

// checkTable refuses --table where no table is written.
func (a *app) checkTable() error {
	if a.f.table == "" {
		return nil
	}
	for _, o := range a.outputs() {
		if o.format == "csv" || o.format == "tsv" {
			return nil
		}
	}
	return &hintError{fmt.Errorf("--table %s: is for csv and tsv", a.f.table), "add --format csv"}
}

// outputFile is a file to write, "" for standard output, and how.
type outputFile struct{ path, format string }

// outputs are the files of -o; standard output when there is none.
func (a *app) outputs() []outputFile {
	if len(a.f.outputs) == 0 {
		return []outputFile{{"", a.f.format}}
	}
	var out []outputFile
	for _, path := range a.f.outputs {
		o := outputFile{path, a.f.format}
		if o.format == "" {
			o.format = formatOf(path, formatNames())
		}
		out = append(out, o)
	}
	return out
}

// writeReport writes a report to all outputs.
func (a *app) writeReport(r *report.Report) error {
	if a.f.table != "" { // before any file is written
		if _, err := a.tableOf(r); err != nil {
			return err
		}
	}
	for _, o := range a.outputs() {
		if err := a.writeReportTo(o.path, o.format, r); err != nil {
			return err
		}
	}
	return nil
}

// writeReportTo writes a report to one output.
func (a *app) writeReportTo(path, format string, r *report.Report) error {
	i := slices.IndexFunc(reportFormats, func(f reportFormat) bool { return f.name == format })
	if i < 0 {
		return errors.New("internal: unknown format " + format)
	}
	return a.writeTo(path, func(w io.Writer) error { return reportFormats[i].write(a, w, r) })
}
