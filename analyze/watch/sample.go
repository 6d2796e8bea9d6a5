package watch

import (
	"context"
	"errors"
	"strings"
	"time"

	"heapcause/hprof/live"
)

// Question is a command that the JVM has been given.
type Question interface {
	Done() <-chan struct{}
	Answer() (string, error)
	Close()
}

// Target is the JVM to look at.
type Target interface {
	// Refresh reads anew what JVM returns; it fails when the process has ended.
	Refresh() error
	JVM() *live.JVM
	// Begin gives the JVM a diagnostic command.
	Begin(ctx context.Context, timeout time.Duration, command string) (Question, error)
}

// Of makes a JVM a target.
func Of(j *live.JVM) Target { return running{j} }

type running struct{ j *live.JVM }

func (r running) Refresh() error { return r.j.Refresh() }
func (r running) JVM() *live.JVM { return r.j }
func (r running) Begin(ctx context.Context, timeout time.Duration, command string) (Question, error) {
	q, err := r.j.Begin(ctx, timeout, "jcmd", command)
	if err != nil {
		return nil, err
	}
	return q, nil
}

// Options of a Sampler.
type Options struct {
	// Attach allows asking the JVM. Without it a sample is what the JVM counts by itself.
	Attach bool
	// NoGC makes histograms count unreachable objects too, so that no collection comes before.
	NoGC bool
	// Timeout is how long to wait for one answer.
	Timeout time.Duration
}

// Sample is what is known of the JVM at one time.
type Sample struct {
	// Counters are nil where the JVM's performance data cannot be read; Missing says why.
	Counters *live.Counters
	Missing  string
	// RSS is the memory of the process that lies in RAM, bytes; Native the number of its threads.
	RSS    int64
	Native int
	// Queued are the objects that wait for the Finalizer thread, by class; QueuedKnown says that the JVM told.
	Queued      []live.ClassNumber
	QueuedTotal int64
	QueuedKnown bool
	// Growth is what classes have grown by since the first histogram, nil when this sample has no histogram.
	Growth *Growth
	// Answers are what the JVM was asked and has answered, in that order.
	Answers []Answered
	// Silent is what the JVM has not answered yet, "" when it has answered all, SilentFor how long it was waited for. Stopped says that the
	// process is stopped by a signal or a debugger.
	Silent    string
	SilentFor time.Duration
	Stopped   bool
	// Problem is why the JVM could not be asked, nil when it was.
	Problem error
}

// Answered is a command that the JVM was given, and how long it took. Of one that was not answered in time it counts from when it was given.
type Answered struct {
	Command string
	Took    time.Duration
}

// Sampler takes samples. It is not for use by several goroutines at a time.
type Sampler struct {
	target  Target
	opt     Options
	pending *pending
	// noInfo says that the JVM does not know GC.finalizer_info (JDK 8).
	noInfo bool
	growth growth
}

// pending is a question that was not answered in time.
type pending struct {
	Question
	command string
	asked   time.Time                      // of the sample
	begun   time.Time                      // by the clock
	keep    func(out *Sample, text string) // what its answer is for
}

// New makes a Sampler.
func New(t Target, opt Options) *Sampler { return &Sampler{target: t, opt: opt, growth: newGrowth()} }

// Close gives up what was not answered.
func (s *Sampler) Close() {
	if s.pending != nil {
		s.pending.Close()
	}
}

// NoFinalizerInfo reports whether the JVM does not tell what waits for finalization.
func (s *Sampler) NoFinalizerInfo() bool { return s.noInfo }

// Take takes a sample, with a class histogram if told so. It fails when the JVM has ended or ctx has. now is the time of the sample.
func (s *Sampler) Take(ctx context.Context, now time.Time, histogram bool) (*Sample, error) {
	if err := s.target.Refresh(); err != nil {
		return nil, err
	}
	out := &Sample{}
	if s.opt.Attach {
		if err := s.ask(ctx, now, histogram, out); err != nil {
			return nil, err
		}
		if err := s.target.Refresh(); err != nil { // the counters after what it was asked
			return nil, err
		}
	}
	j := s.target.JVM()
	out.Counters, out.Missing, out.RSS, out.Native = j.Data, j.Missing, j.RSS, j.Threads
	return out, nil
}

// ask asks what the sample needs, one thing after the other.
func (s *Sampler) ask(ctx context.Context, now time.Time, histogram bool, out *Sample) error {
	if s.pending != nil {
		if done, err := s.wait(ctx, now, s.pending, out); !done {
			return err
		}
	}
	if !s.noInfo {
		ok, err := s.give(ctx, now, "GC.finalizer_info", out, setQueued)
		if !ok {
			return err
		}
	}
	if !histogram {
		return nil
	}
	command := "GC.class_histogram"
	if s.opt.NoGC {
		command += " -all"
	}
	_, err := s.give(ctx, now, command, out, func(out *Sample, text string) { out.Growth = s.growth.add(text) })
	return err
}

