package jdbc_test

import (
	"fmt"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// pgConnections makes n open connections in the shape of PostgreSQL's driver.
func pgConnections(d *hproftest.Dump, n int, closed bool) []any {
	base := d.Class("org.postgresql.core.QueryExecutorBase", hproftest.Fields("boolean closed"))
	executor := d.Class("org.postgresql.core.v3.QueryExecutorImpl", hproftest.Super(base))
	connection := d.Class("org.postgresql.jdbc.PgConnection", hproftest.Fields("Object queryExecutor", "String creatingURL"))
	out := make([]any, n)
	for i := range out {
		out[i] = d.Instance(connection, d.Instance(executor, closed), d.String("jdbc:postgresql://ada:secret@db/orders"))
	}
	return out
}

func TestConnectionsUnpooled(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize)
		d.Class("com.acme.Tenants", hproftest.Static("List connections", d.ArrayList(pgConnections(d, 40, false)...)), hproftest.Sticky())
		f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "jdbc-connections-unpooled"), "jdbc-connections-unpooled", report.Warning)
		analyzetest.WantTitle(t, f, "40 open connections of PostgreSQL are in no pool, 40 of them held by static com.acme.Tenants.connections")
	}
}

// TestConnectionsClosedOrPooled has closed connections, and open ones of a pool.
func TestConnectionsClosedOrPooled(t *testing.T) {
	d := hproftest.New(8)
	d.Class("com.acme.Tenants", hproftest.Static("List connections", d.ArrayList(pgConnections(d, 40, true)...)), hproftest.Sticky())
	if r := analyzetest.Analyzed(t, d, "jdbc-connections-unpooled"); len(r.Findings) != 0 {
		t.Errorf("closed: %s", r.Findings[0].Title)
	}
	d = hproftest.New(8)
	entry := d.Class("com.zaxxer.hikari.pool.PoolEntry", hproftest.Fields("Object connection"))
	var entries []any
	for _, c := range pgConnections(d, 40, false) {
		entries = append(entries, d.Instance(entry, c))
	}
	d.Class("com.acme.App", hproftest.Static("List entries", d.ArrayList(entries...)), hproftest.Sticky())
	if r := analyzetest.Analyzed(t, d, "jdbc-connections-unpooled"); len(r.Findings) != 0 {
		t.Errorf("pooled: %s", r.Findings[0].Title)
	}
}

func TestUnknownConnection(t *testing.T) {
	d := hproftest.New(8)
	executor := d.Class("org.postgresql.core.v3.QueryExecutorImpl", hproftest.Fields("Object closeAction"))
	c := d.Class("org.postgresql.jdbc.PgConnection", hproftest.Fields("Object queryExecutor"))
	d.Class("com.acme.App", hproftest.Static("Object c", d.Instance(c, d.Instance(executor))), hproftest.Sticky())
	r := analyzetest.Analyzed(t, d, "jdbc-connections-unpooled")
	if want := "unknown version of org.postgresql.jdbc.PgConnection: whether it is open cannot be told"; len(r.Findings) != 0 || r.Rules[0].Skipped != want {
		t.Errorf("skipped %q, findings %v", r.Rules[0].Skipped, r.Findings)
	}
}

func TestResultSetHuge(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		for rows, want := range map[int]int{2000: 0, 100_000: 1} {
			d := hproftest.New(idSize)
			rs := d.Class("org.postgresql.jdbc.PgResultSet", hproftest.Fields("Object rows"))
			tuple := d.Instance(d.Class("org.postgresql.core.Tuple", hproftest.Fields("Object data")))
			list := make([]any, rows)
			for i := range list {
				list[i] = tuple
			}
			d.Thread("worker-1", "com.acme.Report.read(Report.java:7)").Local(0, d.Instance(rs, d.ArrayList(list...)))
			r := analyzetest.Analyzed(t, d, "jdbc-result-set-huge")
			if len(r.Findings) != want {
				t.Fatalf("%d rows: %d findings", rows, len(r.Findings))
			}
			if want > 0 {
				analyzetest.WantTitle(t, &r.Findings[0], "A result set of PostgreSQL has 100,000 rows in memory", `held by thread "worker-1"`)
			}
		}
	}
}

// TestStatementCacheOfLiterals has 1,200 texts in a cache of PostgreSQL's driver.
func TestStatementCacheOfLiterals(t *testing.T) {
	for text, want := range map[string]int{"select name from orders where id = %d": 1, "select name from orders_%d": 0} {
		d := hproftest.New(8)
		native := d.Class("org.postgresql.core.NativeQuery", hproftest.Fields("String nativeSql"))
		query := d.Class("org.postgresql.core.v3.SimpleQuery", hproftest.Fields("Object nativeQuery"))
		cachedQuery := d.Class("org.postgresql.core.CachedQuery", hproftest.Fields("Object key", "Object query"))
		lru := d.Class("org.postgresql.util.LruCache", hproftest.Fields("Object cache"))
		base := d.Class("org.postgresql.core.QueryExecutorBase", hproftest.Fields("boolean closed", "Object statementCache"))
		executor := d.Class("org.postgresql.core.v3.QueryExecutorImpl", hproftest.Super(base))
		var pairs []any
		for i := range 1200 {
			sql := d.String(fmt.Sprintf(text, i))
			pairs = append(pairs, sql, d.Instance(cachedQuery, sql, d.Instance(query, d.Instance(native, sql))))
		}
		e := d.Instance(executor, hproftest.With("statementCache", d.Instance(lru, d.HashMap(pairs...))))
		d.Class("com.acme.App", hproftest.Static("Object executor", e), hproftest.Sticky())
		r := analyzetest.Analyzed(t, d, "jdbc-statement-cache")
		if len(r.Findings) != want {
			t.Fatalf("%s: %d findings", text, len(r.Findings))
		}
		if want > 0 {
			f := analyzetest.Only(t, r, "jdbc-statement-cache", report.Warning)
			analyzetest.WantTitle(t, f, "PostgreSQL's driver has 1,200 prepared statements in 1 cache, of one SQL")
			analyzetest.WantCount(t, f, "entries that differ in literals alone", 1199)
		}
	}
}
