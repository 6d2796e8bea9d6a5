package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/rules"
	"heapcause/cmd/heapcause/mcp"
	"heapcause/graph"
	"heapcause/graph/index"
	"heapcause/report"
)

// mcpOptions are the flags of mcp alone.
type mcpOptions struct {
	allow    []string
	maxOpen  int
	maxBytes int
}

func (a *app) mcpCommand() *cobra.Command {
	var o mcpOptions
	c := &cobra.Command{
		Use:   "mcp [DUMP…]",
		Short: "Answer questions on dumps over the Model Context Protocol, on standard input and output",
		Long: `Serves heap dumps to a client of the Model Context Protocol that starts this command: tools that summarise a
dump, list findings, show objects, paths and references, run queries and compare dumps; reports and the
pages of rules as resources; prompts for the usual questions.

Dumps are opened only below the folders of --allow, or where that is not given below the folders of the
dumps named. Contents of strings are masked unless --show-values is given. Nothing is sent anywhere but to
the client; standard output carries the protocol alone.`,
		Example: `  heapcause mcp app.hprof
  heapcause mcp --allow /var/dumps
  heapcause mcp monday.hprof friday.hprof --show-values`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return a.mcp(c.Context(), &o, args) },
	}
	a.readFlags(c)
	a.graphFlags(c)
	a.rulesDirFlag(c)
	f := c.Flags()
	f.Lookup("index").Usage = "auto, always or never: whether graphs are kept on disk for the next time (auto: yes, but where CI is set)"
	f.StringArrayVar(&o.allow, "allow", nil, "folder below which dumps may be opened, may be repeated (default: the folders of the dumps named)")
	f.IntVar(&o.maxOpen, "max-open", mcp.DefaultMaxOpen, "dumps that are kept open; the one used longest ago is closed first")
	f.IntVar(&o.maxBytes, "max-bytes", mcp.DefaultMaxBytes, "budget of an answer unless the call names one")
	f.BoolVar(&a.f.showValues, "show-values", false, "show the contents of strings, SQL literals and URLs")
	_ = c.RegisterFlagCompletionFunc("allow", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	return c
}

// mcp serves until the client goes away.
func (a *app) mcp(ctx context.Context, o *mcpOptions, dumps []string) error {
	opt, err := a.checkMCP(o, dumps)
	if err != nil {
		return err
	}
	s, err := mcp.New(ctx, *opt)
	if err != nil {
		return &hintError{err, "heapcause mcp --help has examples"}
	}
	defer s.Close()
	err = s.Run(ctx, &sdk.IOTransport{Reader: io.NopCloser(a.stdin), Writer: keepOpen{a.stdout}})
	if errors.Is(err, io.EOF) || ctx.Err() != nil { // the client is gone, or asked for an end
		return nil
	}
	return err
}

// keepOpen is a writer that a transport does not close.
type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }

// checkMCP validates the flags of mcp.
func (a *app) checkMCP(o *mcpOptions, dumps []string) (*mcp.Options, error) {
	if err := a.check("text"); err != nil {
		return nil, err
	}
	if err := a.checkGraph(); err != nil {
		return nil, err
	}
	switch {
	case len(dumps) == 0 && len(o.allow) == 0:
		return nil, &hintError{errors.New("no dump is named, and no folder to open dumps in"), "name a dump, or a folder with --allow"}
	case o.maxOpen < 1:
		return nil, &hintError{fmt.Errorf("--max-open %d: one dump has to be open at least", o.maxOpen), fmt.Sprintf("%d is the default", mcp.DefaultMaxOpen)}
	case o.maxBytes < mcp.LeastBytes || o.maxBytes > mcp.MostBytes:
		return nil, &hintError{fmt.Errorf("--max-bytes %d: is from %d to %d", o.maxBytes, mcp.LeastBytes, mcp.MostBytes), fmt.Sprintf("%d is the default", mcp.DefaultMaxBytes)}
	}
	for _, d := range dumps {
		stream, err := checkDump(d, "")
		if err != nil {
			return nil, err
		}
		if stream {
			return nil, &hintError{fmt.Errorf("%s: is no file", d), "write the dump to a file and name that: the protocol is on standard input"}
		}
	}
	analysis, err := a.mcpAnalysis()
	if err != nil {
		return nil, err
	}
	return &mcp.Options{
		Version: versionText(), ShowValues: a.f.showValues, Dumps: dumps, Allow: o.allow, MaxOpen: o.maxOpen, MaxBytes: o.maxBytes, Log: a.stderr,
		Analysis: func() (analyze.Options, error) { return analysis, nil },
		Open:     a.openKept, Report: a.mcpReport, Estimate: a.mcpEstimate,
		Hint: func(err error) string {
			var e *hintError
			if errors.As(queryError(selectorHint(err)), &e) {
				return e.hint
			}
			return hint(err)
		},
	}, nil
}

// mcpAnalysis is what a report is made with: that of analyze without flags.
func (a *app) mcpAnalysis() (analyze.Options, error) {
	b := *a
	b.f.threshold, b.f.rules, b.f.top = 100*analyze.DefaultThreshold, "all", 10
	opt, err := b.analysis()
	if err != nil {
		return analyze.Options{}, err
	}
	return *opt, nil
}

// side is an app for one piece of work beside others: what it chooses for its dump is its own.
func (a *app) side(update mcp.Progress) (*app, *progress) {
	b := *a
	b.timing = timing{}
	b.exploring = true
	b.f.quiet = !a.f.verbose
	return &b, &progress{w: b.stderr, also: update}
}

// openKept makes the graph of a dump that is asked many questions: from its index where there is a valid one, else built and kept.
func (a *app) openKept(ctx context.Context, path string, fresh bool, update mcp.Progress) (*graph.Heap, func(), error) {
	b, p := a.side(update)
	b.chooseTempDir(path)
	x, err := b.indexOf(path)
	if err != nil {
		return nil, nil, err
	}
	if x != nil && !fresh {
		if file, err := index.Open(x.path, &x.key); err == nil {
			if h, err := b.openIndexed(ctx, x, file, p); err == nil {
				return h, func() { _, _ = h.File().Close(), h.Close() }, nil
			}
		}
	}
	h, done, err := b.build(ctx, path, p, false)
	if err != nil {
		return nil, nil, err
	}
	if x != nil && (b.f.index == "always" || !inCI()) {
		if err := b.keep(ctx, h, x, p); err != nil {
			done()
			return nil, nil, err
		}
	}
	return h, done, nil
}

// mcpReport makes the report of a dump to compare it, or reads a saved one.
func (a *app) mcpReport(ctx context.Context, path string, update mcp.Progress) (*report.Report, error) {
	if _, ok := indexAt(path); ok { // the dump that it is of may lie anywhere
		return nil, fmt.Errorf("%s: is an index; name the dump", path)
	}
	b, _ := a.side(update)
	all, err := b.registry()
	if err != nil {
		return nil, err
	}
	o := &compareOptions{threshold: 100 * analyze.DefaultThreshold}
	if o.rules, err = rules.SelectFrom(all, "all", false); err != nil {
		return nil, err
	}
	return b.reportOf(ctx, o, path, path)
}

// mcpEstimate says what the analysis of a dump will take.
func (a *app) mcpEstimate(ctx context.Context, path string, update mcp.Progress) (*report.Section, error) {
	b, p := a.side(update)
	e, err := b.estimated(ctx, path, p)
	if err != nil {
		return nil, err
	}
	return estimateSection(e), nil
}