// give gives the JVM a command and waits for the answer. ok is false when nothing more is to be asked now.
func (s *Sampler) give(ctx context.Context, now time.Time, command string, out *Sample, keep func(out *Sample, text string)) (ok bool, err error) {
	begun := time.Now()
	q, err := s.target.Begin(ctx, s.opt.Timeout, command)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		return false, s.problem(err, out)
	}
	return s.wait(ctx, now, &pending{q, command, now, begun, keep}, out)
}

// problem keeps why the JVM could not be asked, unless it has ended.
func (s *Sampler) problem(err error, out *Sample) error {
	if e := s.target.Refresh(); e != nil {
		return e
	}
	out.Problem = err
	return nil
}

// wait waits for an answer. What does not come in time stays pending.
func (s *Sampler) wait(ctx context.Context, now time.Time, p *pending, out *Sample) (ok bool, err error) {
	t := time.NewTimer(s.opt.Timeout)
	defer t.Stop()
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Close()
		s.pending = nil
		return false, ctx.Err()
	case <-t.C:
		if err := s.target.Refresh(); err != nil {
			p.Close()
			s.pending = nil
			return false, err
		}
		state := s.target.JVM().State
		s.pending, out.Silent, out.SilentFor, out.Stopped = p, p.command, now.Sub(p.asked)+s.opt.Timeout, state == 'T' || state == 't'
		return false, nil
	}
	s.pending = nil
	p.Close()
	text, err := p.Answer()
	switch {
	case err == nil:
		out.Answers = append(out.Answers, Answered{p.command, time.Since(p.begun)})
		p.keep(out, text)
	case strings.Contains(err.Error(), "Unknown diagnostic command") && p.command == "GC.finalizer_info":
		s.noInfo = true
	default:
		return false, s.problem(err, out)
	}
	return true, nil
}

// setQueued reads the answer of GC.finalizer_info.
func setQueued(out *Sample, text string) {
	classes, ok := live.ParseFinalizerInfo(text)
	if !ok {
		out.Problem = errors.New("the JVM's answer to GC.finalizer_info is of no known form")
		return
	}
	out.Queued, out.QueuedKnown, out.QueuedTotal = classes, true, 0
	for _, c := range classes {
		out.QueuedTotal += c.Instances
	}
}

// Figures are the numbers of a sample by the names that budgets use. The last known ones stand in for what this sample does not have.
func (s *Sample) Figures(last map[string]int64) map[string]int64 {
	f := map[string]int64{}
	for name, n := range last {
		f[name] = n
	}
	set := func(name string, n int64) {
		if n >= 0 {
			f[name] = n
		}
	}
	set("process.rss", s.RSS)
	set("threads.native", int64(s.Native))
	if s.QueuedKnown {
		f["finalizer.queued"] = s.QueuedTotal
	}
	if s.Growth != nil {
		f["finalizer.registered"] = s.Growth.Finalizers
		f["histogram.bytes"], f["histogram.instances"] = s.Growth.Bytes, s.Growth.Instances
	}
	c := s.Counters
	if c == nil {
		return f
	}
	set("heap.used", c.Heap.Used)
	set("heap.capacity", c.Heap.Capacity)
	set("heap.max", c.Heap.Max)
	if c.Heap.Max > 0 {
		f["heap.percent"] = 100 * c.Heap.Used / c.Heap.Max
	}
	for _, a := range c.Areas {
		switch a.Name {
		case "old", "metaspace":
			set(a.Name+".used", a.Used)
		}
	}
	count, spent := c.GC()
	f["gc.collections"], f["gc.time"] = count, spent.Milliseconds()
	set("threads", c.Threads)
	set("threads.daemon", c.Daemons)
	set("classes", c.Classes)
	set("safepoints", c.Safepoints)
	f["safepoints.time"] = c.SafepointTime.Milliseconds()
	return f
}

// Figure describes a figure of samples.
type Figure struct{ Name, Unit, Doc string }

// Figures are those that Sample.Figures gives, in the order of their names.
var Figures = []Figure{
	{"classes", "classes", "loaded classes"},
	{"finalizer.queued", "objects", "objects that wait for the Finalizer thread"},
	{"finalizer.registered", "objects", "instances of java.lang.ref.Finalizer, at the last histogram"},
	{"gc.collections", "collections", "collections since the JVM began"},
	{"gc.time", "milliseconds", "what they took"},
	{"heap.capacity", "bytes", "heap committed"},
	{"heap.max", "bytes", "the heap's maximum"},
	{"heap.percent", "percent", "heap in use, of its maximum"},
	{"heap.used", "bytes", "heap in use; under G1 as of the last collection"},
	{"histogram.bytes", "bytes", "all objects of the last histogram"},
	{"histogram.instances", "objects", "all objects of the last histogram"},
	{"metaspace.used", "bytes", "metaspace in use"},
	{"old.used", "bytes", "old generation in use"},
	{"process.rss", "bytes", "memory of the process in RAM"},
	{"safepoints", "safepoints", "how often all threads stood"},
	{"safepoints.time", "milliseconds", "how long they stood"},
	{"threads", "threads", "live platform threads of Java"},
	{"threads.daemon", "threads", "daemons among them"},
	{"threads.native", "threads", "all threads of the process"},
}
