package references

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/rules/finalizers"
	"heapcause/analyze/rules/references"
	"heapcause/graph"
	"heapcause/report"
)

// Inspection shows what references hold and what waits in their queues.
var Inspection = &analyze.Inspection{
	Name:  "references",
	Title: "Soft, weak, phantom and final references, their queues, and cleaners",
	Doc: `Counts the references of each strength: how many still have a referent, were cleared, or wait in a queue; and the bytes that
nothing stronger holds. Queues are followed from ReferenceQueue.head along Reference.next and compared with queueLength. Cleaners are
jdk.internal.ref.Cleaner (sun.misc.Cleaner), those of direct buffers, and the registrations of java.lang.ref.Cleaner, by what they run.
A loop is a reference whose own fields lead strongly back to its referent, as where the value of a WeakHashMap refers to its key: it is never cleared.`,
	Scans: append(references.Scans(), finalizers.Scan),
	Run:   run,
}

func run(p *analyze.Pass) (*report.Section, error) {
	s := references.Of(p)
	c := references.CleanersOf(p)
	f := finalizers.Of(p)
	out := &report.Section{Facts: facts(p, s, c, f)}
	var waiting int64
	for _, q := range s.Queues {
		waiting += q.Queued
	}
	k := s.Kinds
	out.Summary = fmt.Sprintf("%s, %s, %s and %s; %s of the heap would go with soft references cleared; %s in queues and not taken out.",
		analyze.Plural(k[graph.Soft].References, "soft reference"), analyze.Plural(k[graph.Weak].References, "weak reference"),
		analyze.Plural(k[graph.Phantom].References, "phantom reference"), analyze.Plural(int64(len(f.All)), "finalizer"),
		analyze.Size(p.Heap.Totals()[graph.Soft].Bytes), analyze.Number(waiting))
	out.Tables = []report.Table{kinds(p, s, f), classes(p, s), queues(p, s), cleaners(p, c), cleanerThreads(p, c), loops(p, s)}
	for _, q := range s.Queues {
		if q.Broken || q.Queued != q.Length {
			out.Notes = append(out.Notes, "A queue's list and its queueLength differ: it was in use while the dump was written, or the dump is damaged.")
			break
		}
	}
	return out, nil
}

func facts(p *analyze.Pass, s *references.Survey, c *references.Cleaning, f *finalizers.Finalization) report.Rows[report.Fact] {
	t := p.Heap.Totals()
	var waiting int64
	for _, q := range s.Queues {
		waiting += q.Queued
	}
	return report.Rows[report.Fact]{
		analyze.Fact("soft references", report.Count(s.Kinds[graph.Soft].References)),
		analyze.Fact("weak references", report.Count(s.Kinds[graph.Weak].References)),
		analyze.Fact("phantom references", report.Count(s.Kinds[graph.Phantom].References)),
		analyze.Fact("finalizers", report.Count(int64(len(f.All)))),
		analyze.Fact("held by soft references only", report.Bytes(t[graph.Soft].Bytes)),
		analyze.Fact("held by finalizers only", report.Bytes(t[graph.Finalizer].Bytes)),
		analyze.Fact("held by weak references only", report.Bytes(t[graph.Weak].Bytes)),
		analyze.Fact("held by phantom references only", report.Bytes(t[graph.Phantom].Bytes)),
		analyze.Fact("references in queues", report.Count(waiting)),
		analyze.Fact("queues with references", report.Count(int64(len(s.Queues)))),
		analyze.Fact("queues without", report.Count(s.Empty)),
		analyze.Fact("cleaners that have not run", report.Count(c.Registered())),
	}
}

