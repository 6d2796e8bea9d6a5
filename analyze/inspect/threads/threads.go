// Package threads has the inspection of the threads of a heap.
package threads

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/rules/executors"
	"heapcause/analyze/rules/threads"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// Inspection describes the threads of a heap.
var Inspection = &analyze.Inspection{
	Name:  "threads",
	Title: "Threads: states, stacks, locals, thread locals, executors and locks",
	Doc: `Lists the live threads by name (numbers in names are #), state, stack, and by what they retain; their locals by frame; JDBC statements on their stacks with the SQL; the values of
their thread locals by class and by the static field that holds the ThreadLocal, stale ones (whose ThreadLocal is gone) apart; executors with
their workers, busy workers and queues; and who waits for a lock that whom holds.

Virtual threads of one class, state and stack count under the one of them that retains most. What a thread retains is what its stack, its thread
locals and its fields alone hold. A worker of a ThreadPoolExecutor is busy while it holds its own lock.

The dump names the owner of a java.util.concurrent lock. It does not name that of a monitor: a blocked thread is blocked at one of the objects
in its innermost frame, and the owner is a thread that has the same object in a frame of its own. Where several would fit, all are named.`,
	Scans: slices.Concat(threads.Scans, executors.Scans),
	Run:   run,
}

// subject is what the tables of this inspection share.
type subject struct {
	*analyze.Pass
	groups   []*analyze.ThreadGroup
	platform []*threads.Thread
	byObject map[graph.Object]*threads.Thread
	locals   []*threads.Locals
	locks    *threads.Locks
	pools    []*executors.Pool
	forks    []*executors.ForkJoinPool
	inLocals map[graph.Object]int64 // thread → retained by the values of its thread locals
}

func newSubject(p *analyze.Pass) *subject {
	s := &subject{
		Pass: p, groups: p.ThreadGroups(), platform: threads.Platform(p), byObject: map[graph.Object]*threads.Thread{}, locals: threads.AllLocals(p), locks: threads.AllLocks(p),
		pools: executors.Pools(p), forks: executors.ForkJoinPools(p), inLocals: map[graph.Object]int64{},
	}
	for _, t := range s.platform {
		s.byObject[t.Object] = t
	}
	for _, l := range s.locals {
		for i, e := range l.Entries {
			s.inLocals[l.Owners[i]] += p.Heap.Retained(e)
		}
	}
	return s
}

func run(p *analyze.Pass) (*report.Section, error) {
	s := newSubject(p)
	out := &report.Section{}
	out.Facts = s.facts()
	out.Summary = s.summary(out)
	out.Tables = report.Rows[report.Table]{
		s.names(), s.states(), s.stacks(), s.retaining(), s.attributes(), s.frameLocals(), s.inFlight(), s.threadLocals(), s.executorTable(), s.lockTable(), s.deadlockTable(),
	}
	if len(s.locks.Deadlocks) > 0 {
		out.Notes = append(out.Notes, "Which monitor a blocked thread waits for, and which it holds, is read from the objects on the stacks: a deadlock of monitors is likely, not certain. A thread dump (jcmd PID Thread.print) tells.")
	}
	return out, nil
}

// counts of the threads.
type counts struct{ platform, virtual, daemon, pinned, jni int64 }

func (s *subject) count() counts {
	var c counts
	for _, g := range s.groups {
		if g.Virtual {
			c.virtual += g.Count
			c.pinned += g.Pinned
		}
	}
	for _, t := range s.platform {
		c.platform++
		if t.Daemon {
			c.daemon++
		}
		c.jni += jniLocals(s.Heap, t.Object)
	}
	return c
}

