package analyze

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
)

// Thresholds of jdbc-statement-retained: a pool of connections with their statement caches stays well below.
const (
	statementsMin        = 500
	statementsWarn       = 5000
	statementsErrorShare = 0.25
	statementsErrorBytes = 64 << 20
)

// JDBCStatementRetained finds JDBC statements that are kept: open ones that nobody closed, closed ones that somebody holds.
var JDBCStatementRetained = &Rule{
	Name:  statementRule,
	Title: "JDBC statements are kept in large numbers",
	Doc: `A JDBC statement holds its SQL, its parameters and the rows of its results. Thousands of them in the heap mean that they are
not closed, or closed but still held: by a timer's queue, by the connection's list of open statements, by a collection of the
application, or by finalization.

Recognised by the statement classes of the known drivers, their closed flag, and who refers to each statement besides
java.lang.ref.Finalizer and its own results.

Close statements where they are used (try-with-resources); remove closed ones from the collection; for a timer see
timer-queue-backlog, for finalization see finalizer-backlog.`,
	Max:      report.Error,
	Requires: []*Rule{TimerQueueBacklog, FinalizerBacklog},
	Run:      runJDBC,
}

// statementGroup are the statements of one class with one way of being held.
type statementGroup struct {
	class   string
	driver  string
	by      string // "", or the class of the direct holder
	holder  graph.Object
	finding *report.Finding // that speaks of them already
	all     []*statement
	open    int64
}

func runJDBC(p *Pass) error {
	groups := p.groupStatements()
	for _, g := range groups {
		n := int64(len(g.all))
		if n < statementsMin {
			continue
		}
		if g.finding != nil {
			p.joinStatements(g)
			continue
		}
		p.statementFinding(g)
	}
	return nil
}

// groupStatements sorts the statements by class and holder; those that a finding speaks of already go by it.
func (p *Pass) groupStatements() []*statementGroup {
	h, f := p.Heap, p.Facts
	type key struct {
		class  graph.Class
		holder graph.Object
		claim  int
	}
	m := map[key]*statementGroup{}
	var order []*statementGroup
	var buf []graph.Object
	for i := range f.statements {
		s := &f.statements[i]
		k := key{h.ClassOf(s.object), graph.NoObject, -1}
		for ci, c := range f.claims {
			if c.members[s.object] {
				k.claim = ci
				break
			}
		}
		if k.claim < 0 {
			buf = p.externalHolders(s.object, buf[:0])
			if len(buf) > 0 {
				k.holder = slices.MaxFunc(buf, func(a, b graph.Object) int {
					return cmp.Or(cmp.Compare(h.Retained(a), h.Retained(b)), cmp.Compare(b, a))
				})
			}
		}
		g := m[k]
		if g == nil {
			g = &statementGroup{class: h.Class(k.class).Name, driver: s.driver.name, holder: k.holder}
			if k.holder != graph.NoObject {
				g.by = h.ClassName(k.holder)
			}
			if k.claim >= 0 {
				g.finding = p.run.findings[f.claims[k.claim].index]
			}
			m[k] = g
			order = append(order, g)
		}
		g.all = append(g.all, s)
		if s.open {
			g.open++
		}
	}
	slices.SortStableFunc(order, func(a, b *statementGroup) int { return cmp.Compare(len(b.all), len(a.all)) })
	return order
}

func (g *statementGroup) objects() []graph.Object {
	out := make([]graph.Object, len(g.all))
	for i, s := range g.all {
		out[i] = s.object
	}
	return out
}

func (g *statementGroup) stateText() string {
	n := int64(len(g.all))
	switch g.open {
	case 0:
		return fmt.Sprintf("all %s are closed", number(n))
	case n:
		return fmt.Sprintf("all %s are open", number(n))
	}
	return fmt.Sprintf("%s are closed and %s open", number(n-g.open), number(g.open))
}

// joinStatements adds what is known of the statements to the finding that holds them.
func (p *Pass) joinStatements(g *statementGroup) {
	f := g.finding
	n := int64(len(g.all))
	f.Tables = append(f.Tables, p.sqlTable(g))
	p.Join(f, fmt.Sprintf("They hold %s statements of %s (%s): %s.", number(n), g.class, g.driver, g.stateText()),
		report.Fact{Label: "statements", Value: report.Count(n)},
		report.Fact{Label: "statements closed", Value: report.Count(n - g.open)},
		report.Fact{Label: "statements open", Value: report.Count(g.open)},
		report.Fact{Label: "retained by the statements", Value: report.Bytes(p.Heap.RetainedOf(g.objects()))})
	if f.Rule == timerRule {
		f.Fix = slices.Insert(f.Fix, 0,
			"Shorten the query timeout (setQueryTimeout): each execute schedules a task that far ahead, and closing the statement only cancels it.",
			"Use a newer driver: later versions take cancelled tasks out of the timer (Timer.purge()).")
		f.Fix = append(f.Fix, "Use the server's statement timeout or a socket timeout instead.")
	}
	p.evidenceStatement(f, g.all[0])
}

