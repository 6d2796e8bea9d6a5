package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/export"
	"heapcause/analyze/export/dataset"
	"heapcause/analyze/rules"
	"heapcause/graph"
	"heapcause/graph/index"
)

// exportFlags are the options of export.
type exportFlags struct {
	dir        string
	tables     []string
	labels     []string
	labelsFrom string
}

// exportCommand writes dumps as Parquet data sets.
func (a *app) exportCommand() *cobra.Command {
	var x exportFlags
	c := &cobra.Command{
		Use:   "export DUMP|FOLDER… --parquet DIR",
		Short: "Write what dumps hold as Parquet data sets, for SQL over many dumps",
		Long: `Writes the objects, references, classes, GC roots, threads, frames, strings, dominators and findings of
each dump as Parquet files, DIR/DATASET/dump=ID/part-0.parquet, which DuckDB, Spark, Trino and others
read as partitioned tables. ID is a fingerprint of the dump: exporting it again replaces its files.
docs/export.md describes the columns and how they join, docs/fleet.md has questions with their SQL.

Contents of strings are hashed; they are written only with --show-values. Files appear when those
of the whole dump are complete, and only their owner may read them. A dump that cannot be read
does not stop the others.

Data sets: ` + strings.Join(export.Tables(), ", ") + ".",
		Example: `  heapcause export app.hprof --parquet lake/
  heapcause export dumps/ --parquet lake/ --label env=prod
  heapcause export dumps/ --parquet lake/ --labels-from 'dumps/(?P<service>[^/]+)/(?P<pod>[^/]+)\.hprof'
  heapcause export app.hprof --parquet lake/ --tables classes,findings,dumps
  duckdb -c "FROM read_parquet('lake/findings/*/*.parquet')"`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return nil
			}
			return &hintError{errors.New("export needs a heap dump"), c.UseLine()}
		},
		RunE: func(c *cobra.Command, args []string) error { return a.export(c.Context(), args, &x) },
	}
	a.readFlags(c)
	a.graphFlags(c)
	a.rulesDirFlag(c)
	f := c.Flags()
	f.StringVar(&x.dir, "parquet", "", "folder of the data sets; it is made when it is not there")
	f.StringSliceVar(&x.tables, "tables", nil, "data sets to write, with commas (default: all)")
	f.StringArrayVar(&x.labels, "label", nil, "key=value that all dumps of this run get; may be repeated")
	f.StringVar(&x.labelsFrom, "labels-from", "", "regular expression that is matched on each dump's path; its named groups become labels")
	f.StringVar(&a.f.rules, "rules", "all", "all, none, or names with commas: the rules whose findings are written")
	f.BoolVar(&a.f.showValues, "show-values", false, "write the contents of strings, and SQL literals and URLs in findings")
	complete(c, "tables", export.Tables()...)
	_ = c.RegisterFlagCompletionFunc("parquet", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	return c
}

// exportRun is an export of several dumps, one after the other.
type exportRun struct {
	app    *app
	x      *exportFlags
	opt    export.Options
	from   *regexp.Regexp
	tables []string
	made   bool // the folder was not there
	done   []exported
	failed []string
}

// exported is what came of one dump.
type exported struct {
	file, id string
	sums     []dataset.Sum
}

func (a *app) export(ctx context.Context, args []string, x *exportFlags) error {
	r, err := a.checkExport(x)
	if err != nil {
		return err
	}
	list, err := listDumps(ctx, args)
	if err != nil {
		return err
	}
	if err := r.makeFolder(); err != nil {
		return err
	}
	if r.made {
		defer func() { _ = os.Remove(x.dir) }() // where nothing came to lie in it
	}
	for _, d := range list.repeated {
		a.progress().say("%s: the same dump as %s, exported once", clean(d[0]), clean(d[1]))
	}
	for i := range list.dumps {
		if err := r.dump(ctx, &list.dumps[i]); err != nil {
			return r.stopped(err)
		}
	}
	if err := a.write(r.summary); err != nil {
		return err
	}
	a.printTiming()
	if len(r.failed) > 0 {
		return fmt.Errorf("%d of %d dumps could not be exported: %s", len(r.failed), len(list.dumps), clean(strings.Join(r.failed, ", ")))
	}
	return nil
}

