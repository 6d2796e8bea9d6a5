package compare

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"heapcause/report/html"
)

//go:embed page.gohtml
var page string

var pageTemplate = template.Must(template.New("comparison").Funcs(template.FuncMap{
	"edge": func(i int, e Edge) string { return clean(edgeText(e, i == 0)) },
	"name": clean,
	"next": func(i int) int { return i + 1 },
}).Parse(page))

// pageView is what the page is made from.
type pageView struct {
	*Comparison
	Style             template.CSS
	Headline, Verdict string
	Heap              chart
	Growths           []pagePath
	Tables            []pageTable
}

// pagePath is a path with its chart.
type pagePath struct {
	Number  int
	Summary string
	*PathGrowth
	Chart chart
}

// nameFirst puts the last column, which says what a row is about, before the figures: wide tables are scrolled.
func nameFirst(row []pageCell) []pageCell {
	last := len(row) - 1
	return append([]pageCell{row[last]}, row[:last]...)
}

// Size writes bytes for people.
func (p pagePath) Size(n int64) string { return size(n).text }

// Count writes a number for people.
func (p pagePath) Count(n int64) string { return count(n).text }

type pageTable struct {
	ID, Title string
	Columns   []pageCell
	Rows      [][]pageCell
	Omitted   int64
}

type pageCell struct {
	Text   string
	Number bool
}

// WriteHTML writes one page that needs nothing else: charts are drawings in the page, and every figure in them stands in a table too.
func WriteHTML(w io.Writer, c *Comparison) error {
	v := pageView{Comparison: c, Style: template.CSS(html.Style() + chartStyle), Headline: c.headline(), Verdict: c.verdict()}
	v.Heap = newChart("heap", "Heap and strongly reachable bytes of each dump", []line{
		{"whole heap", series(c.Steps, func(s Step) int64 { return s.Bytes })}, {"strongly reachable", series(c.Steps, func(s Step) int64 { return s.Strong })},
	})
	for i := range c.Paths.Rows {
		p := &c.Paths.Rows[i]
		lines := []line{{"retained", series(p.Points, func(x PathPoint) int64 { return x.Retained })}}
		v.Growths = append(v.Growths, pagePath{i + 1, p.summary(), p, newChart(fmt.Sprintf("path%d", i+1), fmt.Sprintf("Bytes that path %d retains in each dump", i+1), lines)})
	}
	for _, g := range c.grids(c.shown(pageSteps)) {
		if len(g.rows) == 0 || g.name == "paths" { // told above, each with its chart
			continue
		}
		t := pageTable{ID: g.name, Title: g.title, Omitted: g.omitted}
		for i, name := range g.columns {
			t.Columns = append(t.Columns, pageCell{name, g.rows[0][i].number})
		}
		for _, r := range g.rows {
			var row []pageCell
			for _, x := range r {
				row = append(row, pageCell{x.text, x.number})
			}
			t.Rows = append(t.Rows, nameFirst(row))
		}
		t.Columns = nameFirst(t.Columns)
		v.Tables = append(v.Tables, t)
	}
	return pageTemplate.Execute(w, v)
}

// chart is a drawing of lines over the steps.
type chart struct {
	ID, Title, Text string
	Width, Height   int
	Lines           []drawn
	Ticks           []tick
	Steps           []tick
}

type line struct {
	name   string
	values []int64
}

type drawn struct {
	Name, Points, Class string
	Dots                []dot
	LabelX, LabelY      float64
}

type dot struct {
	X, Y  float64
	Title string
}

type tick struct {
	At   float64
	Text string
}

// Measures of a chart, in pixels.
const (
	chartWidth  = 720
	chartHeight = 220
	chartLeft   = 80
	chartRight  = 150 // room for the names of lines
	chartTop    = 12
	chartBottom = 28
)

// newChart draws lines from zero up, so that their heights compare.
func newChart(id, title string, lines []line) chart {
	c := chart{ID: id, Title: title, Width: chartWidth, Height: chartHeight}
	greatest, n := int64(1), 0
	for _, l := range lines {
		n = len(l.values)
		for _, v := range l.values {
			greatest = max(greatest, v)
		}
	}
	x := func(i int) float64 {
		return chartLeft + float64(i)*float64(chartWidth-chartLeft-chartRight)/float64(max(n-1, 1))
	}
	y := func(v float64) float64 {
		return chartTop + (1-v/float64(greatest))*(chartHeight-chartTop-chartBottom)
	}
	for i := range 3 {
		v := float64(greatest) * float64(i) / 2
		c.Ticks = append(c.Ticks, tick{y(v), size(int64(v)).text})
	}
	every := (n + 11) / 12
	for i := 0; i < n; i += max(every, 1) {
		c.Steps = append(c.Steps, tick{x(i), fmt.Sprint(i + 1)})
	}
	var says []string
	for k, l := range lines {
		d := drawn{Name: l.name, Class: fmt.Sprintf("l%d", k)}
		var points []string
		for i, v := range l.values {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(i), y(float64(v))))
			d.Dots = append(d.Dots, dot{x(i), y(float64(v)), fmt.Sprintf("%s, dump %d: %s", l.name, i+1, size(v).text)})
		}
		d.Points = strings.Join(points, " ")
		d.LabelX, d.LabelY = x(n-1)+10, y(float64(l.values[n-1]))+4
		c.Lines = append(c.Lines, d)
		says = append(says, fmt.Sprintf("%s: from %s to %s", l.name, size(l.values[0]).text, size(l.values[n-1]).text))
	}
	if len(c.Lines) == 2 && c.Lines[1].LabelY-c.Lines[0].LabelY < 14 { // names of lines that meet
		c.Lines[1].LabelY = c.Lines[0].LabelY + 14
	}
	c.Text = strings.Join(says, "; ")
	return c
}

const chartStyle = `
svg.chart{width:100%;max-width:720px;height:auto;display:block;margin:.5rem 0}
svg.chart text{fill:var(--dim);font:12px system-ui,sans-serif}
svg.chart .grid{stroke:var(--line)}
svg.chart polyline{fill:none;stroke-width:2.5}
.scroll{overflow-x:auto}
table{border-collapse:collapse}
th,td{padding:.15rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}
.grown{display:flex;flex-wrap:wrap;gap:0 2rem;align-items:center}
.grown svg{flex:1 1 24rem}
svg.chart .l0{stroke:var(--accent)}
svg.chart .l1{stroke:var(--error);stroke-dasharray:6 3}
svg.chart circle.l0{fill:var(--accent)}
svg.chart circle.l1{fill:var(--error);stroke-dasharray:none}
`
