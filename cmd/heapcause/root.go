package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// app is what all commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	f              flags
}

// flags are the options of all commands; each command declares those that it has.
type flags struct {
	failOn          string
	top             int // rows of a report
	topClasses      int // of a histogram
	topObjects      int // of dominators
	threshold       float64
	rules           string
	references      string
	workers         int
	index           string
	format          string
	output          string
	showValues      bool
	quiet           bool
	verbose         bool
	tempDir         string
	allowIncomplete bool
	all             bool
	verify          string
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.command()
	root.SetArgs(dumpAsCommand(root, args))
	return exitCode(root.ExecuteContext(ctx), stderr)
}

// dumpAsCommand turns `heapcause DUMP` into `heapcause analyze DUMP`: the first argument that is no flag is a dump when it
// is no command and looks like a file.
func dumpAsCommand(root *cobra.Command, args []string) []string {
	for _, a := range args {
		if strings.HasPrefix(a, "-") {
			continue
		}
		if c, _, err := root.Find([]string{a}); err == nil && c != root {
			return args
		}
		if a == "help" || a == "completion" || strings.HasPrefix(a, "__complete") || !strings.ContainsAny(a, "./\\") {
			return args
		}
		return append([]string{"analyze"}, args...)
	}
	return args
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "heapcause [command] DUMP",
		Short: "Say why a Java heap is full",
		Long: `heapcause reads a Java heap dump (HPROF) and says why the heap is full: what is retained, who holds it, which
known leak pattern it is, and what to change. Nothing is sent anywhere.`,
		Example: `  heapcause app.hprof                         the report, findings first
  heapcause analyze app.hprof -o report.json  the same as JSON
  heapcause histogram app.hprof               classes by bytes, in seconds`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &hintError{fmt.Errorf("unknown command %q", args[0]), "heapcause --help lists the commands; a dump in this folder is ./" + args[0]}
			}
			return c.Help()
		},
	}
	root.SetVersionTemplate("heapcause {{.Version}}\n")
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetIn(a.stdin)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &hintError{err, c.CommandPath() + " --help lists the flags"}
	})
	root.AddCommand(a.analyzeCommand(), a.histogramCommand(), a.dominatorsCommand(), a.rulesCommand(), a.versionCommand())
	return root
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.stdout, "heapcause", version)
			return err
		},
	}
}

// oneDump accepts exactly one argument.
func oneDump(c *cobra.Command, args []string) error {
	switch len(args) {
	case 1:
		return nil
	case 0:
		return &hintError{fmt.Errorf("%s needs a heap dump", c.Name()), c.UseLine()}
	}
	return &hintError{fmt.Errorf("%s takes one heap dump, not %d", c.Name(), len(args)), c.UseLine()}
}

func completeDumps(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"hprof", "gz", "bin"}, cobra.ShellCompDirectiveFilterFileExt
}

// flag groups

func (a *app) commonFlags(c *cobra.Command, formats ...string) {
	f := c.Flags()
	f.StringVarP(&a.f.format, "format", "f", "", "output format: "+strings.Join(formats, ", ")+" (default: by the ending of -o, else text)")
	f.StringVarP(&a.f.output, "output", "o", "", "write to this file instead of standard output")
	f.IntVar(&a.f.workers, "workers", 0, "processors to use (default: all)")
	f.StringVar(&a.f.tempDir, "temp-dir", "", "folder for temporary files (default: the system's)")
	f.BoolVarP(&a.f.quiet, "quiet", "q", false, "no progress")
	f.BoolVarP(&a.f.verbose, "verbose", "v", false, "time per phase and peak memory on standard error")
	_ = c.RegisterFlagCompletionFunc("format", fixed(formats...))
	c.ValidArgsFunction = completeDumps
}

func (a *app) graphFlags(c *cobra.Command) {
	c.Flags().StringVar(&a.f.references, "references", "default", "default, or all: weak and other referents count as strong, as in Eclipse MAT")
	c.Flags().StringVar(&a.f.index, "index", "auto", "auto or never: whether an index of the dump is kept")
	_ = c.RegisterFlagCompletionFunc("references", fixed("default", "all"))
	_ = c.RegisterFlagCompletionFunc("index", fixed("auto", "never"))
}

func fixed(values ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

// oneOf refuses a value that is not among those of a flag.
func oneOf(flag, value string, valid ...string) error {
	for _, v := range valid {
		if v == value {
			return nil
		}
	}
	return &hintError{fmt.Errorf("--%s %s: no such value", flag, value), "it is one of " + strings.Join(valid, ", ")}
}

// check validates what flags have in common before any work begins.
func (a *app) check(formats ...string) error {
	if a.f.format == "" {
		a.f.format = formatOf(a.f.output, formats)
	}
	if err := oneOf("format", a.f.format, formats...); err != nil {
		return err
	}
	if a.f.workers < 0 {
		return &hintError{fmt.Errorf("--workers %d: must not be negative", a.f.workers), "0 uses all processors"}
	}
	return checkOutput(a.f.output)
}

func (a *app) checkGraph() error {
	if err := oneOf("references", a.f.references, "default", "all"); err != nil {
		return err
	}
	if a.f.index == "always" {
		return &hintError{fmt.Errorf("--index always: this version keeps no index"), "auto and never analyse without one"}
	}
	return oneOf("index", a.f.index, "auto", "never")
}
