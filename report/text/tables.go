package text

import (
	"fmt"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"heapcause/report"
	"heapcause/report/redact"
)

// grid writes a table without borders; right says which columns stand at the right. The last left-aligned column is cut to
// what the width leaves.
func (p *printer) grid(indent string, columns []string, right []bool, rows [][]string) {
	p.fit(len(indent), columns, right, rows)
	align := make([]tw.Align, len(columns))
	for c := range align {
		align[c] = tw.AlignLeft
		if right[c] {
			align[c] = tw.AlignRight
		}
	}
	var b strings.Builder
	t := tablewriter.NewTable(&b,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithPadding(tw.Padding{Left: "", Right: "  ", Overwrite: true}),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithEastAsian(tw.Off),
	)
	t.Header(columns)
	if t.Bulk(rows) != nil || t.Render() != nil {
		return
	}
	for l := range strings.Lines(b.String()) {
		p.line("%s%s", indent, strings.TrimRight(l, " \n"))
	}
}

// fit shortens the widest texts, step by step, until the table fits the width.
func (p *printer) fit(used int, columns []string, right []bool, rows [][]string) {
	widths := make([]int, len(columns))
	for c := range columns {
		widths[c] = width(columns[c])
		for _, r := range rows {
			widths[c] = max(widths[c], width(r[c]))
		}
		used += widths[c] + 2
	}
	for ; used > p.width; used-- {
		widest := -1
		for c := range columns {
			if !right[c] && widths[c] > width(columns[c]) && (widest < 0 || widths[c] > widths[widest]) {
				widest = c
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	for _, r := range rows {
		for c := range columns {
			if !right[c] {
				r[c] = middle(r[c], widths[c])
			}
		}
	}
}

// texts writes a table of a long text and a number per row as wrapped lines.
func (p *printer) texts(t *report.Table) {
	for _, r := range t.Rows {
		p.wrapped(fmt.Sprintf("     %10s × ", cell(r[1])), cell(r[0]))
	}
}

// maxHead is the widest that a column's name can make its column.
const maxHead = 24

// table writes a finding's table.
func (p *printer) table(t *report.Table) {
	if len(t.Rows) == 0 {
		return
	}
	p.line("")
	p.wrapped("   ", t.Title)
	if len(t.Columns) == 2 && t.Rows[0][0].Kind() == redact.SQL {
		p.texts(t)
		p.more("     ", t.Omitted, t.OmittedBytes)
		return
	}
	columns := make([]string, len(t.Columns))
	right := make([]bool, len(t.Columns))
	rows := make([][]string, len(t.Rows))
	for i := range rows {
		rows[i] = make([]string, len(t.Columns))
	}
	for c := range t.Columns {
		columns[c] = middle(clean(t.Columns[c]), maxHead)
		numbers, texts := 0, 0
		for i, r := range t.Rows {
			rows[i][c] = cell(r[c])
			switch {
			case r[c].Numeric():
				numbers++
			case r[c].Kind() != report.KindNone:
				texts++
			}
		}
		right[c] = numbers > 0 && texts == 0
	}
	p.grid("     ", columns, right, rows)
	p.more("     ", t.Omitted, t.OmittedBytes)
}

// more says what a list left out.
func (p *printer) more(indent string, omitted, size int64) {
	if omitted <= 0 {
		return
	}
	if size > 0 {
		p.line("%s… and %s more with %s", indent, comma(omitted), bytes(size))
		return
	}
	p.line("%s… and %s more", indent, comma(omitted))
}

func (p *printer) consumers(r *report.Report) {
	c := &r.Consumers
	if len(c.Objects.Rows) > 0 {
		p.heading("Largest objects")
		var rows [][]string
		for _, o := range c.Objects.Rows {
			name := o.Class
			switch {
			case strings.HasPrefix(o.Note, "class "):
				name = o.Note
			case o.Note != "" && o.Note != name:
				name += " (" + o.Note + ")"
			}
			rows = append(rows, []string{bytes(o.Retained), bytes(o.Shallow), o.Address.String(), clean(name)})
		}
		p.grid("  ", []string{"retained", "shallow", "address", "object"}, []bool{true, true, false, false}, rows)
		p.more("  ", c.Objects.Omitted, c.Objects.OmittedBytes)
	}
	if len(c.Classes.Rows) > 0 {
		p.heading("Classes that retain most")
		p.classes(c.Classes)
	}
	if len(c.Packages.Rows) > 0 {
		p.heading("Packages that retain most")
		var rows [][]string
		for _, k := range c.Packages.Rows {
			rows = append(rows, []string{bytes(k.Retained), bytes(k.Shallow), comma(k.Instances), comma(k.Classes), clean(k.Name)})
		}
		p.grid("  ", []string{"retained", "shallow", "objects", "classes", "package"}, []bool{true, true, true, true, false}, rows)
		p.more("  ", c.Packages.Omitted, 0)
	}
	if len(c.Loaders.Rows) > 0 {
		p.heading("Class loaders that retain most")
		var rows [][]string
		for _, l := range c.Loaders.Rows {
			name := l.Class
			if l.Name != "" {
				name += " " + l.Name
			}
			if l.Address != 0 {
				name += " @ " + l.Address.String()
			}
			rows = append(rows, []string{bytes(l.Retained), bytes(l.Shallow), comma(l.Instances), comma(l.Classes), clean(name)})
		}
		p.grid("  ", []string{"retained", "shallow", "objects", "classes", "loader"}, []bool{true, true, true, true, false}, rows)
		p.more("  ", c.Loaders.Omitted, 0)
	}
}

func (p *printer) classes(l report.List[report.ClassRow]) {
	var rows [][]string
	for _, k := range l.Rows {
		name := k.Name
		if k.Loader != "" {
			name += " (" + k.Loader + ")"
		}
		rows = append(rows, []string{bytes(k.Retained), bytes(k.Shallow), comma(k.Instances), clean(name)})
	}
	p.grid("  ", []string{"retained", "shallow", "instances", "class"}, []bool{true, true, true, false}, rows)
	p.more("  ", l.Omitted, l.OmittedBytes)
}

func (p *printer) histogram(r *report.Report) {
	if len(r.Histogram.Rows) == 0 {
		return
	}
	p.heading("Histogram, by shallow size")
	p.classes(r.Histogram)
}