func (p *Pass) statementFinding(g *statementGroup) {
	h := p.Heap
	n := int64(len(g.all))
	objects := g.objects()
	retained := h.RetainedOf(objects)
	f := report.Finding{
		Severity: report.Info, Confidence: report.Certain, Retained: retained, Objects: n,
		Facts: []report.Fact{
			{Label: "statements", Value: report.Count(n)}, {Label: "open", Value: report.Count(g.open)}, {Label: "closed", Value: report.Count(n - g.open)},
			{Label: "driver", Value: report.Name(g.driver)}, {Label: "connections", Value: report.Count(int64(len(connections(g))))},
			{Label: "retained by the statements", Value: report.Bytes(retained)},
		},
		Falsifier: "The statements belong to a bounded cache and their number does not grow between two dumps.",
	}
	switch share := p.Share(retained); {
	case share >= statementsErrorShare && retained >= statementsErrorBytes:
		f.Severity = report.Error
	case n >= statementsWarn, share >= p.Options.Threshold:
		f.Severity = report.Warning
	}
	path, _ := h.Path(g.all[0].object)
	if g.holder == graph.NoObject {
		f.Title = fmt.Sprintf("%s statements of %s are held by finalization alone (%s); they retain %s", number(n), g.class, g.stateText(), size(retained))
	} else {
		holder := p.holderText(path)
		state := "open"
		if g.open == 0 {
			state = "closed"
		} else if g.open < n {
			state = fmt.Sprintf("(%s open)", number(g.open))
		}
		f.Title = fmt.Sprintf("%s %s statements of %s are held by %s and retain %s", number(n), state, g.class, holder, size(retained))
		f.Accumulation = p.accumulation(g.holder)
	}
	if g.open > 0 {
		f.Story = append(f.Story, fmt.Sprintf("%s of %s statements were never closed: their results and rows stay with them.", number(g.open), number(n)))
		f.Fix = []string{"Close each statement where it is used: try (PreparedStatement s = …) { … }.", "Do not keep statements in collections; keep SQL texts and prepare again, or use the driver's statement cache with a limit."}
	} else {
		f.Story = append(f.Story, "All of them are closed: something still refers to them.")
		f.Fix = []string{"Remove closed statements from what holds them (see the path)."}
	}
	f.Path = p.run.steps(path)
	f.Tables = append(f.Tables, p.sqlTable(g))
	p.evidenceStatement(&f, g.all[0])
	p.run.sign(&f, statementRule, path, g.class)
	p.Report(f)
	members := make(map[graph.Object]bool, len(objects))
	for _, o := range objects {
		members[o] = true
	}
	p.claim(g.holder, members)
}

func connections(g *statementGroup) map[graph.Object]bool {
	m := map[graph.Object]bool{}
	for _, s := range g.all {
		if s.connection != graph.NoObject {
			m[s.connection] = true
		}
	}
	return m
}

// holderText names the static or the first field of an application class on a path, or its root.
func (p *Pass) holderText(path []graph.Step) string {
	h := p.Heap
	for _, s := range path {
		switch s.Edge.Kind {
		case graph.StaticEdge:
			return "static " + h.Class(s.Edge.Class).Name + "." + s.Edge.Name
		case graph.FieldEdge:
			if s.Edge.Name != "" && !platform(h.Class(s.Edge.Class).Name) {
				return h.EdgeText(s.Edge)
			}
		}
	}
	if len(path) == 0 {
		return "nothing that a root reaches"
	}
	if t, ok := h.ThreadOf(path[0].Object); ok {
		return fmt.Sprintf("thread %q", threadName(h, t.Object))
	}
	return h.Name(path[0].Object)
}

// sqlTable counts the SQL texts by shape: literals and comments do not count.
func (p *Pass) sqlTable(g *statementGroup) report.Table {
	r := newSQLReader(p.Heap)
	count := map[string]int64{}
	sample := map[string]string{}
	for _, s := range g.all {
		t := r.text(s)
		shape := redact.NormalizeSQL(t)
		count[shape]++
		if _, ok := sample[shape]; !ok {
			sample[shape] = t
		}
	}
	tab := report.Table{Title: "SQL of the statements, by shape", Columns: []string{"SQL", "statements"}}
	for _, shape := range byCount(count, func(n int64) int64 { return n }) {
		v := report.Name("(no text)")
		if shape != "" {
			v = report.Content(p.Policy.SQL(sample[shape]))
		}
		tab.Rows = append(tab.Rows, []report.Value{v, report.Count(count[shape])})
	}
	capTable(&tab)
	return tab
}

func (p *Pass) evidenceStatement(f *report.Finding, s *statement) {
	h := p.Heap
	closed := "true"
	if s.open {
		closed = "false"
	}
	e := report.Evidence{Address: p.address(s.object), Class: h.ClassName(s.object), Note: "the statement at the lowest address", Retained: h.Retained(s.object), Fields: []report.Fact{
		{Label: s.driver.base + "::" + s.driver.closed + s.driver.openIfSet, Value: report.Name("closed: " + closed)},
		{Label: "SQL", Value: report.Content(p.Policy.SQL(newSQLReader(h).text(s)))},
	}}
	if s.connection != graph.NoObject {
		e.Fields = append(e.Fields, report.Fact{Label: "connection", Value: report.Name(h.Name(s.connection))})
	}
	f.Evidence.Rows = append(f.Evidence.Rows, e)
}