// stopped says of what ends the whole run which dumps are there.
func (r *exportRun) stopped(err error) error {
	if n := len(r.done); n > 0 && errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted; %s in %s, whole", analyze.Plural(int64(n), "dump"), r.x.dir)
	}
	return err
}

// checkExport validates the flags before any work begins.
func (a *app) checkExport(x *exportFlags) (*exportRun, error) {
	a.f.format = "text"
	if err := a.check("text"); err != nil {
		return nil, err
	}
	if err := a.checkGraph(); err != nil {
		return nil, err
	}
	if x.dir == "" {
		return nil, &hintError{errors.New("--parquet is missing: the folder of the data sets"), "--parquet lake/ makes one"}
	}
	r := &exportRun{app: a, x: x, tables: export.Tables()}
	if len(x.tables) > 0 {
		for _, t := range x.tables {
			if err := oneOf("tables", t, export.Tables()...); err != nil {
				return nil, err
			}
		}
		r.tables = slices.DeleteFunc(export.Tables(), func(t string) bool { return !slices.Contains(x.tables, t) })
	}
	all, err := a.registry()
	if err != nil {
		return nil, err
	}
	selected, err := rules.SelectFrom(all, a.f.rules, false)
	if err != nil {
		return nil, &hintError{err, "heapcause rules lists them"}
	}
	r.opt = export.Options{Dir: x.dir, Tables: r.tables, Labels: map[string]string{}, Analysis: analyze.Options{
		Rules: selected, References: a.f.references, Workers: a.f.workers, ShowValues: a.f.showValues, ToolVersion: versionText(),
	}}
	if err := r.checkLabels(); err != nil {
		return nil, err
	}
	return r, nil
}

// makeFolder makes the folder, and refuses one that cannot be written to.
func (r *exportRun) makeFolder() error {
	if _, err := os.Stat(r.x.dir); errors.Is(err, fs.ErrNotExist) {
		r.made = true
	}
	return writableFolder("parquet", r.x.dir)
}

// checkLabels reads --label and --labels-from.
func (r *exportRun) checkLabels() error {
	for _, l := range r.x.labels {
		k, v, ok := strings.Cut(l, "=")
		if !ok || k == "" {
			return &hintError{fmt.Errorf("--label %s: is not key=value", l), "--label service=orders is"}
		}
		r.opt.Labels[k] = v
	}
	if r.x.labelsFrom == "" {
		return nil
	}
	from, err := regexp.Compile(r.x.labelsFrom)
	if err != nil {
		return &hintError{fmt.Errorf("--labels-from %s: %w", r.x.labelsFrom, err), `a named group is written (?P<service>[^/]+)`}
	}
	named := 0
	for _, name := range from.SubexpNames() {
		if name == "" {
			continue
		}
		named++
		if _, ok := r.opt.Labels[name]; ok {
			return &hintError{fmt.Errorf("--labels-from %s: --label gives %s, too", r.x.labelsFrom, name), "leave one of them out"}
		}
	}
	if named == 0 {
		return &hintError{fmt.Errorf("--labels-from %s: has no named groups", r.x.labelsFrom), `a named group is written (?P<service>[^/]+)`}
	}
	r.from = from
	return nil
}

// labels returns the labels of a dump.
func (r *exportRun) labels(path string) map[string]string {
	out := maps.Clone(r.opt.Labels)
	if r.from == nil {
		return out
	}
	m := r.from.FindStringSubmatch(filepath.ToSlash(path))
	if m == nil {
		r.app.progress().say("%s: --labels-from does not match: the dump has none of these labels", clean(path))
		return out
	}
	for i, name := range r.from.SubexpNames() {
		if name != "" && m[i] != "" {
			out[name] = m[i]
		}
	}
	return out
}

