package jdbc

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of jdbc-statement-retained. A pool of connections with its statement caches stays well below.
var (
	statementsMin     = &analyze.Threshold{Name: "statements", Default: 500, Unit: "statements", Doc: "fewer are told only where they retain much"}
	statementsLeaked  = &analyze.Threshold{Name: "leaked", Default: 10_000, Unit: "statements", Doc: "so many open ones in the application's hands are a warning, however little they retain"}
	openPerConnection = &analyze.Threshold{Name: "open-per-connection", Default: 1000, Unit: "statements", Doc: "so many open ones of one connection are a warning: no driver's or pool's cache of statements is that large"}
)

// connectionsInTable bounds the table of connections.
const connectionsInTable = 5

// StatementRetained finds JDBC statements that are kept: open ones that nobody closed, closed ones that somebody holds.
var StatementRetained = &analyze.Rule{
	Name:  "jdbc-statement-retained",
	Title: "JDBC statements are kept in large numbers",
	Doc: `A JDBC statement holds its SQL, its parameters and the rows of its results. Thousands of them in the heap mean that they are
not closed, or closed but still held: by the queue of the timer that the driver has for query timeouts, by the list of open statements
of a connection or its pool, by a cache, by a collection of the application, or by finalization. Where another rule tells of what holds them,
such as timer-queue-backlog, finalizer-backlog or jdbc-statement-cache, the statements are told of there.

Recognised by the statement classes of the known drivers (PostgreSQL, MySQL, MariaDB, SQL Server, Oracle, H2, HSQLDB, SQLite,
jTDS) and their closed flag; who holds each is found through its dominators and referrers, java.lang.ref.Finalizer aside. From
500 on, or where they retain much, it is told; a warning from 10,000 open ones in the application's hands or 1,000 on one
connection, or where they retain much. SQL texts are counted by shape, without literals and comments. Proven on dumps of pgjdbc 42.5.5,
H2 2.1.214, HSQLDB 2.6.0, SQLite JDBC 3.40.1 and the list of a HikariCP 2.7.9 connection; the fields of MariaDB 2.7.6 and jTDS 1.3.1 are those of
their jars, those of the other drivers of their sources.

Close statements where they are used (try-with-resources); remove closed ones from the collection; for a timer see
timer-queue-backlog, for finalization see finalizer-backlog.`,
	Max:        report.Error,
	After:      []string{"timer-queue-backlog", "finalizer-backlog", "jdbc-statement-cache"},
	Thresholds: []*analyze.Threshold{statementsMin, statementsLeaked, openPerConnection},
	Scans:      []*analyze.Scan{statementScan},
	Run:        runJDBC,
}

// statementGroup are the statements of one class that are held in one way.
type statementGroup struct {
	class  graph.Class
	held   holdingOf
	all    []*statement
	open   int64
	owners map[graph.Object]int64 // statements by collection
	claim  *analyze.Claim
}

func runJDBC(q *analyze.Pass) error {
	p := pass{q}
	statements, wrappers := p.statementsOf()
	var open int64
	for _, s := range statements {
		if s.open {
			open++
		}
	}
	p.Figure("jdbc.statements", "statements", int64(len(statements)))
	p.Figure("jdbc.statements.open", "statements", open)
	wrapped := map[graph.Object]*statement{}
	for _, s := range wrappers {
		if s.inner != graph.NoObject {
			wrapped[s.inner] = s
		}
	}
	for _, g := range p.groupStatements(statements) {
		switch n := int64(len(g.all)); {
		case g.held.kind == heldByFinding:
			if n >= p.Count(statementsMin) || n*2 > g.held.finding.Objects {
				p.joinStatements(g, wrapped, int64(len(statements)), open)
			}
		case g.held.kind != heldByNothing && (n >= p.Count(statementsMin) || p.Share(p.Heap.RetainedOf(g.objects())) >= p.Options.Threshold):
			p.statementFinding(g, wrapped)
		}
	}
	return nil
}

