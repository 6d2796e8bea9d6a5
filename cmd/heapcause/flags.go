package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"heapcause/graph/index"
)

// flags are the options of all commands; each command declares those that it has.
type flags struct {
	failOn          string
	top             int // rows of a report
	topClasses      int // of a histogram
	threshold       float64
	rules           string
	inspections     string
	experimental    bool
	settings        []string
	rulesDirs       []string
	table           string
	references      string
	objectSizes     string
	workers         int
	index           string
	indexDir        string
	list            bool
	clean           bool
	olderThan       string
	format          string
	output          string   // the first of outputs
	outputs         []string // -o, in commands that write reports several
	full            bool
	showValues      bool
	quiet           bool
	verbose         bool
	tempDir         string
	maxMemory       string
	allowIncomplete bool
	all             bool
	verify          string
	dump            int
}

// The values of flags that are words.
var (
	failOnValues     = []string{"never", "info", "warning", "error"}
	referencesValues = []string{"default", "all"}
	sizesValues      = []string{"measured", "computed"}
	indexValues      = []string{"auto", "always", "never"}
)

// commonFlags declares what every command that reads a dump has.
func (a *app) commonFlags(c *cobra.Command, formats ...string) {
	a.outputFlags(c, false, formats...)
	a.readFlags(c)
}

// outputFlags declares where output goes and how; several files only where a report is written.
func (a *app) outputFlags(c *cobra.Command, several bool, formats ...string) {
	f := c.Flags()
	f.StringVarP(&a.f.format, "format", "f", "", "output format: "+strings.Join(formats, ", ")+" (default: by the ending of -o, else text)")
	if several {
		f.StringArrayVarP(&a.f.outputs, "output", "o", nil, "write to this file instead of standard output; may be repeated")
	} else {
		f.StringVarP(&a.f.output, "output", "o", "", "write to this file instead of standard output")
	}
	complete(c, "format", formats...)
}

// readFlags declares what every command that reads a dump has for it.
func (a *app) readFlags(c *cobra.Command) {
	f := c.Flags()
	f.IntVar(&a.f.workers, "workers", 0, "processors to use (default: all)")
	f.StringVar(&a.f.tempDir, "temp-dir", "", "folder for temporary files (default: TMPDIR, else the system's; no RAM disk)")
	f.StringVar(&a.f.maxMemory, "max-memory", "", "refuse what needs more memory: 2GiB, 0 for no limit (default: the control group's or the machine's)")
	f.IntVar(&a.f.dump, "dump", 1, "which dump, when a file holds several, one behind the other")
	f.BoolVarP(&a.f.quiet, "quiet", "q", false, "no progress")
	f.BoolVarP(&a.f.verbose, "verbose", "v", false, "time per phase and peak memory on standard error")
	_ = c.RegisterFlagCompletionFunc("temp-dir", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	c.ValidArgsFunction = completeDumps
}

// topFlag declares --top. Commands differ in its default, so each keeps its own until it runs.
func (a *app) topFlag(c *cobra.Command, rows int, usage string) {
	top := c.Flags().Int("top", rows, usage)
	c.PreRun = func(*cobra.Command, []string) { a.f.top = *top }
}

// graphFlags declares what every command that builds the graph has.
func (a *app) graphFlags(c *cobra.Command) {
	a.variantFlags(c)
	c.Flags().StringVar(&a.f.index, "index", "auto", "auto, always or never: whether the graph is kept on disk for the next command (auto: when a person is at the terminal)")
	a.indexDirFlag(c)
	complete(c, "index", indexValues...)
}

// variantFlags declares what makes another graph of the same dump.
func (a *app) variantFlags(c *cobra.Command) {
	c.Flags().StringVar(&a.f.references, "references", "default", "default, or all: weak and other referents count as strong, as in Eclipse MAT")
	complete(c, "references", referencesValues...)
	a.sizesFlag(c)
}

func (a *app) sizesFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.f.objectSizes, "object-sizes", "measured", "measured: as in the JVM, from addresses; computed: from its version and the identifier size alone")
	complete(c, "object-sizes", sizesValues...)
}

// checkVariant validates the flags of variantFlags.
func (a *app) checkVariant() error {
	if err := oneOf("references", a.f.references, referencesValues...); err != nil {
		return err
	}
	return a.checkSizes()
}

func (a *app) checkSizes() error { return oneOf("object-sizes", a.f.objectSizes, sizesValues...) }

// variant names the graph that the flags ask for, "" for the default one.
func (a *app) variant() string {
	var parts []string
	if a.f.references == "all" {
		parts = append(parts, "all")
	}
	if a.f.objectSizes == "computed" {
		parts = append(parts, "computed")
	}
	return strings.Join(parts, "-")
}

func (a *app) indexDirFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.f.indexDir, "index-dir", "", "folder of indexes (default: heapcause in the user's cache folder)")
	_ = c.RegisterFlagCompletionFunc("index-dir", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
}

func complete(c *cobra.Command, flag string, values ...string) {
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// check validates what flags have in common, before any work begins.
func (a *app) check(formats ...string) error {
	if err := a.checkOutputs(formats...); err != nil {
		return err
	}
	if a.f.workers < 0 {
		return &hintError{fmt.Errorf("--workers %d: must not be negative", a.f.workers), "0 uses all processors"}
	}
	if a.f.dump < 1 {
		return &hintError{fmt.Errorf("--dump %d: dumps count from 1", a.f.dump), "1 is the first"}
	}
	if d := a.f.tempDir; d != "" {
		if st, err := os.Stat(d); err != nil || !st.IsDir() {
			return &hintError{fmt.Errorf("--temp-dir %s: there is no such folder", d), "create it first, or leave the option out"}
		}
	}
	return a.checkMemory()
}

// checkOutputs validates formats and files to write.
func (a *app) checkOutputs(formats ...string) error {
	for _, path := range a.f.outputs {
		if err := checkOutput(path); err != nil {
			return err
		}
	}
	if len(a.f.outputs) > 0 {
		a.f.output = a.f.outputs[0]
	}
	if a.f.format == "" && len(a.f.outputs) < 2 { // several files have a format each
		a.f.format = formatOf(a.f.output, formats)
	}
	if a.f.format != "" {
		if err := oneOf("format", a.f.format, formats...); err != nil {
			return err
		}
	}
	return checkOutput(a.f.output)
}

func (a *app) checkGraph() error {
	if err := a.checkVariant(); err != nil {
		return err
	}
	if err := oneOf("index", a.f.index, indexValues...); err != nil {
		return err
	}
	if a.f.index == "always" {
		return a.checkIndexDir()
	}
	return nil
}

// checkIndexDir refuses a folder of indexes that cannot be written to, before any work begins.
func (a *app) checkIndexDir() error {
	dir, err := a.indexDir()
	if err == nil {
		err = index.CheckFolder(dir)
	}
	if err != nil {
		return &hintError{fmt.Errorf("no index can be kept: %w", err), "name another folder with --index-dir"}
	}
	return nil
}

// oneOf refuses a value that is not among those of a flag.
func oneOf(flag, value string, valid ...string) error {
	if slices.Contains(valid, value) {
		return nil
	}
	return &hintError{fmt.Errorf("--%s %s: no such value", flag, value), "it is one of " + strings.Join(valid, ", ")}
}

// notNegative refuses a --top below 0.
func notNegative(top int, hint string) error {
	if top < 0 {
		return &hintError{fmt.Errorf("--top %d: must not be negative", top), hint}
	}
	return nil
}
