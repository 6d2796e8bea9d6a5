package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"heapcause/report"
	"heapcause/report/json"
	"heapcause/report/schema"
)

func (a *app) renderCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "render REPORT.json",
		Short: "Write a saved JSON report in another format, without the dump",
		Long: `Reads a report that analyze saved as JSON and writes it in another format. What was masked when it was
saved stays masked. "-" reads standard input.`,
		Example: `  heapcause render report.json                             as text
  heapcause render report.json -f md                       for a ticket
  heapcause render report.json -o report.sarif -o findings.csv --table findings`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return &hintError{fmt.Errorf("%d arguments: one saved report is wanted", len(args)), c.CommandPath() + " --help"}
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.render(args[0]) },
	}
	a.outputFlags(c, true, formatNames()...)
	a.formatFlags(c)
	return c
}

// formatFlags declares what formats of a whole report have.
func (a *app) formatFlags(c *cobra.Command) {
	c.Flags().StringVar(&a.f.table, "table", "", "which table to write as csv or tsv (default: histogram)")
	c.Flags().BoolVar(&a.f.full, "full", false, "md and jira: everything, not only what fits a screen")
}

func (a *app) render(path string) error {
	if err := a.checkOutputs(formatNames()...); err != nil {
		return err
	}
	if err := a.checkTable(); err != nil {
		return err
	}
	r, err := a.readReport(path)
	if err != nil {
		return err
	}
	return a.writeReport(r)
}

// readReport reads a saved report.
func (a *app) readReport(path string) (*report.Report, error) {
	var data []byte
	var err error
	if path == "-" {
		if a.stdin == nil {
			return nil, errors.New("-: there is no standard input")
		}
		data, err = io.ReadAll(a.stdin)
	} else {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fileError(path, err)
	}
	r, err := json.Read(bytes.NewReader(data))
	if err == nil {
		return r, nil
	}
	hint := "heapcause analyze DUMP -o report.json makes one"
	if strings.HasPrefix(string(data[:min(len(data), 16)]), "JAVA PROFILE") {
		hint = "this is a heap dump: heapcause analyze " + path
	}
	return nil, &hintError{fmt.Errorf("%s: %w", path, err), hint}
}

// schemas are what schema prints, by name; the first is the default.
var schemas = []struct {
	name, of string
	text     func() []byte
}{
	{"report", "JSON reports", schema.Report},
	{"compare", "what heapcause compare -f json writes", schema.Comparison},
	{"fleet", "what heapcause analyze -f json writes for several dumps", schema.Fleet},
	{"check", "what heapcause check -f json writes", schema.Check},
	{"budget", "budget files, for editors", schema.Budget},
}

func (a *app) schemaCommand() *cobra.Command {
	var names []string
	long := "Prints a JSON Schema (draft 2020-12) of this version:\n\n"
	for _, s := range schemas {
		names = append(names, s.name)
		long += fmt.Sprintf("  %-8s %s\n", s.name, s.of)
	}
	c := &cobra.Command{
		Use:   "schema [" + strings.Join(names, "|") + "]",
		Short: "Print the JSON Schema of reports, comparisons, summaries, verdicts of check, or budget files",
		Long:  strings.TrimSuffix(long, "\n"),
		Example: `  heapcause schema > report.schema.json
  heapcause schema budget > heapcause.schema.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			name := append(args, names[0])[0]
			for _, s := range schemas {
				if s.name == name {
					return a.write(func(w io.Writer) error {
						_, err := w.Write(s.text())
						return err
					})
				}
			}
			return &hintError{fmt.Errorf("schema %s: there is no such schema", name), "there are " + strings.Join(names, ", ")}
		},
	}
	c.ValidArgsFunction = cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)
	return c
}
