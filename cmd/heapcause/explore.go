package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/explore"
	"heapcause/analyze/rules"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
	"heapcause/report/text"
)

// answerer makes the sections that answer a question about a heap. It prints nothing.
type answerer func(ctx context.Context, h *graph.Heap, opt explore.Options) ([]report.Section, error)

// exploreCommand makes a command that asks a dump a question. The first argument is the dump; so many follow,
// from least to most.
func (a *app) exploreCommand(c *cobra.Command, least, most int) *cobra.Command {
	c.Args = func(c *cobra.Command, args []string) error {
		if n := len(args) - 1; n >= least && n <= most {
			return nil
		}
		return &hintError{fmt.Errorf("%d arguments: %s", len(args), c.UseLine()), c.CommandPath() + " --help has examples"}
	}
	a.commonFlags(c, sectionFormats...)
	a.graphFlags(c)
	f := c.Flags()
	f.Lookup("index").Usage = "auto, always or never: whether the graph is kept on disk for the next command (auto: yes, but where CI is set)"
	a.topFlag(c, explore.DefaultTop, "rows per table; 0 prints all")
	f.StringVar(&a.f.table, "table", "", "which table to write as csv or tsv (default: the first)")
	f.BoolVar(&a.f.showValues, "show-values", false, "show the contents of strings, SQL literals and URLs")
	a.rulesDirFlag(c)
	c.ValidArgsFunction = completeSelectors
	return c
}

// completeSelectors completes a dump, then the forms of selectors that have a name.
func completeSelectors(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return completeDumps(c, args, prefix)
	}
	return explore.Prefixes, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// answer opens a dump, from its index where there is one, and prints what answers the question.
func (a *app) answer(ctx context.Context, path string, ask answerer) error {
	opt, err := a.checkExplore()
	if err != nil {
		return err
	}
	a.exploring = true
	p := a.progress()
	defer p.clear()
	opt.Progress = p.update
	err = a.withHeap(ctx, path, p, true, func(h *graph.Heap) (func() error, error) {
		phase := a.timing.phase("answering")
		sections, err := ask(ctx, h, opt)
		phase()
		if err == nil && ctx.Err() != nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, selectorHint(err)
		}
		if changed := h.File().Changed(); changed != nil {
			return nil, changed
		}
		r := analyze.Header(h, opt.Analysis)
		r.Sections = sections
		if err := r.Validate(); err != nil {
			return nil, fmt.Errorf("internal: %w", err)
		}
		return func() error {
			p.clear()
			warn(a.stderr, h.NumObjects(), h.Problems())
			defer a.timing.phase("writing")()
			return a.write(func(w io.Writer) error { return a.renderAnswer(w, r) })
		}, nil
	})
	if err != nil {
		return err
	}
	a.printTiming()
	return nil
}

// checkExplore validates the flags of exploreCommand.
func (a *app) checkExplore() (explore.Options, error) {
	opt := explore.Options{Policy: redact.Policy{ShowValues: a.f.showValues}, Top: a.f.top}
	if err := a.check(sectionFormats...); err != nil {
		return opt, err
	}
	if err := a.checkGraph(); err != nil {
		return opt, err
	}
	if err := notNegative(a.f.top, "0 prints all rows"); err != nil {
		return opt, err
	}
	if a.f.table != "" && a.f.format != "tsv" && a.f.format != "csv" {
		return opt, &hintError{fmt.Errorf("--table %s: is for csv and tsv", a.f.table), "add --format csv"}
	}
	if opt.Top == 0 {
		opt.Top = -1
	}
	opt.Analysis = analyze.Options{References: a.f.references, Workers: a.f.workers, ShowValues: a.f.showValues, ToolVersion: versionText()}
	if a.open != nil && len(a.f.rulesDirs) == 0 {
		opt.Findings = a.open.findings
	}
	opt.Rules = func() ([]*analyze.Rule, error) {
		all, err := a.registry()
		if err != nil {
			return nil, err
		}
		return rules.SelectFrom(all, "all", false)
	}
	return opt, nil
}

// selectorHint gives the error of a selector its hint.
func selectorHint(err error) error {
	var s *explore.SelectorError
	if errors.As(err, &s) && s.Hint != "" {
		return &hintError{err, s.Hint}
	}
	return err
}

// renderAnswer writes sections without the description of the dump that a report begins with: an answer is to be short.
func (a *app) renderAnswer(w io.Writer, r *report.Report) error {
	if a.f.format != "" && a.f.format != "text" {
		return a.renderSections(w, r)
	}
	a.open.number(r, a.f.output)
	width, _ := terminal(a.stdout)
	var b strings.Builder
	for i := range r.Sections {
		if err := text.WriteSection(&b, &r.Sections[i], text.Options{Color: a.color(), Width: width}); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}
