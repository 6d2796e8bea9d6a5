package jdbc_test

import (
	"fmt"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/rules/jdbc"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// mysql has the shape of MySQL Connector/J 8: statements with a text, and connections that list them.
type mysql struct {
	d                              *hproftest.Dump
	statement, query, connectionOf *hproftest.Class
}

func newMySQL(d *hproftest.Dump) *mysql {
	base := d.Class("com.mysql.cj.jdbc.StatementImpl", hproftest.Fields("boolean isClosed", "Object connection", "Object query"))
	return &mysql{
		d: d, statement: d.Class("com.mysql.cj.jdbc.ClientPreparedStatement", hproftest.Super(base), hproftest.Fields("byte[] buffer")),
		query: d.Class("com.mysql.cj.ClientPreparedQuery", hproftest.Fields("String originalSql")), connectionOf: d.Class("com.mysql.cj.jdbc.ConnectionImpl", hproftest.Fields("List openStatements")),
	}
}

// prepare makes n statements of a connection.
func (m *mysql) prepare(connection *hproftest.Object, n int, closed bool, sql string) []any {
	out := make([]any, n)
	for i := range out {
		q := m.d.Instance(m.query, m.d.String(fmt.Sprintf(sql, i)))
		out[i] = m.d.Instance(m.statement, m.d.ByteArray(make([]byte, 100)...), closed, connection, q)
	}
	return out
}

func TestStatementsInTheApplicationsHands(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize)
		m := newMySQL(d)
		c := d.Instance(m.connectionOf)
		ss := append(m.prepare(c, 600, false, "select * from orders where id = %d"), m.prepare(c, 400, false, "delete from carts where id = %d /* tidy */")...)
		d.Class("com.acme.Dao", hproftest.Static("List all", d.ArrayList(ss...)), hproftest.Sticky())
		f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "all"), "jdbc-statement-retained", report.Warning)
		analyzetest.WantTitle(t, f, "1,000 open com.mysql.cj.jdbc.ClientPreparedStatement", "held by static com.acme.Dao.all")
		analyzetest.WantCount(t, f, "connections", 1)
		analyzetest.WantRelated(t, f, "leak-suspect")
		sql := analyzetest.Table(t, f, "SQL of the statements, by shape").Rows
		if len(sql) != 2 || sql[0][0].Text().String() != "select * from orders where id = ?" || sql[0][1].Int() != 600 || sql[1][2].Int() != 400 {
			t.Errorf("SQL %v", sql)
		}
	}
}

// TestStatementsOfConnections has a pool of 20 connections of which each keeps 60 statements: together they are one finding.
func TestStatementsOfConnections(t *testing.T) {
	d := hproftest.New(8)
	m := newMySQL(d)
	var pool []any
	for range 20 {
		c := d.Instance(m.connectionOf)
		c.Set("openStatements", d.ArrayList(m.prepare(c, 60, false, "select %d")...))
		pool = append(pool, c)
	}
	d.Class("com.acme.Pool", hproftest.Static("List connections", d.ArrayList(pool...)), hproftest.Sticky())
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "jdbc-statement-retained"), "jdbc-statement-retained", report.Warning)
	analyzetest.WantTitle(t, f, "1,200 open", "held by connections (com.mysql.cj.jdbc.ConnectionImpl::openStatements)")
	if n := analyzetest.Table(t, f, "Statements by connection"); len(n.Rows) != jdbc.ConnectionsInTable || n.Omitted != 15 || n.Rows[0][3].Int() != 60 {
		t.Errorf("table %+v", n)
	}
}

func TestStatementsOfFinalizationAlone(t *testing.T) {
	d := hproftest.New(8)
	m := newMySQL(d)
	for _, s := range m.prepare(d.Instance(m.connectionOf), 2000, true, "select %d") {
		d.Finalizer(s)
	}
	r := analyzetest.Analyzed(t, d, "jdbc-statement-retained,finalizer-registered,finalizer-backlog")
	f := analyzetest.Only(t, r, "jdbc-statement-retained", report.Warning)
	analyzetest.WantTitle(t, f, "2,000 closed", "held by finalization alone")
	analyzetest.WantRelated(t, f, "finalizer-registered")
	if f.RetainedShare > 1 {
		t.Errorf("a share of %g", f.RetainedShare)
	}
}

