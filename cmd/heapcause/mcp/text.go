package mcp

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"heapcause/report"
)

// text is the answer for reading: the sections, the command that prints them in a shell, and where rows continue. Unlike on a
// terminal nothing is shortened to a width, since names and addresses go into the next call.
func (a *Answer) text(most int) string {
	var b strings.Builder
	for i := range a.Sections {
		writeSection(&b, &a.Sections[i])
	}
	body := b.String()
	if len(body) > most {
		body = strings.ToValidUTF8(body[:most], "") + "…\n"
	}
	body += "\ncommand: " + line(a.Command) + "\n"
	for _, m := range a.More {
		body += fmt.Sprintf("more: %d rows of %s", m.Left, line(m.Table))
		if m.Cursor != "" {
			body += ", cursor " + line(m.Cursor)
		}
		body += "\n"
	}
	return body
}

func writeSection(b *strings.Builder, s *report.Section) {
	fmt.Fprintf(b, "# %s\n", line(s.Title))
	for _, text := range []string{s.Summary, s.Skipped} {
		if text != "" {
			b.WriteString(line(text) + "\n")
		}
	}
	for _, f := range s.Facts {
		fmt.Fprintf(b, "%s: %s\n", line(f.Label), cell(f.Value))
	}
	for i := range s.Tables {
		writeTable(b, &s.Tables[i])
	}
	for i := range s.Trees {
		writeTree(b, &s.Trees[i])
	}
	for _, n := range s.Notes {
		b.WriteString("- " + line(n) + "\n")
	}
}

func writeTable(b *strings.Builder, t *report.Table) {
	fmt.Fprintf(b, "\n## %s (%s)\n", line(t.Title), line(t.Name))
	b.WriteString(line(strings.Join(t.Columns, " | ")) + "\n")
	for _, row := range t.Rows {
		for i, v := range row {
			if i > 0 {
				b.WriteString(" | ")
			}
			b.WriteString(cell(v))
		}
		b.WriteString("\n")
	}
	if t.Omitted > 0 {
		fmt.Fprintf(b, "… and %d more\n", t.Omitted)
	}
}

// mostIndent bounds how far a tree is indented: a path may be deep.
const mostIndent = 40

func writeTree(b *strings.Builder, t *report.Tree) {
	fmt.Fprintf(b, "\n## %s (%s)\n", line(t.Title), line(t.Name))
	depths := make([]int, len(t.Nodes.Rows))
	for i, n := range t.Nodes.Rows {
		if n.Parent >= 0 && n.Parent < i {
			depths[i] = depths[n.Parent] + 1
		}
		b.WriteString(strings.Repeat(" ", min(depths[i], mostIndent)))
		if n.Label != "" {
			b.WriteString(line(n.Label) + ": ")
		}
		b.WriteString(line(n.Class))
		if n.Address != 0 {
			b.WriteString(" @ " + n.Address.String())
		}
		if n.Note != "" {
			b.WriteString(" (" + line(n.Note) + ")")
		}
		if n.Objects != 1 {
			fmt.Fprintf(b, ", %d objects", n.Objects)
		}
		fmt.Fprintf(b, ", retained %d B", n.Retained)
		if n.OmittedChildren > 0 {
			fmt.Fprintf(b, ", %d more below it", n.OmittedChildren)
		}
		b.WriteString("\n")
	}
	if t.Nodes.Omitted > 0 {
		fmt.Fprintf(b, "… and %d more\n", t.Nodes.Omitted)
	}
}

// cell writes a value exactly.
func cell(v report.Value) string {
	switch v.Kind() {
	case report.KindNone:
		return ""
	case report.KindBytes:
		return strconv.FormatInt(v.Int(), 10) + " B"
	case report.KindShare:
		return fmt.Sprintf("%.1f %%", 100*v.Fraction())
	case report.KindFloat:
		return strconv.FormatFloat(v.Fraction(), 'g', -1, 64)
	case report.KindDuration:
		return (time.Duration(v.Int()) * time.Millisecond).String()
	case report.KindTime:
		return time.UnixMilli(v.Int()).UTC().Format("2006-01-02T15:04:05.000Z")
	case report.KindAddress:
		return v.Address().String()
	}
	if v.IsText() {
		return line(v.Text().String())
	}
	return strconv.FormatInt(v.Int(), 10)
}

// line keeps a text of the dump on its line: what could pass for the answer's own layout, or steer a terminal, is taken out.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
