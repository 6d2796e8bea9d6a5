package executors

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/report"
)

// maxTasks of a queue are unwrapped and counted by class, some µs each.
const maxTasks = 50_000

// taskGroup are tasks that were made of objects of one class.
type taskGroup struct {
	class    string // of what the application handed over
	outer    analyze.ObjectSet
	captured string // classes of what the first of them has captured
}

// queued are the tasks of a queue, the first in it first.
type queued struct {
	tasks  []graph.Object
	inner  []graph.Object // what they were made of
	groups map[graph.Class]*taskGroup
}

// tasksOf reads the tasks of a queue, of very many the first.
func (p pass) tasksOf(q graph.Object) *queued {
	r := jdk.NewReader(p.Heap)
	unwrap := jdk.NewTasks(r)
	out := &queued{groups: map[graph.Class]*taskGroup{}}
	r.Elements(q, func(o graph.Object) bool {
		out.tasks = append(out.tasks, o)
		return len(out.tasks) < maxTasks
	})
	for _, o := range out.tasks {
		inner := unwrap.Unwrap(o)
		out.inner = append(out.inner, inner)
		c := p.Heap.ClassOf(inner)
		g := out.groups[c]
		if g == nil {
			g = &taskGroup{class: signature.Name(p.ClassName(c)), captured: p.capturedText(unwrap.Captured(inner))}
			out.groups[c] = g
		}
		g.outer = append(g.outer, o)
	}
	return out
}

// capturedText names the classes of captured objects.
func (p pass) capturedText(os []graph.Object) string {
	var names []string
	for _, o := range os {
		names = append(names, signature.Name(p.Heap.ClassName(o)))
	}
	text := ""
	for i, n := range slices.Compact(names) {
		if i > 0 {
			text += ", "
		}
		text += n
	}
	return text
}

// byCount returns the groups, the largest first. Lambdas of one class differ by what they capture: the JVM's numbers are not of the program.
func (q *queued) byCount() []*taskGroup {
	var out []*taskGroup
	for _, g := range q.groups {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b *taskGroup) int {
		return cmp.Or(cmp.Compare(len(b.outer), len(a.outer)), cmp.Compare(a.text(), b.text()), cmp.Compare(a.outer[0], b.outer[0]))
	})
	return out
}

// text names the class and what it captures.
func (g *taskGroup) text() string {
	if g.captured == "" {
		return g.class
	}
	return g.class + " with " + g.captured
}

// taskTable breaks the tasks down by what they were made of.
func (p pass) taskTable(q *queued, all int64) report.Table {
	t := report.Table{Title: "Queued tasks by what they were made of", Columns: []string{"class", "tasks", "retained", "captures"}}
	if int64(len(q.tasks)) < all {
		t.Title += ", of the first " + analyze.Number(int64(len(q.tasks)))
	}
	for _, g := range q.byCount() {
		if len(t.Rows) == analyze.MaxTableRows {
			t.Omitted++
			continue
		}
		captured := report.Value{}
		if g.captured != "" {
			captured = report.Name(g.captured)
		}
		analyze.AddRow(&t, report.Name(g.class), report.Count(int64(len(g.outer))), report.Bytes(p.Heap.RetainedOf(analyze.NewSet(slices.Clone(g.outer)))), captured)
	}
	return t
}
