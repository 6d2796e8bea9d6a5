package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/json"
	"heapcause/report/text"
	"heapcause/report/tsv"
)

var reportFormats = []string{"text", "json", "tsv"}

func (a *app) analyzeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "analyze DUMP",
		Short: "Say what fills the heap, who holds it and what to change",
		Long: `Reads the dump twice, builds the object graph, dominators and retained sizes, runs the rules, and
prints a report that begins with the findings. Contents of strings are masked unless --show-values
is given. heapcause DUMP does the same.

Exit codes: 0 done; 1 a finding is as severe as --fail-on; 2 the work could not be done.`,
		Example: `  heapcause analyze app.hprof
  heapcause analyze app.hprof.gz -o report.json
  ssh host cat app.hprof | heapcause analyze -             from a pipe
  heapcause analyze app.hprof --fail-on=warning --quiet    in a pipeline
  heapcause analyze app.hprof --rules=none                 sizes and consumers only`,
		Args: oneDump,
		RunE: func(c *cobra.Command, args []string) error { return a.analyze(c.Context(), args[0]) },
	}
	a.commonFlags(c, reportFormats...)
	a.graphFlags(c)
	f := c.Flags()
	f.StringVar(&a.f.failOn, "fail-on", "never", "exit with 1 when a finding is at least: never, info, warning, error")
	f.IntVar(&a.f.top, "top", 10, "rows per table")
	f.Float64Var(&a.f.threshold, "threshold", 10, "per cent of the strongly reachable bytes that make a leak suspect")
	f.StringVar(&a.f.rules, "rules", "all", "none, all, or names with commas (see heapcause rules)")
	f.BoolVar(&a.f.showValues, "show-values", false, "show the contents of strings, SQL literals and URLs")
	f.BoolVar(&a.f.allowIncomplete, "allow-incomplete", false, "let --fail-on judge an incomplete dump")
	complete(c, "fail-on", failOnValues...)
	_ = c.RegisterFlagCompletionFunc("rules", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		names := []string{"none", "all"}
		for _, r := range analyze.Rules() {
			names = append(names, r.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

func (a *app) checkAnalyze() ([]*analyze.Rule, error) {
	if err := a.check(reportFormats...); err != nil {
		return nil, err
	}
	if err := a.checkGraph(); err != nil {
		return nil, err
	}
	if err := oneOf("fail-on", a.f.failOn, failOnValues...); err != nil {
		return nil, err
	}
	if a.f.threshold <= 0 || a.f.threshold > 100 {
		return nil, &hintError{fmt.Errorf("--threshold %g: is a percentage above 0 up to 100", a.f.threshold), "10 is the default"}
	}
	if err := notNegative(a.f.top, "10 is the default"); err != nil {
		return nil, err
	}
	rules, err := analyze.Select(a.f.rules)
	if err != nil {
		return nil, &hintError{err, "heapcause rules lists them"}
	}
	return rules, nil
}

func (a *app) analyze(ctx context.Context, path string) error {
	rules, err := a.checkAnalyze()
	if err != nil {
		return err
	}
	p := a.progress()
	defer p.clear()
	var r *report.Report
	err = a.withHeap(ctx, path, p, len(rules) > 0, func(h *graph.Heap) (func() error, error) {
		phase := a.timing.phase("rules and tables")
		r, err = analyze.Run(ctx, h, analyze.Options{
			Rules: rules, Top: a.f.top, Threshold: a.f.threshold / 100, ShowValues: a.f.showValues,
			References: a.f.references, Workers: a.f.workers, ToolVersion: versionText(), Progress: p.update,
		})
		phase()
		if err != nil {
			return nil, err
		}
		return func() error {
			p.clear()
			warn(a.stderr, h.NumObjects(), h.Problems())
			defer a.timing.phase("writing")()
			return a.write(func(w io.Writer) error { return a.render(w, r) })
		}, nil
	})
	if err != nil {
		return err
	}
	a.printTiming()
	return a.gate(r)
}

// render writes the report in the chosen format.
func (a *app) render(w io.Writer, r *report.Report) error {
	switch a.f.format {
	case "json":
		return json.Write(w, r)
	case "tsv":
		return tsv.Write(w, r, tsv.Histogram)
	}
	width, _ := terminal(a.stdout)
	return text.Write(w, r, text.Options{Color: a.color(), Width: width})
}

// gate applies --fail-on.
func (a *app) gate(r *report.Report) error {
	if a.f.failOn == "never" {
		return nil
	}
	empty := r.Counts.Objects+r.Counts.Classes == 0
	if (r.Dump.Incomplete || empty) && !a.f.allowIncomplete {
		return errIncomplete
	}
	if r.Fails(report.Severity(a.f.failOn)) {
		return fmt.Errorf("%w: a finding is at %s or above", errGate, a.f.failOn)
	}
	return nil
}