// TestStatementCache has what a healthy pool keeps.
func TestStatementCache(t *testing.T) {
	d := hproftest.New(8)
	m := newMySQL(d)
	c := d.Instance(m.connectionOf)
	c.Set("openStatements", d.ArrayList(m.prepare(c, 250, false, "select %d")...))
	d.Class("com.acme.Pool", hproftest.Static("Object connection", c), hproftest.Static("byte[] ballast", d.ByteArray(make([]byte, 4<<20)...)), hproftest.Sticky())
	if r := analyzetest.Analyzed(t, d, "jdbc-statement-retained"); len(r.Findings) != 0 {
		t.Errorf("%s", r.Findings[0].Title)
	}
}

func TestUnknownDriver(t *testing.T) {
	d := hproftest.New(8)
	c := d.Class("com.mysql.cj.jdbc.StatementImpl", hproftest.Fields("boolean closedSince42", "byte[] buffer"))
	for range 1000 {
		d.Root(hprof.RootJNIGlobal, d.Instance(c, false, d.ByteArray(make([]byte, 1000)...)))
	}
	r := analyzetest.Analyzed(t, d, "jdbc-statement-retained")
	if len(r.Findings) != 0 || r.Rules[0].Skipped != "unknown version of com.mysql.cj.jdbc.StatementImpl: it has no field isClosed" {
		t.Errorf("skipped %q, findings %v", r.Rules[0].Skipped, r.Findings)
	}
}

// TestClosedFlags reads the flag of each kind.
func TestClosedFlags(t *testing.T) {
	d := hproftest.New(8)
	atomic := d.Class("java.util.concurrent.atomic.AtomicInteger", hproftest.Fields("int value"))
	jtds := d.Class("net.sourceforge.jtds.jdbc.JtdsStatement", hproftest.Fields("AtomicInteger _Closed", "Object connection"))
	h2 := d.Class("org.h2.jdbc.JdbcStatement", hproftest.Fields("Object conn"))
	pg := d.Class("org.postgresql.jdbc.PgStatement", hproftest.Fields("int isClosed", "Object connection"))
	dbcp := d.Class("org.apache.commons.dbcp2.DelegatingStatement", hproftest.Fields("boolean closed", "Object statement", "Object connection"))
	open, shut := []*hproftest.Object{d.Instance(jtds, d.Instance(atomic, 0)), d.Instance(h2, atomic), d.Instance(pg, 0)},
		[]*hproftest.Object{d.Instance(jtds, d.Instance(atomic, 1)), d.Instance(h2), d.Instance(pg, 1)}
	wrapper := d.Instance(dbcp, true, open[2])
	for _, o := range append(append(open, shut...), wrapper) {
		d.Root(hprof.RootJNIGlobal, o)
	}
	h := analyzetest.Build(t, d)
	var statements, wrappers []jdbc.Statement
	probe := &analyze.Rule{Name: "probe", Scans: jdbc.StatementRetained.Scans, Run: func(p *analyze.Pass) error {
		statements, wrappers = jdbc.Statements(p)
		return nil
	}}
	if _, err := analyze.Run(t.Context(), h, analyze.Options{Rules: []*analyze.Rule{probe}}); err != nil {
		t.Fatal(err)
	}
	got := map[graph.Object]bool{}
	for _, s := range statements {
		got[s.Object] = s.Open
	}
	for want, os := range map[bool][]*hproftest.Object{true: open, false: shut} {
		for _, o := range os {
			n, _ := h.Lookup(o.ID)
			if is, ok := got[n]; !ok || is != want {
				t.Errorf("%s: open %v (known: %v), want %v", o.Class.Name, is, ok, want)
			}
		}
	}
	inner, _ := h.Lookup(open[2].ID)
	if len(wrappers) != 1 || wrappers[0].Open || wrappers[0].Inner != inner {
		t.Errorf("wrappers %+v", wrappers)
	}
}
