package jdbc

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// poolLeaked is a threshold of connection-pool-exhausted.
var poolLeaked = &analyze.Threshold{
	Name: "leaked", Default: 2, Unit: "connections",
	Doc: "so many borrowed connections that nobody refers to are a warning before the pool is exhausted",
}

// PoolExhausted finds connection pools that have nothing left to lend, and connections that were never returned.
var PoolExhausted = &analyze.Rule{
	Name:  "connection-pool-exhausted",
	Title: "A connection pool is exhausted, or its connections leak",
	Doc: `A connection pool lends a bounded number of connections. When all are borrowed, requests wait until one comes back or they
time out: the service stands still while database and CPU idle. A connection that was borrowed and dropped without close() never
comes back: the pool counts it for ever, though nobody has it.

Recognised by the pool's own books: HikariCP (PoolEntry.state, HikariConfig.maxPoolSize, ConcurrentBag.waiters), Apache DBCP 2 and
Tomcat's copy of it (DefaultPooledObject.state, maxTotal, waiters of the idle queue), c3p0 (BasicResourcePool.managed less unused, max,
acquireWaiters) and Tomcat JDBC (ConnectionPool.busy, PoolProperties.maxActive, waitcount). For each borrowed connection it is told
who has it: the thread on whose stack the handle lies, the field that keeps it, or nobody: such a one is leaked. Where the pool
recorded who borrowed it, that stack is shown. It is an error when threads wait and connections are leaked, a warning when threads wait
or two connections and more are leaked. Proven on dumps of HikariCP 2.7.9, DBCP 2.9 with Pool 2.11, Tomcat DBCP 9.0.70, c3p0 0.9.1.2 and
Tomcat JDBC 9.0.70.

Close connections where they are used: try (Connection c = dataSource.getConnection()) { … }. Have the pool tell who does not:
leakDetectionThreshold of HikariCP, removeAbandonedOnBorrow with logAbandoned of DBCP 2, unreturnedConnectionTimeout with
debugUnreturnedConnectionStackTraces of c3p0, removeAbandoned with logAbandoned of Tomcat JDBC. Where all connections are at work in
threads, the statements they execute are too slow or too many: look at their SQL before the pool is made larger.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{poolLeaked},
	Scans:      []*analyze.Scan{poolScan, statementScan},
	Run:        runPools,
}

func runPools(q *analyze.Pass) error {
	p := pass{q}
	var busy, leaked int64
	for _, q := range p.poolsOf() {
		if q.unknown != "" {
			p.Abstain(q.unknown)
			continue
		}
		l := q.leaked()
		busy, leaked = busy+int64(len(q.busy)), leaked+l
		waiting := p.waitingThreads(q)
		q.waiting = max(q.waiting, int64(len(waiting)))
		if q.full() || l > 0 && l >= p.Count(poolLeaked) {
			p.poolFinding(q, waiting)
		}
	}
	p.Figure("pool.borrowed", "connections", busy)
	p.Figure("pool.leaked", "connections", leaked)
	return nil
}

func (q *pool) full() bool { return q.max > 0 && int64(len(q.busy)) >= q.max }

func (q *pool) leaked() (n int64) {
	for _, b := range q.busy {
		if b.leaked() {
			n++
		}
	}
	return n
}

func (q *pool) inThreads() (n int64) {
	for _, b := range q.busy {
		if b.holder.kind == handleInThread {
			n++
		}
	}
	return n
}

// waitingThreads are those in the pool's method that borrows, as far as they are this pool's.
func (p pass) waitingThreads(q *pool) []graph.Thread {
	h := p.Heap
	var out []graph.Thread
	threads := h.Threads()
	for _, t := range threads {
		at := slices.IndexFunc(t.Frames, func(f graph.Frame) bool {
			return f.Method == q.kind.borrow[strings.LastIndexByte(q.kind.borrow, '.')+1:] && strings.HasPrefix(q.kind.borrow, f.Class+".")
		})
		if at < 0 || len(t.Frames) == 0 || ofApplication(t.Frames[0].Class) {
			continue
		}
		if state := jdk.ThreadStatus(h, t.Object); !strings.Contains(state, "WAITING") {
			continue
		}
		if slices.ContainsFunc(h.Locals(t.Object), func(l graph.Local) bool { return l.Object == q.object }) {
			out = append(out, t)
		}
	}
	return out
}

func (p pass) poolSeverity(q *pool) report.Severity {
	leaked := q.leaked()
	switch {
	case q.full() && q.waiting > 0 && leaked > 0:
		return report.Error
	case q.full() && q.waiting > 0, leaked > 0 && leaked >= p.Count(poolLeaked):
		return report.Warning
	}
	return report.Info
}

func (p pass) poolFinding(q *pool, waiting []graph.Thread) {
	objects := q.objects()
	f := report.Finding{
		Severity: p.poolSeverity(q), Confidence: report.Certain, Retained: p.Heap.RetainedOf(objects), Objects: int64(len(q.busy)),
		Facts: p.poolFacts(q), Fix: p.poolFix(q),
		Falsifier: "The connections come back and the threads go on: compare a dump taken some seconds later.",
	}
	f.Title = p.poolTitle(q)
	f.Story = p.poolStory(q, waiting)
	f.Tables = append(f.Tables, p.borrowedTable(q))
	if len(waiting) > 0 {
		f.Tables = append(f.Tables, waitingTable(p, waiting))
	}
	if t, ok := stackTable(q); ok {
		f.Tables = append(f.Tables, t)
	}
	path := p.Holding(q.object, q.lends)
	p.Sign(&f, path, q.kind.class)
	f.Path = p.Steps(path)
	if len(q.busy) > 0 {
		p.borrowedEvidence(&f, q)
	}
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: graph.NoObject, Members: objects})
}

// lends reports whether an object is one of what the pool lent: the pool is not held by that.
func (q *pool) lends(o graph.Object) bool {
	return slices.ContainsFunc(q.busy[:min(len(q.busy), maxHandles)], func(b *borrowed) bool {
		return o == b.entry || o == b.physical || slices.Contains(b.handles, o)
	})
}

// objects are the entries of what is borrowed.
func (q *pool) objects() analyze.ObjectSet {
	out := make([]graph.Object, len(q.busy))
	for i, b := range q.busy {
		out[i] = b.entry
	}
	return analyze.NewSet(out)
}

func (p pass) poolTitle(q *pool) string {
	t := fmt.Sprintf("%s: %s of %s connections are borrowed", q.kind.name, analyze.Number(int64(len(q.busy))), analyze.Number(q.max))
	if q.max <= 0 {
		t = fmt.Sprintf("%s: %s are borrowed", q.kind.name, analyze.Plural(int64(len(q.busy)), "connection"))
	}
	if q.waiting > 0 {
		t += fmt.Sprintf(" and %s for one", waits(q.waiting))
	}
	if l := q.leaked(); l > 0 {
		t += fmt.Sprintf("; %s leaked: nobody refers to %s any more", isAre(l), map[bool]string{true: "it", false: "them"}[l == 1])
	}
	return t
}

func waits(n int64) string {
	if n == 1 {
		return "1 thread waits"
	}
	return analyze.Number(n) + " threads wait"
}

func isAre(n int64) string {
	if n == 1 {
		return "1 is"
	}
	return analyze.Number(n) + " are"
}

func (p pass) poolFacts(q *pool) report.Rows[report.Fact] {
	detection := map[bool]string{true: "on", false: "off"}[q.detects]
	n, leaked, inThreads := int64(len(q.busy)), q.leaked(), q.inThreads()
	facts := report.Rows[report.Fact]{
		analyze.Fact("pool", report.Name(q.kind.name)), analyze.Fact("connections borrowed", report.Count(n)),
		analyze.Fact("connections at most", report.Count(q.max)), analyze.Fact("connections idle", report.Count(q.idle)),
		analyze.Fact("threads waiting", report.Count(q.waiting)), analyze.Fact("borrowed by a thread at work", report.Count(inThreads)),
		analyze.Fact("kept by fields", report.Count(n-leaked-inThreads)), analyze.Fact("leaked", report.Count(leaked)),
		analyze.Fact("leak detection of the pool", report.Name(detection)),
	}
	if q.name != "" {
		facts = append(facts, analyze.Fact("name", report.Content(p.Policy.Value(q.name))))
	}
	if q.url != "" {
		facts = append(facts, analyze.Fact("URL", report.Content(p.Policy.URL(q.url))))
	}
	return facts
}

func (p pass) poolStory(q *pool, waiting []graph.Thread) report.Rows[string] {
	var story report.Rows[string]
	n, leaked, inThreads := int64(len(q.busy)), q.leaked(), q.inThreads()
	if q.full() && q.waiting > 0 {
		story = append(story, fmt.Sprintf("The pool has lent all it may, so %s.", waits(q.waiting)))
	}
	if leaked > 0 {
		story = append(story, fmt.Sprintf("%s borrowed and dropped without close(): no thread and no field refers to the handle, only the pool still counts it.", wereAre(leaked)))
	}
	if kept := n - leaked - inThreads; kept > 0 {
		story = append(story, fmt.Sprintf("%s kept by fields of objects: a connection belongs into the method that uses it.", isAre(kept)))
	}
	if inThreads > 0 {
		story = append(story, fmt.Sprintf("%s on the stack of a thread that is at work with it.", isAre(inThreads)))
	}
	if len(waiting) > 0 {
		if frame := applicationFrame(waiting[0].Frames); frame != "" {
			story = append(story, fmt.Sprintf("Thread %q waits in %s.", jdk.ThreadName(p.Heap, waiting[0].Object), frame))
		}
	}
	return story
}

func wereAre(n int64) string {
	if n == 1 {
		return "1 was"
	}
	return analyze.Number(n) + " were"
}

func (p pass) poolFix(q *pool) report.Rows[string] {
	var fix report.Rows[string]
	if q.inThreads() < int64(len(q.busy)) {
		fix = append(fix, "Close each connection where it is borrowed: try (Connection c = dataSource.getConnection()) { … }.")
	} else {
		fix = append(fix, "Look at the SQL that the threads execute, and at what they do between borrowing and closing: shorten that first.")
	}
	return append(fix, q.kind.fix...)
}

// borrowedTable has a row for each borrowed connection: leaked ones first, then those that are kept.
func (p pass) borrowedTable(q *pool) report.Table {
	t := report.Table{Title: "Borrowed connections", Columns: []string{"connection", "held by", "ago", "statements", "SQL"}}
	statements := p.statementsByConnection()
	reader := newSQLReader(p.Heap)
	for _, b := range q.ordered() {
		open := statements[b.physical]
		sql := report.Value{}
		for _, s := range open[:min(len(open), 1)] {
			if text := reader.text(s); text != "" {
				sql = report.Content(p.Policy.SQL(text))
			}
		}
		object := b.physical
		if object == graph.NoObject {
			object = b.entry
		}
		analyze.AddRow(&t, report.Object(p.Address(object)), report.Name(b.holder.String()), p.ago(b.since), report.Count(int64(len(open))), sql)
	}
	return t
}

// name is a cell with a text, or an empty one.
func name(s string) report.Value {
	if s == "" {
		return report.Value{}
	}
	return report.Name(s)
}

// ago is how long before the dump something was.
func (p pass) ago(t time.Time) report.Value {
	if t.IsZero() || p.Taken.IsZero() {
		return report.Value{}
	}
	return report.Duration(p.Taken.Sub(t))
}

// ordered are the borrowed connections, leaked ones first.
func (q *pool) ordered() []*borrowed {
	out := slices.Clone(q.busy)
	slices.SortStableFunc(out, func(a, b *borrowed) int { return int(b.holder.kind) - int(a.holder.kind) })
	return out
}

// statementsByConnection has the open statements of each connection.
func (p pass) statementsByConnection() map[graph.Object][]*statement {
	m := map[graph.Object][]*statement{}
	statements, _ := p.statementsOf()
	for _, s := range statements {
		if s.open && s.connection != graph.NoObject && p.Heap.Strength(s.object) <= graph.Soft {
			m[s.connection] = append(m[s.connection], s)
		}
	}
	return m
}

func waitingTable(p pass, waiting []graph.Thread) report.Table {
	t := report.Table{Title: "Threads that wait for a connection", Columns: []string{"thread", "in"}}
	for _, w := range waiting {
		analyze.AddRow(&t, report.Name(jdk.ThreadName(p.Heap, w.Object)), name(applicationFrame(w.Frames)))
	}
	return t
}

// stackTable counts where connections were borrowed, as far as the pool recorded that.
func stackTable(q *pool) (t report.Table, ok bool) {
	t = report.Table{Title: "Where they were borrowed, as the pool recorded it", Columns: []string{"in", "connections", "leaked"}}
	all, leaked := map[string]int64{}, map[string]int64{}
	count := func(stack []jdk.TraceFrame, thread string, gone bool) {
		frame := borrower(stack)
		if frame == "" {
			return
		}
		if thread != "" {
			frame += fmt.Sprintf(" by thread %q", thread)
		}
		all[frame]++
		if gone {
			leaked[frame]++
		}
	}
	for _, b := range q.busy {
		count(b.stack, b.by, b.leaked())
	}
	for _, s := range q.stacks {
		count(s.stack, s.thread, true)
	}
	for _, frame := range analyze.ByCount(all, analyze.Same, analyze.Same) {
		analyze.AddRow(&t, report.Name(frame), report.Count(all[frame]), report.Count(leaked[frame]))
	}
	return t, len(all) > 0
}

func (p pass) borrowedEvidence(f *report.Finding, q *pool) {
	b := q.ordered()[0]
	e := report.Evidence{
		Address: p.Address(b.entry), Class: p.Heap.ClassName(b.entry), Note: "one of the borrowed connections", Retained: p.Heap.Retained(b.entry),
		Fields: []report.Fact{analyze.Fact("held by", report.Name(b.holder.text))},
	}
	if b.physical != graph.NoObject {
		e.Fields = append(e.Fields, analyze.Fact("connection", report.Name(p.Heap.Name(b.physical))))
	}
	if !b.since.IsZero() {
		e.Fields = append(e.Fields, analyze.Fact("borrowed at", report.Time(b.since)))
	}
	if at := slices.IndexFunc(b.stack, func(f jdk.TraceFrame) bool { return ofApplication(f.Class) }); at >= 0 {
		for i, s := range b.stack[at:min(len(b.stack), at+5)] {
			e.Fields = append(e.Fields, analyze.Fact(fmt.Sprintf("borrowed in, frame %d", i), report.Name(s.String())))
		}
	}
	f.Evidence.Rows = append(f.Evidence.Rows, e)
	f.Evidence.Omitted = int64(len(q.busy)) - 1
}