// dump exports one dump. Only what ends the whole run is an error.
func (r *exportRun) dump(ctx context.Context, d *listedDump) error {
	path, err := d.path, d.err
	if err == nil {
		err = r.write(ctx, path)
		debug.FreeOSMemory() // the next dump begins with what the first began with
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return err
	case dataset.IsError(err):
		err = fmt.Errorf("--parquet %s: %w", r.x.dir, err)
		if errors.Is(err, syscall.ENOSPC) {
			err = &hintError{err, "free some space there, or name a folder elsewhere"}
		}
		return err
	}
	tell(err, r.app.stderr)
	r.failed = append(r.failed, path)
	return nil
}

func (r *exportRun) write(ctx context.Context, path string) error {
	a := r.app
	temp := a.f.tempDir
	defer func() { a.f.tempDir = temp }() // chosen by dump
	p := a.progress()
	defer p.clear()
	opt := r.opt
	opt.Labels, opt.File = r.labels(path), fileName(path)
	opt.Analysis.Progress = p.update
	var sums []dataset.Sum
	var id string
	err := a.withHeap(ctx, path, p, slices.Contains(r.tables, export.Findings), func(h *graph.Heap) (func() error, error) {
		defer a.timing.phase("exporting")()
		var err error
		if id, err = dumpID(path, h); err != nil {
			return nil, err
		}
		opt.ID = id
		if sums, err = export.Write(ctx, h, opt); err != nil {
			return nil, err
		}
		return func() error {
			p.clear()
			warn(a.stderr, h.NumObjects(), h.Problems())
			return nil
		}, nil
	})
	if err == nil {
		r.done = append(r.done, exported{path, id, sums})
	}
	return err
}

// fileName is the name of a dump without its folder.
func fileName(path string) string {
	if path == "-" {
		return "standard input"
	}
	return filepath.Base(path)
}

// dumpID is the fingerprint of a dump by which its index is known, too. Of what is not a file it is that of the unpacked dump.
func dumpID(path string, h *graph.Heap) (string, error) {
	f := h.File()
	var sum uint64
	if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
		key, err := index.KeyOf(path, "")
		if err != nil {
			return "", err
		}
		sum = key.Fingerprint
	} else if sum, err = index.Fingerprint(f, f.Size); err != nil {
		return "", err
	}
	if f.Dump > 1 {
		sum += uint64(f.Dump-1) * 0x9E3779B97F4A7C15
	}
	return fmt.Sprintf("%016x", sum), nil
}

// summary writes what has been exported: a line for each dump, then what the data sets have of all of them.
func (r *exportRun) summary(w io.Writer) error {
	var total dataset.Sum
	sums := map[string]dataset.Sum{}
	for _, d := range r.done {
		var bytes, objects int64
		for _, s := range d.sums {
			t := sums[s.Table]
			sums[s.Table] = dataset.Sum{Rows: t.Rows + s.Rows, Bytes: t.Bytes + s.Bytes, Files: t.Files + s.Files}
			bytes += s.Bytes
			if s.Table == export.Objects {
				objects = s.Rows
			}
		}
		total.Bytes += bytes
		fmt.Fprintf(w, "dump=%s  %15s objects  %9s  %s\n", d.id, humanize.Comma(objects), humanize.IBytes(uint64(bytes)), r.app.fit(d.file, 60))
	}
	if len(r.done) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\n%-12s %15s  %9s\n", "data set", "rows", "bytes")
	for _, t := range r.tables {
		fmt.Fprintf(w, "%-12s %15s  %9s\n", t, humanize.Comma(sums[t].Rows), humanize.IBytes(uint64(sums[t].Bytes)))
	}
	_, err := fmt.Fprintf(w, "%-12s %15s  %9s\n", "all", "", humanize.IBytes(uint64(total.Bytes)))
	return err
}
