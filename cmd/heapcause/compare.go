package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/rules"
	"heapcause/graph"
	"heapcause/graph/index"
	"heapcause/report"
	"heapcause/report/compare"
)

// compareFormats are those of compare.
var compareFormats = []string{"text", "json", "md", "html", "csv", "tsv"}

// compareRows of each list are taken from a dump: enough that growth is exact.
const compareRows = 20_000

// compareOptions are the flags of compare alone.
type compareOptions struct {
	top          int
	threshold    float64
	ruleNames    string
	failOnGrowth string
	growth       growthLimit
	rules        []*analyze.Rule
}

func (a *app) compareCommand() *cobra.Command {
	var o compareOptions
	c := &cobra.Command{
		Use:   "compare A B [C …]",
		Short: "Say what grew over two dumps or more, by path from a GC root",
		Long: `Compares dumps, indexes of dumps and saved JSON reports, in any mix, in the order given, which is
taken for their order in time. What grew in every step is told first, as paths from a GC root: caches
that fill up and stop and queues that come and go are left out. Then findings that are new, gone or
grown, and classes, packages and class loaders by growth. Dumps are analysed one after the other.

Saved reports have the rows that --top left in them: what they lack is shown as "≤".

Exit codes: 0 done; 1 growth reached --fail-on-growth; 2 the work could not be done.`,
		Example: `  heapcause compare monday.hprof tuesday.hprof wednesday.hprof
  heapcause compare build1.json build2.json today.hprof -o growth.html
  heapcause compare before.json after.hprof --fail-on-growth 10%
  heapcause compare *.hprof -f csv --table classes`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) >= 2 {
				return nil
			}
			return &hintError{fmt.Errorf("%d arguments: two dumps or reports are wanted, or more", len(args)), c.CommandPath() + " --help"}
		},
		RunE: func(c *cobra.Command, args []string) error { return a.compare(c.Context(), &o, args) },
	}
	a.outputFlags(c, true, compareFormats...)
	a.readFlags(c)
	a.graphFlags(c)
	f := c.Flags()
	f.StringVar(&a.f.table, "table", "", "which table to write as csv or tsv: "+strings.Join(compare.TableNames, ", ")+" (default: paths)")
	f.IntVar(&o.top, "top", 10, "rows per table")
	f.Float64Var(&o.threshold, "threshold", 10, "per cent of the strongly reachable bytes that make a leak suspect, in dumps")
	f.StringVar(&o.ruleNames, "rules", "all", "none, all, or names with commas: the rules that dumps are analysed with")
	f.StringVar(&o.failOnGrowth, "fail-on-growth", "", "exit with 1 when the strongly reachable heap, or a path that grew in every step, grew by so much: 50MiB, or 10% of the first heap")
	f.BoolVar(&a.f.allowIncomplete, "allow-incomplete", false, "let --fail-on-growth judge incomplete dumps")
	complete(c, "table", compare.TableNames...)
	c.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"hprof", "gz", "json"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return c
}

func (a *app) checkCompare(o *compareOptions, args []string) (err error) {
	if err := a.check(compareFormats...); err != nil {
		return err
	}
	for _, path := range a.f.outputs {
		if err := oneOf("format", cmp.Or(a.f.format, formatOf(path, formatNames())), compareFormats...); err != nil {
			return err
		}
	}
	if err := a.checkTable(); err != nil {
		return err
	}
	if a.f.table != "" {
		if err := oneOf("table", a.f.table, compare.TableNames...); err != nil {
			return err
		}
	}
	if err := a.checkGraph(); err != nil {
		return err
	}
	if err := notNegative(o.top, "10 is the default"); err != nil {
		return err
	}
	if o.threshold <= 0 || o.threshold > 100 {
		return &hintError{fmt.Errorf("--threshold %g: is a percentage above 0 up to 100", o.threshold), "10 is the default"}
	}
	if o.growth, err = parseGrowth(o.failOnGrowth); err != nil {
		return err
	}
	all, err := a.registry()
	if err != nil {
		return err
	}
	if o.rules, err = rules.SelectFrom(all, o.ruleNames, false); err != nil {
		return &hintError{err, "heapcause rules lists them"}
	}
	stdin := 0
	for _, path := range args {
		if path == "-" {
			if stdin++; stdin > 1 {
				return &hintError{errors.New("-: standard input can be read once"), "save the others to files"}
			}
			continue
		}
		if _, err := os.Stat(path); err != nil {
			return fileError(path, err)
		}
	}
	return nil
}

func (a *app) compare(ctx context.Context, o *compareOptions, args []string) error {
	if err := a.checkCompare(o, args); err != nil {
		return err
	}
	var reports []*report.Report
	for i, path := range args {
		r, err := a.reportOf(ctx, o, path, fmt.Sprintf("%d of %d", i+1, len(args)))
		if err != nil {
			return err
		}
		reports = append(reports, r)
	}
	c, err := compare.Compare(reports, compare.Options{Top: o.top, Tool: report.Tool{Name: "heapcause", Version: versionText()}})
	if err != nil {
		return &hintError{err, "analyse all of them with the same --references"}
	}
	for _, out := range a.outputs() {
		if err := a.writeTo(out.path, func(w io.Writer) error { return a.writeComparison(w, c, out.format) }); err != nil {
			return err
		}
	}
	a.printTiming()
	return a.growthGate(o, c)
}