func kinds(p *analyze.Pass, s *references.Survey, f *finalizers.Finalization) report.Table {
	t := report.Table{Name: "strengths", Title: "References by strength", Columns: []string{"strength", "references", "with a referent", "cleared", "in a queue", "objects held only so", "bytes held only so"}}
	h := p.Heap
	for _, k := range []graph.Strength{graph.Soft, graph.Weak, graph.Phantom} {
		n, held := s.Kinds[k], h.Totals()[k]
		p.ListRow(&t, held.Bytes, report.Name(k.String()), report.Count(n.References), report.Count(n.Set), report.Count(n.Cleared), report.Count(n.Queued), report.Count(held.Objects), report.Bytes(held.Bytes))
	}
	held := h.Totals()[graph.Finalizer]
	var set int64
	for i := range f.All {
		if f.All[i].Referent != graph.NoObject {
			set++
		}
	}
	all := int64(len(f.All))
	p.ListRow(&t, held.Bytes, report.Name("final"), report.Count(all), report.Count(set), report.Count(all-set), report.Count(int64(len(f.Queued))), report.Count(held.Objects), report.Bytes(held.Bytes))
	return t
}

func classes(p *analyze.Pass, s *references.Survey) report.Table {
	t := report.Table{Name: "classes", Title: "References by class, and what they refer to", Columns: []string{"reference", "strength", "referent", "references", "in a queue", "referents held only so", "retained"}}
	for _, c := range s.Pairs {
		referent := report.Name("(cleared)")
		if c.Referent != graph.NoClass {
			referent = report.Name(p.ClassName(c.Referent))
		}
		p.ListRow(&t, c.Retained, report.Name(p.ClassName(c.Reference)), report.Name(c.Kind.String()), referent, report.Count(c.References), report.Count(c.Queued), report.Count(c.Only), report.Bytes(c.Retained))
	}
	return t
}

func queues(p *analyze.Pass, s *references.Survey) report.Table {
	t := report.Table{Name: "queues", Title: "Reference queues", Columns: []string{"queue", "owner", "in it", "queueLength", "registered"}}
	for i := range s.Queues {
		q := &s.Queues[i]
		owner := ""
		if p.Options.Top < 0 || i < p.Options.Top {
			owner = s.OwnerText(p, q.Object)
		}
		p.ListRow(&t, 0, report.Object(p.Address(q.Object)), report.Name(owner), report.Count(q.Queued), report.Count(q.Length), report.Count(q.Registered))
	}
	return t
}

func cleaners(p *analyze.Pass, c *references.Cleaning) report.Table {
	t := report.Table{Name: "cleaners", Title: "Cleaners by what they run", Columns: []string{"action", "cleaner", "registered", "ran or removed"}}
	for _, k := range c.Classes {
		action := p.ClassName(k.Cleaner)
		if k.Action != graph.NoClass {
			action = p.ClassName(k.Action)
		}
		p.ListRow(&t, 0, report.Name(action), report.Name(p.ClassName(k.Cleaner)), report.Count(k.Registered), report.Count(k.Done))
	}
	return t
}

func cleanerThreads(p *analyze.Pass, c *references.Cleaning) report.Table {
	t := report.Table{Name: "cleaner-threads", Title: "java.lang.ref.Cleaner", Columns: []string{"cleaner", "thread", "registered", "wait to run"}}
	for _, k := range c.Cleaners {
		name := ""
		if k.Thread != nil {
			name = p.Note(k.Thread.Object)
		}
		p.ListRow(&t, 0, report.Object(p.Address(k.Object)), report.Name(name), report.Count(k.Registered), report.Count(k.Queued))
	}
	return t
}

func loops(p *analyze.Pass, s *references.Survey) report.Table {
	t := report.Table{Name: "loops", Title: "References that keep their own referents", Columns: []string{"reference", "referent", "references", "for example", "held through"}}
	all := s.Loops(p)
	for _, k := range analyze.ByCount(all, func(c *references.LoopClass) int64 { return c.Count }, func(k [2]graph.Class) string { return p.ClassName(k[0]) + " " + p.ClassName(k[1]) }) {
		l := all[k]
		p.ListRow(&t, 0, report.Name(p.ClassName(l.Reference)), report.Name(p.ClassName(l.Referent)), report.Count(l.Count),
			report.Object(p.Address(l.First.Reference)), report.Name(l.First.Through(p)))
	}
	return t
}
