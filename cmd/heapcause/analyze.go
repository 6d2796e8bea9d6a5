package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/inspect"
	"heapcause/analyze/rules"
	"heapcause/graph"
	"heapcause/report"
)

func (a *app) analyzeCommand() *cobra.Command {
	var o fleetOptions
	c := &cobra.Command{
		Use:   "analyze DUMP|FOLDER…",
		Short: "Say what fills the heap, who holds it and what to change",
		Long: `Reads the dump twice, builds the object graph, dominators and retained sizes, runs the rules, and
prints a report that begins with the findings. Contents of strings are masked unless --show-values
is given. heapcause DUMP does the same.

Several dumps, and all dumps below folders, are analysed one after the other and summed up: a row for
each of them, then the findings by signature, with the dumps that have them. A dump that cannot be
analysed does not stop the others. --reports writes each dump's own report. In folders, dumps are called
` + folderPatterns + `.

Exit codes: 0 done; 1 a finding is as severe as --fail-on; 2 the work could not be done, for one of
several dumps too.`,
		Example: `  heapcause analyze app.hprof
  heapcause analyze app.hprof.gz -o report.json -o ticket.md
  ssh host cat app.hprof | heapcause analyze -             from a pipe
  heapcause analyze app.hprof --fail-on=warning --quiet    in a pipeline
  heapcause analyze app.hprof --rules=none                 sizes and consumers only
  heapcause analyze pod-1.hprof pod-2.hprof                one summary of both
  heapcause analyze dumps/ -f csv --table findings         of all dumps below a folder
  heapcause analyze dumps/ --reports out/ --reports-format html,json`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return oneDump(c, args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if o.several(args) {
				return a.analyzeSeveral(c.Context(), &o, args)
			}
			return a.analyze(c.Context(), args[0])
		},
	}
	a.outputFlags(c, true, formatNames()...)
	a.readFlags(c)
	a.graphFlags(c)
	a.formatFlags(c)
	f := c.Flags()
	f.StringVar(&a.f.failOn, "fail-on", "never", "exit with 1 when a finding is at least: never, info, warning, error")
	a.analysisFlags(c)
	f.StringVar(&a.f.inspections, "inspections", "", "none, all, or names with commas, see heapcause inspect (default: all, none with --rules=none)")
	f.BoolVar(&a.f.allowIncomplete, "allow-incomplete", false, "let --fail-on judge an incomplete dump")
	complete(c, "fail-on", failOnValues...)
	a.fleetFlags(c, &o)
	return c
}

// analysisFlags declares what every command that runs the rules has.
func (a *app) analysisFlags(c *cobra.Command) {
	f := c.Flags()
	a.topFlag(c, 10, "rows per table")
	f.Float64Var(&a.f.threshold, "threshold", 10, "per cent of the strongly reachable bytes that make a leak suspect")
	f.StringVar(&a.f.rules, "rules", "all", "none, all, or names with commas (see heapcause rules)")
	a.rulesDirFlag(c)
	f.BoolVar(&a.f.experimental, "experimental", false, "run the experimental rules too: what they find is never above info")
	f.StringArrayVar(&a.f.settings, "set", nil, "RULE.THRESHOLD=NUMBER, may be repeated (see heapcause rules NAME)")
	f.BoolVar(&a.f.showValues, "show-values", false, "show the contents of strings, SQL literals and URLs")
	_ = c.RegisterFlagCompletionFunc("rules", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		names := []string{"none", "all"}
		all, err := a.registry()
		for _, r := range all {
			names = append(names, r.Name)
		}
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
}

// checkAnalyze validates the flags of analyze and returns what they select.
func (a *app) checkAnalyze() (*analyze.Options, error) {
	if err := a.check(formatNames()...); err != nil {
		return nil, err
	}
	if err := a.checkTable(); err != nil {
		return nil, err
	}
	if err := a.checkAnalysis(); err != nil {
		return nil, err
	}
	return a.analysis()
}

// checkAnalysis validates what analyze has for one dump and for several.
func (a *app) checkAnalysis() error {
	if err := a.checkGraph(); err != nil {
		return err
	}
	return oneOf("fail-on", a.f.failOn, failOnValues...)
}

// analysis validates the flags of analysisFlags and returns what they select.
func (a *app) analysis() (*analyze.Options, error) {
	if a.f.threshold <= 0 || a.f.threshold > 100 {
		return nil, &hintError{fmt.Errorf("--threshold %g: is a percentage above 0 up to 100", a.f.threshold), "10 is the default"}
	}
	if err := notNegative(a.f.top, "10 is the default"); err != nil {
		return nil, err
	}
	all, err := a.registry()
	if err != nil {
		return nil, err
	}
	selected, err := rules.SelectFrom(all, a.f.rules, a.f.experimental)
	if err != nil {
		return nil, &hintError{err, "heapcause rules lists them"}
	}
	opt := &analyze.Options{
		Rules: selected, Thresholds: map[string]float64{}, Top: a.f.top, Threshold: a.f.threshold / 100, ShowValues: a.f.showValues,
		References: a.f.references, Workers: a.f.workers, ToolVersion: versionText(),
	}
	if a.f.inspections == "" {
		a.f.inspections = "all"
		if a.f.rules == "none" {
			a.f.inspections = "none"
		}
	}
	if opt.Inspections, err = inspect.Select(a.f.inspections); err != nil {
		return nil, &hintError{err, "heapcause inspect --help lists them"}
	}
	for _, s := range a.f.settings {
		key, value, err := analyze.ParseThreshold(s, all)
		if err != nil {
			return nil, &hintError{fmt.Errorf("--set %w", err), "heapcause rules NAME lists a rule's thresholds"}
		}
		opt.Thresholds[key] = value
	}
	return opt, nil
}

func (a *app) analyze(ctx context.Context, path string) error {
	opt, err := a.checkAnalyze()
	if err != nil {
		return err
	}
	p := a.progress()
	defer p.clear()
	var r *report.Report
	inbound := len(opt.Rules)+len(opt.Inspections) > 0
	opt.NoPaths = !inbound // from an index or not, the report is the same
	err = a.withHeap(ctx, path, p, inbound, func(h *graph.Heap) (func() error, error) {
		phase := a.timing.phase("rules and tables")
		opt.Progress = p.update
		r, err = analyze.Run(ctx, h, *opt)
		phase()
		if err != nil {
			return nil, err
		}
		return func() error {
			p.clear()
			warn(a.stderr, h.NumObjects(), h.Problems())
			defer a.timing.phase("writing")()
			return a.writeReport(r)
		}, nil
	})
	if err != nil {
		return err
	}
	a.printTiming()
	return a.gate(r)
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