func (a *app) writeComparison(w io.Writer, c *compare.Comparison, format string) error {
	switch format {
	case "json":
		return compare.WriteJSON(w, c)
	case "md":
		return compare.WriteMarkdown(w, c)
	case "html":
		return compare.WriteHTML(w, c)
	case "csv", "tsv":
		t, err := c.Table(cmp.Or(a.f.table, compare.DefaultTable))
		if err != nil {
			return err
		}
		return writeDelimited(w, t, format)
	}
	width, _ := terminal(a.stdout)
	return compare.WriteText(w, c, width)
}

// reportOf reads a saved report, or analyses a dump.
func (a *app) reportOf(ctx context.Context, o *compareOptions, path, which string) (*report.Report, error) {
	head := headOf(path)
	if path != "-" && bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\ufeff"), []byte("{")) {
		r, err := a.readReport(path)
		if err != nil {
			return nil, err
		}
		return compare.Slim(r), nil
	}
	if path != "-" {
		if e, ok := indexAt(path); ok {
			if e.Problem != "" {
				return nil, &hintError{fmt.Errorf("%s: this index cannot be used: %s", path, e.Problem), "heapcause index list tells of all indexes"}
			}
			folder := a.f.indexDir
			a.f.indexDir = filepath.Dir(path)
			defer func() { a.f.indexDir = folder }()
			path = e.Info.Dump
		}
	}
	return a.analyzed(ctx, o, path, which)
}

// indexAt describes a file if it is an index.
func indexAt(path string) (index.Entry, bool) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return index.Entry{}, false
	}
	all, err := index.List(filepath.Dir(abs))
	i := slices.IndexFunc(all, func(e index.Entry) bool { return e.Path == abs })
	if err != nil || i < 0 {
		return index.Entry{}, false
	}
	return all[i], true
}

// analyzed analyses a dump for the comparison: no inspections, and all rows of the lists.
func (a *app) analyzed(ctx context.Context, o *compareOptions, path, which string) (*report.Report, error) {
	opt := analyze.Options{
		Rules: o.rules, Top: compareRows, Threshold: o.threshold / 100, References: a.f.references, Workers: a.f.workers, ToolVersion: versionText(),
	}
	p := a.progress()
	defer p.clear()
	temp := a.f.tempDir
	defer func() { a.f.tempDir = temp }() // chosen by dump
	opt.Progress = func(phase string, done, total int64) { p.update(which+": "+phase, done, total) }
	var r *report.Report
	err := a.withHeap(ctx, path, p, true, func(h *graph.Heap) (func() error, error) {
		var err error
		phase := a.timing.phase("rules and tables")
		r, err = analyze.Run(ctx, h, opt)
		phase()
		if err != nil {
			return nil, err
		}
		return func() error {
			p.clear()
			warn(a.stderr, h.NumObjects(), h.Problems())
			return nil
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return compare.Slim(r), nil
}

// growthLimit is the growth from which --fail-on-growth fails: bytes, or a part of the first heap; neither when not asked for.
type growthLimit struct {
	bytes int64
	part  float64
	asked bool
}

func parseGrowth(s string) (growthLimit, error) { return sizeOrPart("fail-on-growth", s) }

// sizeOrPart parses the value of a flag that is a size, or a percentage.
func sizeOrPart(flag, s string) (growthLimit, error) {
	if s == "" {
		return growthLimit{}, nil
	}
	bad := &hintError{fmt.Errorf("--%s %s: is neither a size nor a percentage above 0", flag, s), "50MiB and 10% are"}
	if percent, ok := strings.CutSuffix(s, "%"); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
		if err != nil || !(f > 0 && f < 1e6) {
			return growthLimit{}, bad
		}
		return growthLimit{part: f / 100, asked: true}, nil
	}
	n, err := humanize.ParseBytes(s)
	if err != nil || n == 0 || n > 1<<60 {
		return growthLimit{}, bad
	}
	return growthLimit{bytes: int64(n), asked: true}, nil
}

// growthGate applies --fail-on-growth.
func (a *app) growthGate(o *compareOptions, c *compare.Comparison) error {
	if !o.growth.asked {
		return nil
	}
	if c.Incomplete() && !a.f.allowIncomplete {
		return errIncomplete
	}
	limit := max(o.growth.bytes, int64(o.growth.part*float64(c.Steps[0].Strong)), 1)
	if g := c.GrowthOfHeap(); g >= limit {
		return fmt.Errorf("%w: the strongly reachable heap grew by %s, %s are the limit", errGate, compare.Difference(g), humanize.IBytes(uint64(limit)))
	}
	if len(c.Paths.Rows) > 0 && c.Paths.Rows[0].Growth >= limit {
		return fmt.Errorf("%w: a path grew by %s, %s are the limit", errGate, compare.Difference(c.Paths.Rows[0].Growth), humanize.IBytes(uint64(limit)))
	}
	return nil
}
