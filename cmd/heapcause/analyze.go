package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/hprof"
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
		Long: `Reads the dump twice, builds the object graph, dominators and retained sizes, runs the rules, and prints a report that begins
with the findings. Contents of strings are masked unless --show-values is given.

Exit codes: 0 done; 1 a finding is as severe as --fail-on; 2 the work could not be done.`,
		Example: `  heapcause analyze app.hprof
  heapcause analyze app.hprof.gz -o report.json
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
	_ = c.RegisterFlagCompletionFunc("fail-on", fixed("never", "info", "warning", "error"))
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
	if err := oneOf("fail-on", a.f.failOn, "never", "info", "warning", "error"); err != nil {
		return nil, err
	}
	if a.f.threshold <= 0 || a.f.threshold > 100 {
		return nil, &hintError{fmt.Errorf("--threshold %g: is a percentage above 0 up to 100", a.f.threshold), "10 is the default"}
	}
	if a.f.top < 0 {
		return nil, &hintError{fmt.Errorf("--top %d: must not be negative", a.f.top), "10 is the default"}
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
	h, done, err := a.build(ctx, path, p, len(rules) == 0)
	if err != nil {
		return err
	}
	defer done()
	r, err := analyze.Run(ctx, h, analyze.Options{
		Rules: rules, Top: a.f.top, Threshold: a.f.threshold / 100, ShowValues: a.f.showValues,
		References: a.f.references, ToolVersion: version, Progress: p.update,
	})
	if err != nil {
		return err
	}
	p.clear()
	a.warn(h)
	if err := a.write(func(w io.Writer) error { return a.render(w, r) }); err != nil {
		return err
	}
	a.timing(h)
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
	if r.Dump.Incomplete && !a.f.allowIncomplete {
		return errIncomplete
	}
	if r.Fails(report.Severity(a.f.failOn)) {
		return fmt.Errorf("%w: a finding is at %s or above", errGate, a.f.failOn)
	}
	return nil
}

// build opens a dump and builds its graph. done releases both.
func (a *app) build(ctx context.Context, path string, p *progress, noInbound bool) (h *graph.Heap, done func(), err error) {
	f, err := a.open(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	refs := graph.DefaultReferences
	if a.f.references == "all" {
		refs = graph.AllReferences
	}
	h, err = graph.Build(ctx, f, graph.Options{References: refs, Workers: a.f.workers, TempDir: a.f.tempDir, NoInbound: noInbound, Progress: p.update})
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return h, func() {
		_ = h.Close()
		_ = f.Close()
	}, nil
}

func (a *app) open(ctx context.Context, path string) (*hprof.File, error) {
	f, err := hprof.Open(ctx, path, hprof.Options{TempDir: a.f.tempDir})
	if err != nil {
		return nil, fmt.Errorf("%w", named(path, err))
	}
	return f, nil
}

// named puts the file's name before an error that lacks it.
func named(path string, err error) error {
	if strings.Contains(err.Error(), path) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// warn tells of damage on standard error, where a report that goes elsewhere does not show it.
func (a *app) warn(h *graph.Heap) { warnProblems(a.stderr, h.Problems()) }

func warnProblems(w io.Writer, ps []hprof.Problem) {
	for i, p := range ps {
		if i == 5 {
			fmt.Fprintf(w, "heapcause: warning: and %d more damaged places\n", len(ps)-i)
			return
		}
		fmt.Fprintf(w, "heapcause: warning: incomplete dump: at offset %d: %s\n", p.Offset, p.What)
	}
}

// timing prints the time of each phase and the peak memory.
func (a *app) timing(h *graph.Heap) {
	if !a.f.verbose {
		return
	}
	for _, p := range h.Timing {
		fmt.Fprintf(a.stderr, "%-20s %7.2f s\n", p.Name, p.Wall.Seconds())
	}
	if n := peakMemory(); n > 0 {
		fmt.Fprintf(a.stderr, "%-20s %s\n", "peak memory", humanize.IBytes(uint64(n)))
	}
}

// peakMemory returns the peak resident size of this process, 0 where the system does not tell.
func peakMemory() int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}
