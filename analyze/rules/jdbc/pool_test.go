package jdbc_test

import (
	"strings"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/rules"
	"heapcause/graph"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// find returns the only finding of a rule.
func find(t *testing.T, r *report.Report, rule string) *report.Finding {
	t.Helper()
	var found *report.Finding
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Rule == rule && found != nil {
			t.Fatalf("two findings of %s: %s; %s", rule, found.Title, f.Title)
		}
		if f.Rule == rule {
			found = f
		}
	}
	if found == nil {
		for _, f := range r.Findings {
			t.Logf("%s %s: %s", f.Severity, f.Rule, f.Title)
		}
		t.Fatalf("no finding of %s", rule)
	}
	return found
}

// wantHealthy checks that no rule warns.
func wantHealthy(t *testing.T, h *graph.Heap) {
	t.Helper()
	for _, f := range analyzetest.RunRules(t, h, "all").Findings {
		if f.Severity.Compare(report.Warning) >= 0 {
			t.Errorf("%s %s: %s", f.Severity, f.Rule, f.Title)
		}
	}
}

// hikariPool has the shape of HikariCP 2.7.9.
type hikariPool struct {
	d                        *hproftest.Dump
	entry, proxy, connection *hproftest.Class
	pool                     *hproftest.Object
	entries                  []any
	waiters, conf            *hproftest.Object
}

func newHikari(d *hproftest.Dump, maximum, waiting int) *hikariPool {
	atomic := d.Class("java.util.concurrent.atomic.AtomicInteger", hproftest.Fields("int value"))
	conf := d.Class("com.zaxxer.hikari.HikariConfig", hproftest.Fields("int maxPoolSize", "long leakDetectionThreshold", "String jdbcUrl"))
	bag := d.Class("com.zaxxer.hikari.util.ConcurrentBag", hproftest.Fields("Object sharedList", "Object waiters"))
	base := d.Class("com.zaxxer.hikari.pool.PoolBase", hproftest.Fields("Object config"))
	pool := d.Class("com.zaxxer.hikari.pool.HikariPool", hproftest.Super(base), hproftest.Fields("int poolState", "Object connectionBag"))
	proxy := d.Class("com.zaxxer.hikari.pool.ProxyConnection", hproftest.Fields("Object delegate", "Object poolEntry"))
	p := &hikariPool{
		d: d, entry: d.Class("com.zaxxer.hikari.pool.PoolEntry", hproftest.Fields("Object connection", "int state")),
		proxy: d.Class("com.zaxxer.hikari.pool.HikariProxyConnection", hproftest.Super(proxy)), connection: d.Class("com.acme.driver.Connection", hproftest.Fields("int id")),
		waiters: d.Instance(atomic, waiting),
	}
	p.conf = d.Instance(conf, maximum, 0, d.String("jdbc:acme://db/orders?user=ada&password=secret"))
	p.pool = d.Instance(pool, hproftest.With("config", p.conf), hproftest.With("connectionBag", d.Instance(bag, nil, p.waiters)))
	d.Class("com.acme.App", hproftest.Static("Object dataSource", p.pool), hproftest.Sticky())
	return p
}

// lend adds an entry in a state, and returns the handle of it.
func (p *hikariPool) lend(state int) *hproftest.Object {
	c := p.d.Instance(p.connection)
	e := p.d.Instance(p.entry, c, state)
	p.entries = append(p.entries, e)
	return p.d.Instance(p.proxy, hproftest.With("poolEntry", e), hproftest.With("delegate", c))
}

// close puts the entries into the bag.
func (p *hikariPool) close() {
	bag := p.d.Find("com.zaxxer.hikari.util.ConcurrentBag")
	b := p.d.Instance(bag, p.d.ArrayList(p.entries...), p.waiters)
	p.pool.Set("connectionBag", b)
}

func TestPoolExhausted(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize)
		p := newHikari(d, 3, 2)
		p.lend(1) // its handle is garbage
		kept, local := p.lend(1), p.lend(1)
		p.close()
		d.Class("com.acme.Session", hproftest.Static("Object current", kept), hproftest.Sticky())
		d.Thread("worker-1", "com.acme.Job.run(Job.java:7)").Local(0, local)
		r := analyzetest.Analyzed(t, d, "all")
		f := find(t, r, "connection-pool-exhausted")
		if f.Severity != report.Error || f.Confidence != report.Certain {
			t.Errorf("%s, %s", f.Severity, f.Confidence)
		}
		analyzetest.WantTitle(t, f, "HikariCP: 3 of 3 connections are borrowed and 2 threads wait for one; 1 is leaked")
		for label, n := range map[string]int64{"threads waiting": 2, "leaked": 1, "kept by fields": 1, "borrowed by a thread at work": 1} {
			analyzetest.WantCount(t, f, label, n)
		}
		rows := analyzetest.Table(t, f, "Borrowed connections").Rows
		for i, want := range []string{"nothing: leaked", "static com.acme.Session.current", `thread "worker-1", com.acme.Job.run:7`} {
			if got := rows[i][1].Text().String(); got != want {
				t.Errorf("row %d is held by %q, want %q", i, got, want)
			}
		}
		if url := analyzetest.Facts(f)["URL"].Text().String(); strings.Contains(url, "secret") {
			t.Errorf("URL %s", url)
		}
	}
}

