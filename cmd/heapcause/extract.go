package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/explore"
	"heapcause/analyze/extract"
	"heapcause/analyze/inspect"
	"heapcause/analyze/rules"
	"heapcause/graph"
	"heapcause/hprof/gzip"
)

// extractFlags are the options of extract.
type extractFlags struct{ keep, only string }

// extractCommand writes a dump without its contents.
func (a *app) extractCommand() *cobra.Command {
	var x extractFlags
	c := &cobra.Command{
		Use:   "extract DUMP -o small.hprof.gz",
		Short: "Write a smaller dump that can be shared: the same findings, contents masked",
		Long: `Writes a copy of the dump in which strings and arrays of primitives have other contents of the same length,
and fields of primitive types that no rule reads have other values. Classes, references, addresses, sizes, GC roots, stacks,
names and the fields that rules read stay. heapcause finds the same in it, with the same signatures and
retained sizes, and other readers open it. What stays is said in docs/extract.md: read it before
a copy leaves the house.

The file is packed in the JVM's blocks, which are read without unpacking; a name that ends in .hprof
is written unpacked.

--only-retained-by OBJECT writes what an object retains, and all classes. OBJECT is one of

` + explore.SelectorHelp,
		Example: `  heapcause extract app.hprof -o small.hprof.gz
  heapcause extract app.hprof -o small.hprof.gz --keep '^com\.acme\.Config$'
  heapcause extract app.hprof -o cache.hprof.gz --only-retained-by @static:com.acme.Cache.entries`,
		Args: oneDump,
		RunE: func(c *cobra.Command, args []string) error { return a.extract(c.Context(), args[0], x) },
	}
	a.readFlags(c)
	a.rulesDirFlag(c)
	f := c.Flags()
	f.StringVarP(&a.f.output, "output", "o", "", "the file to write; - is standard output")
	f.StringVar(&x.keep, "keep", "", "regular expression of class names whose objects keep their fields, and the contents of the strings and arrays they refer to")
	f.StringVar(&x.only, "only-retained-by", "", "write only what these objects retain")
	_ = c.RegisterFlagCompletionFunc("only-retained-by", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return explore.Prefixes, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
	return c
}

func (a *app) extract(ctx context.Context, path string, x extractFlags) error {
	keep, err := a.checkExtract(x)
	if err != nil {
		return err
	}
	learn, err := a.everyRule()
	if err != nil {
		return err
	}
	p := a.progress()
	defer p.clear()
	f, err := a.openDump(ctx, path, p)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	s, err := extract.Build(ctx, f, a.graphOptions(p))
	if err != nil {
		return named(f.Path, err)
	}
	defer func() { _ = s.Close() }()
	a.timing.phases = append(a.timing.phases, s.Heap.Timing...)
	opt := extract.Options{Keep: keep, Progress: p.update}
	if opt.Only, err = a.retainers(ctx, s.Heap, x.only, learn); err != nil {
		return err
	}
	learn.Progress = p.update
	phase := a.timing.phase("rules, for what they read")
	err = s.Learn(ctx, learn)
	phase()
	if err != nil {
		return err
	}
	sum, err := a.writeExtract(ctx, s, opt)
	if err != nil {
		return err
	}
	p.clear()
	warn(a.stderr, s.Heap.NumObjects(), s.Heap.Problems())
	if !a.f.quiet {
		a.sayExtract(p, f.DiskSize, sum)
	}
	a.printTiming()
	return nil
}

func (a *app) checkExtract(x extractFlags) (keep *regexp.Regexp, err error) {
	a.f.references, a.f.objectSizes, a.f.format = "default", "measured", "text"
	if err := a.check("text"); err != nil {
		return nil, err
	}
	_, tty := terminal(a.stdout)
	switch {
	case a.f.output == "":
		return nil, &hintError{errors.New("-o is missing: the file to write"), "name one that ends in .hprof.gz"}
	case a.f.output == "-" && tty:
		return nil, &hintError{errors.New("-o -: standard output is a terminal"), "name a file, or pipe it"}
	case x.keep == "":
		return nil, nil
	}
	if keep, err = regexp.Compile(x.keep); err != nil {
		return nil, &hintError{fmt.Errorf("--keep %s: %w", x.keep, err), `classes are named as in Java source: --keep '^com\.acme\.'`}
	}
	return keep, nil
}

// everyRule returns an analysis with all there is, since what it reads is what the copy keeps.
func (a *app) everyRule() (analyze.Options, error) {
	opt := analyze.Options{References: "default", Workers: a.f.workers, ToolVersion: versionText()}
	all, err := a.registry()
	if err != nil {
		return opt, err
	}
	if opt.Rules, err = rules.SelectFrom(all, "all", true); err != nil {
		return opt, err
	}
	opt.Inspections, err = inspect.Select("all")
	return opt, err
}

// retainers finds the objects of --only-retained-by, nil where it was not given.
func (a *app) retainers(ctx context.Context, h *graph.Heap, selector string, analysis analyze.Options) ([]graph.Object, error) {
	if selector == "" {
		return nil, nil
	}
	opt := explore.Options{Analysis: analysis, Rules: func() ([]*analyze.Rule, error) {
		all, err := a.registry()
		if err != nil {
			return nil, err
		}
		return rules.SelectFrom(all, "all", false)
	}}
	opt.Analysis.Rules, opt.Analysis.Inspections = nil, nil
	s, err := explore.Resolve(ctx, h, selector, opt)
	if err != nil {
		return nil, selectorHint(fmt.Errorf("--only-retained-by: %w", err))
	}
	out := slices.Collect(s.Each())
	if len(out) == 0 {
		return nil, &hintError{fmt.Errorf("--only-retained-by %s: there is no such object", selector), "heapcause find DUMP CLASS lists some"}
	}
	return out, nil
}

// writeExtract writes the file.
func (a *app) writeExtract(ctx context.Context, s *extract.Source, opt extract.Options) (sum extract.Summary, err error) {
	defer a.timing.phase("writing")()
	workers := a.f.workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	err = a.write(func(w io.Writer) error {
		if strings.HasSuffix(a.f.output, ".hprof") {
			b := bufio.NewWriterSize(w, gzip.WrittenBlock)
			sum, err = s.Write(ctx, b, opt)
			return errors.Join(err, b.Flush())
		}
		z := gzip.NewWriter(w, workers)
		sum, err = s.Write(ctx, z, opt)
		if closed := z.Close(); err == nil {
			err = closed
		}
		if err == nil {
			err = s.Heap.File().Changed()
		}
		return err
	})
	return sum, err
}

// sayExtract tells what came of it.
func (a *app) sayExtract(p *progress, from int64, sum extract.Summary) {
	var more string
	if sum.Nulled > 0 {
		more = fmt.Sprintf("; %s references to what is left out are null", humanize.Comma(sum.Nulled))
	}
	st, err := os.Stat(a.f.output)
	if err != nil || from == 0 {
		p.say("wrote %s objects%s", humanize.Comma(sum.Objects), more)
		return
	}
	p.say("%s has %s, %.1f %% of the dump's %s: %s objects, contents masked%s", a.f.output, humanize.IBytes(uint64(st.Size())),
		100*float64(st.Size())/float64(from), humanize.IBytes(uint64(from)), humanize.Comma(sum.Objects), more)
}
