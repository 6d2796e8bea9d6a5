package hoards

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of throwable-hoard.
var throwablesMany = &analyze.Threshold{Name: "throwables", Default: 10_000, Unit: "throwables", Doc: "so many of one class that somebody holds are told"}

// Throwables finds exceptions that are kept.
var Throwables = &analyze.Rule{
	Name:  "throwable-hoard",
	Title: "Exceptions are kept in large numbers",
	Doc: `An exception is made to be thrown and forgotten. One that is kept holds its backtrace: an array per 32 frames that the JVM filled in, and the
class objects of all methods in it, besides causes and suppressed exceptions. Lists of errors, logs held in memory, futures that failed,
and one exception that others are added to as suppressed pile them up.

Recognised by the instances of subclasses of java.lang.Throwable by class, from 10,000 strongly held of one class on; with the
methods that made the first of them, where Throwable::stackTrace or ::backtrace tells.

Keep the message, not the exception; bound the list; override fillInStackTrace (or use the constructor without a writable stack trace) for
exceptions that steer the flow of a program.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{throwablesMany},
	Run:        runThrowables,
}

func runThrowables(p *analyze.Pass) error {
	h := p.Heap
	r := jdk.NewReader(h)
	for c, is := range h.Subclasses("java.lang.Throwable") {
		k := graph.Class(c)
		if !is || h.Class(k).Instances < p.Count(throwablesMany) {
			continue
		}
		var members []graph.Object
		for o := range h.Instances(k) {
			if h.Strength(o) == graph.Strong {
				members = append(members, o)
			}
		}
		if n := int64(len(members)); n >= p.Count(throwablesMany) {
			throwablesFinding(p, r, k, analyze.NewSet(members))
		}
	}
	return nil
}

// shownFrames of where an exception was made are told.
const shownFrames = 3

func throwablesFinding(p *analyze.Pass, r *jdk.Reader, c graph.Class, set analyze.ObjectSet) {
	retained := p.Heap.RetainedOf(set)
	n := int64(len(set))
	holder := p.HolderOf(set)
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s exceptions %s are kept by %s; %s", analyze.Number(n), p.ClassName(c), holder, p.Of(retained)),
		Facts: report.Rows[report.Fact]{analyze.Fact("exceptions", report.Count(n)), analyze.Fact("held by", report.Name(holder))},
		Fix: report.Rows[string]{
			fmt.Sprintf("Keep in %s what of an exception is needed (message, class), or bound how many it keeps.", holder),
			"Where the exception steers the flow of the program, make it without a stack trace (the constructor with writableStackTrace = false).",
		},
		Falsifier: "They belong to work that is under way and are gone in a later dump.",
	}
	for i, frame := range r.StackTrace(set[0]) {
		if i == shownFrames {
			break
		}
		f.Facts = append(f.Facts, analyze.Fact("one was made in", report.Name(frame.String())))
	}
	p.ReportMany(f, set)
}
