package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/hprof/live"
)

// captureOptions are the flags of capture.
type captureOptions struct {
	live, all   bool
	gz          int
	via         string
	ignoreSpace bool
	timeout     time.Duration
	analyze     bool
}

func (a *app) captureCommand() *cobra.Command {
	var o captureOptions
	c := &cobra.Command{
		Use:   "capture PID",
		Short: "Take a heap dump of a running JVM",
		Long: `Tells a HotSpot JVM of this machine or of a container to write a heap dump, through its attach mechanism and without a
JDK. PID is the process number here (heapcause ps). The JVM's user and root may do that.

All threads of the JVM stand until the dump is written: about a second per GiB of heap on a fast disk. --live, the
default, collects garbage first and leaves it out; --all takes it too. The dump is called FILE.partial until it
is whole. Once the JVM has begun it cannot be stopped. Where it cannot write to the folder of FILE, as in a
container, it writes to its /tmp, or to the folder of --via, and the dump is moved from there. The name of
the dump is printed on standard output. Linux only.`,
		Example: `  heapcause capture 4711                             java_pid4711.hprof in this folder
  heapcause capture 4711 -o app.hprof.gz --gz 1      packed by the JVM (JDK 15 and newer)
  heapcause capture 4711 --analyze                   and then the report
  sudo heapcause capture 4711 --via /data            a folder on a disk, as a container's JVM sees it`,
		Args: onePID,
		RunE: func(c *cobra.Command, args []string) error { return a.capture(c.Context(), &o, args[0]) },
	}
	f := c.Flags()
	f.StringVarP(&a.f.output, "output", "o", "", "the dump's name (default: java_pidPID.hprof in this folder)")
	f.BoolVar(&o.live, "live", false, "reachable objects only, after a collection (default)")
	f.BoolVar(&o.all, "all", false, "unreachable objects too, without a collection")
	f.IntVar(&o.gz, "gz", 0, "let the JVM pack it, 1 (fast) to 9 (small); 1 where FILE ends in .gz")
	f.StringVar(&o.via, "via", "", "folder, as the JVM sees it, to write to and to move the dump from")
	f.BoolVar(&o.ignoreSpace, "ignore-space", false, "begin even where the dump does not seem to fit")
	f.DurationVar(&o.timeout, "timeout", 30*time.Second, "give up after so long without a sign of life")
	f.BoolVar(&o.analyze, "analyze", false, "print the report of the dump afterwards, as heapcause analyze does")
	f.BoolVarP(&a.f.quiet, "quiet", "q", false, "no progress")
	c.MarkFlagsMutuallyExclusive("live", "all")
	c.ValidArgsFunction = completeJVMs
	return c
}

// onePID accepts exactly one process number.
func onePID(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return &hintError{fmt.Errorf("%s takes one process number, not %d arguments", c.Name(), len(args)), "heapcause ps lists the JVMs that run"}
	}
	_, err := pidOf(args[0])
	return err
}

func pidOf(word string) (int, error) {
	pid, err := strconv.ParseInt(word, 10, 32)
	if err != nil || pid < 1 {
		return 0, &hintError{fmt.Errorf("%q is no process number", word), "heapcause ps lists the JVMs that run"}
	}
	return int(pid), nil
}

// completeJVMs completes process numbers of JVMs.
func completeJVMs(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	jvms, _ := live.List()
	var out []string
	for _, j := range jvms {
		out = append(out, strconv.Itoa(j.PID)+"\t"+clean(j.Main))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// findJVM finds the JVM of an argument.
func findJVM(word string) (*live.JVM, error) {
	pid, err := pidOf(word)
	if err != nil {
		return nil, err
	}
	j, err := live.Find(pid)
	if errors.Is(err, live.ErrNoProcess) {
		err = fmt.Errorf("%d: %w", pid, err)
	}
	if err != nil {
		return nil, liveError(err)
	}
	return j, nil
}

func checkTimeout(d time.Duration) error {
	if d <= 0 {
		return &hintError{fmt.Errorf("--timeout %s: must be above 0", d), "30s is the default"}
	}
	return nil
}

func (a *app) capture(ctx context.Context, o *captureOptions, pid string) error {
	path := a.f.output
	switch {
	case path == "-":
		return &hintError{fmt.Errorf("-o -: a JVM writes dumps to files only"), "name a file"}
	case path == "":
		path = "java_pid" + pid + ".hprof"
		if o.gz > 0 {
			path += ".gz"
		}
	case o.gz == 0 && strings.HasSuffix(path, ".gz"):
		o.gz = 1
	}
	if o.gz < 0 || o.gz > 9 {
		return &hintError{fmt.Errorf("--gz %d: levels are 1 to 9", o.gz), "1 is fast and packs well"}
	}
	if err := checkTimeout(o.timeout); err != nil {
		return err
	}
	if err := checkOutput(path); err != nil {
		return err
	}
	j, err := findJVM(pid)
	if err != nil {
		return err
	}
	p := a.progress()
	defer p.clear()
	say := p.say
	if a.f.quiet {
		say = nil
	}
	done, err := j.Capture(ctx, live.CaptureOptions{
		Path: path, All: o.all, GZ: o.gz, Via: o.via, IgnoreSpace: o.ignoreSpace, Timeout: o.timeout, Progress: p.update, Say: say,
	})
	p.clear()
	if err != nil {
		return liveError(err)
	}
	if !a.f.quiet {
		fmt.Fprintf(a.stderr, "heapcause: %s in %s\n", humanize.IBytes(uint64(done.Bytes)), seconds(done.Took))
	}
	if !o.analyze {
		_, err := fmt.Fprintln(a.stdout, path)
		return err
	}
	fmt.Fprintf(a.stderr, "heapcause: %s\n", path)
	return a.again(ctx, "analyze", path)
}

// again runs another command with its own defaults.
func (a *app) again(ctx context.Context, args ...string) error {
	b := &app{stdin: a.stdin, stdout: a.stdout, stderr: a.stderr}
	root := b.command()
	if a.f.quiet {
		args = append(args, "--quiet")
	}
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}
