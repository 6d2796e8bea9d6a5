package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/inspect"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/json"
	"heapcause/report/tables"
	"heapcause/report/text"
)

// inspectCommand describes one subject or several.
func (a *app) inspectCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "inspect NAME[,NAME…] DUMP",
		Short: "Describe threads, strings, collections and other subjects in figures and tables",
		Long: `Prints what the named inspections say of a dump, or "all". They are sections of the JSON report of
analyze too, with the same figures. The inspections:

` + inspectionList() + `
Contents of strings are masked unless --show-values is given.`,
		Example: `  heapcause inspect threads app.hprof
  heapcause inspect strings,collections app.hprof --top 50
  heapcause inspect threads app.hprof -f tsv --table names`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return &hintError{fmt.Errorf("%d arguments: NAME and DUMP are wanted", len(args)), c.CommandPath() + " --help lists the names"}
		},
		RunE: func(c *cobra.Command, args []string) error { return a.inspect(c.Context(), args[0], args[1]) },
	}
	a.inspectFlags(c)
	c.ValidArgsFunction = func(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return completeDumps(c, args[1:], prefix)
		}
		names := []string{"all"}
		for _, in := range inspect.All() {
			names = append(names, in.Name+"\t"+in.Title)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	return c
}

// shortInspections are subjects with a command of their own.
var shortInspections = []string{"threads", "strings", "collections", "references", "finalizers", "loaders", "buffers"}

// inspectionCommands are the short forms of inspect.
func (a *app) inspectionCommands() []*cobra.Command {
	var out []*cobra.Command
	for _, in := range inspect.All() {
		for _, name := range shortInspections {
			if name != in.Name {
				continue
			}
			c := &cobra.Command{
				Use:   name + " DUMP",
				Short: in.Title,
				Long:  paragraphs(in.Doc) + "\n\nShort for heapcause inspect " + name + ".",
				Example: "  heapcause " + name + " app.hprof\n" +
					"  heapcause " + name + " app.hprof --top 0 -o " + name + ".json",
				Args: oneDump,
				RunE: func(c *cobra.Command, args []string) error { return a.inspect(c.Context(), name, args[0]) },
			}
			a.inspectFlags(c)
			out = append(out, c)
		}
	}
	return out
}

func inspectionList() string {
	var b strings.Builder
	for _, in := range inspect.All() {
		fmt.Fprintf(&b, "  %-12s %s\n", in.Name, in.Title)
	}
	return b.String()
}

func (a *app) inspectFlags(c *cobra.Command) {
	a.commonFlags(c, sectionFormats...)
	a.graphFlags(c)
	f := c.Flags()
	a.topFlag(c, 20, "rows per table; 0 prints all")
	f.StringVar(&a.f.table, "table", "", "which table to write as csv or tsv (default: the first)")
	f.BoolVar(&a.f.showValues, "show-values", false, "show the contents of strings, SQL literals and URLs")
}

func (a *app) inspect(ctx context.Context, names, path string) error {
	if err := a.check(sectionFormats...); err != nil {
		return err
	}
	if err := a.checkGraph(); err != nil {
		return err
	}
	if err := notNegative(a.f.top, "0 prints all rows"); err != nil {
		return err
	}
	if a.f.table != "" && a.f.format != "tsv" && a.f.format != "csv" {
		return &hintError{fmt.Errorf("--table %s: is for csv and tsv", a.f.table), "add --format csv"}
	}
	selected, err := inspect.Select(names)
	if err != nil {
		return &hintError{err, "heapcause inspect --help says what each shows"}
	}
	top := a.f.top
	if top == 0 {
		top = -1
	}
	p := a.progress()
	defer p.clear()
	var r *report.Report
	err = a.withHeap(ctx, path, p, true, func(h *graph.Heap) (func() error, error) {
		phase := a.timing.phase("inspections")
		r, err = analyze.Run(ctx, h, analyze.Options{
			Inspections: selected, Top: top, ShowValues: a.f.showValues, References: a.f.references, Workers: a.f.workers,
			ToolVersion: versionText(), Progress: p.update,
		})
		phase()
		if err != nil {
			return nil, err
		}
		return func() error {
			p.clear()
			warn(a.stderr, h.NumObjects(), h.Problems())
			defer a.timing.phase("writing")()
			return a.write(func(w io.Writer) error { return a.renderSections(w, r) })
		}, nil
	})
	if err != nil {
		return err
	}
	a.printTiming()
	return nil
}

// renderSections writes what the inspections say in the chosen format.
func (a *app) renderSections(w io.Writer, r *report.Report) error {
	switch a.f.format {
	case "json":
		return json.WriteSections(w, r)
	case "tsv", "csv":
		t, err := sectionTable(r, a.f.table)
		if err != nil {
			return err
		}
		return writeDelimited(w, t, a.f.format)
	}
	if a.open != nil { // what dump it is has been said
		return a.renderAnswer(w, r)
	}
	width, _ := terminal(a.stdout)
	return text.WriteSections(w, r, text.Options{Color: a.color(), Width: width})
}

// sectionTable returns the table or tree of that name, the first for "": trees come behind the tables.
func sectionTable(r *report.Report, name string) (*report.Table, error) {
	var names []string
	for i := range r.Sections {
		s := &r.Sections[i]
		for j := range s.Tables {
			names = append(names, s.Tables[j].Name)
		}
		for j := range s.Trees {
			names = append(names, s.Trees[j].Name)
		}
		if name == "" && len(names) > 0 {
			name = names[0]
		}
		if t := tables.OfSection(s, name); t != nil {
			return t, nil
		}
	}
	if len(names) == 0 {
		return nil, &hintError{fmt.Errorf("the inspection has no tables here"), "--format text shows its figures"}
	}
	return nil, &hintError{fmt.Errorf("--table %s: there is no such table", name), "there are " + strings.Join(names, ", ")}
}

// paragraphs fills the paragraphs of a text into lines.
func paragraphs(doc string) string {
	var out []string
	for p := range strings.SplitSeq(doc, "\n\n") {
		out = append(out, strings.Join(fill(p, ruleWidth), "\n"))
	}
	return strings.Join(out, "\n\n")
}

// fill breaks a text into lines of at most n columns.
func fill(s string, n int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > n:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
