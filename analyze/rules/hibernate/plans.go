package hibernate

import (
	"fmt"
	"regexp"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
)

var plansMin = &analyze.Threshold{Name: "plans", Default: 50, Unit: "plans", Doc: "a cache of fewer plans is none to speak of"}

const plansDoc = `Hibernate keeps the plan of each query text: the parsed HQL, its SQL and its parameters, some 10 to 100 KB each. A list of
parameters makes a new text for each length of the list: "where id in (:ids)" with 1 to 500 values is 500 plans. So does a query that has
its values concatenated in. `

const plansFix = `

Set hibernate.query.in_clause_parameter_padding=true (Hibernate 5.2.18 and later), which rounds lengths up to powers of two; or use lists of
a few fixed lengths. Bind values instead of putting them into the text. Bound the cache: hibernate.query.plan_cache_max_size (4.3 and later),
hibernate.query.plan_cache_max_strong_references and …_soft_references (3.6).`

// PlanCache finds query plan caches of Hibernate 3 that one query fills in many variants.
var PlanCache = &analyze.Rule{
	Name:  "hibernate-query-plan-cache",
	Title: "Hibernate's query plan cache is filled by variants of few queries",
	Doc: plansDoc + `

Recognised by Hibernate 3.6's org.hibernate.engine.query.QueryPlanCache: the keys of planCache (a SoftLimitMRUCache, with
strongRefCount and softRefCount) are read, and texts that differ only in parameters, literals and lengths of lists are one query.
It is a warning where such variants are half of the plans and the plans retain much.` + plansFix,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{plansMin},
	Scans:      []*analyze.Scan{planCacheScan},
	Run: func(p *analyze.Pass) error {
		return pass{p, jdk.NewReader(p.Heap)}.plans(analyze.Result[[]graph.Object](p, planCacheScan), mru)
	},
}

// LaterPlanCache is PlanCache for Hibernate 4.3 to 6.
var LaterPlanCache = &analyze.Rule{
	Name:  "hibernate5-query-plan-cache",
	Title: "The query plan cache of Hibernate 5 or 6 is filled by variants of few queries",
	Doc: plansDoc + `

Recognised by org.hibernate.engine.query.spi.QueryPlanCache (4.3 to 5) and org.hibernate.query.internal.QueryInterpretationCacheStandardImpl
(6): the keys of queryPlanCache, a BoundedConcurrentHashMap. No real dump has proven this rule yet; that for Hibernate 3.6 is
hibernate-query-plan-cache.` + plansFix,
	Max:          report.Error,
	Experimental: true,
	Thresholds:   []*analyze.Threshold{plansMin},
	Scans:        []*analyze.Scan{laterPlanCacheScan},
	Run: func(p *analyze.Pass) error {
		return pass{p, jdk.NewReader(p.Heap)}.plans(analyze.Result[[]graph.Object](p, laterPlanCacheScan), bounded)
	},
}

var (
	planCacheScan      = analyze.Instances("plan caches of Hibernate 3", analyze.Known{Class: "org.hibernate.engine.query.QueryPlanCache", Fields: []string{"planCache"}})
	laterPlanCacheScan = analyze.Instances("plan caches of Hibernate 5 and 6",
		analyze.Known{Class: "org.hibernate.engine.query.spi.QueryPlanCache", Fields: []string{"queryPlanCache"}},
		analyze.Known{Class: "org.hibernate.query.internal.QueryInterpretationCacheStandardImpl", Fields: []string{"queryPlanCache"}})
)

// planCache is what one cache has.
type planCache struct {
	keys, plans []graph.Object
	config      report.Rows[report.Fact]
}

// maxPlans bounds how many plans are looked at.
const maxPlans = 100_000

// mru reads the two maps of Hibernate 3: few plans are held strongly, more softly.
func mru(p pass, o graph.Object) (planCache, bool) {
	c := p.r.Ref(o, "planCache")
	n, ok := p.r.Int(c, "strongRefCount")
	m, ok2 := p.r.Int(c, "softRefCount")
	pc := planCache{config: report.Rows[report.Fact]{analyze.Fact("plan_cache_max_strong_references", report.Count(n)), analyze.Fact("plan_cache_max_soft_references", report.Count(m))}}
	if !ok || !ok2 {
		return pc, false
	}
	var refs []graph.Object
	walked := p.r.Entries(p.r.Ref(c, "softRefCache"), func(k, v graph.Object) bool {
		pc.keys, refs = append(pc.keys, k), append(refs, v)
		return len(refs) < maxPlans
	})
	for _, ref := range refs {
		if plan := p.r.Ref(ref, "referent"); plan != graph.NoObject {
			pc.plans = append(pc.plans, plan)
		}
	}
	return pc, walked
}

