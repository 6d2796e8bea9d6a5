package jdbc

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of jdbc-connections-unpooled.
var (
	unpooledMin  = &analyze.Threshold{Name: "connections", Default: 10, Unit: "connections", Doc: "fewer open connections outside of any pool are told of nowhere: a program may have its own"}
	unpooledWarn = &analyze.Threshold{Name: "leaked", Default: 30, Unit: "connections", Doc: "so many open connections outside of any pool are a warning"}
)

// ConnectionsUnpooled finds connections that are open, and that no pool has.
var ConnectionsUnpooled = &analyze.Rule{
	Name:  "jdbc-connections-unpooled",
	Title: "Open JDBC connections that no pool has",
	Doc: `A connection that was opened with DriverManager, or by a data source without a pool, stays open until somebody closes it: with
its socket, its session on the server, its caches and buffers. Many of them are a leak, or an application that opens one for each
request, user or tenant.

Recognised by the drivers' connections that are open, PostgreSQL (PgConnection, QueryExecutorBase.closed), H2 (JdbcConnection.session),
HSQLDB (JDBCConnection.isClosed) and SQLite (SQLiteConnection.db, DB.closed), and that nothing of a connection pool refers to. From 10 of one
driver on it is told, from 30 on it is a warning. What holds them is named. Proven on dumps of pgjdbc 42.5.5, H2 2.1.214, HSQLDB 2.6.0 and
SQLite JDBC 3.40.1.

Borrow connections from a pool and close them where they are used: try (Connection c = dataSource.getConnection()) { … }. PostgreSQL's
driver remembers where a connection was opened with logUnclosedConnections=true in the URL.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{unpooledMin, unpooledWarn},
	Scans:      []*analyze.Scan{connectionScan},
	Run:        runUnpooled,
}

func runUnpooled(q *analyze.Pass) error {
	p := pass{q}
	r := jdk.NewReader(p.Heap)
	all := analyze.Result[[]driverConnection](p.Pass, connectionScan)
	outside := map[*connectionKind][]graph.Object{}
	open := int64(0)
	for i := range all[:min(len(all), maxConnections)] {
		c := &all[i]
		if p.Heap.Strength(c.object) > graph.Soft && !p.Incomplete() {
			continue
		}
		is, known := c.open(r)
		if !known && !p.Incomplete() {
			p.Abstain(fmt.Sprintf("unknown version of %s: whether it is open cannot be told", c.kind.class))
		}
		if !is || !known {
			continue
		}
		open++
		if !p.pooled(c.object) {
			outside[c.kind] = append(outside[c.kind], c.object)
		}
	}
	p.Figure("jdbc.connections.open", "connections", open)
	for _, k := range connectionKinds {
		if n := int64(len(outside[k])); n >= p.Count(unpooledMin) {
			p.unpooledFinding(r, k, outside[k])
		}
	}
	return nil
}

// heldConnections are those that one holder has.
type heldConnections struct {
	by  string
	all []graph.Object
}

func (p pass) unpooledFinding(r *jdk.Reader, k *connectionKind, all []graph.Object) {
	n := int64(len(all))
	objects := analyze.NewSet(slices.Clone(all))
	groups := p.holdersOfConnections(all)
	first := groups[0]
	f := report.Finding{
		Severity: report.Info, Confidence: report.Certain, Retained: p.Heap.RetainedOf(objects), Objects: n,
		Fix: []string{
			"Borrow connections from a pool, and close them where they are used: try (Connection c = dataSource.getConnection()) { … }.",
			"Close the connections that are kept when their user is done: each has a session on the server, or locks on the database.",
		},
		Falsifier: "A pool that is not known by its name owns them, and they are as many as it was configured for.",
	}
	if n >= p.Count(unpooledWarn) {
		f.Severity = report.Warning
	}
	if k.stack != "" {
		f.Fix = append(f.Fix, "Set logUnclosedConnections=true in the URL: the driver then remembers where each connection was opened.")
	}
	f.Title = fmt.Sprintf("%s open connections of %s are in no pool, %s of them held by %s; they retain %s", analyze.Number(n), k.driver, analyze.Number(int64(len(first.all))), first.by, p.Of(f.Retained))
	f.Story = append(f.Story, "No connection pool refers to them: somebody opened them, and did not close them yet.")
	f.Facts = append(f.Facts, analyze.Fact("driver", report.Name(k.driver)), analyze.Fact("connections open, in no pool", report.Count(n)),
		analyze.Fact("held by", report.Name(first.by)), analyze.Fact("retained by the connections", report.Bytes(f.Retained)))
	f.Tables = append(f.Tables, holdersTable(groups))
	if t, ok := p.urlTable(r, k, all); ok {
		f.Tables = append(f.Tables, t)
	}
	p.openedIn(&f, r, k, all)
	path := p.Holding(first.all[0], nil)
	p.Sign(&f, path)
	f.Path = p.Steps(path)
	f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{
		Address: p.Address(first.all[0]), Class: p.Heap.ClassName(first.all[0]), Note: "one of the connections", Retained: p.Heap.Retained(first.all[0]),
	})
	f.Evidence.Omitted = n - 1
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: graph.NoObject, Members: objects})
}

// pathsOfConnections bounds how many connections are followed to what holds them.
const pathsOfConnections = 500

// holdersOfConnections sorts connections by what holds them, the largest group first.
func (p pass) holdersOfConnections(all []graph.Object) []*heldConnections {
	m := map[string]*heldConnections{}
	for i, o := range all {
		by := "not looked for"
		if i < pathsOfConnections {
			by = p.holderOfConnection(o)
		}
		g := m[by]
		if g == nil {
			g = &heldConnections{by: by}
			m[by] = g
		}
		g.all = append(g.all, o)
	}
	out := make([]*heldConnections, 0, len(m))
	for _, g := range m {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b *heldConnections) int {
		return cmp.Or(cmp.Compare(len(b.all), len(a.all)), cmp.Compare(a.by, b.by))
	})
	return out
}

// holderOfConnection names what holds a connection: a field of the application, or threads, whichever it is.
func (p pass) holderOfConnection(o graph.Object) string {
	path := p.Holding(o, nil)
	by := p.applicationHolder(path)
	if len(path) > 0 && by == p.HolderText(path) {
		if _, ok := p.Heap.ThreadOf(path[0].Object); ok {
			return "threads"
		}
	}
	return by
}

func holdersTable(groups []*heldConnections) report.Table {
	t := report.Table{Title: "Connections by what holds them", Columns: []string{"held by", "connections"}}
	for _, g := range groups {
		analyze.AddRow(&t, report.Name(g.by), report.Count(int64(len(g.all))))
	}
	return t
}

// urlTable counts connections by URL, credentials left out.
func (p pass) urlTable(r *jdk.Reader, k *connectionKind, all []graph.Object) (report.Table, bool) {
	t := report.Table{Title: "Connections by URL", Columns: []string{"URL", "connections"}}
	if len(k.url) == 0 {
		return t, false
	}
	m := map[string]int64{}
	for _, o := range all {
		text, _ := r.TextAs(graph.URLText, o, maxSQL, k.url...)
		m[text]++
	}
	for _, text := range analyze.ByCount(m, analyze.Same, analyze.Same) {
		v := report.Name("(not known)")
		if text != "" {
			v = report.Content(p.Policy.URL(text))
		}
		analyze.AddRow(&t, v, report.Count(m[text]))
	}
	return t, true
}

// openedIn adds where connections were opened, if the driver remembers.
func (p pass) openedIn(f *report.Finding, r *jdk.Reader, k *connectionKind, all []graph.Object) {
	if k.stack == "" {
		return
	}
	m := map[string]int64{}
	for _, o := range all {
		if frame := borrower(r.StackTrace(r.Ref(o, k.stack))); frame != "" {
			m[frame]++
		}
	}
	t := report.Table{Title: "Where they were opened, as the driver remembers", Columns: []string{"in", "connections"}}
	for _, frame := range analyze.ByCount(m, analyze.Same, analyze.Same) {
		analyze.AddRow(&t, report.Name(frame), report.Count(m[frame]))
	}
	if len(m) > 0 {
		f.Tables = append(f.Tables, t)
	}
}