// groupStatements sorts the statements by class and by what holds them, the largest group first.
func (p pass) groupStatements(ss []*statement) []*statementGroup {
	type key struct {
		class graph.Class
		held  holdingOf
	}
	m := map[key]*statementGroup{}
	holders := newStatementHolders(p, ss)
	for _, s := range ss {
		held, owner := holders.of(s)
		k := key{p.Heap.ClassOf(s.object), held}
		g := m[k]
		if g == nil {
			g = &statementGroup{class: k.class, held: held, owners: map[graph.Object]int64{}, claim: p.MemberOf(s.object)}
			m[k] = g
		}
		g.all = append(g.all, s)
		if s.open {
			g.open++
		}
		if owner != graph.NoObject {
			g.owners[owner]++
		}
	}
	out := make([]*statementGroup, 0, len(m))
	for _, g := range m {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b *statementGroup) int {
		return cmp.Or(cmp.Compare(len(b.all), len(a.all)), cmp.Compare(p.ClassName(a.class), p.ClassName(b.class)), cmp.Compare(a.held.label, b.held.label), cmp.Compare(a.all[0].object, b.all[0].object))
	})
	return out
}

func (g *statementGroup) objects() analyze.ObjectSet {
	out := make(analyze.ObjectSet, len(g.all)) // in address order already
	for i, s := range g.all {
		out[i] = s.object
	}
	return out
}

func (g *statementGroup) count() int64 { return int64(len(g.all)) }

// state says how many are open: "closed", "open", or "closed and 3 open".
func (g *statementGroup) state() string {
	switch g.open {
	case 0:
		return "closed"
	case g.count():
		return "open"
	}
	return fmt.Sprintf("closed and %s open", analyze.Number(g.open))
}

// what is "20,000 closed org.postgresql.jdbc3g.Jdbc3gPreparedStatement".
func (p pass) what(g *statementGroup) string {
	n := g.count()
	if g.open < n {
		n -= g.open
	}
	return fmt.Sprintf("%s %s %s", analyze.Number(n), g.state(), p.ClassName(g.class))
}

// joinStatements adds what is known of the statements to the finding that explains them; all and open count those of the dump.
func (p pass) joinStatements(g *statementGroup, wrapped map[graph.Object]*statement, all, open int64) {
	f := g.held.finding
	if g.claim.With != nil {
		f.Title = g.claim.With(p.what(g))
	}
	facts := p.statementFacts(g)
	if n := all - g.count(); n > 0 {
		facts = append(facts, analyze.Fact("statements held otherwise", report.Count(n)), analyze.Fact("of them open", report.Count(open-g.open)))
	}
	f.Tables = append(f.Tables, p.sqlTable(g))
	p.wrapperTable(f, g, wrapped)
	text := fmt.Sprintf("They hold %s statements of %s (%s): ", analyze.Number(g.count()), p.ClassName(g.class), g.all[0].driver.name)
	switch g.open {
	case 0:
		text += "all are closed, so the application is not at fault."
	case g.count():
		text += "all are open."
	default:
		text += fmt.Sprintf("%s are closed and %s open.", analyze.Number(g.count()-g.open), analyze.Number(g.open))
	}
	p.Join(f, text, facts...)
	if f.Rule == "timer-queue-backlog" {
		timeout := ""
		if t := g.timeout(); t > 0 {
			timeout = fmt.Sprintf(" of %s s", analyze.Number(t))
		}
		since := ""
		if d := g.all[0].driver; d.purges != "" {
			since = "; " + d.purges
		}
		f.Fix = slices.Insert(f.Fix, 0,
			"Shorten the query timeout"+timeout+" (setQueryTimeout): each execute schedules a task that far ahead, and closing the statement only cancels it.",
			"Use a newer driver, which takes cancelled tasks out of its timer (Timer.purge())"+since+".",
			"Or use the server's own statement timeout, or a socket timeout, instead.")
	}
	p.statementEvidence(f, g)
}

// timeout is the longest query timeout of the group in seconds, 0 for none.
func (g *statementGroup) timeout() int64 {
	var t int64
	for _, s := range g.all {
		t = max(t, s.timeout)
	}
	return t
}

