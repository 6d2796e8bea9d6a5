package finalizers

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/rules/finalizers"
	"heapcause/graph"
	"heapcause/report"
)

// Inspection shows the state of finalization.
var Inspection = &analyze.Inspection{
	Name:  "finalizers",
	Title: "Objects with a finalize() method",
	Doc: `Each object of a class with finalize() has a java.lang.ref.Finalizer. Registered are those in the list Finalizer.unfinalized:
most of them are alive and held by somebody else, which the table says. Queued are those in Finalizer.queue: found unreachable, they wait
for the Finalizer thread, whose stack is shown. finalRefCount and peakFinalRefCount are the JVM's own counts of the queue.`,
	Scans: []*analyze.Scan{finalizers.Scan},
	Run:   run,
}

func run(p *analyze.Pass) (*report.Section, error) {
	f := finalizers.Of(p)
	t := f.Thread(p)
	out := &report.Section{Skipped: f.Broken, Facts: facts(p, f, t)}
	out.Summary = fmt.Sprintf("%s registered for finalization, %s queued", analyze.Plural(int64(len(f.Registered)), "object"), analyze.Number(int64(len(f.Queued))))
	if t != nil && t.Method != "" {
		out.Summary += fmt.Sprintf("; thread %q is inside %s", t.Name, t.Method)
	}
	out.Summary += "."
	out.Tables = []report.Table{registered(p, f), queued(p, f)}
	if t != nil {
		out.Tables = append(out.Tables, stack(p, t))
	}
	return out, nil
}

func facts(p *analyze.Pass, f *finalizers.Finalization, t *finalizers.Thread) report.Rows[report.Fact] {
	out := report.Rows[report.Fact]{
		analyze.Fact("registered", report.Count(int64(len(f.Registered)))),
		analyze.Fact("queued", report.Count(int64(len(f.Queued)))),
	}
	if f.Length >= 0 {
		out = append(out, analyze.Fact("queueLength", report.Count(f.Length)))
	}
	out = append(out,
		analyze.Fact("pending, not yet queued", report.Count(int64(len(f.Pending)))),
		analyze.Fact("being run", report.Count(int64(len(f.Running)))),
		analyze.Fact("retained by what waits", report.Bytes(p.Heap.RetainedOf(f.Waiting()))),
	)
	for _, name := range []string{"finalRefCount", "peakFinalRefCount"} {
		if class, n, ok := finalizers.VMCounter(p, name); ok {
			out = append(out, analyze.Fact(class+"."+name, report.Count(n)))
		}
	}
	if t == nil {
		return out
	}
	out = append(out, analyze.Fact("thread", report.Name(t.Name)), analyze.Fact("thread state", report.Name(jdk.ThreadStatus(p.Heap, t.Object))))
	if t.Running != graph.NoObject {
		out = append(out, analyze.Fact("object being finalized", report.Object(p.Address(t.Running))), analyze.Fact("its class", report.Name(p.Heap.ClassName(t.Running))))
	}
	return out
}

func registered(p *analyze.Pass, f *finalizers.Finalization) report.Table {
	t := report.Table{Name: "registered", Title: "Registered objects by class, and who else holds them", Columns: []string{"class", "objects", "finalization alone", "also held by", "objects held so"}}
	classes := f.Classes(p)
	for _, k := range analyze.ByCount(classes, finalizers.RegisteredObjects, p.ClassName) {
		c := classes[k]
		by, n := report.Value{}, report.Value{}
		if holder, count := c.Most(p); holder != graph.NoClass {
			by, n = report.Name(p.ClassName(holder)), report.Count(count)
		}
		p.ListRow(&t, 0, report.Name(p.ClassName(k)), report.Count(c.Objects), report.Count(c.Alone), by, n)
	}
	return t
}

func queued(p *analyze.Pass, f *finalizers.Finalization) report.Table {
	t := report.Table{Name: "queued", Title: "Objects that wait for the Finalizer thread, by class", Columns: []string{"class", "objects"}}
	counts := finalizers.ByReferent(p.Heap, f.Queued)
	for _, k := range analyze.ByCount(counts, analyze.Same, p.ClassName) {
		p.ListRow(&t, 0, report.Name(p.ClassName(k)), report.Count(counts[k]))
	}
	return t
}

func stack(p *analyze.Pass, t *finalizers.Thread) report.Table {
	out := report.Table{Name: "stack", Title: "Stack of the Finalizer thread", Columns: []string{"frame"}}
	for _, f := range t.Frames {
		p.ListRow(&out, 0, report.Name(jdk.FrameText(f)))
	}
	return out
}
