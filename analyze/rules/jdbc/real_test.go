package jdbc_test

import (
	"context"
	"strings"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/rules"
	"heapcause/report"
)

// TestRealStatements has the same program on each driver, and one that a pool lists the statements of.
func TestRealStatements(t *testing.T) {
	for _, driver := range []struct {
		dump, class, held string
		n                 int64
		timeout           bool
	}{
		{"h2", "org.h2.jdbc.JdbcPreparedStatement", "OpenStatements$OrderDao::open", 3000, false},
		{"hsqldb", "org.hsqldb.jdbc.JDBCPreparedStatement", "OpenStatements$OrderDao::open", 3000, true},
		{"sqlite", "org.sqlite.jdbc4.JDBC4PreparedStatement", "OpenStatements$OrderDao::open", 3000, false},
		{"pg", "org.postgresql.jdbc.PgPreparedStatement", "OpenStatements$OrderDao::open", 3000, true},
		{"hikari", "org.h2.jdbc.JdbcPreparedStatement", "connections (com.zaxxer.hikari.pool.ProxyConnection::openStatements)", 2000, false},
	} {
		t.Run(driver.dump, func(t *testing.T) {
			f := find(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/jdbc-statements-"+driver.dump+".hprof"), "all"), "jdbc-statement-retained")
			if f.Severity != report.Warning || !strings.Contains(strings.Join(f.Fix, "\n"), "Close each statement where it is used") {
				t.Errorf("%s, fix %q", f.Severity, f.Fix)
			}
			analyzetest.WantTitle(t, f, " open "+driver.class, "held by "+driver.held)
			n := analyzetest.Facts(f)["statements open"].Int()
			if n != driver.n && n != driver.n-1 { // the last one may be held by the thread that makes them, too
				t.Errorf("%d open statements, want %d", n, driver.n)
			}
			if _, ok := analyzetest.Facts(f)["query timeout"]; driver.timeout {
				analyzetest.WantCount(t, f, "query timeout", 3_000_000)
			} else if ok {
				t.Error("a timeout")
			}
			sql := analyzetest.Table(t, f, "SQL of the statements, by shape").Rows
			if len(sql) != 1 || sql[0][0].Text().String() != "select customer from orders where id = ?" || sql[0][1].Int() != n {
				t.Errorf("SQL %v", sql)
			}
			wantHealthy(t, analyzetest.RealHeap(t, "leaks/jdbc-statements-"+driver.dump+"-control.hprof"))
		})
	}
}

// TestRealTimer has statements that run with a query timeout: each has a task in the timer of the driver.
func TestRealTimer(t *testing.T) {
	h := analyzetest.RealHeap(t, "leaks/jdbc-timer-pg.hprof")
	wantHealthy(t, h)
	selected, err := rules.Select("timer-queue-backlog,jdbc-statement-retained", false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyze.Run(context.Background(), h, analyze.Options{Rules: selected, Thresholds: map[string]float64{"timer-queue-backlog.tasks": 10}})
	if err != nil {
		t.Fatal(err)
	}
	f := find(t, r, "timer-queue-backlog")
	analyzetest.WantTitle(t, f, `Timer thread "PostgreSQL-JDBC-SharedTimer`, "12 queued tasks", "12 open org.postgresql.jdbc.PgPreparedStatement")
	analyzetest.WantRelated(t, f, "jdbc-statement-retained")
	analyzetest.WantCount(t, f, "statements open", 12)
	analyzetest.WantCount(t, f, "query timeout", 3_000_000)
	if !strings.HasPrefix(f.Fix[0], "Shorten the query timeout of 3,000 s") {
		t.Errorf("fix %q", f.Fix)
	}
}

func TestRealResultSets(t *testing.T) {
	for _, driver := range []struct{ dump, name, fix, sql string }{
		{"pg", "PostgreSQL", "setFetchSize(500)", "select i, ? || i from generate_series(?, ?) as t(i)"},
		{"h2", "H2", "LAZY_QUERY_EXECUTION=1", "select x, ? || x from system_range(?, ?)"},
		{"hsqldb", "HSQLDB", "hsqldb.result_max_memory_rows", ""},
	} {
		t.Run(driver.dump, func(t *testing.T) {
			f := find(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/jdbc-result-"+driver.dump+".hprof"), "all"), "jdbc-result-set-huge")
			if f.Severity != report.Warning || f.RetainedShare < 0.5 || !strings.Contains(f.Fix[0], driver.fix) {
				t.Errorf("%s, %g, fix %q", f.Severity, f.RetainedShare, f.Fix)
			}
			analyzetest.WantTitle(t, f, "A result set of "+driver.name+" has 100,000 rows in memory", `held by thread "main"`)
			analyzetest.WantCount(t, f, "rows in memory", 100_000)
			if frame := analyzetest.Facts(f)["frame"].Text().String(); !strings.HasPrefix(frame, "HugeResult.monthlyReport(HugeResult.java:") {
				t.Errorf("frame %q", frame)
			}
			if sql := analyzetest.Facts(f)["SQL"].Text().String(); sql != driver.sql {
				t.Errorf("SQL %q", sql)
			}
			wantHealthy(t, analyzetest.RealHeap(t, "leaks/jdbc-result-"+driver.dump+"-control.hprof"))
		})
	}
}

func TestRealConnections(t *testing.T) {
	for _, driver := range []struct{ dump, name, url string }{
		{"pg", "PostgreSQL", "jdbc:postgresql://127.0.0.1:"}, {"h2", "H2", "jdbc:h2:mem:a"}, {"hsqldb", "HSQLDB", ""}, {"sqlite", "SQLite", "jdbc:sqlite::memory:"},
	} {
		t.Run(driver.dump, func(t *testing.T) {
			f := find(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/jdbc-unpooled-"+driver.dump+".hprof"), "all"), "jdbc-connections-unpooled")
			if f.Severity != report.Warning || f.Anchor != "static UnpooledConnections.TENANTS" {
				t.Errorf("%s, anchor %q", f.Severity, f.Anchor)
			}
			analyzetest.WantTitle(t, f, "60 open connections of "+driver.name+" are in no pool, 60 of them held by static UnpooledConnections.TENANTS")
			if driver.url != "" {
				url := analyzetest.Table(t, f, "Connections by URL").Rows[0]
				if text := url[0].Text().String(); !strings.HasPrefix(text, driver.url) || strings.Contains(text, "secret") || url[1].Int() != 60 {
					t.Errorf("URL %v", url)
				}
			}
			wantHealthy(t, analyzetest.RealHeap(t, "leaks/jdbc-unpooled-"+driver.dump+"-control.hprof"))
		})
	}
	// What pools have is in none of the dumps outside of them.
	for _, pool := range []string{"hikari", "dbcp", "tomcat-dbcp", "c3p0", "tomcat"} {
		r, err := analyze.Run(context.Background(), analyzetest.RealHeap(t, "leaks/jdbc-pool-"+pool+".hprof"), analyze.Options{
			Rules: []*analyze.Rule{selectRule(t, "jdbc-connections-unpooled")}, Thresholds: map[string]float64{"jdbc-connections-unpooled.connections": 1},
		})
		if err != nil || len(r.Findings) != 0 {
			t.Errorf("%s: %v, %v", pool, err, r.Findings)
		}
	}
}

func selectRule(t *testing.T, name string) *analyze.Rule {
	t.Helper()
	selected, err := rules.Select(name, false)
	if err != nil {
		t.Fatal(err)
	}
	return selected[0]
}

func TestRealCaches(t *testing.T) {
	for _, cache := range []struct {
		dump, name, fix            string
		entries, caches, statement int64
	}{
		{"dbcp", "Apache DBCP 2", "maxOpenPreparedStatements", 1600, 4, 1600},
		{"c3p0", "c3p0", "maxStatementsPerConnection", 1600, 1, 1600},
		{"pg", "PostgreSQL's driver", "preparedStatementCacheQueries", 1024, 4, 0},
	} {
		t.Run(cache.dump, func(t *testing.T) {
			f := find(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/jdbc-cache-"+cache.dump+".hprof"), "all"), "jdbc-statement-cache")
			if f.Severity != report.Warning || !strings.Contains(f.Fix[1], cache.fix) || f.Anchor != "static StatementCache.source" {
				t.Errorf("%s, anchor %q, fix %q", f.Severity, f.Anchor, f.Fix)
			}
			analyzetest.WantTitle(t, f, cache.name+" has ", "of one SQL without their literals")
			for label, n := range map[string]int64{"entries": cache.entries, "caches": cache.caches, "statements of the cache": cache.statement, "entries that differ in literals alone": cache.entries - cache.caches} {
				analyzetest.WantCount(t, f, label, n)
			}
			if row := analyzetest.Table(t, f, "SQL of the entries, by shape").Rows[0]; row[0].Text().String() != "select customer from orders where id = ?" || row[1].Int() != cache.entries {
				t.Errorf("SQL %v", row)
			}
			wantHealthy(t, analyzetest.RealHeap(t, "leaks/jdbc-cache-"+cache.dump+"-control.hprof"))
		})
	}
}
