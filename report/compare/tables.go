package compare

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"heapcause/report"
)

// DefaultTable is the table that is written when none is named.
const DefaultTable = "paths"

// TableNames are the names of the tables, in the order they are shown in.
var TableNames = []string{"steps", "paths", "findings", "classes", "packages", "loaders", "figures"}

// cell is a value for programs and its text for people; number says at which side of its column it stands.
type cell struct {
	value  report.Value
	text   string
	number bool
}

// grid is a table for people and for programs.
type grid struct {
	name, title string
	columns     []string
	rows        [][]cell
	omitted     int64
}

// Table returns a table for programs: all steps, sizes and differences as integers.
func (c *Comparison) Table(name string) (*report.Table, error) {
	for _, g := range c.grids(nil) {
		if g.name != name {
			continue
		}
		t := &report.Table{Name: name, Columns: g.columns, Omitted: g.omitted}
		for _, r := range g.rows {
			var out []report.Value
			for _, x := range r {
				out = append(out, x.value)
			}
			t.Rows = append(t.Rows, out)
		}
		return t, nil
	}
	return nil, fmt.Errorf("no table %q: there are %s", name, strings.Join(TableNames, ", "))
}

// shown are the steps that tables for people show, the first and the last among them.
func (c *Comparison) shown(most int) []int {
	n := len(c.Steps)
	if n < 2 {
		return []int{0}
	}
	var out []int
	for i := range min(n, most) {
		out = append(out, i*(n-1)/(min(n, most)-1))
	}
	return out
}

// grids makes the tables with the given steps; nil takes all.
func (c *Comparison) grids(steps []int) []grid {
	if steps == nil {
		steps = c.shown(len(c.Steps))
	}
	return []grid{
		c.stepGrid(), c.pathGrid(steps), c.findingGrid(steps), groupGrid("classes", "Classes by growth of retained size", "class", c.Classes, steps),
		groupGrid("packages", "Packages by growth of retained size", "package", c.Packages, steps),
		groupGrid("loaders", "Class loaders by growth of retained size", "class loader", c.Loaders, steps), c.figureGrid(steps),
	}
}

func (c *Comparison) stepGrid() grid {
	g := grid{name: "steps", title: "Dumps", columns: []string{"#", "taken", "heap", "strong", "objects", "findings", "dump"}}
	for i, s := range c.Steps {
		taken := cell{text: "?"}
		if !s.Taken.IsZero() {
			v := report.Time(s.Taken)
			taken = cell{value: v, text: v.Short(clean)}
		}
		g.rows = append(g.rows, []cell{plain(int64(i + 1)), taken, size(s.Bytes), size(s.Strong), count(s.Objects), count(int64(s.Findings)), name(s.File)})
	}
	return g
}

func (c *Comparison) pathGrid(steps []int) grid {
	g := grid{name: "paths", title: "Paths that grew in every step", omitted: c.Paths.Omitted, columns: []string{"growth", "objects", "per hour"}}
	for _, i := range steps {
		g.columns = append(g.columns, fmt.Sprintf("retained %d", i+1), fmt.Sprintf("objects %d", i+1))
	}
	g.columns = append(g.columns, "holds", "path")
	for i := range c.Paths.Rows {
		p := &c.Paths.Rows[i]
		row := []cell{change64(p.Growth), more(p.GrowthObjects), {}}
		if p.PerHour > 0 {
			row[2] = change64(p.PerHour)
		}
		for _, i := range steps {
			row = append(row, size(p.Points[i].Retained), count(p.Points[i].Objects))
		}
		g.rows = append(g.rows, append(row, name(p.Holds), name(PathText(p.Path))))
	}
	return g
}

