package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"heapcause/analyze/watch"
	"heapcause/hprof/live"
)

const (
	patient = 30 * time.Second
	brief   = 10 * time.Millisecond
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// fake is a JVM that answers what it is told to.
type fake struct {
	jvm   live.JVM
	ended bool
	asked []string
	reply func(command string) (text string, answered chan struct{}, err error)
}

func (f *fake) JVM() *live.JVM { return &f.jvm }

func (f *fake) Refresh() error {
	if f.ended {
		return live.ErrNoProcess
	}
	return nil
}

func (f *fake) Begin(_ context.Context, _ time.Duration, command string) (watch.Question, error) {
	f.asked = append(f.asked, command)
	text, answered, err := f.reply(command)
	if answered == nil {
		answered = make(chan struct{})
		close(answered)
	}
	return &question{text, err, answered}, nil
}

type question struct {
	text string
	err  error
	done chan struct{}
}

func (q *question) Done() <-chan struct{}   { return q.done }
func (q *question) Answer() (string, error) { return q.text, q.err }
func (q *question) Close()                  {}

const nothingWaits = "No instances waiting for finalization found\n"

func histogram(lines ...string) string {
	return " num     #instances         #bytes  class name (module)\n-------------------------------------------------------\n" +
		strings.Join(lines, "\n") + "\nTotal             9            999\n"
}

// answers replies with the next of the histograms each time.
func answers(info string, histograms ...string) func(string) (string, chan struct{}, error) {
	return func(command string) (string, chan struct{}, error) {
		if command == "GC.finalizer_info" {
			return info, nil, nil
		}
		h := histograms[0]
		histograms = histograms[1:]
		return h, nil, nil
	}
}

func take(t *testing.T, s *watch.Sampler, at time.Duration, histogram bool) *watch.Sample {
	t.Helper()
	out, err := s.Take(context.Background(), start.Add(at), histogram)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestQueued(t *testing.T) {
	f := &fake{reply: answers("Unreachable instances waiting for finalization\n#instances  class name\n-----------------------\n         7  b.B\n      2903  org.postgresql.jdbc3g.Jdbc3gPreparedStatement\n")}
	s := take(t, watch.New(f, watch.Options{Attach: true, Timeout: patient}), 0, false)
	if !s.QueuedKnown || s.QueuedTotal != 2910 || s.Queued[0].Instances != 2903 || s.Queued[1].Class != "b.B" || s.Growth != nil || s.Problem != nil {
		t.Errorf("%+v", s)
	}
	if got := s.Figures(nil)["finalizer.queued"]; got != 2910 {
		t.Errorf("figure %d", got)
	}
	f.reply = answers("what is this")
	if s := take(t, watch.New(f, watch.Options{Attach: true, Timeout: patient}), 0, false); s.QueuedKnown || s.Problem == nil {
		t.Errorf("%+v", s)
	}
}

// TestAsksLittle: what is asked of the JVM is what the options allow.
func TestAsksLittle(t *testing.T) {
	for _, c := range []struct {
		opt       watch.Options
		histogram bool
		want      string
	}{
		{watch.Options{Attach: true}, false, "GC.finalizer_info"},
		{watch.Options{Attach: true}, true, "GC.finalizer_info GC.class_histogram"},
		{watch.Options{Attach: true, NoGC: true}, true, "GC.finalizer_info GC.class_histogram -all"},
		{watch.Options{NoGC: true}, true, ""},
	} {
		f := &fake{reply: answers(nothingWaits, histogram("1: 1 16 a.A"))}
		c.opt.Timeout = patient
		take(t, watch.New(f, c.opt), 0, c.histogram)
		if got := strings.Join(f.asked, " "); got != c.want {
			t.Errorf("%+v: asked %q", c.opt, got)
		}
	}
}

func TestGrowth(t *testing.T) {
	f := &fake{reply: answers(nothingWaits,
		histogram("1: 10 160 a.Steady", "2: 5 80 a.Leak", "3: 3 72 java.lang.ref.Finalizer (java.base@17.0.15)", "4: 9 90 a.Falls"),
		histogram("1: 10 160 a.Steady", "2: 6 96 a.Leak", "3: 4 96 java.lang.ref.Finalizer (java.base@17.0.15)", "4: 1 10 a.Falls", "5: 1 1000 a.Once"),
		histogram("1: 10 160 a.Steady", "2: 9 144 a.Leak", "3: 4 96 java.lang.ref.Finalizer (java.base@17.0.15)", "6: 2 32 [La.New;"))}
	s := watch.New(f, watch.Options{Attach: true, Timeout: patient})
	g := take(t, s, 0, true).Growth
	if g.Number != 1 || len(g.Classes) != 0 || g.Bytes != 402 || g.Instances != 27 || g.Finalizers != 3 {
		t.Errorf("first: %+v", g)
	}
	take(t, s, 1, true)
	last := take(t, s, 2, true)
	got := fmt.Sprint(last.Growth.Classes)
	if want := "[{a.Leak 9 144 4 64 2} {a.New[] 2 32 2 32 1} {java.lang.ref.Finalizer 4 96 1 24 1}]"; got != want {
		t.Errorf("third: %s\nwant   %s", got, want)
	}
	if n := last.Figures(nil)["finalizer.registered"]; n != 4 {
		t.Errorf("registered %d", n)
	}
}

// TestOldJVM: JDK 8 does not know GC.finalizer_info, and is not asked for it again.
func TestOldJVM(t *testing.T) {
	f := &fake{reply: func(command string) (string, chan struct{}, error) {
		if command == "GC.finalizer_info" {
			return "", nil, errors.New("JVM 1: GC.finalizer_info: the JVM says: java.lang.IllegalArgumentException: Unknown diagnostic command")
		}
		return histogram("   1:        31            992  java.lang.ref.Finalizer"), nil, nil
	}}
	s := watch.New(f, watch.Options{Attach: true, Timeout: patient})
	one := take(t, s, 0, true)
	take(t, s, 1, false)
	if one.Growth == nil || one.Growth.Finalizers != 31 || one.QueuedKnown || one.Problem != nil || !s.NoFinalizerInfo() || len(f.asked) != 2 {
		t.Errorf("%+v, asked %v", one, f.asked)
	}
}

// TestSilent: a JVM that hangs is not asked again before it has answered; its counters are read all the same.
func TestSilent(t *testing.T) {
	later := make(chan struct{})
	f := &fake{reply: func(command string) (string, chan struct{}, error) {
		if command == "GC.class_histogram" {
			return histogram("1: 1 16 a.A"), later, nil
		}
		return nothingWaits, nil, nil
	}}
	f.jvm.Data = &live.Counters{Threads: 12}
	f.jvm.State = 'T'
	s := watch.New(f, watch.Options{Attach: true, Timeout: brief})
	first := take(t, s, 0, true)
	if first.Silent != "GC.class_histogram" || first.SilentFor != brief || !first.Stopped || !first.QueuedKnown || first.Counters.Threads != 12 {
		t.Errorf("%+v", first)
	}
	if again := take(t, s, 20*time.Second, true); again.SilentFor != 20*time.Second+brief || len(f.asked) != 2 {
		t.Errorf("%+v, asked %v", again, f.asked)
	}
	close(later)
	if now := take(t, s, 30*time.Second, false); now.Silent != "" || now.Growth == nil || len(f.asked) != 3 {
		t.Errorf("%+v, asked %v", now, f.asked)
	}
}

func TestEnds(t *testing.T) {
	f := &fake{reply: answers(nothingWaits)}
	s := watch.New(f, watch.Options{Attach: true, Timeout: patient})
	take(t, s, 0, false)
	f.ended = true
	if _, err := s.Take(context.Background(), start, false); !errors.Is(err, live.ErrNoProcess) {
		t.Errorf("ended: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f = &fake{reply: func(string) (string, chan struct{}, error) { return "", make(chan struct{}), nil }}
	if _, err := watch.New(f, watch.Options{Attach: true, Timeout: patient}).Take(ctx, start, false); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestFigures: each figure is described, and what a sample lacks is the last known.
func TestFigures(t *testing.T) {
	s := watch.Sample{Counters: &live.Counters{Heap: live.Area{Used: 50, Capacity: 80, Max: 200}, Threads: -1, Areas: []live.Area{{Name: "old", Used: 7}, {Name: "metaspace", Used: 8}}}}
	got := s.Figures(map[string]int64{"finalizer.queued": 5, "threads": 3, "finalizer.registered": 9, "histogram.bytes": 1, "histogram.instances": 1})
	if got["heap.percent"] != 25 || got["threads"] != 3 || got["finalizer.queued"] != 5 || got["old.used"] != 7 {
		t.Errorf("%v", got)
	}
	var names []string
	for _, f := range watch.Figures {
		names = append(names, f.Name)
		if _, ok := got[f.Name]; !ok {
			t.Errorf("%s: never given", f.Name)
		}
	}
	if !slices.IsSorted(names) || len(names) != len(got) {
		t.Errorf("described: %v\ngiven: %v", names, got)
	}
}

func TestParseFinalizerInfo(t *testing.T) {
	for text, want := range map[string]bool{nothingWaits: true, "Finalization is disabled\n": true, "": false, "1 2 3": false} {
		if c, ok := live.ParseFinalizerInfo(text); ok != want || len(c) > 0 {
			t.Errorf("%q: %v, %v", text, c, ok)
		}
	}
}
