package jdbc

import (
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of jdbc-result-set-huge.
var (
	resultRows  = &analyze.Threshold{Name: "rows", Default: 100_000, Unit: "rows", Doc: "a result set with so many rows in memory is told, however little they retain"}
	resultShare = &analyze.Threshold{Name: "retained", Default: 0.05, Unit: "share", Doc: "a result set that retains so much of the heap is told, however few rows it has"}
)

// ResultSetHuge finds result sets whose rows are all in memory.
var ResultSetHuge = &analyze.Rule{
	Name:  "jdbc-result-set-huge",
	Title: "A result set has very many rows in memory",
	Doc: `Most JDBC drivers read all rows of a result before executeQuery() returns, unless told otherwise. One query without a limit
then fills the heap of a service that needs one row at a time, and as often as requests come.

Recognised by the rows of the drivers' result sets: PostgreSQL (PgResultSet.rows), H2 (JdbcResultSet.result, LocalResult.rows), HSQLDB
(JDBCResultSet.navigator, RowSetNavigator.size); MySQL Connector/J (ResultSetImpl.rowData) and MariaDB 2 (SelectResultSet.data) from their
sources and jars. It is told from 100,000 rows or 5 % of the heap on; how severe it is depends on what the rows retain. SQL is shown
without literals. Proven on dumps of pgjdbc 42.5.5, H2 2.1.214 and HSQLDB 2.6.0.

Let the driver fetch some hundred rows at a time: PostgreSQL setFetchSize(n) with autocommit off; MySQL useCursorFetch=true with
setFetchSize(n), or Integer.MIN_VALUE for one row at a time; MariaDB setFetchSize(n); H2 LAZY_QUERY_EXECUTION=1 in the URL. Or select less:
a limit, pages by key, an aggregate of the database.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{resultRows, resultShare},
	Scans:      []*analyze.Scan{resultSetScan},
	Run:        runResultSets,
}

// resultSetKind describes the result sets of a driver.
type resultSetKind struct {
	driver string
	class  string
	rows   string   // field of class: the rows, or what has them; null once the result set is closed
	list   []string // path from there to the collection of rows
	count  string   // instead: path's field with their number
	sql    []string // paths to the text from the result set
	fix    string
	proven bool // a dump of the driver says so
}

var resultSetKinds = []*resultSetKind{
	{
		driver: "PostgreSQL", class: "org.postgresql.jdbc.PgResultSet", rows: "rows", sql: []string{"originalQuery.nativeQuery.nativeSql"}, proven: true,
		fix: "Have the driver fetch in portions: connection.setAutoCommit(false) and statement.setFetchSize(500); or set defaultRowFetchSize in the URL. With autocommit on, the fetch size does nothing.",
	},
	{
		driver: "H2", class: "org.h2.jdbc.JdbcResultSet", rows: "result", list: []string{"rows"}, sql: []string{"command.sql", "stat.command.sql"}, proven: true,
		fix: "Have H2 compute rows as they are read: LAZY_QUERY_EXECUTION=1 in the URL; for a database on disk MAX_MEMORY_ROWS bounds them.",
	},
	{
		driver: "HSQLDB", class: "org.hsqldb.jdbc.JDBCResultSet", rows: "navigator", count: "size", sql: []string{"statement.sql"}, proven: true,
		fix: "HSQLDB keeps results in memory: select less, or set hsqldb.result_max_memory_rows for a database on disk.",
	},
	{
		driver: "MySQL Connector/J", class: "com.mysql.cj.jdbc.result.ResultSetImpl", rows: "rowData", list: []string{"rows"},
		sql: []string{"owningStatement.query.originalSql"},
		fix: "Have the driver fetch in portions: useCursorFetch=true in the URL and statement.setFetchSize(500), or setFetchSize(Integer.MIN_VALUE) to stream.",
	},
	{
		driver: "MariaDB", class: "org.mariadb.jdbc.internal.com.read.resultset.SelectResultSet", rows: "data", count: "dataSize", sql: []string{"statement.sqlQuery"},
		fix: "Have the driver fetch in portions: statement.setFetchSize(500).",
	},
}

// resultSet is one that has rows.
type resultSet struct {
	object graph.Object
	kind   *resultSetKind
	rows   graph.Object // of the field rows
	count  int64
}

// resultSetScan collects the result sets that are open.
var resultSetScan = &analyze.Scan{Name: "jdbc result sets", Start: func(b *analyze.Binder) analyze.Scanner {
	type bound struct {
		kind *resultSetKind
		rows graph.Field
	}
	s := &analyze.Rows[resultSet]{Wanted: make([]bool, b.NumClasses()), Object: func(r resultSet) graph.Object { return r.object }}
	kinds := make([]bound, b.NumClasses())
	found := false
	for _, k := range resultSetKinds {
		for _, base := range b.ClassesByName(k.class) {
			f, ok := b.FindField(base, k.rows)
			if !ok {
				b.Unknown(k.class, k.rows)
				continue
			}
			for c := range kinds {
				if b.IsA(graph.Class(c), base) {
					kinds[c], s.Wanted[c], found = bound{k, f}, true, true
				}
			}
		}
	}
	if !found {
		return nil
	}
	s.Read = func(v *graph.View) resultSet {
		return resultSet{object: v.Object, kind: kinds[v.Class].kind, rows: v.Ref(kinds[v.Class].rows)}
	}
	return s
}}

// Bounds of looking at result sets.
const (
	maxResultSets    = 20_000 // of more, only those are counted that retain much
	resultFindings   = 5
	bytesOfReference = 4
	largeResult      = 1 << 20 // bytes: what retains less is small in any heap
)

func runResultSets(q *analyze.Pass) error {
	p := pass{q}
	all := analyze.Result[[]resultSet](p.Pass, resultSetScan)
	r := jdk.NewReader(p.Heap)
	var huge []*resultSet
	least := p.Count(resultRows)
	for i := range all {
		s := &all[i]
		if s.rows == graph.NoObject || p.Heap.Strength(s.object) > graph.Soft && !p.Incomplete() {
			continue
		}
		retained := p.Heap.Retained(s.rows)
		large := retained >= largeResult && p.Share(retained) >= p.Value(resultShare)
		if len(all) > maxResultSets && !large && retained < least*bytesOfReference {
			continue
		}
		ok := false
		if s.count, ok = s.countRows(r); !ok {
			continue
		}
		if s.count >= least || large {
			huge = append(huge, s)
		}
	}
	slices.SortStableFunc(huge, func(a, b *resultSet) int { return int(min(max(b.count-a.count, -1), 1)) })
	var rows int64
	for _, s := range huge {
		rows += s.count
	}
	p.Figure("jdbc.result.rows", "rows", rows)
	for _, s := range huge[:min(len(huge), resultFindings)] {
		p.resultSetFinding(r, s, int64(len(huge)))
	}
	return nil
}

// countRows is false where the result streams, and its rows are in no list.
func (s *resultSet) countRows(r *jdk.Reader) (int64, bool) {
	if s.kind.count == "" {
		return r.Size(r.Ref(s.rows, s.kind.list...))
	}
	if r.Has(s.rows, s.kind.count) {
		return r.Int(s.rows, s.kind.count)
	}
	return r.Int(s.object, s.kind.count)
}

func (p pass) resultSetFinding(r *jdk.Reader, s *resultSet, all int64) {
	h := p.Heap
	f := report.Finding{
		Confidence: report.Certain, Retained: h.Retained(s.rows), Objects: s.count, Falsifier: "All rows are needed at the same time, and the heap is sized for as many such requests as may run at once.",
		Fix: []string{s.kind.fix, "Or select less: a limit, pages by key, an aggregate that the database computes."},
	}
	if !s.kind.proven {
		f.Confidence = report.Likely
	}
	f.RetainedShare = p.ShareAt(f.Retained, h.Strength(s.object))
	f.Severity = p.Severity(f.Retained, f.RetainedShare)
	path := p.Holding(s.object, nil)
	holder := p.applicationHolder(path)
	f.Title = fmt.Sprintf("A result set of %s has %s rows in memory, %s, held by %s", s.kind.driver, analyze.Number(s.count), analyze.OfHeap(f.Retained, f.RetainedShare), holder)
	f.Story = append(f.Story, fmt.Sprintf("The driver read all rows at once: each is %s here.", analyze.Size(f.Retained/max(s.count, 1))))
	f.Facts = append(f.Facts, analyze.Fact("driver", report.Name(s.kind.driver)), analyze.Fact("rows in memory", report.Count(s.count)),
		analyze.Fact("bytes a row", report.Bytes(f.Retained/max(s.count, 1))), analyze.Fact("held by", report.Name(holder)), analyze.Fact("huge result sets in the heap", report.Count(all)))
	if len(path) > 0 {
		if t, ok := h.ThreadOf(path[0].Object); ok {
			if frame := applicationFrame(t.Frames); frame != "" {
				f.Story = append(f.Story, fmt.Sprintf("Thread %q reads it in %s.", jdk.ThreadName(h, t.Object), frame))
				f.Facts = append(f.Facts, analyze.Fact("frame", report.Name(frame)))
			}
		}
	}
	e := report.Evidence{Address: p.Address(s.object), Class: h.ClassName(s.object), Note: "the result set", Retained: h.Retained(s.object)}
	if text := newSQLReader(h).first(s.object, s.kind.sql); text != "" {
		e.Fields = append(e.Fields, analyze.Fact("SQL", report.Content(p.Policy.SQL(text))))
		f.Facts = append(f.Facts, analyze.Fact("SQL", report.Content(p.Policy.SQL(text))))
	}
	f.Evidence.Rows = append(f.Evidence.Rows, e)
	p.Sign(&f, path, s.kind.class)
	f.Path = p.Steps(p.Extend(path, s.rows))
	a := p.Accumulation(s.rows)
	f.Accumulation = a
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: s.rows, Members: analyze.NewSet([]graph.Object{s.object, s.rows})})
}
