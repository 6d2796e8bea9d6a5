package logging

import (
	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// maxSample of the events are looked at for who logs.
const maxSample = 5000

// maxName bounds a logger's name.
const maxName = 300

// loggerTable counts the events by their logger.
func (p pass) loggerTable(b *backlog) report.Table {
	t := report.Table{Title: "Events by logger", Columns: []string{"logger", "events"}}
	counts := map[string]int64{}
	for _, o := range b.sample {
		if name, ok := p.r.Text(o, maxName, "loggerName"); ok {
			counts[name]++
		}
	}
	for _, name := range analyze.ByCount(counts, analyze.Same, analyze.Same) {
		analyze.AddRow(&t, p.name(name), report.Count(counts[name]))
	}
	return t
}

// name shows the name of a logger: plainly where it is that of a class, masked where it is not, for then it can be anything.
func (p pass) name(logger string) report.Value {
	if len(p.Heap.ClassesByName(logger)) > 0 {
		return report.Name(logger)
	}
	return report.Content(p.Policy.Value(logger))
}

// evidence shows the largest of the events.
func (p pass) evidence(f *report.Finding, b *backlog) {
	if len(b.sample) == 0 {
		return
	}
	best := b.sample[0]
	for _, o := range b.sample {
		if p.Heap.Retained(o) > p.Heap.Retained(best) {
			best = o
		}
	}
	e := report.Evidence{Address: p.Address(best), Class: p.Heap.ClassName(best), Note: "the largest of the events", Retained: p.Heap.Retained(best)}
	for _, path := range [][]string{{"message"}, {"messageText"}} {
		if s, ok := p.r.Text(best, maxName, path...); ok {
			e.Fields = append(e.Fields, analyze.Fact(path[0], report.Content(p.Policy.Value(s))))
		}
	}
	for _, field := range []string{"throwableProxy", "thrown"} {
		if x := p.r.Ref(best, field); x != graph.NoObject {
			e.Fields = append(e.Fields, analyze.Fact(field, report.Name(p.Heap.ClassName(x))))
		}
	}
	f.Evidence.Rows = append(f.Evidence.Rows, e)
	f.Evidence.Omitted = b.events - 1
}
