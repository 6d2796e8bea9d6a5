package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/query"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/delimited"
)

// queryFormats are those of query; text and json hold the rows in memory, the others are written as they come.
var queryFormats = []string{"text", "json", "jsonl", "csv", "tsv"}

// defaultQueries is where saved queries are looked for.
const defaultQueries = ".heapcause/queries.yaml"

// Rows of text and JSON unless --max-rows says otherwise.
const defaultRows = 1000

// queryOptions are the flags of query.
type queryOptions struct {
	maxRows int64
	explain bool
	saved   string
}

// queryCommand answers questions in a language like SQL.
func (a *app) queryCommand() *cobra.Command {
	var o queryOptions
	c := &cobra.Command{
		Use:   "query DUMP… 'SELECT …'",
		Short: "Ask the dump in a language like SQL",
		Long: `Answers a query over the objects of a dump. Classes are tables, objects are rows, fields are columns; what users of Eclipse
MAT's object query language type means the same here, and there are GROUP BY, ORDER BY, LIMIT, aggregates and joins over references.
The last argument is the query, or @NAME for one from a file; the others are dumps. Several dumps make one table with a column
more.

Conditions see the true contents of strings; what is printed is masked unless --show-values is given. Text and JSON stop after 1,000
rows and count the rest; csv, tsv and jsonl are written as they come. docs/query.md has the language.`,
		Example: `  heapcause query app.hprof 'SELECT classof(x), COUNT(*) AS n, SUM(x.@usedHeapSize) FROM * x GROUP BY classof(x) ORDER BY n DESC LIMIT 10'
  heapcause query app.hprof 'SELECT s FROM java.lang.String s WHERE toString(s) LIKE "jdbc:.*"' --show-values
  heapcause query app.hprof 'SELECT classof(h), COUNT(*) FROM java.util.Timer t JOIN inbounds(t) AS h GROUP BY classof(h)'
  heapcause query monday.hprof friday.hprof 'SELECT COUNT(*) FROM INSTANCEOF java.lang.Thread'
  heapcause query app.hprof @open-statements --queries queries.yaml -f csv`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) >= 2 {
				return nil
			}
			return &hintError{fmt.Errorf("%d arguments: DUMP and a query are wanted", len(args)), c.CommandPath() + " --help has examples"}
		},
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("max-rows") {
				o.maxRows = -1
			}
			n := len(args) - 1
			return a.query(c.Context(), args[:n], args[n], o)
		},
	}
	a.commonFlags(c, queryFormats...)
	a.graphFlags(c)
	f := c.Flags()
	f.Int64Var(&o.maxRows, "max-rows", 0, "rows to print; the rest is counted; 0 prints all (default: 1000 of text and json, all of others)")
	f.BoolVar(&o.explain, "explain", false, "print how the query is run instead of its rows")
	f.StringVar(&o.saved, "queries", "", "YAML file of queries by name (default: "+defaultQueries+")")
	f.BoolVar(&a.f.showValues, "show-values", false, "show the contents of strings, SQL literals and URLs")
	_ = c.RegisterFlagCompletionFunc("queries", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
	})
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 && strings.HasPrefix(prefix, "@") {
			return savedNames(o.saved), cobra.ShellCompDirectiveNoFileComp
		}
		return completeDumps(c, nil, prefix)
	}
	return c
}

func savedNames(file string) []string {
	saved, err := readSaved(file)
	if err != nil {
		return nil
	}
	var out []string
	for _, n := range saved.Names() {
		out = append(out, "@"+n)
	}
	return out
}

// readSaved reads the file of saved queries; without a name the default one, where it is there.
func readSaved(file string) (query.Saved, error) {
	data, err := os.ReadFile(filepath.Clean(orDefault(file)))
	if errors.Is(err, fs.ErrNotExist) && file == "" {
		return query.Saved{}, nil
	}
	if err != nil {
		return nil, &hintError{fmt.Errorf("--queries: %w", err), "name a YAML file with NAME: SELECT …"}
	}
	return query.ReadSaved(orDefault(file), data)
}

func orDefault(file string) string {
	if file == "" {
		return defaultQueries
	}
	return file
}

func (a *app) query(ctx context.Context, dumps []string, text string, o queryOptions) error {
	if err := a.checkQuery(&o); err != nil {
		return err
	}
	text, err := queryText(text, o.saved)
	if err != nil {
		return queryError(err)
	}
	if _, err := query.Parse(text); err != nil { // before a dump is opened
		return queryError(err)
	}
	a.exploring = true
	r := &queryRun{a: a, ctx: ctx, text: text, o: o, several: len(dumps) > 1}
	if err := r.dumps(dumps); err != nil {
		return queryError(err)
	}
	a.printTiming()
	return nil
}

func (a *app) checkQuery(o *queryOptions) error {
	if err := a.check(queryFormats...); err != nil {
		return err
	}
	if err := a.checkGraph(); err != nil {
		return err
	}
	switch {
	case o.maxRows < -1:
		return &hintError{fmt.Errorf("--max-rows %d: must not be negative", o.maxRows), "0 prints all"}
	case o.maxRows == -1 && (a.f.format == "text" || a.f.format == "json"):
		o.maxRows = defaultRows
	case o.maxRows == -1:
		o.maxRows = 0
	}
	return nil
}

// queryText returns the query that an argument is, or names.
func queryText(arg, file string) (string, error) {
	name, saved := strings.CutPrefix(arg, "@")
	if !saved {
		return arg, nil
	}
	all, err := readSaved(file)
	if err != nil {
		return "", err
	}
	return all.Find(name)
}