// TestPoolAtWork has a pool that lent one of three connections to a thread.
func TestPoolAtWork(t *testing.T) {
	d := hproftest.New(8)
	p := newHikari(d, 3, 0)
	d.Thread("worker-1", "com.acme.Job.run(Job.java:7)").Local(0, p.lend(1))
	p.lend(0)
	p.lend(0)
	p.close()
	if r := analyzetest.Analyzed(t, d, "connection-pool-exhausted"); len(r.Findings) != 0 {
		t.Errorf("%s", r.Findings[0].Title)
	}
}

// TestPoolLeaks has two leaked connections of ten.
func TestPoolLeaks(t *testing.T) {
	d := hproftest.New(8)
	p := newHikari(d, 10, 0)
	p.lend(1)
	p.lend(1)
	p.lend(0)
	p.close()
	h := analyzetest.Build(t, d)
	f := analyzetest.Only(t, analyzetest.RunRules(t, h, "connection-pool-exhausted"), "connection-pool-exhausted", report.Warning)
	analyzetest.WantTitle(t, f, "2 of 10 connections are borrowed; 2 are leaked")
	selected, err := rules.Select("connection-pool-exhausted", false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyze.Run(t.Context(), h, analyze.Options{Rules: selected, Thresholds: map[string]float64{"connection-pool-exhausted.leaked": 3}})
	if err != nil || len(r.Findings) != 0 {
		t.Errorf("%v, findings %v", err, r.Findings)
	}
}

func TestUnknownPool(t *testing.T) {
	d := hproftest.New(8)
	c := d.Class("com.zaxxer.hikari.pool.HikariPool", hproftest.Fields("Object bag2", "Object config"))
	d.Class("com.acme.App", hproftest.Static("Object dataSource", d.Instance(c)), hproftest.Sticky())
	r := analyzetest.Analyzed(t, d, "connection-pool-exhausted")
	if want := "unknown version of com.zaxxer.hikari.pool.HikariPool: it has no field connectionBag"; len(r.Findings) != 0 || r.Rules[0].Skipped != want {
		t.Errorf("skipped %q, findings %v", r.Rules[0].Skipped, r.Findings)
	}
}

// TestRealPools has the same program on each of the pools.
func TestRealPools(t *testing.T) {
	for _, pool := range []struct{ dump, name, fix, stack string }{
		{"hikari", "HikariCP", "leakDetectionThreshold", `ExhaustedPool by thread "main"`},
		{"dbcp", "Apache DBCP 2", "removeAbandonedOnBorrow", "ExhaustedPool"},
		{"tomcat-dbcp", "Tomcat DBCP 2", "removeAbandonedOnBorrow", ""},
		{"c3p0", "c3p0", "unreturnedConnectionTimeout", "ExhaustedPool"},
		{"tomcat", "Tomcat JDBC", "removeAbandoned=true", "ExhaustedPool.placeOrder(ExhaustedPool.java:"},
	} {
		t.Run(pool.dump, func(t *testing.T) {
			r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/jdbc-pool-"+pool.dump+".hprof"), "all")
			f := find(t, r, "connection-pool-exhausted")
			if f.Severity != report.Error || f.Anchor != "static ExhaustedPool.pool" || !strings.Contains(strings.Join(f.Fix, "\n"), pool.fix) {
				t.Errorf("%s, anchor %q, fix %q", f.Severity, f.Anchor, f.Fix)
			}
			analyzetest.WantTitle(t, f, pool.name+": 8 of 8 connections are borrowed and 2 threads wait for one; 4 are leaked")
			for label, n := range map[string]int64{
				"connections borrowed": 8, "connections at most": 8, "connections idle": 0, "threads waiting": 2, "borrowed by a thread at work": 3, "kept by fields": 1, "leaked": 4,
			} {
				analyzetest.WantCount(t, f, label, n)
			}
			rows := analyzetest.Table(t, f, "Borrowed connections").Rows
			if held := rows[4][1].Text().String(); held != "static ExhaustedPool.audit" {
				t.Errorf("kept by %q", held)
			}
			if held := rows[7][1].Text().String(); !strings.HasPrefix(held, `thread "report-`) || !strings.Contains(held, ", ExhaustedPool.report:") {
				t.Errorf("held by %q", held)
			}
			if sql := rows[7][4].Text().String(); sql != "select customer from orders where id > ?" {
				t.Errorf("SQL %q", sql)
			}
			waiting := analyzetest.Table(t, f, "Threads that wait for a connection").Rows
			if len(waiting) != 2 || waiting[0][0].Text().String() != "http-nio-8080-exec-0" || !strings.HasPrefix(waiting[0][1].Text().String(), "ExhaustedPool.placeOrder(") {
				t.Errorf("waiting %v", waiting)
			}
			if pool.stack != "" {
				if row := analyzetest.Table(t, f, "Where they were borrowed, as the pool recorded it").Rows[0]; !strings.HasPrefix(row[0].Text().String(), pool.stack) || row[2].Int() != 4 {
					t.Errorf("borrowed in %v", row)
				}
			}
			wantHealthy(t, analyzetest.RealHeap(t, "leaks/jdbc-pool-"+pool.dump+"-control.hprof"))
		})
	}
}
