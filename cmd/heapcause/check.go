package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/gate"
	"heapcause/report/json"
)

// defaultBudget is read when it is in the current folder.
const defaultBudget = "heapcause.yaml"

// checkOptions are the options of check.
type checkOptions struct {
	budget       string
	baseline     string
	update       string
	failOn       string // "" when the flag is not given
	asOf         string
	allowUnknown bool
	reports      []string
}

var updateValues = []string{"passed", "always"}

func (a *app) checkCommand() *cobra.Command {
	o := &checkOptions{}
	c := &cobra.Command{
		Use:   "check DUMP|REPORT.json",
		Short: "Judge a dump or a saved report by a budget: a gate for pipelines",
		Long: `Judges a dump, or a report that analyze saved as JSON, by the limits of a budget file and, for growth, against
the saved report of an earlier build. ` + defaultBudget + ` in the current folder is the budget unless --budget names
another; without one, findings from --fail-on on break the gate.

Findings that are known and wait for their fix can be suppressed in the budget, by signature and up to a day.
What the report does not tell is no pass: the lists of a saved report are cut, those of a dump are not.

Exit codes: 0 passed; 1 the gate is broken; 2 it could not be decided: an incomplete dump without
--allow-incomplete, a limit that the report does not tell about without --allow-unknown, or an error.`,
		Example: `  heapcause check app.hprof
  heapcause check app.hprof --budget heapcause.yaml -o gate.xml -o gate.sarif --report report.html
  heapcause check app.hprof --baseline main.json --update-baseline
  heapcause check report.json --fail-on=warning
  heapcause check app.hprof --as-of 2027-01-31             which suppressions will have expired by then`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return &hintError{fmt.Errorf("%d arguments: one heap dump or saved report is wanted", len(args)), c.UseLine()}
		},
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("fail-on") {
				o.failOn = ""
			}
			return a.runCheck(c.Context(), o, args[0])
		},
	}
	a.outputFlags(c, true, gateFormatNames()...)
	a.readFlags(c)
	a.graphFlags(c)
	a.analysisFlags(c)
	f := c.Flags()
	f.StringVar(&o.budget, "budget", "", `budget file, or "none" (default: `+defaultBudget+` where there is one)`)
	f.StringVar(&o.baseline, "baseline", "", "saved JSON report that growth is measured from (default: what the budget names)")
	f.StringVar(&o.update, "update-baseline", "", "write the report to the baseline: passed (when the gate passed, the meaning of the bare flag), always")
	f.Lookup("update-baseline").NoOptDefVal = "passed"
	f.StringVar(&o.asOf, "as-of", "", "day by which suppressions expire, such as 2027-01-31 (default: today, UTC)")
	f.StringVar(&o.failOn, "fail-on", "error", "a finding breaks the gate when it is at least: never, info, warning, error; without the flag, limits on findings in the budget go before")
	f.BoolVar(&a.f.allowIncomplete, "allow-incomplete", false, "judge an incomplete dump")
	f.BoolVar(&o.allowUnknown, "allow-unknown", false, "let limits pass that the report does not tell about")
	f.StringArrayVar(&o.reports, "report", nil, "write the whole report to this file too, in the format of its ending; may be repeated")
	complete(c, "fail-on", failOnValues...)
	complete(c, "update-baseline", updateValues...)
	_ = c.RegisterFlagCompletionFunc("budget", cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt))
	_ = c.RegisterFlagCompletionFunc("baseline", cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveFilterFileExt))
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return []string{"hprof", "gz", "zst", "bin", "json"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return c
}

// runCheck checks one dump or report.
func (a *app) runCheck(ctx context.Context, o *checkOptions, path string) error {
	opt, err := a.checkCheck(o)
	if err != nil {
		return err
	}
	budget, err := a.readBudget(o.budget)
	if err != nil {
		return err
	}
	judge, err := a.gateOptions(o, budget)
	if err != nil {
		return err
	}
	if a.isSavedReport(path) {
		r, err := a.readReport(path)
		if err != nil {
			return err
		}
		return a.judge(o, budget, judge, r)
	}
	return a.checkDumpBy(ctx, o, budget, judge, opt, path)
}

