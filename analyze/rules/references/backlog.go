package references

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of cleaner-backlog.
var (
	cleanersMany   = &analyze.Threshold{Name: "registered", Default: 100_000, Unit: "cleaners", Doc: "so many that are registered with actions of one class are told"}
	cleanersQueued = &analyze.Threshold{Name: "queued", Default: 1000, Unit: "cleaners", Doc: "so many that wait for the thread of one Cleaner are a warning"}
)

// CleanerBacklog finds cleaners that do not get to run, and very many that are registered.
var CleanerBacklog = &analyze.Rule{
	Name:  "cleaner-backlog",
	Title: "Actions of cleaners wait, or very many are registered",
	Doc: `A java.lang.ref.Cleaner runs an action when an object is gone: it frees native memory, closes a file. One thread per Cleaner runs them one
after the other; while an action hangs, all others wait, and so does what they would free. What is registered and never closed costs a
PhantomReference with its action each, for as long as its object lives.

Recognised by the queue of each CleanerImpl and its thread (JDK 9 to 25), and by the lists of PhantomCleanables and jdk.internal.ref.Cleaners
(sun.misc.Cleaner), by the class of their action. A warning from 1,000 that wait; told from 100,000 registered with one action.

Keep actions short and never let them block: hand work to an executor. Close what has a cleaner (try-with-resources), so that the
cleaner is the safety net and not the rule.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{cleanersQueued, cleanersMany},
	Scans:      Scans(),
	Run:        runCleaners,
}

func runCleaners(p *analyze.Pass) error {
	s, cleaning := Of(p), CleanersOf(p)
	p.Figure("cleaners.registered", "cleaners", cleaning.Registered())
	for i := range cleaning.Cleaners {
		if c := &cleaning.Cleaners[i]; c.Queued >= p.Count(cleanersQueued) {
			stuck(p, s, c)
		}
	}
	for i := range cleaning.Classes {
		if k := &cleaning.Classes[i]; k.Registered >= p.Count(cleanersMany) {
			registered(p, k)
		}
	}
	return nil
}

// stuck tells of actions that wait for the thread of their Cleaner.
func stuck(p *analyze.Pass, s *Survey, c *Cleaner) {
	var waiting analyze.ObjectSet
	for i := range s.Queues {
		if s.Queues[i].Object == c.Queue {
			waiting = analyze.NewSet(s.Waiting(&s.Queues[i]))
		}
	}
	if len(waiting) == 0 {
		return
	}
	retained := p.Heap.RetainedOf(waiting)
	f := report.Finding{
		Severity: analyze.AtLeast(p.Severity(retained, p.Share(retained)), report.Warning), Confidence: report.Certain, Retained: retained, Objects: c.Queued,
		Facts: []report.Fact{analyze.Fact("actions that wait", report.Count(c.Queued)), analyze.Fact("registered with the Cleaner", report.Count(c.Registered))},
		Fix: []string{
			"Let no action of a Cleaner block or take long: hand such work to an executor.",
			"Give what must not wait for others a Cleaner of its own.",
		},
		Falsifier: "The thread is between two actions, and a dump taken a minute later has none that wait.",
	}
	busy := ""
	if frame := actionFrame(p, c.Thread); frame != "" {
		busy = ", which is in " + frame
		f.Facts = append(f.Facts, analyze.Fact("the thread is in", report.Name(frame)))
		f.Fix = append([]string{"Look at " + frame + ": the Cleaner's thread waits there, and all other actions behind it."}, f.Fix...)
	}
	f.Title = fmt.Sprintf("%s actions wait for the thread of a Cleaner%s; they retain %s", analyze.Number(c.Queued), busy, p.Of(retained))
	f.Tables = append(f.Tables, actionTable(p, waiting))
	p.ReportMany(f, waiting)
}

// actionFrame is the first frame of a cleaner's thread that is not the platform's: the action that runs.
func actionFrame(p *analyze.Pass, t *graph.Thread) string {
	if t == nil {
		return ""
	}
	for _, f := range t.Frames {
		if !analyze.Platform(f.Class) {
			return f.Class + "." + f.Method
		}
	}
	return ""
}

// actionTable counts cleaners by the class of their action.
func actionTable(p *analyze.Pass, cleaners analyze.ObjectSet) report.Table {
	counts := map[graph.Class]int64{}
	rows := analyze.Result[[]cleaner](p, CleanerScan)
	for _, r := range rows {
		if o := graph.Object(r.object); cleaners.Has(o) {
			k := p.Heap.ClassOf(o)
			if a := object(r.action); a != graph.NoObject {
				k = p.Heap.ClassOf(a)
			}
			counts[k]++
		}
	}
	return p.ClassTable("Actions", counts)
}

// registered tells of very many cleaners with actions of one class.
func registered(p *analyze.Pass, k *CleanerClass) {
	var members []graph.Object
	for _, r := range analyze.Result[[]cleaner](p, CleanerScan) {
		o := graph.Object(r.object)
		action := graph.NoClass
		if a := object(r.action); a != graph.NoObject {
			action = p.Heap.ClassOf(a)
		}
		if r.linked && !r.head() && p.Heap.ClassOf(o) == k.Cleaner && action == k.Action {
			members = append(members, o)
		}
	}
	set := analyze.NewSet(members)
	if len(set) == 0 {
		return
	}
	what := className(p.Heap, k.Action)
	if what == "" {
		what = p.ClassName(k.Cleaner)
	}
	retained := p.Heap.RetainedOf(set)
	p.ReportMany(report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: k.Registered,
		Title: fmt.Sprintf("%s cleaners with the action %s are registered and have not run; they retain %s", analyze.Number(k.Registered), what, p.Of(retained)),
		Facts: []report.Fact{analyze.Fact("registered", report.Count(k.Registered)), analyze.Fact("done or removed, still there", report.Count(k.Done))},
		Fix: []string{
			"Close what has the cleaner when it is no longer used (try-with-resources): its Cleanable.clean() takes it off the list.",
			"Share one native resource among many objects instead of one each.",
		},
		Falsifier: "The objects are all in use: as many of them are reached from the application.",
	}, set)
}
