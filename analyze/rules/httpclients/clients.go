package httpclients

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

var clientsMin = &analyze.Threshold{Name: "clients", Default: 50, Unit: "clients", Doc: "so many clients of one library, or channels to one target, are a warning: a client is made to be shared"}

// NotClosed finds HTTP and RPC clients that are made again and again.
var NotClosed = &analyze.Rule{
	Name:  "http-clients-not-closed",
	Title: "Many HTTP or RPC clients are open, where one would do",
	Doc: `An HTTP or RPC client is made to be shared: it has a pool of connections, executors and often threads of its own. One for each
request, user or call that nobody closes leaks all of these; the heap shows only the smaller part, sockets and threads are outside of it.

Recognised by java.net.http (jdk.internal.net.http.HttpClientImpl, each with a selector thread), OkHttp (OkHttpClient with a connectionPool of
its own), Apache HttpClient 4 (PoolingHttpClientConnectionManager whose isShutDown is false) and gRPC (ManagedChannelImpl whose shutdown
is false, by target), from 50 on.

Make one client and share it. Derive variants of an OkHttpClient with newBuilder(), which keeps pool and dispatcher. Close what is
no longer used: CloseableHttpClient.close(), ManagedChannel.shutdown(), HttpClient.close() (JDK 21).`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{clientsMin},
	Scans:      []*analyze.Scan{jdkScan, okhttpScan, apacheScan, grpcScan},
	Run:        runClients,
}

var (
	jdkScan    = analyze.Instances("clients of java.net.http", analyze.Known{Class: "jdk.internal.net.http.HttpClientImpl", Fields: []string{"selmgr"}})
	okhttpScan = analyze.Instances("clients of OkHttp", analyze.Known{Class: "okhttp3.OkHttpClient", Fields: []string{"connectionPool", "dispatcher"}})
	apacheScan = analyze.Instances("managers of Apache HttpClient", analyze.Known{Class: "org.apache.http.impl.conn.PoolingHttpClientConnectionManager", Fields: []string{"isShutDown", "pool"}})
	grpcScan   = analyze.Instances("channels of gRPC", analyze.Known{Class: "io.grpc.internal.ManagedChannelImpl", Fields: []string{"shutdown", "target"}})
)

func runClients(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	of := func(s *analyze.Scan) analyze.ObjectSet { return p.Strong(analyze.Result[[]graph.Object](q, s)) }
	p.clients(of(jdkScan), "HttpClients of java.net.http, each with a selector thread", "Make one HttpClient and share it; on JDK 21 and later close() those that are no longer used.")
	p.clients(p.ownPool(of(okhttpScan)), "OkHttpClients with a connection pool and dispatcher of their own", "Make one OkHttpClient and derive the others from it with newBuilder(): they share its pool and threads.")
	p.clients(p.open(of(apacheScan), "isShutDown"), "connection managers of Apache HttpClient that are not shut down", "Make one CloseableHttpClient and share it; close() those that are no longer used.")
	p.channels(p.open(of(grpcScan), "shutdown"))
	return nil
}

// open leaves out what is closed by an AtomicBoolean.
func (p pass) open(all analyze.ObjectSet, flag string) analyze.ObjectSet {
	var out analyze.ObjectSet
	for _, o := range all {
		if n, ok := p.r.Int(o, flag, "value"); ok && n == 0 {
			out = append(out, o)
		}
	}
	return out
}

// ownPool leaves out clients that share the pool of an earlier one.
func (p pass) ownPool(all analyze.ObjectSet) analyze.ObjectSet {
	seen := map[graph.Object]bool{}
	var out analyze.ObjectSet
	for _, o := range all {
		if pool := p.r.Ref(o, "connectionPool"); pool != graph.NoObject && !seen[pool] {
			seen[pool] = true
			out = append(out, o)
		}
	}
	return out
}

// maxTarget bounds a target's text.
const maxTarget = 500

// channels judges those to each target by themselves.
func (p pass) channels(all analyze.ObjectSet) {
	targets := map[string]analyze.ObjectSet{}
	for _, o := range all {
		t, _ := p.r.TextAs(graph.URLText, o, maxTarget, "target")
		targets[t] = append(targets[t], o)
	}
	for _, t := range analyze.ByCount(targets, func(s analyze.ObjectSet) int64 { return int64(len(s)) }, analyze.Same) {
		p.clients(targets[t], "channels of gRPC to one target that are not shut down",
			"Make one ManagedChannel for each target and share it: calls run over it side by side; shutdown() it when it is no longer used.",
			analyze.Fact("target", report.Content(p.Policy.URL(t))))
	}
}

func (p pass) clients(all analyze.ObjectSet, what, fix string, facts ...report.Fact) {
	n := int64(len(all))
	if n < p.Count(clientsMin) {
		return
	}
	retained := p.Heap.RetainedOf(all)
	owner := p.NearestHolder(p.Holding(all[0], nil))
	p.ReportMany(report.Finding{
		Severity: report.Warning, Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("There are %s %s; %s", analyze.Number(n), what, p.Of(retained)),
		Story: report.Rows[string]{"Each has connections, executors and threads of its own, which the heap shows only in part. The first is held by " + owner + "."},
		Facts: append(facts, analyze.Fact("clients", report.Count(n)), analyze.Fact("held by", report.Name(owner)), analyze.Fact("retained by the clients", report.Bytes(retained))),
		Fix:   report.Rows[string]{fix}, Falsifier: "They talk to that many servers with settings of their own, and their number does not grow.",
	}, all)
}
