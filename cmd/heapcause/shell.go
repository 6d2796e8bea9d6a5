package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"heapcause/analyze/explore"
	"heapcause/cmd/heapcause/shell"
	"heapcause/graph"
)

// shellOptions are the flags of shell.
type shellOptions struct {
	execute   []string
	noHistory bool
}

// shellCommand answers question after question on one dump.
func (a *app) shellCommand() *cobra.Command {
	var o shellOptions
	c := &cobra.Command{
		Use:   "shell DUMP",
		Short: "Ask one dump question after question",
		Long: `Opens a dump once and answers commands about it: those of heapcause, without the name of the dump, and
queries as they are (SELECT …). $1 stands for the first object that was shown, and so on. The tab key
completes commands, classes, fields and keywords; Ctrl-C stops a command, Ctrl-D ends the shell.

Without a terminal commands are read from standard input, one a line; what follows a # is a comment. All
are run; the exit code is 2 when one could not be done. docs/shell.md tells more.`,
		Example: `  heapcause shell app.hprof
  heapcause shell app.hprof -e 'show java.util.Timer#1' -e 'refs $2 --in'
  heapcause shell app.hprof < questions.txt > answers.txt`,
		Args: oneDump,
		RunE: func(c *cobra.Command, args []string) error { return a.shell(c.Context(), args[0], o) },
	}
	a.readFlags(c)
	a.graphFlags(c)
	f := c.Flags()
	f.StringArrayVarP(&o.execute, "execute", "e", nil, "run this command instead of reading any; may be repeated")
	f.BoolVar(&o.noHistory, "no-history", false, "neither read nor keep the history of commands")
	f.BoolVar(&a.f.showValues, "show-values", false, "show the contents of strings, SQL literals and URLs")
	return c
}

// errCommand says that a command of the shell failed; it has told why.
type errCommand struct{ code int }

func (e *errCommand) Error() string { return fmt.Sprintf("a command ended with %d", e.code) }

func (a *app) shell(ctx context.Context, path string, o shellOptions) error {
	if err := a.check("text"); err != nil {
		return err
	}
	if err := a.checkGraph(); err != nil {
		return err
	}
	if path == "-" && len(o.execute) == 0 {
		return &hintError{errors.New("shell -: standard input cannot be both the dump and the commands"), "name the commands with -e"}
	}
	a.exploring = true
	p := a.progress()
	defer p.clear()
	return a.withHeap(ctx, path, p, true, func(h *graph.Heap) (func() error, error) {
		return func() error {
			p.clear()
			warn(a.stderr, h.NumObjects(), h.Problems())
			return newSession(a, path, h).run(ctx, o)
		}, nil
	})
}

// session is a shell at work.
type session struct {
	app      *app
	open     *openHeap
	settings map[string]string // flags that commands begin with, where they are not as they come
	keys     *os.File          // nil without a terminal
	screen   *os.File
	history  *shell.History
	running  atomic.Pointer[context.CancelFunc] // ends the command that runs
	worst    int                                // exit code of the commands so far
	ended    bool
}

func newSession(a *app, path string, h *graph.Heap) *session {
	s := &session{app: a, open: &openHeap{path: path, heap: h, findings: explore.NewFindings()}, settings: map[string]string{}}
	if a.f.showValues {
		s.settings["show-values"] = "true"
	}
	return s
}

func (s *session) run(ctx context.Context, o shellOptions) error {
	in, isFile := s.app.stdin.(*os.File)
	out, _ := s.app.stdout.(*os.File)
	_, tty := terminal(s.app.stdout)
	switch {
	case len(o.execute) > 0:
		return s.batch(ctx, strings.NewReader(strings.Join(o.execute, "\n")))
	case isFile && tty && term.IsTerminal(int(in.Fd())):
		s.keys, s.screen = in, out
		return s.interactive(ctx, o)
	case s.app.stdin == nil:
		return nil
	}
	return s.batch(ctx, s.app.stdin)
}

// maxLine bounds a command.
const maxLine = 1 << 20