func (p pass) statementFacts(g *statementGroup) report.Rows[report.Fact] {
	facts := report.Rows[report.Fact]{
		analyze.Fact("statements", report.Count(g.count())),
		analyze.Fact("statements closed", report.Count(g.count()-g.open)),
		analyze.Fact("statements open", report.Count(g.open)),
		analyze.Fact("driver", report.Name(g.all[0].driver.name)),
		analyze.Fact("connections", report.Count(int64(len(g.connections())))),
	}
	if t := g.timeout(); t > 0 {
		facts = append(facts, analyze.Fact("query timeout", report.Duration(time.Duration(t)*time.Second)))
	}
	return append(facts, analyze.Fact("retained by the statements", report.Bytes(p.Heap.RetainedOf(g.objects()))))
}

func (p pass) statementFinding(g *statementGroup, wrapped map[graph.Object]*statement) {
	objects := g.objects()
	f := report.Finding{
		Confidence: report.Certain, Retained: p.Heap.RetainedOf(objects), Objects: g.count(),
		Facts:     append(p.statementFacts(g), analyze.Fact("held by", report.Name(g.heldText()))),
		Falsifier: "The statements belong to a bounded cache, and their number does not grow between two dumps.",
	}
	f.RetainedShare = p.ShareAt(f.Retained, p.Heap.Strength(g.all[0].object))
	f.Severity = p.statementSeverity(g, f.Retained, f.RetainedShare)
	p.statementStory(&f, g)
	f.Title = fmt.Sprintf("%s are held by %s and retain %s", p.what(g), g.heldText(), analyze.OfHeap(f.Retained, f.RetainedShare))
	f.Tables = append(f.Tables, p.sqlTable(g))
	if g.held.kind == heldByConnection || len(g.connections()) > 1 {
		f.Tables = append(f.Tables, p.connectionTable(g))
	}
	p.wrapperTable(&f, g, wrapped)
	p.statementEvidence(&f, g)
	owner := p.mainOwner(g)
	path := p.Holding(owner, nil)
	p.Sign(&f, path, p.ClassName(g.class))
	if owner != graph.NoObject {
		f.Accumulation = p.Accumulation(owner)
	}
	f.Path = p.Steps(p.Holding(g.all[0].object, nil))
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: owner, Members: objects})
}

// mainOwner is the collection that has most of the group, of equal ones the first.
func (p pass) mainOwner(g *statementGroup) graph.Object {
	best := graph.NoObject
	for o, n := range g.owners {
		if best == graph.NoObject || n > g.owners[best] || n == g.owners[best] && o < best {
			best = o
		}
	}
	return best
}

func (g *statementGroup) heldText() string {
	switch g.held.kind {
	case heldByConnection:
		return "connections (" + g.held.label + ")"
	case heldByApplication, heldByThread:
		return g.held.label
	}
	return holderKindText[g.held.kind]
}

func (p pass) statementSeverity(g *statementGroup, retained int64, share float64) report.Severity {
	s := p.Severity(retained, share)
	leaked := g.held.kind == heldByApplication && g.open >= p.Count(statementsLeaked)
	for _, c := range g.connections() {
		leaked = leaked || g.held.kind == heldByConnection && c.open >= p.Count(openPerConnection)
	}
	if leaked && s == report.Info {
		return report.Warning
	}
	return s
}

func (p pass) statementStory(f *report.Finding, g *statementGroup) {
	if g.open > 0 {
		f.Story = append(f.Story, fmt.Sprintf("%s of %s statements were never closed: their results and rows stay with them.", analyze.Number(g.open), analyze.Number(g.count())))
		f.Fix = append(f.Fix, "Close each statement where it is used: try (PreparedStatement s = …) { … }.")
	} else {
		f.Story = append(f.Story, "All of them are closed: something still refers to them.")
	}
	switch g.held.kind {
	case heldByApplication, heldByThread:
		f.Story = append(f.Story, fmt.Sprintf("%s holds them.", g.held.label))
		f.Fix = append(f.Fix, "Do not keep statements in collections: keep the SQL and prepare again, or use the driver's statement cache with a limit.")
	case heldByConnection:
		f.Story = append(f.Story, "Their connections list them until they are closed, and the pool keeps the connections.")
		f.Fix = append(f.Fix, "Bound the statement cache of the driver or pool; find the code that owns the SQL below and does not close.")
	default:
		f.Story = append(f.Story, "Nothing but finalization holds them: they go once the Finalizer thread has run each.")
		f.Fix = append(f.Fix, "Close statements explicitly; look at finalizer-backlog if they grow in number.")
	}
}
