package messaging

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

var sessionsMin = &analyze.Threshold{Name: "sessions", Default: 100, Unit: "sessions", Doc: "so many open sessions of a connection without a consumer or producer are a warning"}

// Sessions finds sessions of ActiveMQ that are not closed.
var Sessions = &analyze.Rule{
	Name:  "jms-sessions-not-closed",
	Title: "Sessions of a JMS connection are not closed",
	Doc: `A connection of ActiveMQ lists its sessions until they are closed, each with its consumers, producers and executor, and the broker has
their counterpart. Code that makes a session for each message and closes only the producer leaks them for as long as the connection lives.

Recognised by ActiveMQConnection.sessions of ActiveMQ 5: sessions whose closed is false and that have neither consumers nor producers, from
100 of a connection on.

Close each session (try-with-resources in JMS 2, finally before), or reuse one: a session is for one thread at a time. With Spring use a
CachingConnectionFactory, which bounds them by sessionCacheSize.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{sessionsMin},
	Scans:      []*analyze.Scan{connectionScan, sessionScan},
	Run:        runSessions,
}

var (
	connectionScan = analyze.Instances("connections of ActiveMQ", analyze.Known{Class: "org.apache.activemq.ActiveMQConnection", Fields: []string{"sessions"}})
	sessionScan    = analyze.Instances("sessions of ActiveMQ", analyze.Known{Class: "org.apache.activemq.ActiveMQSession", Fields: []string{"connection", "closed", "consumers", "producers"}})
)

func runSessions(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	idle := map[graph.Object]analyze.ObjectSet{}
	var order []graph.Object
	for _, o := range p.Strong(analyze.Result[[]graph.Object](q, sessionScan)) {
		consumers, ok1 := p.r.Size(p.r.Ref(o, "consumers"))
		producers, ok2 := p.r.Size(p.r.Ref(o, "producers"))
		if c := p.r.Ref(o, "connection"); ok1 && ok2 && consumers+producers == 0 && !p.r.Bool(o, "closed") {
			if len(idle[c]) == 0 {
				order = append(order, c)
			}
			idle[c] = append(idle[c], o)
		}
	}
	for _, c := range order {
		if int64(len(idle[c])) >= p.Count(sessionsMin) {
			p.sessionsFinding(c, idle[c])
		}
	}
	return nil
}

func (p pass) sessionsFinding(connection graph.Object, idle analyze.ObjectSet) {
	n := int64(len(idle))
	all, _ := p.r.Size(p.r.Ref(connection, "sessions"))
	retained := p.Heap.RetainedOf(idle)
	p.ReportMany(report.Finding{
		Severity: report.Warning, Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("A connection of ActiveMQ has %s open sessions without consumer or producer, %s", analyze.Number(n), p.Of(retained)),
		Story: report.Rows[string]{"The connection lists its sessions until they are closed, and the broker has a counterpart of each."},
		Facts: report.Rows[report.Fact]{
			analyze.Fact("sessions without consumer or producer", report.Count(n)), analyze.Fact("sessions of the connection", report.Count(all)),
			analyze.Fact("retained by the sessions", report.Bytes(retained)),
		},
		Fix:       report.Rows[string]{"Close each session where it is used, or reuse one for each thread; with Spring use a CachingConnectionFactory."},
		Falsifier: "A cache keeps the sessions and their number does not grow.",
	}, idle)
}
