package compare

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"

	"heapcause/report/text"
)

// steps of tables for people.
const (
	textSteps   = 2
	ticketSteps = 5
	pageSteps   = 8
)

// WriteJSON writes the comparison, indented. Its schema is schema.Comparison.
func WriteJSON(w io.Writer, c *Comparison) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(c)
}

// WriteText writes the comparison for a terminal of that width, 0 for 100 columns: what grew in every step first.
func WriteText(w io.Writer, c *Comparison, width int) error {
	if width < 60 {
		width = 100
	}
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, text.Middle(c.headline(), width))
	grids := c.grids(c.shown(textSteps))
	writeGrid(b, grids[0], width)
	fmt.Fprintln(b)
	fmt.Fprintln(b, c.verdict())
	for i := range c.Paths.Rows {
		writePath(b, i+1, &c.Paths.Rows[i], width)
	}
	if c.Paths.Omitted > 0 {
		fmt.Fprintf(b, "… and %d more paths\n", c.Paths.Omitted)
	}
	for _, g := range grids[2:] {
		if len(g.rows) > 0 {
			fmt.Fprintf(b, "\n%s\n", g.title)
			writeGrid(b, g, width)
		}
	}
	for i, n := range c.Notes {
		if i == 0 {
			fmt.Fprintln(b, "\nNotes")
		}
		for j, line := range wrap(clean(n), width-4) {
			fmt.Fprintln(b, [...]string{"  - ", "    "}[min(j, 1)]+line)
		}
	}
	return b.Flush()
}

// wrap breaks a text at spaces into lines of at most n columns.
func wrap(s string, n int) []string {
	var out []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && columns.StringWidth(line)+1+columns.StringWidth(word) > n {
			out, line = append(out, line), ""
		}
		line = strings.TrimLeft(line+" "+text.Middle(word, n), " ")
	}
	return append(out, line)
}

func (c *Comparison) headline() string {
	first, last := c.Steps[0], c.Steps[len(c.Steps)-1]
	s := fmt.Sprintf("Growth over %d dumps: %s … %s", len(c.Steps), clean(first.File), clean(last.File))
	if c.Hours > 0 {
		s += " in " + last.Taken.Sub(first.Taken).Round(1e9).String()
	}
	return s
}

// verdict is the answer in one line.
func (c *Comparison) verdict() string {
	all := "the strongly reachable heap by " + Difference(c.GrowthOfHeap())
	every := "in every step"
	if len(c.Steps) == 2 {
		every = "between the two"
	}
	switch n := c.Paths.Total(); n {
	case 0:
		return "No path grew " + every + " (" + all + ")."
	case 1:
		return "1 path grew " + every + " (" + all + "):"
	default:
		return fmt.Sprintf("%d paths grew %s (%s):", n, every, all)
	}
}

// summary says how a path grew.
func (p *PathGrowth) summary() string {
	last := p.Points[len(p.Points)-1]
	s := fmt.Sprintf("%s: %s to %s", Difference(p.Growth), size(p.Points[0].Retained).text, size(last.Retained).text)
	if p.GrowthObjects != 0 {
		s += fmt.Sprintf(", %s to %s objects", count(p.Points[0].Objects).text, count(last.Objects).text)
	}
	if p.Share > 0 {
		s += fmt.Sprintf(", %.0f %% of the growth of the heap", 100*min(p.Share, 1))
	}
	if p.PerHour > 0 {
		s += fmt.Sprintf(", %s per hour", Difference(p.PerHour))
	}
	return s
}

func writePath(b *bufio.Writer, n int, p *PathGrowth, width int) {
	fmt.Fprintf(b, "\n%d. %s\n", n, p.summary())
	for i, e := range p.Path {
		lead := "→ "
		if i == 0 {
			lead = ""
		}
		fmt.Fprintln(b, "   "+lead+text.Middle(edgeText(e, i == 0), width-5))
	}
	if p.Holds != "" {
		fmt.Fprintln(b, "   most of it in "+text.Middle(p.Holds, width-17))
	}
	for i, x := range p.Points {
		was := size(x.Retained).text + " in " + count(x.Objects).text + " objects"
		if !x.Listed {
			was = "not among the paths listed"
		}
		fmt.Fprintf(b, "   %3d. %s\n", i+1, was)
	}
}

