// Package html writes a report as one HTML page that needs nothing else: no network, no other file. It opens from a mail attachment,
// in light or dark, prints, and works without a mouse. What it shows is in the page's own markup; the script only adds sorting,
// searching, and the treemap and flame views of the dominator tree.
package html

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"heapcause/report"
)

//go:embed page.gohtml
var page string

//go:embed page.css
var style string

//go:embed page.js
var script string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"bytes":   bytes,
	"comma":   comma,
	"percent": func(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) },
	"value":   value,
	"number":  report.Value.Numeric,
	"sortkey": sortKey,
	"nodes":   nodes,
	"short":   func(s string) string { return s[:min(len(s), 12)] },
	"add":     func(a, b int) int { return a + b },
	"edge":    edge,
	"object":  objectName,
	"breaks":  breaks,
	"when":    when,
	"masked":  func(v report.Value) bool { return v.IsText() && v.Text().Masked() },
}).Parse(page))

// view is what the page is made from.
type view struct {
	*report.Report
	Style  template.CSS
	Script template.JS
	Worst  report.Severity
	Parts  []part
	Ring   pie
	Pies   []pie
	Kinds  []kind
	Tables []table
	Map    mapData
}

// Style is the style sheet of the pages, which other pages share: its colours are variables, light and dark.
func Style() string { return style }

// Script sorts and searches tables, and draws the treemap where a page has TreeData.
func Script() string { return script }

// TreeData are the nodes of the dominator tree as Script wants them, to be put into the page as JSON.
func TreeData(r *report.Report) any { return mapOf(r.Tree.Rows) }

// Funcs are functions for templates that other pages share: bytes, comma, when, sortkey and edge.
func Funcs() template.FuncMap {
	return template.FuncMap{"bytes": bytes, "comma": comma, "when": when, "sortkey": sortKey, "edge": edge}
}

// Clean replaces what a page cannot have: bytes that are no text, and NUL.
func Clean(s string) string { return clean(s) }

// part is a slice of the bar of what holds the heap.
type part struct {
	Name           string
	Objects, Bytes int64
	Share          float64
}

// Write writes the page. Equal reports give equal bytes.
func Write(w io.Writer, r *report.Report) error {
	v := view{Report: r, Style: template.CSS(style), Script: template.JS(script)}
	total := r.Retention.Total().Bytes
	for _, c := range r.Retention.Classes() {
		if c.Objects > 0 {
			v.Parts = append(v.Parts, part{c.Name, c.Objects, c.Bytes, float64(c.Bytes) / float64(max(total, 1))})
		}
	}
	for i := range r.Findings {
		if v.Worst == "" || r.Findings[i].Severity.Compare(v.Worst) > 0 {
			v.Worst = r.Findings[i].Severity
		}
	}
	v.Kinds = kinds(r)
	v.Tables = pageTables(r)
	v.Ring, v.Pies = reachability(v.Parts, total), pies(r)
	v.Map = mapOf(r.Tree.Rows)
	return pageTemplate.Execute(w, v)
}

func bytes(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

func comma(n int64) string { return humanize.Comma(n) }

func when(t time.Time) string {
	if t.IsZero() || !report.Writable(t) {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// value writes a figure for people.
func value(v report.Value) string { return v.Short(clean) }

// sortKey is what a column of numbers is sorted by, "" for texts.
func sortKey(v report.Value) string {
	switch v.Kind() {
	case report.KindShare, report.KindFloat:
		return fmt.Sprint(v.Fraction())
	case report.KindAddress:
		return fmt.Sprintf("%d", uint64(v.Address()))
	case report.KindTime:
		return fmt.Sprint(v.Int())
	}
	if v.Numeric() {
		return fmt.Sprint(v.Int())
	}
	return ""
}

// edge names what leads to a step of a path.
func edge(s report.Step) string {
	switch s.Kind {
	case report.StepRoot:
		return "GC root: " + s.Label
	case report.StepStatic:
		return "static " + s.Label
	case report.StepLocal:
		return "local of " + s.Label
	}
	return s.Label
}

func objectName(class, note string) string { return clean(report.ObjectName(class, note)) }

// breaks lets a long name go on in the next line behind its dots.
func breaks(name string) template.HTML {
	name = template.HTMLEscapeString(name)
	return template.HTML(strings.NewReplacer(".", ".<wbr>", "$", "<wbr>$").Replace(name))
}

// clean replaces bytes that are no text, and NUL, which HTML has not.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}