// bounded reads the segments of a BoundedConcurrentHashMap.
func bounded(p pass, o graph.Object) (planCache, bool) {
	m := p.r.Ref(o, "queryPlanCache")
	if !p.r.Has(m, "segments") {
		return planCache{}, false
	}
	var segments, bins []graph.Object
	p.r.EachElement(p.r.Ref(m, "segments"), func(_ int, s graph.Object) bool {
		segments = append(segments, s)
		return true
	})
	for _, s := range segments {
		p.r.EachElement(p.r.Ref(s, "table"), func(_ int, e graph.Object) bool {
			bins = append(bins, e)
			return true
		})
	}
	var pc planCache
	for _, e := range bins {
		for ; e != graph.NoObject && len(pc.keys) < maxPlans; e = p.r.Ref(e, "next") {
			pc.keys = append(pc.keys, p.r.Ref(e, "key"))
			if v := p.r.Ref(e, "value"); v != graph.NoObject {
				pc.plans = append(pc.plans, v)
			}
		}
	}
	return pc, true
}

func (p pass) plans(caches []graph.Object, read func(pass, graph.Object) (planCache, bool)) error {
	for _, o := range caches {
		if p.Heap.Strength(o) == graph.Unreachable {
			continue
		}
		c, ok := read(p, o)
		switch {
		case !ok && !p.Incomplete():
			p.Abstain("unknown version of " + p.Heap.ClassName(o) + ": its cache cannot be read")
		case ok && int64(len(c.plans)) >= p.Count(plansMin):
			p.planFinding(o, c)
		}
	}
	return nil
}

// query is a text without what varies.
type query struct {
	plans  int64
	sample string
}

// namedParameter is a parameter of HQL.
var namedParameter = regexp.MustCompile(`:\w+|\?\d+`)

// parameterList is a list of what parameters become.
var parameterList = regexp.MustCompile(`\(\s*\?(\s*,\s*\?)*\s*\)`)

// queryShape is a text without literals, names of parameters and lengths of lists.
func queryShape(text string) string {
	s := redact.NormalizeSQL(namedParameter.ReplaceAllString(text, "?"))
	return parameterList.ReplaceAllString(s, "(?)")
}

// maxQuery is how much is read of a text, in UTF-16 units: the end of a long list makes no difference.
const maxQuery = 64 << 10

func (p pass) queries(keys []graph.Object) map[string]*query {
	shapes := map[string]*query{}
	for _, k := range keys {
		text := ""
		for _, path := range [][]string{{"query"}, {"queryString"}, {"hql"}, {}} {
			if t, ok := p.r.TextAs(graph.SQLText, k, maxQuery, path...); ok {
				text = t
				break
			}
		}
		s := queryShape(text)
		if shapes[s] == nil {
			shapes[s] = &query{sample: text}
		}
		shapes[s].plans++
	}
	return shapes
}

func (p pass) planFinding(o graph.Object, c planCache) {
	plans := analyze.NewSet(c.plans)
	shapes := p.queries(c.keys)
	names := analyze.ByCount(shapes, func(q *query) int64 { return q.plans }, analyze.Same)
	n, most := int64(len(c.keys)), shapes[names[0]].plans
	retained := p.Heap.RetainedOf(plans)
	f := report.Finding{
		Severity: report.Info, Confidence: report.Certain, Retained: retained, Objects: n,
		Facts: append(report.Rows[report.Fact]{
			analyze.Fact("plans", report.Count(n)), analyze.Fact("queries", report.Count(int64(len(names)))),
			analyze.Fact("plans of the query with most", report.Count(most)), analyze.Fact("retained by the plans", report.Bytes(retained)),
		}, c.config...),
		Fix: report.Rows[string]{
			"Set hibernate.query.in_clause_parameter_padding=true (5.2.18 and later), or use IN lists of a few fixed lengths.",
			"Bind values as parameters: a value in the text makes a plan of its own.",
			"Lower hibernate.query.plan_cache_max_size (in 3.6 …_max_strong_references, …_max_soft_references).",
		},
		Falsifier: "The queries of the table are different ones, and their number does not grow.",
	}
	f.Title = fmt.Sprintf("Hibernate's query plan cache has %s plans of %s, %s", analyze.Number(n), queriesText(int64(len(names))), p.Of(retained))
	if variants := n - int64(len(names)); 2*variants >= n {
		f.Title += fmt.Sprintf("; %s of the plans are one query with other lengths of lists or other literals", analyze.Number(most))
		f.Severity = p.Severity(retained, p.Share(retained))
	}
	f.Story = report.Rows[string]{"Each text of a query has a plan of its own. Texts that differ only in the length of a list, the names of parameters or in literals are counted as one query."}
	t := report.Table{Title: "Plans by query", Columns: []string{"query", "plans"}}
	for _, s := range names {
		analyze.AddRow(&t, report.Content(p.Policy.SQL(short(shapes[s].sample))), report.Count(shapes[s].plans))
	}
	f.Tables = append(f.Tables, t)
	if claim := p.Claimed(plans[0]); claim != nil {
		p.Join(claim.Finding, f.Title, f.Facts...)
		return
	}
	path := p.Holding(o, nil)
	f.Path = p.Steps(path)
	p.Sign(&f, path, "plans")
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: o, Members: plans})
}

// short keeps a text fit for a table.
func short(text string) string {
	s := parameterList.ReplaceAllString(namedParameter.ReplaceAllString(text, "?"), "(?)")
	return s[:min(len(s), 2000)]
}

func queriesText(n int64) string {
	if n == 1 {
		return "1 query"
	}
	return analyze.Number(n) + " queries"
}
