package jdbc

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// connection counts the statements of one connection.
type connectionCount struct{ all, open int64 }

func (g *statementGroup) connections() map[graph.Object]*connectionCount {
	m := map[graph.Object]*connectionCount{}
	for _, s := range g.all {
		if s.connection == graph.NoObject {
			continue
		}
		c := m[s.connection]
		if c == nil {
			c = &connectionCount{}
			m[s.connection] = c
		}
		c.all++
		if s.open {
			c.open++
		}
	}
	return m
}

// sqlTable counts the SQL texts by shape: literals and comments do not count.
func (p pass) sqlTable(g *statementGroup) report.Table {
	shapes, read := p.sqlShapes(g.all)
	title := "SQL of the statements, by shape"
	if n := g.count(); read < n {
		title += fmt.Sprintf(" (of %s, one in %s was read)", analyze.Number(n), analyze.Number((n+read-1)/read))
	}
	t := report.Table{Title: title, Columns: []string{"SQL", "statements", "open"}}
	for _, shape := range analyze.ByCount(shapes, func(s *sqlShape) int64 { return s.count }, analyze.Same) {
		v := report.Name("(no text)")
		if shape != "" {
			v = report.Content(p.Policy.SQL(shapes[shape].sample))
		}
		analyze.AddRow(&t, v, report.Count(shapes[shape].count), report.Count(shapes[shape].open))
	}
	return t
}

func (p pass) connectionTable(g *statementGroup) report.Table {
	t := report.Table{Title: "Statements by connection", Columns: []string{"connection", "class", "URL", "statements", "open"}}
	m := g.connections()
	keys := make([]graph.Object, 0, len(m))
	for o := range m {
		keys = append(keys, o)
	}
	slices.SortFunc(keys, func(a, b graph.Object) int { return cmp.Or(cmp.Compare(m[b].all, m[a].all), cmp.Compare(a, b)) })
	for _, o := range keys[:min(len(keys), connectionsInTable)] {
		t.Rows = append(t.Rows, []report.Value{report.Object(p.Address(o)), report.Name(p.Heap.ClassName(o)), p.url(g.all[0].driver, o), report.Count(m[o].all), report.Count(m[o].open)})
	}
	t.Omitted = int64(len(keys) - len(t.Rows))
	return t
}

// url reads the URL of a connection.
func (p pass) url(d *driver, connection graph.Object) report.Value {
	f, ok := p.Heap.FindField(p.Heap.ClassOf(connection), d.url)
	c := p.Heap.Cursor()
	if !ok || !c.Load(connection) {
		return report.Value{}
	}
	s, ok := c.TextAs(graph.URLText, c.Ref(f), maxSQL)
	if !ok {
		return report.Value{}
	}
	return report.Content(p.Policy.URL(s))
}

// wrapperTable says what a pool's wrappers of the statements believe.
func (p pass) wrapperTable(f *report.Finding, g *statementGroup, wrapped map[graph.Object]*statement) {
	type key struct {
		class graph.Class
		open  bool
	}
	m := map[key]int64{}
	for _, s := range g.all {
		if w := wrapped[s.object]; w != nil {
			m[key{p.Heap.ClassOf(w.object), w.open}]++
		}
	}
	if len(m) == 0 {
		return
	}
	t := report.Table{Title: "Wrapped by a connection pool", Columns: []string{"wrapper", "state", "statements"}}
	state := map[bool]string{false: "closed", true: "open"}
	for _, k := range analyze.ByCount(m, analyze.Same, func(k key) string { return p.ClassName(k.class) + state[k.open] }) {
		analyze.AddRow(&t, report.Name(p.ClassName(k.class)), report.Name(state[k.open]), report.Count(m[k]))
	}
	f.Tables = append(f.Tables, t)
}

// statementEvidence shows the statement at the lowest address.
func (p pass) statementEvidence(f *report.Finding, g *statementGroup) {
	s := g.all[0]
	d := s.driver
	state := "closed"
	if s.open {
		state = "open"
	}
	e := report.Evidence{Address: p.Address(s.object), Class: p.Heap.ClassName(s.object), Note: "one of the statements", Retained: p.Heap.Retained(s.object), Fields: []report.Fact{
		analyze.Fact(d.base+"::"+d.closed+d.openIfSet+d.closedIn, report.Name(state)),
		analyze.Fact("SQL", report.Content(p.Policy.SQL(newSQLReader(p.Heap).text(s)))),
	}}
	if s.timeout > 0 {
		e.Fields = append(e.Fields, analyze.Fact("query timeout", report.Duration(time.Duration(s.timeout)*time.Second)))
	}
	if s.connection != graph.NoObject {
		e.Fields = append(e.Fields, analyze.Fact("connection", report.Name(p.Heap.Name(s.connection))))
		if u := p.url(d, s.connection); u.IsText() {
			e.Fields = append(e.Fields, analyze.Fact("URL", u))
		}
	}
	f.Evidence.Rows = append(f.Evidence.Rows, e)
	if f.Rule == "" { // the finding is about statements
		f.Evidence.Omitted = g.count() - 1
	}
}
