package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/fleet"
	"heapcause/report/text"
)

// fleetFormats are those of analyze for several dumps.
var fleetFormats = []string{"text", "json", "jsonl", "md", "csv", "tsv"}

// fleetOptions are the flags of analyze for several dumps alone.
type fleetOptions struct {
	dir     string   // of each dump's own report, "" for none
	formats []string // of these
}

func (a *app) fleetFlags(c *cobra.Command, o *fleetOptions) {
	f := c.Flags()
	f.StringVar(&o.dir, "reports", "", "of several dumps: write each one's own report into this folder")
	f.StringSliceVar(&o.formats, "reports-format", []string{"json"}, "formats of --reports, with commas, as those of --format")
	complete(c, "reports-format", formatNames()...)
	_ = c.RegisterFlagCompletionFunc("reports", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	c.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return dumpEndings, cobra.ShellCompDirectiveFilterFileExt
	}
}

// several reports whether arguments are several dumps, or may be.
func (o *fleetOptions) several(args []string) bool {
	st, err := os.Stat(args[0])
	return len(args) > 1 || o.dir != "" || err == nil && st.IsDir()
}

// checkFleet validates the flags of analyze for several dumps and returns what they select.
func (a *app) checkFleet(o *fleetOptions) (*analyze.Options, error) {
	for _, path := range a.f.outputs {
		if err := oneOfFleet(cmp.Or(a.f.format, formatOf(path, formatNames()))); err != nil {
			return nil, err
		}
	}
	if a.f.format != "" {
		if err := oneOfFleet(a.f.format); err != nil {
			return nil, err
		}
	}
	if err := a.check(fleetFormats...); err != nil {
		return nil, err
	}
	if err := a.checkTable(); err != nil {
		return nil, err
	}
	if a.f.table != "" {
		if err := oneOf("table", a.f.table, fleet.TableNames...); err != nil {
			return nil, err
		}
	}
	if err := a.checkReports(o); err != nil {
		return nil, err
	}
	if err := a.checkAnalysis(); err != nil {
		return nil, err
	}
	if o.dir == "" && a.f.inspections == "" { // nobody reads what they say
		a.f.inspections = "none"
	}
	return a.analysis()
}

// oneOfFleet refuses a format that one dump has and several have not.
func oneOfFleet(format string) error {
	if slices.Contains(fleetFormats, format) {
		return nil
	}
	return &hintError{
		fmt.Errorf("%s: several dumps have a summary as %s", format, strings.Join(fleetFormats, ", ")),
		"--reports DIR --reports-format " + format + " writes a file for each dump",
	}
}

// checkReports makes the folder of reports, and refuses one that cannot be written to.
func (a *app) checkReports(o *fleetOptions) error {
	for _, format := range o.formats {
		if err := oneOf("reports-format", format, formatNames()...); err != nil {
			return err
		}
		if endingOf(format) == "" {
			return &hintError{fmt.Errorf("--reports-format %s: is for standard output", format), "leave it out"}
		}
	}
	if o.dir == "" {
		return nil
	}
	return writableFolder("reports", o.dir)
}

// endingOf is the ending of files of a format, "" where it has none.
func endingOf(format string) string {
	for _, f := range reportFormats {
		if f.name == format && len(f.endings) > 0 {
			return f.endings[0]
		}
	}
	return ""
}

// fleetRun is an analysis of several dumps, one after the other.
type fleetRun struct {
	app     *app
	opt     *analyze.Options
	reports *fleetOptions
	list    dumpList
	base    string // folder that all dumps are below
	sum     *fleet.Summary
	written int // reports
}

// analyzeSeveral analyses dumps one after the other: each one's graph is released before the next is opened.
func (a *app) analyzeSeveral(ctx context.Context, o *fleetOptions, args []string) error {
	opt, err := a.checkFleet(o)
	if err != nil {
		return err
	}
	list, err := listDumps(ctx, args)
	if err != nil {
		return err
	}
	if err := a.checkOverwrites(list); err != nil {
		return err
	}
	for _, r := range list.repeated {
		fmt.Fprintf(a.stderr, "heapcause: %s: the same dump as %s, analysed once\n", clean(r[0]), clean(r[1]))
	}
	a.passing = true
	run := &fleetRun{app: a, opt: opt, reports: o, list: list, base: commonFolder(list.dumps), sum: fleet.New(report.Tool{Name: "heapcause", Version: versionText()})}
	for i := range list.dumps {
		if err := run.dump(ctx, i); err != nil {
			return run.stopped(err)
		}
	}
	f := run.sum.Fleet()
	for _, out := range a.outputs() {
		if err := a.writeTo(out.path, func(w io.Writer) error { return a.writeFleet(w, f, out.format) }); err != nil {
			return err
		}
	}
	a.timing.merge()
	a.printTiming()
	return a.fleetGate(f)
}

// checkOverwrites refuses to write over a dump.
func (a *app) checkOverwrites(list dumpList) error {
	for _, out := range a.f.outputs {
		st, err := os.Stat(out)
		for _, d := range list.dumps {
			if err == nil && d.info != nil && os.SameFile(st, d.info) {
				return &hintError{fmt.Errorf("-o %s: is a dump of those to analyse", out), "name another file"}
			}
		}
	}
	return nil
}

// dump analyses one dump of the list. Only what ends the whole run is an error.
func (r *fleetRun) dump(ctx context.Context, i int) error {
	d := r.list.dumps[i]
	rep, err := (*report.Report)(nil), d.err
	if err == nil {
		rep, err = r.analyze(ctx, i)
		debug.FreeOSMemory() // the next dump begins with what the first began with
	}
	var w *reportError
	switch {
	case err == nil:
		r.sum.Add(d.path, rep)
	case errors.Is(err, context.Canceled), errors.As(err, &w):
		return err
	default:
		tell(err, r.app.stderr)
		r.sum.Fail(d.path, err)
	}
	return nil
}