func (c *Comparison) findingGrid(steps []int) grid {
	g := grid{name: "findings", title: "Findings", columns: []string{"change", "severity", "rule"}}
	for _, i := range steps {
		g.columns = append(g.columns, fmt.Sprintf("retained %d", i+1))
	}
	g.columns = append(g.columns, "signature", "title")
	for _, f := range c.Findings {
		row := []cell{name(string(f.Change)), name(string(f.Severity)), name(f.Rule)}
		for _, i := range steps {
			x := cell{text: "-", number: true}
			if f.Points[i].Found {
				x = size(f.Points[i].Retained)
			}
			row = append(row, x)
		}
		signature := name(f.Signature)
		signature.text = f.Signature[:min(len(f.Signature), 12)]
		g.rows = append(g.rows, append(row, signature, name(f.Title)))
	}
	return g
}

func groupGrid(id, title, what string, l report.List[GroupGrowth], steps []int) grid {
	g := grid{name: id, title: title, omitted: l.Omitted, columns: []string{"growth", "instances", "shallow", "steady"}}
	for _, i := range steps {
		g.columns = append(g.columns, fmt.Sprintf("retained %d", i+1))
	}
	g.columns = append(g.columns, what)
	for _, x := range l.Rows {
		growth := change64(x.Retained)
		if !x.Points[0].Listed {
			growth.text = "≥ " + growth.text
		}
		always := cell{value: report.Name("no")}
		if x.Steady {
			always = name("yes")
		}
		row := []cell{growth, more(x.Instances), change64(x.Shallow), always}
		for _, i := range steps {
			p := size(x.Points[i].Retained)
			if !x.Points[i].Listed {
				p = cell{text: "≤ " + size(x.Points[i].AtMost).text, number: true}
			}
			row = append(row, p)
		}
		n := x.Name
		if x.Loader != "" {
			n += " (" + x.Loader + ")"
		}
		g.rows = append(g.rows, append(row, name(n)))
	}
	return g
}

func (c *Comparison) figureGrid(steps []int) grid {
	g := grid{name: "figures", title: "Figures that changed", columns: []string{"unit"}}
	for _, i := range steps {
		g.columns = append(g.columns, fmt.Sprintf("value %d", i+1))
	}
	g.columns = append(g.columns, "figure")
	for _, f := range c.Figures {
		row := []cell{name(f.Unit)}
		for _, i := range steps {
			x := cell{text: "-", number: true}
			if v := f.Values[i]; v != nil {
				x = count(*v)
				if f.Unit == "bytes" {
					x = size(*v)
				}
			}
			row = append(row, x)
		}
		g.rows = append(g.rows, append(row, name(f.Name)))
	}
	return g
}

// PathText writes a path on one line.
func PathText(path []Edge) string {
	var b strings.Builder
	for i, e := range path {
		if i > 0 {
			b.WriteString(" → ")
		}
		b.WriteString(edgeText(e, i == 0))
	}
	return b.String()
}

// edgeText writes a step: the edge and, where its name does not tell, the class.
func edgeText(e Edge, first bool) string {
	label := e.Label
	switch {
	case label != "":
	case !first:
		label = "?"
	case strings.HasPrefix(e.Class, "class "): // of a live loader, or of the boot loader
		return e.Class
	default:
		label = "several owners"
	}
	return label + " " + e.Class
}

func name(s string) cell { return cell{value: report.Name(s), text: clean(s)} }

func plain(n int64) cell { return cell{report.Number(n), fmt.Sprint(n), true} }

func count(n int64) cell { return cell{report.Count(n), humanize.Comma(n), true} }

func size(n int64) cell { return cell{report.Bytes(n), humanize.IBytes(uint64(max(n, 0))), true} }

// change64 is a difference of sizes.
func change64(n int64) cell { return cell{report.Number(n), Difference(n), true} }

func more(n int64) cell {
	text := humanize.Comma(n)
	if n > 0 {
		text = "+" + text
	}
	return cell{report.Number(n), text, true}
}

// Difference writes a difference of sizes for people.
func Difference(n int64) string {
	switch {
	case n > 0:
		return "+" + humanize.IBytes(uint64(n))
	case n < 0:
		return "-" + humanize.IBytes(uint64(-n))
	}
	return "0 B"
}
