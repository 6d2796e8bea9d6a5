package html

import (
	"strings"

	"heapcause/report"
	"heapcause/report/tables"
)

// kind is one flat way to see the consumers: bars, and a treemap of one level.
type kind struct {
	Name, Title string
	Bars        []bar
}

// bar is a consumer, as wide as its part of the largest.
type bar struct {
	Name     string
	Retained int64
	Width    float64 // per cent
}

// maxBars of a kind are shown.
const maxBars = 12

func kinds(r *report.Report) []kind {
	var out []kind
	add := func(name, title string, n int, at func(i int) (string, int64)) {
		k := kind{Name: name, Title: title}
		for i := range min(n, maxBars) {
			label, retained := at(i)
			k.Bars = append(k.Bars, bar{Name: label, Retained: retained})
		}
		if len(k.Bars) == 0 {
			return
		}
		for i := range k.Bars {
			k.Bars[i].Width = 100 * float64(k.Bars[i].Retained) / float64(max(k.Bars[0].Retained, 1))
		}
		out = append(out, k)
	}
	c := &r.Consumers
	add("class", "Classes", len(c.Classes.Rows), func(i int) (string, int64) { return c.Classes.Rows[i].Name, c.Classes.Rows[i].Retained })
	add("package", "Packages", len(c.Packages.Rows), func(i int) (string, int64) { return c.Packages.Rows[i].Name, c.Packages.Rows[i].Retained })
	add("loader", "Class loaders", len(c.Loaders.Rows), func(i int) (string, int64) {
		l := c.Loaders.Rows[i]
		return strings.TrimSpace(l.Class + " " + l.Name), l.Retained
	})
	return out
}

// table is a table of the page.
type table struct {
	ID, Title string
	report.Table
}

// pageTables are the tables of consumers and figures; those of inspections are with their sections.
func pageTables(r *report.Report) []table {
	var out []table
	for _, t := range []struct{ name, title string }{
		{"objects", "Largest objects"},
		{"classes", "Classes that retain most"},
		{"histogram", "Histogram, by shallow size"},
		{"packages", "Packages that retain most"},
		{"loaders", "Class loaders that retain most"},
		{"figures", "Figures"},
		{"rules", "Rules that took part"},
		{"problems", "Damage of the dump"},
	} {
		if tab, err := tables.Of(r, t.name); err == nil && len(tab.Rows) > 0 {
			out = append(out, table{t.name, t.title, *tab})
		}
	}
	return out
}