func (s *subject) facts() report.Rows[report.Fact] {
	c := s.count()
	var retained, live, stale, deadlocked, busy, waiting int64
	for _, g := range s.groups {
		retained += g.Retained
	}
	for _, l := range s.locals {
		if l.Stale {
			stale += int64(len(l.Entries))
		} else {
			live += int64(len(l.Entries))
		}
	}
	for _, d := range s.locks.Deadlocks {
		deadlocked += int64(len(d.Threads))
	}
	for _, e := range s.pools {
		busy += int64(len(e.Busy))
		waiting += max(e.Queued, 0)
	}
	return report.Rows[report.Fact]{
		analyze.Fact("platform threads", report.Count(c.platform)),
		analyze.Fact("daemon threads", report.Count(c.daemon)),
		analyze.Fact("virtual threads", report.Count(c.virtual)),
		analyze.Fact("pinned virtual threads", report.Count(c.pinned)),
		analyze.Fact("retained by threads", report.Bytes(retained)),
		analyze.Fact("thread-local values", report.Count(live)),
		analyze.Fact("stale thread-local values", report.Count(stale)),
		analyze.Fact("JNI locals", report.Count(c.jni)),
		analyze.Fact("threads that wait for a lock", report.Count(s.locks.Blocked)),
		analyze.Fact("deadlocked threads", report.Count(deadlocked)),
		analyze.Fact("executors", report.Count(int64(len(s.pools)+len(s.forks)))),
		analyze.Fact("busy workers of executors", report.Count(busy)),
		analyze.Fact("tasks waiting in executors", report.Count(waiting)),
	}
}

func (s *subject) summary(out *report.Section) string {
	fact := func(label string) int64 { v, _ := out.Fact(label); return v.Int() }
	text := analyze.Plural(fact("platform threads"), "platform thread")
	if n := fact("virtual threads"); n > 0 {
		text += " and " + analyze.Plural(n, "virtual thread")
	}
	text += " retain " + s.Of(fact("retained by threads"))
	if n := fact("threads that wait for a lock"); n > 0 {
		text += fmt.Sprintf("; %s for a lock", waits(n))
	}
	if n := fact("deadlocked threads"); n > 0 {
		text += fmt.Sprintf(", %s of them in a deadlock", analyze.Number(n))
	}
	if n := fact("stale thread-local values"); n > 0 {
		text += fmt.Sprintf("; %s", analyze.Plural(n, "stale thread-local value"))
	}
	if n := fact("tasks waiting in executors"); n > 0 {
		text += fmt.Sprintf("; %s in queues of executors", waitingTasks(n))
	}
	return text + "."
}

func waits(n int64) string {
	if n == 1 {
		return "1 waits"
	}
	return analyze.Number(n) + " wait"
}

func waitingTasks(n int64) string {
	if n == 1 {
		return "1 task waits"
	}
	return analyze.Number(n) + " tasks wait"
}

// name is that of a group's thread without its numbers.
func (s *subject) name(g *analyze.ThreadGroup) string {
	if t := s.byObject[g.Thread.Object]; t != nil {
		return signature.Thread(t.Name)
	}
	return signature.Thread(s.ThreadName(g.Thread.Object))
}

// ThreadName names a thread; many virtual threads have no name.
func (s *subject) ThreadName(o graph.Object) string {
	if t := s.byObject[o]; t != nil {
		return t.Name
	}
	return s.virtualName(o)
}

// add appends a row unless the table has as many as are asked for.
func (s *subject) add(t *report.Table, bytes int64, row ...report.Value) {
	if s.Options.Top >= 0 && len(t.Rows) >= s.Options.Top {
		t.Omitted++
		t.OmittedBytes += bytes
		return
	}
	t.Rows = append(t.Rows, row)
}

// full reports whether a table takes no more rows: what they would say need not be found out.
func (s *subject) full(t *report.Table) bool {
	return s.Options.Top >= 0 && len(t.Rows) >= s.Options.Top
}

// sum is what several threads have in common.
type sum struct {
	text     string
	count    int64
	daemon   int64
	virtual  int64
	retained int64
	states   map[string]int64
	sample   *analyze.ThreadGroup
}

// sums puts groups of threads together, those that retain most first.
func (s *subject) sums(key func(*analyze.ThreadGroup) string) []*sum {
	byKey := map[string]*sum{}
	for _, g := range s.groups {
		k := key(g)
		x := byKey[k]
		if x == nil {
			x = &sum{text: k, states: map[string]int64{}, sample: g}
			byKey[k] = x
		}
		x.count += g.Count
		x.retained += g.Retained
		x.states[g.State] += g.Count
		if g.Virtual {
			x.virtual += g.Count
		}
		if t := s.byObject[g.Thread.Object]; t != nil && t.Daemon || g.Virtual {
			x.daemon += g.Count
		}
	}
	out := make([]*sum, 0, len(byKey))
	for _, x := range byKey {
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b *sum) int {
		return cmp.Or(cmp.Compare(b.retained, a.retained), cmp.Compare(b.count, a.count), cmp.Compare(a.text, b.text))
	})
	return out
}
