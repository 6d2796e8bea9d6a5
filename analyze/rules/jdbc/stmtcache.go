package jdbc

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
)

// Thresholds of jdbc-statement-cache.
var (
	cacheMin  = &analyze.Threshold{Name: "entries", Default: 200, Unit: "entries", Doc: "so many entries that differ from another one of their cache in literals alone are told"}
	cacheWarn = &analyze.Threshold{Name: "bloated", Default: 1000, Unit: "entries", Doc: "so many such entries are a warning"}
)

// StatementCache finds caches of prepared statements that literals fill.
var StatementCache = &analyze.Rule{
	Name:  "jdbc-statement-cache",
	Title: "A cache of prepared statements is full of one SQL with many literals",
	Doc: `Drivers and pools keep prepared statements by the text of their SQL. Where the application writes values into the text instead of
binding them, each value makes another entry: the cache fills with statements that are never asked for again, each with its plan, its
buffers and a statement open on the server, and those that are asked for drop out.

Recognised by the caches' keys, without their literals: Apache DBCP 2 and Tomcat's copy (PoolingConnection.pstmtPool, PStmtKey.sql),
c3p0 (GooGooStatementCache.keyToKeyRec, StatementCacheKey.stmtText) and PostgreSQL's driver (QueryExecutorBase.statementCache,
NativeQuery.nativeSql). Entries count as bloat when another one of the same cache has the same SQL but for literals, and when these are
at least half of the cache. From 200 such entries on it is told, from 1,000 on it is a warning. Proven on dumps of DBCP 2.9, c3p0 0.9.1.2 and
pgjdbc 42.5.5.

Bind values: prepareStatement("… where id = ?"), also for the elements of IN lists, of which a few lengths will do. Bound the cache:
maxOpenPreparedStatements of DBCP 2, maxStatementsPerConnection of c3p0, preparedStatementCacheQueries and preparedStatementCacheSizeMiB of
PostgreSQL's driver.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{cacheMin, cacheWarn},
	Scans:      []*analyze.Scan{cacheScan, statementScan},
	Run:        runStatementCaches,
}

// cacheKind describes a cache of prepared statements.
type cacheKind struct {
	name       string
	class      string
	at         []string // path to the map
	values     bool     // the text is behind the values, else behind the keys
	sql        []string // paths from there
	connection []string // path from the object to the connection whose open statements are those of the cache
	statements string   // instead: a map whose keys are the statements
	fix        string
}

var cacheKinds = []*cacheKind{
	dbcpCache("Apache DBCP 2", "org.apache.commons.dbcp2."),
	dbcpCache("Tomcat DBCP 2", "org.apache.tomcat.dbcp.dbcp2."),
	{
		name: "c3p0", class: "com.mchange.v2.c3p0.stmt.GooGooStatementCache", at: []string{"keyToKeyRec"}, sql: []string{"stmtText"}, statements: "stmtToKey",
		fix: "Bound the cache: maxStatementsPerConnection of c3p0.",
	},
	{
		name: "PostgreSQL's driver", class: "org.postgresql.core.QueryExecutorBase", at: []string{"statementCache", "cache"}, values: true,
		sql: []string{"query.nativeQuery.nativeSql", "key"},
		fix: "Bound the cache: preparedStatementCacheQueries and preparedStatementCacheSizeMiB in the URL, 256 and 5 MiB a connection without.",
	},
}

func dbcpCache(name, pkg string) *cacheKind {
	return &cacheKind{
		name: name, class: pkg + "PoolingConnection", at: []string{"pstmtPool", "poolMap"}, sql: []string{"sql"}, connection: []string{"connection"},
		fix: "Bound the cache: maxOpenPreparedStatements of DBCP 2, which has no limit without.",
	}
}

// cacheObject is a cache of a dump.
type cacheObject struct {
	object graph.Object
	kind   *cacheKind
}

// cacheScan collects the caches.
var cacheScan = &analyze.Scan{Name: "jdbc statement caches", Start: func(b *analyze.Binder) analyze.Scanner {
	s := &analyze.Rows[cacheObject]{Wanted: make([]bool, b.NumClasses()), Object: func(c cacheObject) graph.Object { return c.object }}
	kinds := make([]*cacheKind, b.NumClasses())
	found := false
	for _, k := range cacheKinds {
		if !declares(b.Heap, k.class, k.at[0]) {
			b.Unknown(k.class, k.at[0])
			continue
		}
		for c, is := range b.Subclasses(k.class) {
			if is {
				kinds[c], s.Wanted[c], found = k, true, true
			}
		}
	}
	if !found {
		return nil
	}
	s.Read = func(v *graph.View) cacheObject { return cacheObject{v.Object, kinds[v.Class]} }
	return s
}}

// Bounds of reading caches.
const (
	maxCacheEntries = 100_000 // of all caches together
	cacheBloat      = 2       // at least one in so many entries is bloat
)

// cached is what the caches of one kind hold.
type cached struct {
	kind    *cacheKind
	caches  []graph.Object
	entries []graph.Object // keys or values of the maps
	bloat   int64          // entries beyond the first of their shape in their cache
	shapes  map[string]*sqlShape
}

func runStatementCaches(q *analyze.Pass) error {
	p := pass{q}
	reader := newSQLReader(p.Heap)
	of := map[*cacheKind]*cached{}
	left := maxCacheEntries
	var entries int64
	for _, c := range analyze.Result[[]cacheObject](p.Pass, cacheScan) {
		if p.Heap.Strength(c.object) > graph.Soft && !p.Incomplete() {
			continue
		}
		all := of[c.kind]
		if all == nil {
			all = &cached{kind: c.kind, shapes: map[string]*sqlShape{}}
			of[c.kind] = all
		}
		n := p.readCache(reader, c, all, left)
		left -= n
		entries += int64(n)
	}
	p.Figure("jdbc.statement.cache", "entries", entries)
	for _, k := range cacheKinds {
		if c := of[k]; c != nil && c.bloat >= p.Count(cacheMin) && c.bloat*cacheBloat >= int64(len(c.entries)) {
			p.cacheFinding(c)
		}
	}
	return nil
}

// readCache counts the shapes of the texts that a cache has, limit at most.
func (p pass) readCache(reader *sqlReader, c cacheObject, all *cached, limit int) int {
	r := jdk.NewReader(p.Heap)
	var entries []graph.Object
	r.Entries(r.Ref(c.object, c.kind.at...), func(k, v graph.Object) bool {
		if c.kind.values {
			k = v
		}
		if k != graph.NoObject {
			entries = append(entries, k)
		}
		return len(entries) < limit
	})
	slices.Sort(entries)
	own := map[string]bool{}
	for _, e := range entries {
		text := reader.first(e, c.kind.sql)
		shape := redact.NormalizeSQL(text)
		s := all.shapes[shape]
		if s == nil {
			s = &sqlShape{sample: text}
			all.shapes[shape] = s
		}
		s.count++
		if own[shape] {
			all.bloat++
		}
		own[shape] = true
	}
	if len(entries) > 0 {
		all.caches = append(all.caches, c.object)
		all.entries = append(all.entries, entries...)
	}
	return len(entries)
}

func (p pass) cacheFinding(c *cached) {
	statements := p.statementsOfCaches(c)
	n := int64(len(c.entries))
	members := analyze.NewSet(append(slices.Clone(c.entries), statements...))
	f := report.Finding{
		Severity: report.Info, Confidence: report.Certain, Retained: p.Heap.RetainedOf(members), Objects: n,
		Fix: []string{
			"Bind values instead of writing them into the SQL: prepareStatement(\"… where id = ?\") and setLong(1, id).",
			c.kind.fix,
		},
		Falsifier: "The values are few and come again: then each entry is asked for more than once.",
	}
	if c.bloat >= p.Count(cacheWarn) {
		f.Severity = report.Warning
	}
	f.Title = fmt.Sprintf("%s has %s prepared statements in %s, of %s without their literals; %s", c.kind.name, analyze.Number(n), analyze.Plural(int64(len(c.caches)), "cache"), shapesText(len(c.shapes)), p.Of(f.Retained))
	f.Story = append(f.Story, fmt.Sprintf("%s of the entries differ from another one of their cache in literals alone: values were written into the SQL, so the cache is of no use.", analyze.Number(c.bloat)))
	f.Facts = append(f.Facts, analyze.Fact("cache", report.Name(c.kind.name)), analyze.Fact("caches", report.Count(int64(len(c.caches)))), analyze.Fact("entries", report.Count(n)),
		analyze.Fact("entries that differ in literals alone", report.Count(c.bloat)), analyze.Fact("SQL without literals", report.Count(int64(len(c.shapes)))),
		analyze.Fact("statements of the cache", report.Count(int64(len(statements)))), analyze.Fact("retained by the entries", report.Bytes(f.Retained)))
	t := report.Table{Title: "SQL of the entries, by shape", Columns: []string{"SQL", "entries"}}
	for _, shape := range analyze.ByCount(c.shapes, func(s *sqlShape) int64 { return s.count }, analyze.Same) {
		v := report.Name("(no text)")
		if shape != "" {
			v = report.Content(p.Policy.SQL(c.shapes[shape].sample))
		}
		analyze.AddRow(&t, v, report.Count(c.shapes[shape].count))
	}
	f.Tables = append(f.Tables, t)
	largest := slices.MaxFunc(c.caches, func(a, b graph.Object) int {
		return cmp.Or(cmp.Compare(p.Heap.Retained(a), p.Heap.Retained(b)), cmp.Compare(b, a))
	})
	path := p.Holding(largest, nil)
	p.Sign(&f, path, c.kind.class)
	f.Path = p.Steps(path)
	f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{Address: p.Address(largest), Class: p.Heap.ClassName(largest), Note: "the largest of the caches", Retained: p.Heap.Retained(largest)})
	f.Evidence.Omitted = int64(len(c.caches)) - 1
	told := p.Report(f)
	for _, o := range c.caches { // what they dominate is theirs
		p.Claim(analyze.Claim{Finding: told, Point: o, Members: members})
	}
}

func shapesText(n int) string {
	if n == 1 {
		return "one SQL"
	}
	return analyze.Number(int64(n)) + " SQLs"
}

// statementsOfCaches are the driver's statements that the caches keep open.
func (p pass) statementsOfCaches(c *cached) []graph.Object {
	r := jdk.NewReader(p.Heap)
	var out []graph.Object
	open := map[graph.Object][]*statement{}
	if len(c.kind.connection) > 0 {
		open = p.statementsByConnection()
	}
	for _, o := range c.caches {
		if c.kind.statements != "" {
			r.Entries(r.Ref(o, c.kind.statements), func(k, _ graph.Object) bool {
				if k != graph.NoObject {
					out = append(out, k)
				}
				return len(out) < maxCacheEntries
			})
		}
		if len(c.kind.connection) > 0 {
			for _, s := range open[r.Ref(o, c.kind.connection...)] {
				out = append(out, s.object)
			}
		}
	}
	return out
}
