package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/explore"
	"heapcause/analyze/inspect"
	"heapcause/cmd/heapcause/serve"
	"heapcause/graph"
	"heapcause/report"
)

// serveCommand shows a dump in a browser.
func (a *app) serveCommand() *cobra.Command {
	port := 0
	c := &cobra.Command{
		Use:   "serve DUMP",
		Short: "Explore a dump in a browser, on this machine or through ssh",
		Long: `Serves pages on 127.0.0.1 until Ctrl-C: the report, the dominator tree, objects with their references both ways, paths from GC roots,
searches, queries and a treemap. Only the printed address, with its token, opens them; nothing is sent elsewhere and nothing is
changed. For a dump on another machine run heapcause there and forward the port with the printed ssh command.

Contents of strings are masked unless --show-values is given.`,
		Example: `  heapcause serve app.hprof
  heapcause serve app.hprof --port 8470        then: ssh -L 8470:127.0.0.1:8470 HOST
  heapcause serve app.hprof --show-values`,
		Args: oneDump,
		RunE: func(c *cobra.Command, args []string) error { return a.serve(c.Context(), args[0], port) },
	}
	a.readFlags(c)
	a.graphFlags(c)
	a.rulesDirFlag(c)
	f := c.Flags()
	f.IntVar(&port, "port", 0, "port on 127.0.0.1 (default: a free one)")
	f.BoolVar(&a.f.showValues, "show-values", false, "show the contents of strings, SQL literals and URLs")
	return c
}

func (a *app) serve(ctx context.Context, path string, port int) error {
	opt, err := a.checkExplore()
	if err != nil {
		return err
	}
	if port < 0 || port > 65535 {
		return &hintError{fmt.Errorf("--port %d: is from 1 to 65535", port), "without --port a free one is taken"}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) // before the dump is read: a port that is taken is told at once
	if err != nil {
		return &hintError{fmt.Errorf("--port %d: %w", port, err), "without --port a free one is taken"}
	}
	defer func() { _ = l.Close() }()
	a.exploring = true
	p := a.progress()
	defer p.clear()
	return a.withHeap(ctx, path, p, true, func(h *graph.Heap) (func() error, error) {
		opt.Findings = explore.NewFindings()
		s := serve.New(ctx, h, serve.Options{
			Explore: opt, MaxRows: defaultRows,
			Report: func(ctx context.Context) (*report.Report, error) {
				analysis := opt.Analysis
				var err error
				if analysis.Rules, err = opt.Rules(); err != nil {
					return nil, err
				}
				if analysis.Inspections, err = inspect.Select("all"); err != nil {
					return nil, err
				}
				analysis.Top = 10
				return analyze.Run(ctx, h, analysis)
			},
		})
		return func() error {
			p.clear()
			warn(a.stderr, h.NumObjects(), h.Problems())
			a.sayServing(s, path, l.Addr().(*net.TCPAddr).Port)
			return s.Serve(l)
		}, nil
	})
}

// sayServing says where the pages are, from here and from another machine.
func (a *app) sayServing(s *serve.Server, path string, port int) {
	host, err := os.Hostname()
	if err != nil {
		host = "HOST"
	}
	fmt.Fprintf(a.stderr, "heapcause: %s is at %s (Ctrl-C ends)\n", clean(filepath.Base(path)), s.Address(port))
	fmt.Fprintf(a.stderr, "heapcause: from another machine first: ssh -N -L %d:127.0.0.1:%d %s\n", port, port, clean(host))
}