// checkCheck validates the flags of check.
func (a *app) checkCheck(o *checkOptions) (*analyze.Options, error) {
	if err := a.check(gateFormatNames()...); err != nil {
		return nil, err
	}
	if err := a.checkGraph(); err != nil {
		return nil, err
	}
	if o.failOn != "" {
		if err := oneOf("fail-on", o.failOn, failOnValues...); err != nil {
			return nil, err
		}
	}
	if o.update != "" {
		if err := oneOf("update-baseline", o.update, updateValues...); err != nil {
			return nil, err
		}
	}
	for _, path := range o.reports {
		if err := checkOutput(path); err != nil {
			return nil, err
		}
	}
	a.f.inspections = cmp.Or(a.f.inspections, "none")
	if len(o.reports) > 0 {
		a.f.inspections = "all"
	}
	opt, err := a.analysis()
	if err == nil {
		opt.AllGroups = true // a budget may name any class
	}
	return opt, err
}

// readBudget reads the budget: the one that is named, else the one in the current folder, else an empty one.
func (a *app) readBudget(path string) (*gate.Budget, error) {
	if path == "none" {
		return &gate.Budget{}, nil
	}
	named := path != ""
	path = cmp.Or(path, defaultBudget)
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		return &gate.Budget{}, nil
	case err != nil:
		return nil, &hintError{fmt.Errorf("--budget %w", err), "--budget none judges findings alone"}
	case !named && !a.f.quiet:
		fmt.Fprintf(a.stderr, "heapcause: judged by %s in this folder (--budget names another)\n", path)
	}
	b, err := gate.Parse(path, data)
	if err != nil {
		return nil, &hintError{err, "docs/budget.md lists the keys; heapcause schema budget is for editors"}
	}
	if b.Baseline != "" && !filepath.IsAbs(b.Baseline) {
		b.Baseline = filepath.Join(filepath.Dir(path), b.Baseline)
	}
	return b, nil
}

// gateOptions validates what the judging needs, and reads the baseline.
func (a *app) gateOptions(o *checkOptions, b *gate.Budget) (gate.Options, error) {
	opt := gate.Options{AsOf: time.Now(), FailOn: report.Severity(o.failOn), AllowIncomplete: a.f.allowIncomplete, AllowUnknown: o.allowUnknown}
	if opt.FailOn == "" && !b.FailsOn() {
		opt.FailOn = report.Error
	}
	if o.asOf != "" {
		day, err := time.Parse(time.DateOnly, o.asOf)
		if err != nil {
			return opt, &hintError{fmt.Errorf("--as-of %s: is no day", o.asOf), "a day is written 2027-01-31"}
		}
		opt.AsOf = day
	}
	o.baseline = cmp.Or(o.baseline, b.Baseline)
	if o.baseline == "" {
		if o.update != "" {
			return opt, &hintError{errors.New("--update-baseline: there is no baseline to update"), "--baseline FILE, or baseline: FILE in the budget, names it"}
		}
		if line, growth := b.HasGrowth(); growth {
			return opt, &hintError{fmt.Errorf("%s:%d: limits growth, and there is no baseline to measure it from", b.File, line), "--baseline report.json, or baseline: report.json in the budget, names one"}
		}
		return opt, nil
	}
	var err error
	opt.Baseline, err = a.readBaseline(o)
	opt.FirstRun = opt.Baseline == nil
	return opt, err
}

