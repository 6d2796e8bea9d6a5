package logging

import (
	"fmt"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

var loggersMin = &analyze.Threshold{Name: "loggers", Default: 50_000, Unit: "loggers", Doc: "more than one logger per class: the largest applications have some 20,000"}

// DynamicLoggers finds loggers that are made by name without end.
var DynamicLoggers = &analyze.Rule{
	Name:  "dynamic-loggers",
	Title: "Loggers are made for names without end",
	Doc: `A logging library keeps every logger that was ever asked for by name, for as long as the application lives: a logger cannot be
removed. A name that has an identifier of a user, session, request or job in it makes a new logger for each.

Recognised by the number of loggers of a logback LoggerContext (size, loggerCache), and of the maps of a Log4j 2 LoggerRegistry (map),
from 50,000 on. The table counts names by their package, which is
masked unless classes of the dump are in it.

Use one logger per class, and put what varies into the message or into the MDC (ThreadContext in Log4j 2); a SiftingAppender or
RoutingAppender can still write a file for each value.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{loggersMin},
	Scans:      []*analyze.Scan{contextScan},
	Run:        runLoggers,
}

const (
	logbackContext = "ch.qos.logback.classic.LoggerContext"
	log4jRegistry  = "org.apache.logging.log4j.spi.LoggerRegistry"
)

var contextScan = analyze.Instances("logger contexts",
	analyze.Known{Class: logbackContext, Fields: []string{"loggerCache", "size"}},
	analyze.Known{Class: log4jRegistry, Fields: []string{"map"}})

func runLoggers(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	for _, o := range analyze.Result[[]graph.Object](p.Pass, contextScan) {
		if p.Heap.Strength(o) == graph.Unreachable {
			continue
		}
		if p.IsA(o, logbackContext) {
			n, _ := p.r.Int(o, "size")
			p.loggers("logback's LoggerContext", o, n, []graph.Object{p.r.Ref(o, "loggerCache")})
		} else if p.instances("org.apache.logging.log4j.core.Logger") >= p.Count(loggersMin) {
			maps, n := p.registry(o)
			p.loggers("Log4j 2's LoggerRegistry", o, n, maps)
		}
	}
	return nil
}

// instances counts the objects of a class and its subclasses, without looking at them.
func (p pass) instances(class string) int64 {
	var n int64
	for c, is := range p.Heap.Subclasses(class) {
		if is {
			n += p.Heap.Class(graph.Class(c)).Instances
		}
	}
	return n
}

// registry returns the maps of a registry, one per message factory, and how many loggers they have.
func (p pass) registry(o graph.Object) (maps []graph.Object, loggers int64) {
	p.r.Elements(p.r.Ref(o, "map"), func(m graph.Object) bool {
		maps = append(maps, m)
		return true
	})
	for _, m := range maps {
		n, _ := p.r.Size(m)
		loggers += n
	}
	return maps, loggers
}

func (p pass) loggers(what string, o graph.Object, n int64, maps []graph.Object) {
	if n < p.Count(loggersMin) {
		return
	}
	retained := p.Heap.Retained(o)
	f := report.Finding{
		Severity: analyze.AtLeast(p.Severity(retained, p.Share(retained)), report.Warning), Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s has %s loggers, %s: their names have something in them that varies", what, analyze.Number(n), p.Of(retained)),
		Story: report.Rows[string]{"A logger stays for as long as the application lives, whether it is used again or not."},
		Facts: report.Rows[report.Fact]{analyze.Fact("loggers", report.Count(n)), analyze.Fact("retained by the loggers", report.Bytes(retained))},
		Fix: report.Rows[string]{
			"Use one logger per class: LoggerFactory.getLogger(Orders.class). Put what varies into the message or the MDC.",
			"Look for getLogger calls with a name that is put together, by the names below.",
		},
		Falsifier: "The names are those of classes, and their number does not grow between two dumps.",
	}
	f.Tables = append(f.Tables, p.prefixTable(maps))
	p.ReportAt(f, o, "loggers")
}

// maxNames of the loggers are read, some microseconds each.
const maxNames = 20_000

// prefixTable counts loggers by their package.
func (p pass) prefixTable(maps []graph.Object) report.Table {
	counts := map[string]int64{}
	left := maxNames
	for _, m := range maps {
		var names []graph.Object
		p.r.Entries(m, func(k, _ graph.Object) bool {
			names = append(names, k)
			left--
			return left > 0
		})
		for _, k := range names {
			if name, ok := p.r.Text(k, maxName); ok {
				counts[name[:max(strings.LastIndexByte(name, '.'), 0)]]++
			}
		}
	}
	t := report.Table{Title: fmt.Sprintf("Loggers by package, of %s that were read", analyze.Number(int64(maxNames-left))), Columns: []string{"package", "loggers"}}
	packages := map[string]bool{"": true}
	for c := range p.Heap.NumClasses() {
		packages[graph.Package(p.ClassName(graph.Class(c)))] = true
	}
	for _, name := range analyze.ByCount(counts, analyze.Same, analyze.Same) {
		v := report.Content(p.Policy.Value(name))
		if packages[name] {
			v = report.Name(name)
		}
		analyze.AddRow(&t, v, report.Count(counts[name]))
	}
	return t
}