// analyze analyses a dump and writes its own report.
func (r *fleetRun) analyze(ctx context.Context, i int) (rep *report.Report, err error) {
	a, d := r.app, r.list.dumps[i]
	temp := a.f.tempDir
	defer func() { a.f.tempDir = temp }() // chosen by dump
	p := a.progress()
	defer p.clear()
	opt := *r.opt
	inbound := len(opt.Rules)+len(opt.Inspections) > 0
	opt.NoPaths = !inbound || r.reports.dir == ""
	opt.Progress = func(phase string, done, total int64) {
		p.update(fmt.Sprintf("%d of %d, %s: %s", i+1, len(r.list.dumps), clean(filepath.Base(d.path)), phase), done, total)
	}
	err = a.withHeap(ctx, d.path, p, inbound, func(h *graph.Heap) (func() error, error) {
		defer a.timing.phase("rules and tables")()
		var err error
		if rep, err = analyze.Run(ctx, h, opt); err != nil {
			return nil, err
		}
		return func() error {
			p.clear()
			if n := len(h.Problems()); n > 0 {
				fmt.Fprintf(a.stderr, "heapcause: warning: %s: incomplete dump: %d damaged places\n", clean(d.path), n)
			}
			return r.write(d.path, rep)
		}, nil
	})
	return rep, err
}

// reportError says that a dump's own report could not be written: then none can.
type reportError struct{ err error }

func (e *reportError) Error() string { return e.err.Error() }
func (e *reportError) Unwrap() error { return e.err }

// write writes a dump's own report below the folder of reports, where the dump is below the folder of all dumps.
func (r *fleetRun) write(path string, rep *report.Report) error {
	if r.reports.dir == "" {
		return nil
	}
	defer r.app.timing.phase("writing")()
	name := filepath.Join(r.reports.dir, relativeTo(r.base, path))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return &reportError{fmt.Errorf("--reports %s: %w", r.reports.dir, err)}
	}
	for _, format := range r.reports.formats {
		if err := r.app.writeReportTo(name+endingOf(format), format, rep); err != nil {
			return &reportError{err}
		}
		r.written++
	}
	return nil
}

// stopped says of an interruption what is left of the run.
func (r *fleetRun) stopped(err error) error {
	if errors.Is(err, context.Canceled) && r.written > 0 {
		return fmt.Errorf("%w; files written before: %d, in %s", errInterrupted, r.written, r.reports.dir)
	}
	return err
}

// errInterrupted says that a run was interrupted and left something that is whole.
var errInterrupted = errors.New("interrupted")

// commonFolder returns the deepest folder that all dumps are below.
func commonFolder(dumps []listedDump) string {
	base := ""
	for _, d := range dumps {
		abs, err := filepath.Abs(d.path)
		if err != nil || d.path == "-" {
			continue
		}
		dir := filepath.Dir(abs)
		if base == "" {
			base = dir
		}
		for !below(base, dir) {
			base = filepath.Dir(base)
		}
	}
	return base
}

// below reports whether a folder is another one, or below it, or whether there is nothing above that.
func below(base, dir string) bool {
	rel, err := filepath.Rel(base, dir)
	return filepath.Dir(base) == base || err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// relativeTo is the path of a dump below base, and a name for standard input.
func relativeTo(base, path string) string {
	if path == "-" {
		return "standard-input"
	}
	abs, err := filepath.Abs(path)
	if err == nil {
		if rel, err := filepath.Rel(base, abs); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return filepath.Base(path)
}

func (a *app) writeFleet(w io.Writer, f *fleet.Fleet, format string) error {
	switch format {
	case "json":
		return fleet.WriteJSON(w, f)
	case "jsonl":
		return fleet.WriteLines(w, f)
	case "md":
		return fleet.WriteMarkdown(w, f, a.f.top)
	case "csv", "tsv":
		t, err := f.Table(cmp.Or(a.f.table, fleet.DefaultTable))
		if err != nil {
			return err
		}
		return writeDelimited(w, t, format)
	}
	width, _ := terminal(a.stdout)
	return fleet.WriteText(w, f, a.f.top, text.Options{Color: a.color(), Width: width})
}

// fleetGate says which dumps could not be analysed, and applies --fail-on to the others.
func (a *app) fleetGate(f *fleet.Fleet) error {
	var gate error
	if a.f.failOn != "never" {
		if bad := f.Incomplete(); len(bad) > 0 && !a.f.allowIncomplete {
			gate = fmt.Errorf("%s: %w", few(bad), errIncomplete)
		} else if f.Worst().AtLeast(report.Severity(a.f.failOn)) {
			gate = fmt.Errorf("%w: a finding is at %s or above", errGate, a.f.failOn)
		}
	}
	failed := f.Failed()
	if len(failed) == 0 {
		return gate
	}
	err := fmt.Errorf("%d of %d dumps could not be analysed: %s", len(failed), len(f.Dumps), few(failed))
	if gate != nil {
		err = fmt.Errorf("%w; of the others: %v", err, gate)
	}
	return err
}

// few names up to five things.
func few(names []string) string {
	const most = 5
	if n := len(names); n > most {
		return clean(strings.Join(names[:most], ", ")) + fmt.Sprintf(" and %d more", n-most)
	}
	return clean(strings.Join(names, ", "))
}
