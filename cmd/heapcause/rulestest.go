package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/userrules"
	"heapcause/graph"
	"heapcause/report/text"
)

// rulesValidateCommand reads rules and says what is wrong with them.
func (a *app) rulesValidateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check files of rules in YAML",
		Long: `Reads files of rules in YAML and names every mistake with its line and column.

Exit codes: 0 all are valid; 2 one is not.`,
		Example: "  heapcause rules validate .heapcause/rules/*.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.validateRules(args) },
	}
	c.ValidArgsFunction = completeRules
	return c
}

func completeRules(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

func (a *app) validateRules(files []string) error {
	var errs []error
	var out []string
	for _, name := range files {
		rules, err := parseRules(name)
		if errs = append(errs, err); err == nil {
			for _, r := range rules {
				out = append(out, fmt.Sprintf("%s: rule %s is valid", name, r.Name()))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return &hintError{err, yamlHint}
	}
	return a.write(func(w io.Writer) error {
		for _, line := range out {
			if _, err := fmt.Fprintln(w, clean(line)); err != nil {
				return err
			}
		}
		return nil
	})
}

func parseRules(name string) ([]*userrules.Rule, error) {
	rules, err := userrules.ParseFile(name)
	if err != nil {
		return nil, named(name, err)
	}
	return rules, nil
}

// rulesTestCommand tries a file of rules on dumps.
func (a *app) rulesTestCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "test FILE DUMP...",
		Short: "Try rules in YAML on heap dumps",
		Long: `Runs each rule of a file alone on dumps. Says what it looked at, why objects did not match, and what it
found; and holds it to the tests of the file whose dump has that name.

Exit codes: 0 done, and all tests of the file that are about these dumps passed; 1 one failed; 2 the
work could not be done.`,
		Example: `  heapcause rules test .heapcause/rules/my-rule.yaml app.hprof
  heapcause rules test my-rule.yaml leak.hprof control.hprof`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) >= 2 {
				return nil
			}
			return &hintError{fmt.Errorf("rules test needs a file of rules and a heap dump"), c.UseLine()}
		},
		RunE: func(c *cobra.Command, args []string) error { return a.testRules(c.Context(), args[0], args[1:]) },
	}
	a.commonFlags(c, "text")
	a.graphFlags(c)
	c.Flags().BoolVar(&a.f.showValues, "show-values", false, "show the contents of strings")
	c.Flags().StringArrayVar(&a.f.settings, "set", nil, "RULE.THRESHOLD=NUMBER, may be repeated")
	c.ValidArgsFunction = func(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return completeRules(c, args, prefix)
		}
		return completeDumps(c, nil, prefix)
	}
	return c
}

func (a *app) testRules(ctx context.Context, file string, dumps []string) error {
	if err := a.check("text"); err != nil {
		return err
	}
	if err := a.checkGraph(); err != nil {
		return err
	}
	rules, err := parseRules(file)
	if err != nil {
		return &hintError{err, yamlHint}
	}
	opt, err := a.testOptions(rules)
	if err != nil {
		return err
	}
	t := &rulesTest{app: a, rules: rules, opt: opt}
	for _, dump := range dumps {
		if err := t.run(ctx, dump); err != nil {
			return err
		}
	}
	if err := a.write(t.write); err != nil {
		return err
	}
	if t.unmet > 0 {
		return fmt.Errorf("%w: %d of %d tests failed", errGate, t.unmet, t.tests)
	}
	return nil
}

func (a *app) testOptions(rules []*userrules.Rule) (analyze.Options, error) {
	opt := analyze.Options{Thresholds: map[string]float64{}, Top: 10, ShowValues: a.f.showValues, References: a.f.references, Workers: a.f.workers, ToolVersion: versionText()}
	var all []*analyze.Rule
	for _, r := range rules {
		all = append(all, r.Rule())
	}
	for _, s := range a.f.settings {
		key, value, err := analyze.ParseThreshold(s, all)
		if err != nil {
			return opt, fmt.Errorf("--set %w", err)
		}
		opt.Thresholds[key] = value
	}
	return opt, nil
}

// rulesTest is the trying of rules on dumps.
type rulesTest struct {
	*app
	rules        []*userrules.Rule
	opt          analyze.Options
	tried        []tried
	tests, unmet int
}

// tried is one rule on one dump.
type tried struct {
	rule, dump string
	*userrules.Outcome
}

func (t *rulesTest) run(ctx context.Context, dump string) error {
	p := t.progress()
	defer p.clear()
	return t.withHeap(ctx, dump, p, true, func(h *graph.Heap) (func() error, error) {
		var found []tried
		for _, r := range t.rules {
			o, err := r.Try(ctx, h, dump, t.opt)
			if err != nil {
				return nil, err
			}
			found = append(found, tried{r.Name(), filepath.Base(dump), o})
		}
		return func() error {
			p.clear()
			warn(t.stderr, h.NumObjects(), h.Problems())
			t.tried = append(t.tried, found...)
			for _, o := range found {
				t.tests += o.Tests
				if o.Unmet != nil {
					t.unmet++
				}
			}
			return nil
		}, nil
	})
}

func (t *rulesTest) write(out io.Writer) error {
	w := bufio.NewWriter(out)
	for i, o := range t.tried {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := t.writeOne(w, &o); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (t *rulesTest) writeOne(w *bufio.Writer, o *tried) error {
	fmt.Fprintf(w, "%s on %s\n", o.rule, clean(o.dump))
	lines := []string{fmt.Sprintf("%s of %s", analyze.Plural(o.Objects, "object"), o.Classes)}
	if o.Objects == 0 && o.Skipped == "" {
		lines[0] = "the dump has no objects of " + o.Classes
	}
	for _, d := range o.Dropped {
		lines = append(lines, fmt.Sprintf("%s left out: %s", analyze.Number(d.Objects), d.Why))
	}
	if o.Objects > 0 && o.Skipped == "" {
		lines = append(lines, fmt.Sprintf("%s matched", analyze.Number(int64(o.Matched))))
	}
	if o.Because != "" {
		lines = append(lines, "no finding: when does not hold: "+o.Because)
		lines = append(lines, slices.Clone(o.Figures)...)
	}
	if o.Skipped != "" {
		lines = append(lines, "abstains: "+o.Skipped)
	}
	for _, l := range lines {
		fmt.Fprintln(w, " ", clean(l))
	}
	if o.Finding != nil {
		if err := t.writeFinding(w, o); err != nil {
			return err
		}
	}
	switch {
	case o.Unmet != nil:
		for _, m := range o.Unmet {
			fmt.Fprintln(w, "  FAILED", clean(m))
		}
	case o.Tests > 0:
		fmt.Fprintln(w, "  passed", analyze.Plural(int64(o.Tests), "test"))
	}
	return nil
}

// writeFinding shows the finding as a report does.
func (t *rulesTest) writeFinding(w *bufio.Writer, o *tried) error {
	width, _ := terminal(t.stdout)
	fmt.Fprintln(w)
	return text.WriteFindings(w, o.Report, text.Options{Color: t.color(), Width: width})
}