// readBaseline reads the baseline, nil when it does not exist and is to be written.
func (a *app) readBaseline(o *checkOptions) (*report.Report, error) {
	if o.update != "" {
		if err := checkOutput(o.baseline); err != nil {
			return nil, err
		}
		if _, err := os.Stat(o.baseline); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	if _, err := os.Stat(o.baseline); errors.Is(err, fs.ErrNotExist) {
		return nil, &hintError{fmt.Errorf("--baseline %s: there is no such file", o.baseline), "--update-baseline makes it"}
	}
	r, err := a.readReport(o.baseline)
	if err != nil {
		return nil, fmt.Errorf("the baseline: %w", err)
	}
	return r, nil
}

// checkDumpBy analyses a dump and judges it.
func (a *app) checkDumpBy(ctx context.Context, o *checkOptions, b *gate.Budget, judge gate.Options, opt *analyze.Options, path string) error {
	p := a.progress()
	defer p.clear()
	var verdict error
	err := a.withHeap(ctx, path, p, true, func(h *graph.Heap) (func() error, error) {
		phase := a.timing.phase("rules and tables")
		opt.Progress = p.update
		r, err := analyze.Run(ctx, h, *opt)
		phase()
		if err != nil {
			return nil, err
		}
		return func() error {
			p.clear()
			warn(a.stderr, h.NumObjects(), h.Problems())
			defer a.timing.phase("writing")()
			verdict = a.judge(o, b, judge, r)
			return nil
		}, nil
	})
	if err == nil {
		a.printTiming()
	}
	return errors.Join(err, verdict)
}

// judge judges a report, writes what came of it, and returns the error that the exit code is made of.
func (a *app) judge(o *checkOptions, b *gate.Budget, opt gate.Options, r *report.Report) error {
	if opt.Baseline != nil && opt.Baseline.Settings.References != r.Settings.References {
		return &hintError{
			fmt.Errorf("the baseline %s was made with --references=%s, this report with %s: they cannot be compared", o.baseline, opt.Baseline.Settings.References, r.Settings.References),
			"make both in the same way",
		}
	}
	res := gate.Check(b, r, opt)
	if err := a.writeGate(res); err != nil {
		return err
	}
	if err := a.writeReports(o.reports, r); err != nil {
		return err
	}
	if err := a.updateBaseline(o, res, r); err != nil {
		return err
	}
	return verdictError(res)
}

// verdictError is the error for a gate that did not pass.
func verdictError(res *gate.Result) error {
	switch {
	case res.Outcome == gate.Passed:
		return nil
	case res.Outcome == gate.Failed:
		return fmt.Errorf("%w: %s", errGate, limits(res.Counts.Broken))
	case res.Why != "" && res.Baseline != "":
		return &hintError{errors.New(res.Why + ", so the gate says nothing"), "--allow-incomplete judges what is there"}
	case res.Why != "":
		return errIncomplete
	}
	return &hintError{
		fmt.Errorf("the gate is undecided: the report does not tell about %s", limits(res.Counts.Unknown)),
		"check the dump itself, or save the report with a larger --top; --allow-unknown lets them pass",
	}
}

func limits(n int) string {
	if n == 1 {
		return "1 limit"
	}
	return fmt.Sprintf("%d limits", n)
}

// writeReports writes the whole report.
func (a *app) writeReports(paths []string, r *report.Report) error {
	for _, path := range paths {
		if err := a.writeReportTo(path, formatOf(path, formatNames()), r); err != nil {
			return err
		}
	}
	return nil
}

// updateBaseline writes the report where the next one looks for it, unless the gate did not pass.
func (a *app) updateBaseline(o *checkOptions, res *gate.Result, r *report.Report) error {
	switch {
	case o.update == "":
		return nil
	case res.Outcome != gate.Passed && o.update != "always", res.Why != "":
		fmt.Fprintf(a.stderr, "heapcause: the baseline %s stays as it is: the gate did not pass\n", o.baseline)
		return nil
	}
	plain := *r // without what no limit is on
	plain.Sections = nil
	plain.Tree = report.Cap(r.Tree.Rows, 0, nil)
	plain.Threads = report.Cap(r.Threads.Rows, 0, nil)
	err := writeFile(o.baseline, func(w io.Writer) error { return json.Write(w, &plain) })
	if err != nil {
		return fmt.Errorf("the baseline %s: %w", o.baseline, err)
	}
	if !a.f.quiet {
		fmt.Fprintf(a.stderr, "heapcause: wrote the baseline %s\n", o.baseline)
	}
	return nil
}
