package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

// app is what all commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	f              flags
	timing         timing
	open           *openHeap // of a shell; nil where each command opens its dump
	exploring      bool      // the command asks the dump a question: others will follow, so the index is kept
	passing        bool      // of many dumps: no index is kept for itself
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.command()
	root.SetArgs(dumpAsCommand(root, args))
	return exitCode(root.ExecuteContext(ctx), stderr)
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "heapcause [command] DUMP",
		Short: "Say why a Java heap is full",
		Long: `heapcause reads a Java heap dump (HPROF) and says why the heap is full: what is retained, who holds
it, which known leak pattern it is, and what to change. Nothing is sent anywhere.

Exit codes: 0 done; 1 a gate is broken (check, --fail-on, --verify-against); 2 the work could not be done.`,
		Example: `  heapcause app.hprof                         the report, findings first
  heapcause analyze app.hprof -o report.json  the same as JSON
  heapcause histogram app.hprof               classes by bytes, in seconds`,
		Version:       versionText(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args[0])
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
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(
		a.analyzeCommand(),
		a.compareCommand(),
		a.captureCommand(),
		a.checkCommand(),
		a.histogramCommand(),
		a.dominatorsCommand(),
		a.estimateCommand(),
		a.exportCommand(),
		a.extractCommand(),
		a.indexCommand(),
		a.manCommand(),
		a.mcpCommand(),
		a.inspectCommand(),
		a.psCommand(),
		a.queryCommand(),
		a.pathCommand(),
		a.renderCommand(),
		a.retainedCommand(),
		a.rulesCommand(),
		a.schemaCommand(),
		a.shellCommand(),
		a.findCommand(),
		a.serveCommand(),
		a.showCommand(),
		a.refsCommand(),
		a.versionCommand(),
		a.watchCommand(),
	)
	root.AddCommand(a.inspectionCommands()...)
	return root
}
