package fleet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"

	"heapcause/report"
	"heapcause/report/markdown"
	"heapcause/report/text"
)

// WriteJSON writes the summary, indented. Its schema is schema.Fleet.
func WriteJSON(w io.Writer, f *Fleet) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(f)
}

// WriteLines writes the dumps as JSON Lines: an object per line, each a dump of the schema with the schema's version and the tool.
func WriteLines(w io.Writer, f *Fleet) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range f.Dumps {
		if err := e.Encode(struct {
			SchemaVersion string `json:"schemaVersion"`
			Tool          string `json:"tool"`
			*Dump
		}{f.SchemaVersion, f.Tool.Name + " " + f.Tool.Version, &f.Dumps[i]}); err != nil {
			return err
		}
	}
	return nil
}

// WriteText writes the summary for a terminal: the dumps, then the findings by signature, top of them.
func WriteText(w io.Writer, f *Fleet, top int, opt text.Options) error {
	var b bytes.Buffer
	if err := text.WriteSection(&b, f.overview(false), opt); err != nil {
		return err
	}
	groups, omitted := f.told(top)
	if len(groups) > 0 {
		if err := text.WriteSection(&b, &report.Section{Title: f.heading()}, opt); err != nil {
			return err
		}
	}
	if err := text.WriteFindings(&b, &report.Report{Findings: groups}, opt); err != nil {
		return err
	}
	if omitted > 0 {
		fmt.Fprintf(&b, "\n… and %s more (--top)\n", humanize.Comma(int64(omitted)))
	}
	_, err := w.Write(bytes.TrimLeft(b.Bytes(), "\n"))
	return err
}

// WriteMarkdown writes the summary for a ticket: the dumps, then the findings by signature, top of them.
func WriteMarkdown(w io.Writer, f *Fleet, top int) error {
	s := f.overview(true)
	if err := markdown.WriteSection(w, s, markdown.Options{}); err != nil {
		return err
	}
	groups, omitted := f.told(top)
	if len(groups) == 0 {
		return nil
	}
	if err := markdown.WriteFindings(w, f.heading(), groups, markdown.Options{}); err != nil {
		return err
	}
	if omitted > 0 {
		_, err := fmt.Fprintf(w, "… and %s more\n", humanize.Comma(int64(omitted)))
		return err
	}
	return nil
}

// overview is the table of the dumps, with what is wrong with any; full has more columns than fit a terminal.
func (f *Fleet) overview(full bool) *report.Section {
	s := &report.Section{Title: f.headline()}
	t := report.Table{Title: "Each dump with its worst finding", Columns: []string{"dump", "heap", "objects", "findings", "worst", "retained", "signature"}}
	if full {
		t.Columns = append(t.Columns, "rule", "finding")
	}
	for i := range f.Dumps {
		d := &f.Dumps[i]
		t.Rows = append(t.Rows, d.row(len(t.Columns)))
		switch {
		case d.Error != "":
			s.Notes = append(s.Notes, "Not analysed: "+d.Error)
		case d.Incomplete:
			s.Notes = append(s.Notes, d.Path+" is incomplete: retained sizes are lower bounds.")
		}
	}
	s.Tables = []report.Table{t}
	return s
}

// row is the first columns of a dump's row.
func (d *Dump) row(columns int) []report.Value {
	row := make([]report.Value, 9)
	row[0] = report.Name(d.Path)
	if d.Error != "" {
		row[4] = report.Name("failed")
		return row[:columns]
	}
	row[1], row[2], row[3] = report.Bytes(d.Bytes), report.Count(d.Objects), report.Count(int64(len(d.Findings)))
	if len(d.Findings) > 0 {
		w := &d.Findings[0]
		row[4], row[5], row[6] = report.Name(string(w.Severity)), report.Bytes(w.Retained), report.Name(short(w.Signature))
		row[7], row[8] = report.Name(w.Rule), report.Name(w.Title)
	}
	return row[:columns]
}

// headline counts the dumps by their worst finding.
func (f *Fleet) headline() string {
	count := map[report.Severity]int{}
	for i := range f.Dumps {
		d := &f.Dumps[i]
		worst := report.Severity("failed")
		if d.Error == "" {
			worst = "none"
		}
		if len(d.Findings) > 0 {
			worst = d.Findings[0].Severity
		}
		count[worst]++
	}
	var parts []string
	for _, s := range []report.Severity{report.Error, report.Warning, report.Info, "none"} {
		if count[s] > 0 {
			parts = append(parts, fmt.Sprintf("%s on %d", s, count[s]))
		}
	}
	out := number(len(f.Dumps), "dump")
	if len(parts) > 0 {
		out += ", the worst finding: " + strings.Join(parts, ", ")
	}
	if n := count["failed"]; n > 0 {
		out += fmt.Sprintf("; %d not analysed", n)
	}
	return out
}

func (f *Fleet) heading() string { return number(len(f.Findings), "finding") + " by signature" }

func number(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return humanize.Comma(int64(n)) + " " + noun
}

// named dumps of a signature are listed, the others are counted.
const named = 5

// told are the first groups as findings: their story is where they are.
func (f *Fleet) told(top int) (out []report.Finding, omitted int) {
	for i := range f.Findings[:min(top, len(f.Findings))] {
		g := &f.Findings[i]
		x := report.Finding{
			Rule: g.Rule, Severity: g.Severity, Confidence: g.Confidence, Experimental: g.Experimental, Title: g.Title,
			Story: []string{fmt.Sprintf("On %d of %s; retained by dump:", len(g.Dumps), number(f.analysed(), "dump"))},
			Fix:   g.Fix, Anchor: g.Anchor, Signature: g.Signature,
		}
		for j, p := range g.Dumps {
			if j == named {
				break
			}
			x.Facts = append(x.Facts, report.Fact{Label: p.Path, Value: report.Bytes(p.Retained)})
		}
		if n := len(g.Dumps); n > named {
			x.Facts = append(x.Facts, report.Fact{Label: fmt.Sprintf("%d more, each up to", n-named), Value: report.Bytes(g.Dumps[named].Retained)})
		}
		out = append(out, x)
	}
	return out, len(f.Findings) - len(out)
}

// short is enough of a signature for people, in a table.
func short(signature string) string { return signature[:min(len(signature), 8)] }
