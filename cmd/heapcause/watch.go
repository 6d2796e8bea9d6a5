package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"heapcause/analyze"
	"heapcause/analyze/watch"
	"heapcause/hprof/live"
)

// watchOptions are the flags of watch.
type watchOptions struct {
	every, duration, classesEvery, timeout time.Duration
	noGC, noAttach                         bool
	listen, budget, captureOn              string
	top                                    int
}

func (a *app) watchCommand() *cobra.Command {
	var o watchOptions
	c := &cobra.Command{
		Use:   "watch PID",
		Short: "Watch a running JVM: heap, collections, threads, finalization, classes that grow",
		Long: `Looks at a HotSpot JVM of this machine or of a container again and again: memory areas, collections, threads, objects that wait
for the Finalizer thread (by class), and the classes that grow. PID is the process number here (heapcause ps). It runs for the time of
--for, or until Ctrl-C.

What it costs: memory, collections and threads are read from the JVM's performance data and cost it nothing. What waits for
finalization is asked of the JVM, which counts its queue (JDK 9 and newer). A class histogram costs a full collection; with --no-gc
it counts unreachable objects too, and costs a pause without a collection. --no-attach asks nothing at all.

--budget judges each sample by the limits of a budget file: figures, and growth of figures since the first sample.

Exit codes: 0 done; 1 a limit of --budget was broken; 2 the JVM ended, may not be asked, or did not answer any more. Linux only.`,
		Example: `  heapcause watch 4711
  heapcause watch 4711 --every 1m --for 8h -o night.jsonl
  heapcause watch 4711 --no-gc                   no collections, unreachable objects counted too
  heapcause watch 4711 --for 10m --budget heapcause.yaml --capture-on app.hprof
  heapcause watch 4711 --listen 127.0.0.1:9404   an OpenMetrics page too`,
		Args: onePID,
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("classes-every") {
				o.classesEvery = 6 * o.every
			}
			return a.watch(c.Context(), &o, args[0])
		},
	}
	f := c.Flags()
	f.DurationVar(&o.every, "every", 10*time.Second, "time between two samples")
	f.DurationVar(&o.duration, "for", 0, "how long to watch (default: until Ctrl-C)")
	f.DurationVar(&o.classesEvery, "classes-every", 0, "time between two class histograms; 0 takes none (default: six times --every)")
	f.BoolVar(&o.noGC, "no-gc", false, "count unreachable objects too in histograms, so that they cost no collection")
	f.BoolVar(&o.noAttach, "no-attach", false, "read only what the JVM counts by itself, and ask it nothing")
	f.DurationVar(&o.timeout, "timeout", 10*time.Second, "how long to wait for one answer")
	f.IntVar(&o.top, "top", 10, "classes to show")
	f.StringVarP(&a.f.format, "format", "f", "", "output format: text, jsonl (default: by the ending of -o, else text)")
	f.StringVarP(&a.f.output, "output", "o", "", "write to this file instead of standard output, sample by sample")
	f.BoolVarP(&a.f.quiet, "quiet", "q", false, "no progress, and no word on what histograms cost")
	f.BoolVarP(&a.f.verbose, "verbose", "v", false, "how long the JVM took for each answer, on standard error")
	f.StringVar(&o.listen, "listen", "", "serve the last sample as an OpenMetrics page on this loopback address, 127.0.0.1:9404")
	f.StringVar(&o.budget, "budget", "", "budget file whose limits on figures, and on their growth since the first sample, samples are judged by")
	f.StringVar(&o.captureOn, "capture-on", "", "take a heap dump to this file, once, when the first limit breaks")
	complete(c, "format", "text", "jsonl")
	c.ValidArgsFunction = completeJVMs
	return c
}

// minEvery bounds how often a JVM is asked.
const minEvery = 100 * time.Millisecond

