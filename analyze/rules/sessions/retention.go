package sessions

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of http-session-retention.
var (
	minSessions = &analyze.Threshold{Name: "sessions", Default: 50, Unit: "sessions", Doc: "of fewer sessions of one application nothing is told"}
	tellShare   = &analyze.Threshold{Name: "share", Default: 0.02, Unit: "share", Doc: "of the strongly reachable heap; from there on it is told"}
	tellEndless = &analyze.Threshold{Name: "never-expiring", Default: 1000, Unit: "sessions", Doc: "so many sessions that never expire are told, however little they retain"}
)

// Retention finds applications whose HTTP sessions fill the heap.
var Retention = &analyze.Rule{
	Name:  "http-session-retention",
	Title: "HTTP sessions retain a large part of the heap",
	Doc: `A servlet container keeps each session with all its attributes until it expires or is invalidated. Large attributes, long timeouts
and sessions for clients that never come back, such as crawlers and health checks, add up.

Recognised in Tomcat by org.apache.catalina.session.StandardSession (attributes, creationTime, thisAccessedTime, maxInactiveInterval,
isValid), grouped by its manager; in Jetty 9.4 to 11 by org.eclipse.jetty.server.session.Session and its SessionData (_attributes,
_created, _accessed, _maxInactiveMs), grouped by the SessionHandler. How long they are idle is counted against the time of the
dump. A session whose last access is within a second of its creation, a minute or more ago, was used once. Attributes are read from up to 1,000 sessions of an
application, evenly spread. It is told from 50 sessions and 2 % of the heap on, or where 1,000 never expire; a warning from the
threshold of leak suspects (10 %) on.

Keep in a session what a request cannot find again cheaply, and no more: an identifier instead of the object. Set a timeout
(session-timeout in web.xml, HttpSession.setMaxInactiveInterval), invalidate sessions at logout, and create none for clients
without cookies.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{minSessions, tellShare, tellEndless},
	Scans:      []*analyze.Scan{tomcatScan, jettyScan, dataScan},
	Run:        runRetention,
}

func runRetention(q *analyze.Pass) error {
	p := pass{q}
	var n, endless int64
	for _, g := range p.groups() {
		n += int64(len(g.sessions))
		endless += g.endless
		share := p.Share(g.retained)
		if int64(len(g.sessions)) >= p.Count(minSessions) && (share >= p.Value(tellShare) || g.endless >= p.Count(tellEndless)) {
			p.finding(g, share)
		}
	}
	p.Figure("sessions", "sessions", n)
	p.Figure("sessions.never-expiring", "sessions", endless)
	return nil
}

func (p pass) finding(g *group, share float64) {
	f := report.Finding{
		Severity: p.severity(g.retained, share), Confidence: report.Certain, Retained: g.retained, Objects: int64(len(g.sessions)),
		Facts:     p.facts(g),
		Falsifier: "The sessions are of users at work who need what is in them: their number and size stay the same under the same load.",
	}
	attributes, sampled, top := p.attributeTable(g)
	if sampled < int64(len(g.sessions)) {
		attributes.Title += fmt.Sprintf(", of %s that were read", analyze.Number(sampled))
	}
	f.Tables = append(f.Tables, attributes)
	if !p.Taken.IsZero() {
		f.Tables = append(f.Tables, idleTable(g))
	}
	f.Title = p.title(g, top)
	f.Story = p.story(g)
	f.Fix = fixes(g, top)
	largest := p.largest(g)
	f.Evidence.Rows = append(f.Evidence.Rows, p.evidence(g, largest))
	f.Evidence.Omitted = f.Objects - 1
	path := p.Holding(largest.object, nil)
	manager := p.Holding(g.manager, nil)
	p.Sign(&f, manager, "sessions")
	f.Path = p.Steps(path)
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: p.point(g), Members: g.objects})
}

// severity is that of all patterns, but for sessions, which a program has on purpose, no less than the share of a leak suspect.
func (p pass) severity(retained int64, share float64) report.Severity {
	if share < p.Options.Threshold {
		return report.Info
	}
	return p.Severity(retained, share)
}

// point is what dominates the sessions, where it is one object that is near.
func (p pass) point(g *group) graph.Object {
	const near = 6
	o := p.Heap.Idom(g.objects[0])
	for i := 0; i < near && o != graph.NoObject; i++ {
		if p.Dominates(o, g.objects[len(g.objects)-1]) {
			return o
		}
		o = p.Heap.Idom(o)
	}
	return graph.NoObject
}

func (p pass) largest(g *group) *session {
	best := &g.sessions[0]
	for i := range g.sessions {
		if p.Heap.Retained(g.sessions[i].object) > p.Heap.Retained(best.object) {
			best = &g.sessions[i]
		}
	}
	return best
}

func (p pass) title(g *group, top *attribute) string {
	of := ""
	if g.context != "" {
		of = " of " + g.context
	}
	t := fmt.Sprintf("%s HTTP sessions%s retain %s, %s each at the median", analyze.Number(int64(len(g.sessions))), of, p.Of(g.retained), analyze.Size(g.percentile(50)))
	if top != nil {
		t += fmt.Sprintf("; most of it is attribute %q (%s)", top.name, p.ClassName(top.class))
	}
	if g.endless > 0 {
		t += fmt.Sprintf("; %s never expire", analyze.Number(g.endless))
	}
	return t
}

func (p pass) story(g *group) report.Rows[string] {
	story := report.Rows[string]{"The container keeps a session with all its attributes until it expires or is invalidated."}
	if g.endless > 0 {
		story = append(story, fmt.Sprintf("%s have no timeout (maxInactiveInterval is 0 or negative): they stay until somebody invalidates them.", analyze.Plural(g.endless, "session")))
	}
	if g.once*2 > int64(len(g.sessions)) {
		story = append(story, fmt.Sprintf("%s of %s were used by the one request that created them: their clients send no cookie back, as crawlers and health checks do.", analyze.Number(g.once), analyze.Number(int64(len(g.sessions)))))
	}
	if g.overdue > 0 {
		story = append(story, fmt.Sprintf("%s are past their timeout and not removed yet: the container looks for them only now and then.", analyze.Plural(g.overdue, "session")))
	}
	return story
}

func (p pass) facts(g *group) report.Rows[report.Fact] {
	facts := report.Rows[report.Fact]{
		analyze.Fact("sessions", report.Count(int64(len(g.sessions)))),
		analyze.Fact("never expire", report.Count(g.endless)),
		analyze.Fact("used once", report.Count(g.once)),
	}
	if !p.Taken.IsZero() {
		facts = append(facts, analyze.Fact("past their timeout", report.Count(g.overdue)))
	}
	if g.invalid > 0 {
		facts = append(facts, analyze.Fact("invalidated, still held", report.Count(g.invalid)))
	}
	return append(facts, analyze.Fact("retained per session, median", report.Bytes(g.percentile(50))),
		analyze.Fact("retained per session, 99 of 100", report.Bytes(g.percentile(99))))
}

func idleTable(g *group) report.Table {
	t := report.Table{Title: "Idle before the dump", Columns: []string{"idle", "sessions"}}
	for i, n := range g.idle {
		analyze.AddRow(&t, report.Name(idleNames[i]), report.Count(n))
	}
	return t
}

func fixes(g *group, top *attribute) report.Rows[string] {
	what := "what is large"
	if top != nil {
		what = fmt.Sprintf("attribute %q", top.name)
	}
	fix := report.Rows[string]{fmt.Sprintf("Take %s out of the session: keep an identifier, or put it into a cache that is bounded.", what)}
	if g.endless > 0 {
		fix = append(fix, "Set a timeout: session-timeout in web.xml, or HttpSession.setMaxInactiveInterval with a positive number of seconds.")
	} else {
		fix = append(fix, "Shorten the timeout (session-timeout in web.xml) and invalidate sessions at logout.")
	}
	if g.once > 0 {
		fix = append(fix, "Create no session for clients that need none: HttpServletRequest.getSession(false), <%@ page session=\"false\" %>, CrawlerSessionManagerValve in Tomcat.")
	}
	return fix
}

func (p pass) evidence(g *group, s *session) report.Evidence {
	e := report.Evidence{Address: p.Address(s.object), Class: p.Heap.ClassName(s.object), Note: "the largest", Retained: p.Heap.Retained(s.object)}
	if !p.Taken.IsZero() {
		e.Fields = append(e.Fields, analyze.Fact("idle", report.Duration(p.idle(s))))
	}
	return e
}