// batch runs commands line by line.
func (s *session) batch(ctx context.Context, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for !s.ended && s.open.heap.Err() == nil && lines.Scan() {
		s.worst = max(s.worst, s.do(ctx, lines.Text(), s.app.stdout))
		if ctx.Err() != nil {
			break
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	if s.worst != exitDone {
		return &errCommand{s.worst}
	}
	return nil
}

// interactive reads commands from a terminal. An interrupt ends the command that runs, and no more.
func (s *session) interactive(ctx context.Context, o shellOptions) error {
	stop := s.catchInterrupts()
	defer stop()
	ctx = context.WithoutCancel(ctx) // it ends with the first interrupt
	s.openHistory(o)
	defer func() { _ = s.history.Close() }()
	fmt.Fprintf(s.app.stderr, "%s: help lists the commands, Ctrl-D ends\n", clean(filepath.Base(s.open.path)))
	editor := shell.NewEditor(s.keys, s.screen, prompt, s.history, s.complete)
	for !s.ended && s.open.heap.Err() == nil {
		line, err := editor.ReadLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("terminal: %w", err)
		}
		s.command(ctx, line)
	}
	return nil
}

const prompt = "heapcause> "

func (s *session) openHistory(o shellOptions) {
	s.history = &shell.History{}
	if o.noHistory {
		return
	}
	path, err := shell.HistoryFile()
	if err == nil {
		s.history, err = shell.OpenHistory(path)
	}
	if err != nil {
		fmt.Fprintf(s.app.stderr, "heapcause: warning: no history: %v\n", err)
	}
}

func (s *session) catchInterrupts() (stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-c:
				if cancel := s.running.Load(); cancel != nil {
					(*cancel)()
				}
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(c)
		close(done)
	}
}

// command runs a line with the screen to itself.
func (s *session) command(ctx context.Context, line string) {
	ctx, cancel := context.WithCancel(ctx)
	s.running.Store(&cancel)
	defer func() {
		s.running.Store(nil)
		cancel()
	}()
	pager := shell.NewPager(s.keys, s.screen, true)
	s.do(ctx, line, pager)
	_ = pager.Close()
}

// do runs one line and returns its exit code.
func (s *session) do(ctx context.Context, line string, out io.Writer) int {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return exitDone
	}
	args, err := s.arguments(line)
	if err == nil {
		if own := s.ownCommand(args[0]); own != nil {
			err = own(args[1:], out)
		} else {
			return s.heapcause(ctx, args, out)
		}
	}
	return s.told(err)
}

// told tells why a command failed, without what would steer a terminal: an error may name what the dump holds.
func (s *session) told(err error) int {
	var b bytes.Buffer
	code := exitCode(err, &b)
	for line := range strings.Lines(b.String()) {
		fmt.Fprintln(s.app.stderr, clean(strings.TrimSuffix(line, "\n")))
	}
	return code
}

// heapcause runs a command of heapcause on the open heap.
func (s *session) heapcause(ctx context.Context, args []string, out io.Writer) int {
	a := &app{stdout: out, stderr: s.app.stderr, open: s.open}
	root := a.command()
	args, err := s.withDump(root, args)
	if err != nil {
		return s.told(err)
	}
	c, _, err := root.Find(args)
	if err == nil {
		err = s.prepare(c)
	}
	if err != nil {
		return s.told(err)
	}
	root.SetArgs(args)
	var printed bytes.Buffer // usage and help
	root.SetOut(&printed)
	err = root.ExecuteContext(ctx)
	_, _ = printed.WriteTo(out)
	return s.told(err)
}

// ofShell are the flags that make the graph, which is there: they are the shell's.
var ofShell = []string{"dump", "index", "index-dir", "max-memory", "object-sizes", "references", "temp-dir"}

// prepare gives a command the settings of the session.
func (s *session) prepare(c *cobra.Command) error {
	for name, value := range s.settings {
		if f := c.Flags().Lookup(name); f != nil {
			if err := f.Value.Set(value); err != nil {
				return err
			}
		}
	}
	for _, name := range append([]string{"workers", "quiet"}, ofShell...) {
		if f := c.Flags().Lookup(name); f != nil {
			if err := f.Value.Set(s.flag(name)); err != nil {
				return err
			}
		}
	}
	for _, name := range ofShell {
		if f := c.Flags().Lookup(name); f != nil {
			f.Hidden = true
		}
	}
	own := c.PreRun // PreRunE runs in its stead
	c.PreRunE = func(c *cobra.Command, args []string) error {
		for _, name := range ofShell {
			if c.Flags().Changed(name) {
				return &hintError{fmt.Errorf("--%s: the graph is there already", name), "heapcause shell has this flag"}
			}
		}
		if own != nil {
			own(c, args)
		}
		return nil
	}
	return nil
}

// flag is the value of one of the shell's own flags.
func (s *session) flag(name string) string {
	f := &s.app.f
	return map[string]string{
		"workers": fmt.Sprint(f.workers), "quiet": fmt.Sprint(f.quiet), "dump": fmt.Sprint(f.dump), "index": f.index, "index-dir": f.indexDir,
		"max-memory": f.maxMemory, "object-sizes": f.objectSizes, "references": f.references, "temp-dir": f.tempDir,
	}[name]
}
