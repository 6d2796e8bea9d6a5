package netty

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

func (p pass) timer(o graph.Object) {
	n, ok := p.r.Number(p.r.Ref(o, "pendingTimeouts"))
	if !ok || n < p.Count(timeoutsMin) {
		return
	}
	thread := p.r.Ref(o, "workerThread")
	name := "a timer"
	if thread != graph.NoObject {
		name = fmt.Sprintf("timer %q", jdk.ThreadName(p.Heap, thread))
	}
	retained := p.Heap.Retained(o)
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s timeouts are pending in Netty's %s, %s", analyze.Number(n), name, p.Of(retained)),
		Story: report.Rows[string]{"A timeout stays in the wheel, with its task and all that the task refers to, until it is due or cancelled."},
		Facts: report.Rows[report.Fact]{analyze.Fact("pending timeouts", report.Count(n)), analyze.Fact("retained by the timer", report.Bytes(retained))},
		Fix: report.Rows[string]{
			"Cancel each timeout when what it waits for has come (Timeout.cancel()), and use shorter delays.",
			"Let tasks refer to little: a key, not the request. maxPendingTimeouts of the constructor bounds their number.",
		},
		Falsifier: "The timeouts are due within seconds: a later dump has no more of them.",
	}
	if most, ok := p.r.Int(o, "maxPendingTimeouts"); ok {
		f.Facts = append(f.Facts, analyze.Fact("maxPendingTimeouts", report.Number(most)))
	}
	f.Tables = append(f.Tables, p.timeoutTable(o))
	p.ReportAt(f, o, "timeouts")
}

// timeoutTable counts the tasks of the timeouts in the wheel by class.
func (p pass) timeoutTable(o graph.Object) report.Table {
	var buckets []graph.Object
	p.r.EachElement(p.r.Ref(o, "wheel"), func(_ int, b graph.Object) bool {
		buckets = append(buckets, b)
		return true
	})
	counts := map[graph.Class]int64{}
	left := maxTasks
	for _, b := range buckets {
		for t := p.r.Ref(b, "head"); t != graph.NoObject && left > 0; t = p.r.Ref(t, "next") {
			left--
			if task := p.r.Ref(t, "task"); task != graph.NoObject {
				counts[p.Heap.ClassOf(task)]++
			}
		}
	}
	return p.ClassTable("Tasks of the timeouts, by class", counts)
}

func (p pass) timersFinding(timers analyze.ObjectSet) {
	n := int64(len(timers))
	retained := p.Heap.RetainedOf(timers)
	p.ReportMany(report.Finding{
		Severity: analyze.AtLeast(p.Severity(retained, p.Share(retained)), report.Warning), Confidence: report.Certain, Retained: retained, Objects: n,
		Title:     fmt.Sprintf("There are %s HashedWheelTimers of Netty, each with a thread and a wheel of its own; %s", analyze.Number(n), p.Of(retained)),
		Story:     report.Rows[string]{"A HashedWheelTimer is made to be shared by the whole application; Netty logs an error from 64 on."},
		Facts:     report.Rows[report.Fact]{analyze.Fact("timers", report.Count(n)), analyze.Fact("retained by the timers", report.Bytes(retained))},
		Fix:       report.Rows[string]{"Share one HashedWheelTimer, and stop() those that are no longer used."},
		Falsifier: "The timers belong to parts that are to be separate, and their number does not grow.",
	}, timers)
}