func (a *app) checkWatch(o *watchOptions) error {
	switch {
	case o.every < minEvery:
		return &hintError{fmt.Errorf("--every %s: must be at least %s", o.every, minEvery), "10s is the default"}
	case o.duration < 0:
		return &hintError{fmt.Errorf("--for %s: must not be negative", o.duration), "leave it out to watch until Ctrl-C"}
	case o.classesEvery < 0:
		return &hintError{fmt.Errorf("--classes-every %s: must not be negative", o.classesEvery), "0 takes no histograms"}
	}
	if err := checkTimeout(o.timeout); err != nil {
		return err
	}
	if err := notNegative(o.top, "10 is the default"); err != nil {
		return err
	}
	if a.f.format == "" {
		a.f.format = "text"
		if strings.HasSuffix(a.f.output, ".jsonl") {
			a.f.format = "jsonl"
		}
	}
	if err := oneOf("format", a.f.format, "text", "jsonl"); err != nil {
		return err
	}
	return checkOutput(a.f.output)
}

// ticks returns the times at which samples are taken, after the first; tests have their own.
var ticks = func(every time.Duration) (times <-chan time.Time, stop func()) {
	t := time.NewTicker(every)
	return t.C, t.Stop
}

func (a *app) watch(ctx context.Context, o *watchOptions, pid string) error {
	if err := a.checkWatch(o); err != nil {
		return err
	}
	budget, err := readWatchBudget(o.budget, o.captureOn)
	if err != nil {
		return err
	}
	j, err := findJVM(pid)
	if err != nil {
		return err
	}
	if !o.noAttach {
		if err := j.MayAttach(); err != nil {
			return liveError(err)
		}
	} else if j.Data == nil {
		return &hintError{fmt.Errorf("JVM %d cannot be watched without asking it: %s", j.PID, j.Missing), "leave --no-attach out"}
	}
	w := &watching{app: a, opt: o, jvm: j, target: watch.Of(j), budget: budget}
	return w.run(ctx)
}

// watching is one run of watch.
type watching struct {
	out      *watchOutput
	progress *progress // where the samples go to a file
	app      *app
	opt      *watchOptions
	jvm      *live.JVM
	target   watch.Target
	view     watchView
	page     *metricsPage
	budget   *watchBudget
	figures  map[string]int64
	last     *watch.Sample
	samples  int
	begun    time.Time
	nextHist time.Time
}

// watchView shows samples.
type watchView interface {
	show(now time.Time, s *watch.Sample, figures map[string]int64) error
	end() error
	// pause takes what is written over from the terminal, so that a line can be printed, and redraw brings it back, in the terminal's size.
	pause()
	redraw() error
}

// say prints a line on standard error.
func (w *watching) say(format string, args ...any) {
	w.progress.pause()
	w.view.pause()
	fmt.Fprintf(w.app.stderr, "heapcause: "+format+"\n", args...)
	_ = w.view.redraw() // the next sample tells what is wrong
}

func (w *watching) run(ctx context.Context) (err error) {
	w.progress = w.app.progress()
	defer w.progress.clear()
	w.out = newWatchOutput(w.app)
	defer func() {
		if e := w.out.Close(); err == nil {
			err = e
		}
	}()
	w.view = w.newView()
	if w.opt.listen != "" {
		page, err := listenMetrics(w.opt.listen)
		if err != nil {
			return err
		}
		defer page.close()
		w.page = page
		w.say("OpenMetrics page: http://%s/metrics", page.addr)
	}
	w.notice()
	sampler := watch.New(w.target, watch.Options{Attach: !w.opt.noAttach, NoGC: w.opt.noGC, Timeout: w.opt.timeout})
	defer sampler.Close()
	err = w.loop(ctx, sampler)
	w.progress.pause()
	if e := w.view.end(); err == nil {
		err = e
	}
	if err == nil && w.last != nil {
		err = w.verdict()
	}
	if err == nil {
		err = w.budget.gate()
	}
	return err
}

