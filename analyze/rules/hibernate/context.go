package hibernate

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

var entitiesMin = &analyze.Threshold{Name: "entities", Default: 10_000, Unit: "entities", Doc: "a session with fewer is one at work"}

const contextDoc = `A session of Hibernate (an EntityManager) keeps each entity that it loaded or saved until it is cleared or closed: the entity,
its key, and a copy of its state to find changes by. Flushing goes through all of them each time. A batch job or an export that does not
clear, or a session that stays open in an HTTP session, a thread or a static field, grows without end.`

const contextFix = `

Clear the session after each batch (flush() and clear()), use a StatelessSession or read-only queries for bulk work, page through results
(setFirstResult, setMaxResults) or scroll, and close sessions with the unit of work.`

// PersistenceContext finds sessions of Hibernate 3 with many entities.
var PersistenceContext = &analyze.Rule{
	Name:  "hibernate-persistence-context",
	Title: "A session of Hibernate holds many entities",
	Doc: contextDoc + `

Recognised by the entities of Hibernate 3.6's org.hibernate.engine.StatefulPersistenceContext (entitiesByKey), from 10,000 on; its
session tells who holds it.` + contextFix,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{entitiesMin},
	Scans:      []*analyze.Scan{contextScan},
	Run:        func(p *analyze.Pass) error { return contexts(p, contextScan) },
}

// LaterPersistenceContext is PersistenceContext for Hibernate 4 to 6.
var LaterPersistenceContext = &analyze.Rule{
	Name:  "hibernate5-persistence-context",
	Title: "A session of Hibernate 4, 5 or 6 holds many entities",
	Doc: contextDoc + `

Recognised by the entities of org.hibernate.engine.internal.StatefulPersistenceContext (entitiesByKey), from 10,000 on. No real dump has
proven this rule yet; that for Hibernate 3.6 is hibernate-persistence-context.` + contextFix,
	Max:          report.Error,
	Experimental: true,
	Thresholds:   []*analyze.Threshold{entitiesMin},
	Scans:        []*analyze.Scan{laterContextScan},
	Run:          func(p *analyze.Pass) error { return contexts(p, laterContextScan) },
}

var (
	contextScan      = analyze.Instances("sessions of Hibernate 3", analyze.Known{Class: "org.hibernate.engine.StatefulPersistenceContext", Fields: []string{"entitiesByKey", "session"}})
	laterContextScan = analyze.Instances("sessions of Hibernate 4 to 6", analyze.Known{Class: "org.hibernate.engine.internal.StatefulPersistenceContext", Fields: []string{"entitiesByKey", "session"}})
)

func contexts(q *analyze.Pass, scan *analyze.Scan) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	for _, o := range analyze.Result[[]graph.Object](q, scan) {
		entities := p.r.Ref(o, "entitiesByKey")
		if n, ok := p.r.Size(entities); ok && n >= p.Count(entitiesMin) && p.Heap.Strength(o) != graph.Unreachable {
			p.contextFinding(o, entities, n)
		}
	}
	return nil
}

// maxEntities are looked at for their classes.
const maxEntities = 100_000

func (p pass) contextFinding(o, entities graph.Object, n int64) {
	session := p.r.Ref(o, "session")
	owner := p.HolderText(p.Holding(session, func(x graph.Object) bool { return x == o }))
	retained := p.Heap.Retained(o)
	counts := map[graph.Class]int64{}
	left := maxEntities
	p.r.Elements(entities, func(e graph.Object) bool {
		counts[p.Heap.ClassOf(e)]++
		left--
		return left > 0
	})
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("A session of Hibernate holds %s entities, %s; it is held by %s", analyze.Number(n), p.Of(retained), owner),
		Story: report.Rows[string]{"A session keeps each entity, and a copy of its state, until it is cleared or closed; each flush goes through all of them."},
		Facts: report.Rows[report.Fact]{
			analyze.Fact("entities", report.Count(n)), analyze.Fact("session held by", report.Name(owner)), analyze.Fact("retained by the session", report.Bytes(retained)),
		},
		Fix: report.Rows[string]{
			"In batches call flush() and clear() after each hundred, or use a StatelessSession.",
			"Page through large results (setFirstResult, setMaxResults) or scroll; read what is not changed as read-only.",
			"Close the session with its unit of work; do not keep it in an HTTP session, a thread or a static field.",
		},
		Falsifier: "The session ends within seconds, and its entities with it.",
	}
	if copies, ok := p.r.Size(p.r.Ref(o, "entityEntries", "map")); ok {
		f.Facts = append(f.Facts, analyze.Fact("entries with copies of the state", report.Count(copies)))
	}
	f.Tables = append(f.Tables, p.ClassTable("Entities by class", counts))
	p.ReportAt(f, o, "entities")
}
