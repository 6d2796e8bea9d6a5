package httpclients

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// PoolExhausted finds pools of HTTP connections that threads wait for.
var PoolExhausted = &analyze.Rule{
	Name:  "http-pool-exhausted",
	Title: "Threads wait for a connection of an HTTP client's pool",
	Doc: `Apache HttpClient lends its connections from a pool: 20 in all and 2 for each route by default. A connection comes back when the
response was read to its end or closed. Code that only looks at the status leaks the connection; when all are leased, each further
request waits, for ever where no connectionRequestTimeout is set.

Recognised by Apache HttpCore 4's AbstractConnPool: requests in pending while connections are leased, with the limits maxTotal and
defaultMaxPerRoute.

Read or close each response: try (CloseableHttpResponse r = client.execute(…)) { EntityUtils.consume(r.getEntity()); }, or use a
ResponseHandler, which does. Set connectionRequestTimeout and socketTimeout; raise maxTotal and defaultMaxPerRoute only if all connections
are at work.`,
	Max:   report.Error,
	Scans: []*analyze.Scan{poolScan},
	Run:   runPools,
}

var poolScan = analyze.Instances("pools of Apache HttpCore", analyze.Known{Class: "org.apache.http.pool.AbstractConnPool", Fields: []string{"leased", "pending", "available", "maxTotal", "defaultMaxPerRoute"}})

func runPools(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	for _, o := range p.Strong(analyze.Result[[]graph.Object](q, poolScan)) {
		leased, ok1 := p.r.Size(p.r.Ref(o, "leased"))
		pending, ok2 := p.r.Size(p.r.Ref(o, "pending"))
		if ok1 && ok2 && leased > 0 && pending > 0 {
			p.poolFinding(o, leased, pending)
		}
	}
	return nil
}

func (p pass) poolFinding(o graph.Object, leased, pending int64) {
	available, _ := p.r.Size(p.r.Ref(o, "available"))
	most, _ := p.r.Int(o, "maxTotal")
	perRoute, _ := p.r.Int(o, "defaultMaxPerRoute")
	f := report.Finding{
		Severity: report.Warning, Confidence: report.Certain, Retained: p.Heap.Retained(o), Objects: leased,
		Title: fmt.Sprintf("%s wait for a connection of Apache HttpClient's pool: %s of at most %s are leased (%s for each route)",
			analyze.Plural(pending, "request"), analyze.Number(leased), analyze.Number(most), analyze.Number(perRoute)),
		Story: report.Rows[string]{"A connection comes back to the pool when its response was read to the end or closed."},
		Facts: report.Rows[report.Fact]{
			analyze.Fact("leased", report.Count(leased)), analyze.Fact("requests that wait", report.Count(pending)), analyze.Fact("available", report.Count(available)),
			analyze.Fact("maxTotal", report.Count(most)), analyze.Fact("defaultMaxPerRoute", report.Count(perRoute)),
		},
		Fix: report.Rows[string]{
			"Read each response to its end or close it: try (CloseableHttpResponse r = …) { EntityUtils.consume(r.getEntity()); }.",
			"Set connectionRequestTimeout and socketTimeout, so that neither waits for ever.",
			"If all connections are at work, raise maxTotal and defaultMaxPerRoute.",
		},
		Falsifier: "The leased connections are at work, and a dump taken a second later has other ones.",
	}
	p.ReportAt(f, o, "leased")
}