// notice says what the histograms cost, before the first.
func (w *watching) notice() {
	switch {
	case w.opt.noAttach || w.opt.classesEvery == 0 || w.app.f.quiet:
	case w.opt.noGC:
		w.say("a class histogram every %s: each costs a pause for a walk through the heap, and no collection", w.opt.classesEvery)
	default:
		w.say("a class histogram every %s: each costs a full collection (--no-gc counts unreachable objects too, and costs none)", w.opt.classesEvery)
	}
}

// loop takes samples until the time is over, the user stops it or the JVM has ended.
func (w *watching) loop(ctx context.Context, sampler *watch.Sampler) error {
	times, stop := ticks(w.opt.every)
	defer stop()
	resized, ignore := resizes()
	defer ignore()
	w.begun = time.Now()
	for now := w.begun; ; {
		err := w.sample(ctx, sampler, now)
		switch {
		case errors.Is(err, live.ErrNoProcess):
			return &hintError{fmt.Errorf("JVM %d has ended, after %s of watching", w.jvm.PID, seconds(now.Sub(w.begun))), "heapcause ps lists the JVMs that run"}
		case errors.Is(err, context.Canceled):
			return nil
		case err != nil:
			return liveError(err)
		}
		if w.opt.duration > 0 && now.Add(w.opt.every/2).Sub(w.begun) > w.opt.duration { // ticks are not exact
			return nil
		}
		for waits := true; waits; {
			select {
			case <-ctx.Done():
				return nil
			case <-resized:
				if err := w.view.redraw(); err != nil {
					return err
				}
			case now = <-times:
				waits = false
			}
		}
	}
}

func (w *watching) sample(ctx context.Context, sampler *watch.Sampler, now time.Time) error {
	histogram := w.opt.classesEvery > 0 && !now.Before(w.nextHist)
	if histogram {
		w.nextHist = now.Add(w.opt.classesEvery - w.opt.every/2) // ticks are not exact
	}
	s, err := sampler.Take(ctx, now, histogram)
	if err != nil {
		return err
	}
	if w.last == nil && sampler.NoFinalizerInfo() {
		w.say("this JVM does not tell what waits for finalization (JDK 9 and newer do)")
	}
	w.last, w.figures = s, s.Figures(w.figures)
	if w.page != nil {
		w.page.set(w.jvm, s, w.figures, w.opt.top)
	}
	if err := w.view.show(now, s, w.figures); err != nil {
		return w.out.failed(err)
	}
	w.samples++
	if w.out.file() {
		w.progress.update(fmt.Sprintf("watching JVM %d: %s", w.jvm.PID, analyze.Plural(int64(w.samples), "sample")), 0, 0)
	}
	w.tellCost(now, s)
	w.check(ctx, now)
	return nil
}

// tellCost says how long the JVM took to answer, where that is wanted.
func (w *watching) tellCost(now time.Time, s *watch.Sample) {
	if !w.app.f.verbose || len(s.Answers) == 0 {
		return
	}
	var parts []string
	for _, a := range s.Answers {
		parts = append(parts, a.Command+" "+seconds(a.Took))
	}
	w.say("%s: %s", now.Format("15:04:05"), strings.Join(parts, ", "))
}

// verdict is how the watching ended: with a JVM that answers, or without.
func (w *watching) verdict() error {
	switch {
	case w.last.Problem != nil:
		return liveError(w.last.Problem)
	case w.last.Stopped:
		return &hintError{fmt.Errorf("JVM %d is stopped (SIGSTOP, or a debugger): nothing in it runs", w.jvm.PID), fmt.Sprintf("kill -CONT %d lets it go on", w.jvm.PID)}
	case w.last.Silent != "":
		return &hintError{
			fmt.Errorf("JVM %d has not answered %s: it hangs, or stands in a long collection or another safepoint", w.jvm.PID, w.last.Silent),
			"its counters are read all the same: --no-attach; --timeout waits longer",
		}
	}
	return nil
}

func (w *watching) newView() watchView {
	if w.app.f.format == "jsonl" {
		return &watchLines{w: w.out, pid: w.jvm.PID, top: w.opt.top}
	}
	return &watchTable{w: w.out, size: w.out.size(), top: w.opt.top}
}
