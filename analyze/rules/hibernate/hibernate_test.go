package hibernate_test

import (
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// contextDump has a session, in the shape of 3.6, with n entities.
func contextDump(idSize, n int) *hproftest.Dump {
	d := hproftest.New(idSize)
	session := d.Class("org.hibernate.impl.SessionImpl", hproftest.Fields("Object persistenceContext"))
	context := d.Class("org.hibernate.engine.StatefulPersistenceContext", hproftest.Fields("Map entitiesByKey", "Object session"))
	order := d.Class("com.acme.Order", hproftest.Fields("byte[] text"))
	var pairs []any
	for i := range n {
		pairs = append(pairs, d.Boxed(i), d.Instance(order, d.ByteArray(make([]byte, 50)...)))
	}
	s := d.Instance(session)
	s.Set("persistenceContext", d.Instance(context, d.HashMap(pairs...), s))
	d.Class("com.acme.Import", hproftest.Static("Object session", s), hproftest.Sticky())
	return d
}

func TestPersistenceContext(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		f := analyzetest.Only(t, analyzetest.Analyzed(t, contextDump(idSize, 10_000), "all"), "hibernate-persistence-context", report.Warning)
		analyzetest.WantTitle(t, f, "10,000 entities", "static com.acme.Import.session")
	}
	if r := analyzetest.Analyzed(t, contextDump(8, 9999), "hibernate-persistence-context"); len(r.Findings) > 0 {
		t.Errorf("a session at work: %s", r.Findings[0].Title)
	}
}

// laterPlans has a plan cache, in the shape of 5, with plans of one query with lists of 1 to n parameters.
func laterPlans(n int) *hproftest.Dump {
	d := hproftest.New(8)
	cache := d.Class("org.hibernate.engine.query.spi.QueryPlanCache", hproftest.Fields("BoundedConcurrentHashMap queryPlanCache"))
	m := d.Class("org.hibernate.internal.util.collections.BoundedConcurrentHashMap", hproftest.Fields("Object[] segments"))
	segment := d.Class("org.hibernate.internal.util.collections.BoundedConcurrentHashMap$Segment", hproftest.Fields("Object[] table"))
	entry := d.Class("org.hibernate.internal.util.collections.BoundedConcurrentHashMap$HashEntry", hproftest.Fields("Object key", "Object value", "HashEntry next"))
	key := d.Class("org.hibernate.engine.query.spi.QueryPlanCache$HQLQueryPlanKey", hproftest.Fields("String query"))
	plan := d.Class("org.hibernate.engine.query.spi.HQLQueryPlan", hproftest.Fields("byte[] body"))
	var chain any
	for i := range n {
		hql := "from Order o where o.id in (:a0" + strings.Repeat(", :b", i) + ")"
		chain = d.Instance(entry, d.Instance(key, d.String(hql)), d.Instance(plan, d.ByteArray(make([]byte, 2000)...)), chain)
	}
	c := d.Instance(cache, d.Instance(m, d.Array("java.lang.Object", d.Instance(segment, d.Array("java.lang.Object", chain)))))
	d.Class("com.acme.Shop", hproftest.Static("Object cache", c), hproftest.Sticky())
	return d
}

func TestLaterPlanCache(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.Analyzed(t, laterPlans(60), "hibernate5-query-plan-cache"), "hibernate5-query-plan-cache", report.Info)
	analyzetest.WantTitle(t, f, "60 plans of 1 query", "60 of the plans are one query")
	if r := analyzetest.Analyzed(t, laterPlans(49), "hibernate5-query-plan-cache"); len(r.Findings) > 0 {
		t.Errorf("few plans: %s", r.Findings[0].Title)
	}
}

func TestRealPlanCache(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/hibernate-plans.hprof"), "all"), "hibernate-query-plan-cache", report.Warning)
	analyzetest.WantTitle(t, f, "100 plans of 1 query")
	analyzetest.WantCount(t, f, "plan_cache_max_strong_references", 1024)
	analyzetest.WantCount(t, f, "plan_cache_max_soft_references", 2048)
	if got := fmt.Sprint(analyzetest.Table(t, f, "Plans by query").Rows[0][0].Text()); got != "from Shop$Order o where o.id in (?, …)" {
		t.Errorf("query %q", got)
	}
	analyzetest.WantHealthy(t, "leaks/hibernate-plans-control.hprof")
}

func TestRealPersistenceContext(t *testing.T) {
	f := &analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/hibernate-session.hprof"), "all").Findings[0] // the others are on the database in memory
	if f.Rule != "hibernate-persistence-context" || f.Severity != report.Warning {
		t.Fatalf("%s %s: %s", f.Severity, f.Rule, f.Title)
	}
	analyzetest.WantTitle(t, f, "12,000 entities", "static Shop.SESSIONS")
	if got := analyzetest.Table(t, f, "Entities by class").Rows[0]; got[0].Text().String() != "Shop$Order" || got[1].Int() != 12_000 {
		t.Errorf("entities %v", got)
	}
	analyzetest.WantHealthy(t, "leaks/hibernate-session-control.hprof")
}