// queryError gives errors of queries their hint.
func queryError(err error) error {
	if e, ok := query.AsError(err); ok && e.Hint != "" {
		return &hintError{err, e.Hint}
	}
	var b *query.BoundError
	if errors.As(err, &b) && b.Hint != "" {
		return &hintError{err, b.Hint}
	}
	return err
}

// queryRun is one query over one dump or several.
type queryRun struct {
	a       *app
	ctx     context.Context
	text    string
	o       queryOptions
	several bool

	table   report.Table // of text and json
	header  *report.Report
	result  query.Result
	missing []error // dumps that lack what the query names
	out     *delimited.Writer
}

// dumps runs the query over all dumps and writes one table.
func (r *queryRun) dumps(paths []string) error {
	if r.o.explain {
		return r.one(paths[0], r.explain)
	}
	switch f := r.a.f.format; f {
	case "text", "json":
		for _, p := range paths {
			if err := r.one(p, r.collect); err != nil {
				return err
			}
		}
		return r.write(len(paths))
	}
	return r.a.write(func(w io.Writer) error {
		for _, p := range paths {
			if err := r.one(p, func(h *graph.Heap, plan *query.Plan, dump string) (func() error, error) {
				return func() error { return r.stream(w, h, plan, dump) }, nil
			}); err != nil {
				return err
			}
		}
		if r.out == nil || len(r.missing) == len(paths) {
			return errors.Join(r.missing...)
		}
		return r.out.Flush()
	})
}

// one prepares the query for a dump. Where there are several dumps, one may lack a class or field.
func (r *queryRun) one(path string, run func(h *graph.Heap, plan *query.Plan, dump string) (func() error, error)) error {
	p := r.a.progress()
	defer p.clear()
	return r.a.withHeap(r.ctx, path, p, true, func(h *graph.Heap) (func() error, error) {
		defer r.a.timing.phase("answering")()
		plan, err := query.Prepare(r.ctx, h, r.text, query.Options{
			ShowValues: r.a.f.showValues, MaxRows: r.o.maxRows, Workers: r.a.f.workers, Reachable: r.a.f.references == "all",
		})
		if _, ok := query.AsError(err); ok && r.several {
			r.missing = append(r.missing, err)
			fmt.Fprintf(r.a.stderr, "heapcause: %s: %v\n", path, err)
			return func() error { return nil }, nil
		}
		if err != nil {
			return nil, err
		}
		emit, err := run(h, plan, filepath.Base(path))
		if err == nil {
			err = h.File().Changed()
		}
		if err != nil {
			return nil, err
		}
		return func() error {
			p.clear()
			warn(r.a.stderr, h.NumObjects(), h.Problems())
			return emit()
		}, nil
	})
}

func (r *queryRun) explain(_ *graph.Heap, plan *query.Plan, _ string) (func() error, error) {
	text := plan.Explain()
	return func() error {
		return r.a.write(func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		})
	}, nil
}

// columns are those of the table; that of the dump comes first where there are several.
func (r *queryRun) columns(plan *query.Plan) []string {
	if r.several {
		return append([]string{"dump"}, plan.Columns...)
	}
	return plan.Columns
}

// collect adds a dump's rows to the table.
func (r *queryRun) collect(h *graph.Heap, plan *query.Plan, dump string) (func() error, error) {
	t := r.table
	if t.Columns == nil {
		t = report.Table{Name: "rows", Title: "Rows", Columns: r.columns(plan)}
		r.header = analyze.Header(h, analyze.Options{References: r.a.f.references, Workers: r.a.f.workers, ShowValues: r.a.f.showValues, ToolVersion: versionText()})
	}
	res, err := plan.Run(r.ctx, func(row []report.Value) error {
		if r.several {
			row = append([]report.Value{report.Name(dump)}, row...)
		}
		t.Rows = append(t.Rows, slices.Clone(row))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func() error { // a damaged index asks for the same dump once more: only now the rows count
		t.Omitted += res.Left
		r.table = t
		r.result.Rows += res.Rows
		r.result.Left += res.Left
		r.result.AtLeast = r.result.AtLeast || res.AtLeast
		return nil
	}, nil
}

// stream writes a dump's rows as they come.
func (r *queryRun) stream(w io.Writer, _ *graph.Heap, plan *query.Plan, dump string) error {
	if r.out == nil {
		begin := map[string]func(io.Writer, []string) *delimited.Writer{"csv": delimited.NewCSV, "tsv": delimited.NewTSV, "jsonl": delimited.NewJSONLines}[r.a.f.format]
		r.out = begin(w, r.columns(plan))
	}
	res, err := plan.Run(r.ctx, func(row []report.Value) error {
		if r.several {
			row = append([]report.Value{report.Name(dump)}, row...)
		}
		return r.out.Row(row)
	})
	if err == nil && res.Left > 0 {
		fmt.Fprintf(r.a.stderr, "heapcause: %s\n", res.Sentence())
	}
	return err
}

// write writes the table of text or JSON.
func (r *queryRun) write(dumps int) error {
	if len(r.missing) == dumps {
		return errors.New("no dump has what the query names")
	}
	r.header.Sections = report.Rows[report.Section]{query.TableSection(r.table, r.result)}
	if err := r.header.Validate(); err != nil {
		return fmt.Errorf("internal: %w", err)
	}
	return r.a.write(func(w io.Writer) error { return r.a.renderAnswer(w, r.header) })
}