// writeGrid writes a table; the last column gets what is left of the width.
func writeGrid(b *bufio.Writer, g grid, width int) {
	last := len(g.columns) - 1
	wide := make([]int, len(g.columns))
	for i, c := range g.columns {
		wide[i] = columns.StringWidth(c)
		for _, r := range g.rows {
			wide[i] = max(wide[i], columns.StringWidth(r[i].text))
		}
	}
	room := width
	for i := range last {
		wide[i] = min(wide[i], 40)
		room -= wide[i] + 2
	}
	wide[last] = max(room-2, 24)
	line := func(cells []string, number func(int) bool) {
		var out strings.Builder
		for i, s := range cells {
			s = text.Middle(s, wide[i])
			pad := strings.Repeat(" ", max(wide[i]-columns.StringWidth(s), 0))
			switch {
			case number(i):
				out.WriteString("  " + pad + s)
			case i == last:
				out.WriteString("  " + s)
			default:
				out.WriteString("  " + s + pad)
			}
		}
		fmt.Fprintln(b, strings.TrimRight(out.String(), " "))
	}
	line(g.columns, func(i int) bool { return i < last && len(g.rows) > 0 && g.rows[0][i].number })
	for _, r := range g.rows {
		texts := make([]string, len(r))
		for i, x := range r {
			texts[i] = x.text
		}
		line(texts, func(i int) bool { return i < last && r[i].number })
	}
	if g.omitted > 0 {
		fmt.Fprintf(b, "  … and %s more\n", count(g.omitted).text)
	}
}

// columns measures texts the same whatever the locale of the user.
var columns = &runewidth.Condition{StrictEmojiNeutral: true}

// clean makes one line of a name from a dump, without what steers a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// WriteMarkdown writes the comparison for a ticket.
func WriteMarkdown(w io.Writer, c *Comparison) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "## %s\n\n", escape(c.headline()))
	grids := c.grids(c.shown(ticketSteps))
	markdownGrid(b, grids[0])
	fmt.Fprintf(b, "### %s\n\n", escape(c.verdict()))
	for i := range c.Paths.Rows {
		p := &c.Paths.Rows[i]
		fmt.Fprintf(b, "**%d. %s**\n\n```text\n", i+1, escape(p.summary()))
		for j, e := range p.Path {
			lead := "→ "
			if j == 0 {
				lead = ""
			}
			fmt.Fprintln(b, strings.ReplaceAll(lead+clean(edgeText(e, j == 0)), "```", "` ` `"))
		}
		fmt.Fprint(b, "```\n\n")
		if p.Holds != "" {
			fmt.Fprintf(b, "Most of it in %s.\n\n", escape(clean(p.Holds)))
		}
	}
	markdownGrid(b, grids[1])
	for _, g := range grids[2:5] {
		if len(g.rows) > 0 {
			fmt.Fprintf(b, "### %s\n\n", g.title)
			markdownGrid(b, g)
		}
	}
	for _, n := range c.Notes {
		fmt.Fprintln(b, "- "+escape(clean(n)))
	}
	return b.Flush()
}

func markdownGrid(b *bufio.Writer, g grid) {
	if len(g.rows) == 0 {
		return
	}
	for _, c := range g.columns {
		fmt.Fprint(b, "| ", escape(c), " ")
	}
	fmt.Fprint(b, "|\n")
	for i := range g.columns {
		if g.rows[0][i].number {
			fmt.Fprint(b, "| ---: ")
		} else {
			fmt.Fprint(b, "| --- ")
		}
	}
	fmt.Fprint(b, "|\n")
	for _, r := range g.rows {
		for _, x := range r {
			fmt.Fprint(b, "| ", escape(x.text), " ")
		}
		fmt.Fprint(b, "|\n")
	}
	if g.omitted > 0 {
		fmt.Fprintf(b, "\n… and %s more\n", count(g.omitted).text)
	}
	fmt.Fprintln(b)
}

// escape keeps names from being markup.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_[]<>#~|", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
