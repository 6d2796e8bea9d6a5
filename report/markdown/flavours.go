package markdown

import (
	"fmt"
	"strings"

	"heapcause/report"
	"heapcause/report/tables"
)

// markdown is CommonMark with GitHub's tables.
var markdown = markup{
	heading: func(level int, text string) string { return strings.Repeat("#", level) + " " + text },
	bold:    func(s string) string { return "**" + s + "**" },
	code:    func(s string) string { return "`" + strings.ReplaceAll(s, "`", "'") + "`" },
	item:    "- ",
	fence:   [2]string{"```text", "```"},
	escape: func(s string) string {
		var b strings.Builder
		for i, r := range s {
			if strings.ContainsRune("\\`*_[]<>#~|", r) || i == 0 && strings.ContainsRune("-+=", r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
		return b.String()
	},
	row: func(cells []string, head bool) string {
		s := "| " + strings.Join(cells, " | ") + " |"
		if head {
			s += "\n|" + strings.Repeat(" --- |", len(cells))
		}
		return s
	},
	cellBar: "|", // escaped already
}

// jira is the wiki markup of Jira's text fields.
var jira = markup{
	heading: func(level int, text string) string { return fmt.Sprintf("h%d. %s", level, text) },
	bold:    func(s string) string { return "*" + s + "*" },
	code:    func(s string) string { return "{{" + escapeJira(s) + "}}" },
	item:    "* ",
	fence:   [2]string{"{noformat}", "{noformat}"},
	escape:  escapeJira,
	row: func(cells []string, head bool) string {
		bar := "|"
		if head {
			bar = "||"
		}
		return bar + strings.Join(cells, bar) + bar
	},
	cellBar: "|",
}

func escapeJira(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`\*_-+^~{}[]|!?#@`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// value writes a figure for people.
func (p *printer) value(v report.Value) string { return v.Short(p.text) }

// consumers writes the tables of what retains most.
func (p *printer) consumers(r *report.Report) {
	for _, t := range []struct{ name, title string }{
		{"objects", "Largest objects"}, {"classes", "Classes that retain most"}, {"packages", "Packages that retain most"}, {"threads", "Threads that retain most"},
	} {
		if tab, err := tables.Of(r, t.name); err == nil && len(tab.Rows) > 0 {
			p.line(p.m.heading(3, t.title))
			p.line("")
			p.table(tab)
		}
	}
}
