// Package pages writes the pages of docs/ on rules and inspections from their texts. What their output looks like on a real dump is
// put below by testdata/docs; a test holds the pages in docs/ to the texts.
package pages

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/userrules"
)

// Example is the heading below which a page has output, which is not compared: dumps differ.
const Example = "## Example"

// Rule is the page of a rule, but for its example.
func Rule(r *analyze.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s. At most **%s**; %s%s.\n\n%s\n", r.Name, r.Title, r.Max, standing(r), language(r), strings.TrimSpace(r.Doc))
	if len(r.Thresholds) > 0 {
		fmt.Fprintf(&b, "\n## Thresholds\n\nSet by `--set %s.NAME=NUMBER`.\n\n| name | default | what happens from there on |\n| --- | --- | --- |\n", r.Name)
		for _, t := range r.Thresholds {
			fmt.Fprintf(&b, "| `%s` | %s %s | %s |\n", t.Name, strconv.FormatFloat(t.Default, 'f', -1, 64), t.Unit, cell(t.Doc))
		}
	}
	if text := userrules.ShippedFile(r.Name); text != "" {
		fmt.Fprintf(&b, "\n## Source\n\n```yaml\n%s```\n", text)
	}
	return b.String()
}

// cell is a text in a table.
func cell(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "|", `\|`) }

func standing(r *analyze.Rule) string {
	if r.Experimental {
		return "experimental: off unless it is named or `--experimental` is given, and never above info"
	}
	return "stable"
}

func language(r *analyze.Rule) string {
	if r.Source != "" {
		return ", and written in [YAML](../rules-yaml.md)"
	}
	return ""
}

// Index is the list of the rules.
func Index(all []*analyze.Rule) string {
	var b strings.Builder
	b.WriteString(`# Rules

Each rule recognises one pattern by classes and fields, names who holds the objects, and says what to change. ` + "`heapcause rules`" + ` lists
them and ` + "`heapcause rules NAME`" + ` explains one. The severity is the worst that a rule may claim. [Rules of your own](../rules-yaml.md)
are written in YAML. These pages are made by ` + "`make docs`" + `.

`)
	b.WriteString(list(all, func(r *analyze.Rule) bool { return !r.Experimental }))
	if slices.ContainsFunc(all, func(r *analyze.Rule) bool { return r.Experimental }) {
		b.WriteString("\n## Experimental\n\nNo real dump proves these yet: they are off unless they are named or `--experimental` is given, and never above info.\n\n")
		b.WriteString(list(all, func(r *analyze.Rule) bool { return r.Experimental }))
	}
	return b.String()
}

func list(all []*analyze.Rule, of func(*analyze.Rule) bool) string {
	var b strings.Builder
	b.WriteString("| rule | at most | finds |\n| --- | --- | --- |\n")
	for _, r := range all {
		if of(r) {
			fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s |\n", r.Name, r.Name, r.Max, cell(r.Title))
		}
	}
	return b.String()
}

// Inspections is how the page on the inspections begins.
const Inspections = `# Inspections

An inspection describes one subject of a heap in figures and tables, whether it is a problem or not. ` + "`heapcause inspect NAME DUMP`" + `
prints it, ` + "`heapcause analyze`" + ` adds a sentence of each to its report and all of them to JSON. Labels of facts and names of tables are stable.
This page is made by ` + "`make docs`" + `.
`

// Inspection is the text on an inspection, but for its example.
func Inspection(in *analyze.Inspection) string {
	return fmt.Sprintf("\n## %s\n\n%s.\n\n%s\n", in.Name, in.Title, strings.TrimSpace(in.Doc))
}
