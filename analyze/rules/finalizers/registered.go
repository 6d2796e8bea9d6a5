package finalizers

import (
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// registeredMin is the threshold of finalizer-registered.
var registeredMin = &analyze.Threshold{Name: "objects", Default: 1000, Unit: "objects", Doc: "registered objects from which it is told who else holds them; every JVM has some hundred"}

// laggingShare of the registered may be queued without a word about lag.
const laggingShare = 0.01

// Registered tells which finalizable objects exist and who else holds them. It is never an alarm by itself.
var Registered = &analyze.Rule{
	Name:  "finalizer-registered",
	Title: "Finalizable objects that are registered, and who else holds them",
	Doc: `Each object of a class with a finalize() method has a java.lang.ref.Finalizer in the list Finalizer.unfinalized from its
construction on. A long list is no backlog: it says that many such objects are alive. What keeps them alive is somebody else.

Recognised by the list along Finalizer::next, 1,000 or more; for each class of referents the other holders are counted. Where
another rule explains the objects, these facts join its finding.

Look at the other holder: it is the leak. The Finalizer itself costs some 40 bytes and one more collection.`,
	Max:        report.Info,
	Thresholds: []*analyze.Threshold{registeredMin},
	After:      []string{"timer-queue-backlog", "finalizer-backlog", "jdbc-statement-retained"},
	Scans:      []*analyze.Scan{Scan},
	Run:        runRegistered,
}

// RegisteredClass is what is known of the registered objects of one class.
type RegisteredClass struct {
	Objects int64
	Alone   int64 // held by finalization only
	Holders map[graph.Class]int64
}

func runRegistered(q *analyze.Pass) error {
	p := pass{q}
	f := Of(p.Pass)
	n := int64(len(f.Registered))
	p.Figure("finalizer.registered", "objects", n)
	if n < p.Count(registeredMin) {
		return nil
	}
	classes, explained := f.Classes(p.Pass), p.explained(f)
	lag := p.lagText(f)
	facts := append([]report.Fact{analyze.Fact("finalizers registered", report.Count(n))}, p.backlogFacts(f)...)
	facts = slices.DeleteFunc(facts, func(f report.Fact) bool { return f.Label == "registered finalizers" })
	table := p.registeredTable(classes)
	for _, out := range p.Findings() {
		if explained[out]*2 > n {
			if out.Rule == Backlog.Name { // its own facts say the same
				facts = facts[:1]
			}
			p.Join(out, lag, facts...)
			out.Tables = append(out.Tables, table)
			return nil
		}
	}
	out := report.Finding{
		Severity: report.Info, Confidence: report.Certain, Objects: n, Facts: facts, Tables: []report.Table{table}, Title: lag,
		Story:     []string{"A registered finalizer is no backlog: these objects are alive because somebody else holds them, or were unreachable only for moments."},
		Fix:       []string{"Look at the other holder of each class; close resources where they are used."},
		Falsifier: "The objects have no other holder and the queue grows.",
	}
	path := p.Holding(f.Registered[0].Object, nil)
	out.Path = p.Steps(path)
	top := analyze.ByCount(classes, RegisteredObjects, p.ClassName)
	p.Sign(&out, path, p.ClassName(top[0]))
	p.Report(out)
	return nil
}

// lagText says how far finalization is behind: what is registered is not what waits.
func (p pass) lagText(f *Finalization) string {
	n, waiting := int64(len(f.Registered)), int64(len(f.Queued)+len(f.Pending))
	text := fmt.Sprintf("%s registered for finalization, %s queued: ", analyze.Plural(n, "object"), analyze.Number(waiting))
	if float64(waiting) < laggingShare*float64(n) {
		return text + "finalization is not behind."
	}
	return text + "finalization is behind."
}

// Classes counts the registered objects by class with their holders.
func (f *Finalization) Classes(p *analyze.Pass) map[graph.Class]*RegisteredClass {
	return analyze.Shared(p, "registered finalizers by class", func() map[graph.Class]*RegisteredClass {
		h := p.Heap
		classes := map[graph.Class]*RegisteredClass{}
		var holders []graph.Object
		var seen []graph.Class
		for _, x := range f.Registered {
			if x.Referent == graph.NoObject {
				continue
			}
			k := h.ClassOf(x.Referent)
			c := classes[k]
			if c == nil {
				c = &RegisteredClass{Holders: map[graph.Class]int64{}}
				classes[k] = c
			}
			c.Objects++
			if holders = OtherHolders(p, x.Referent, holders[:0]); len(holders) == 0 {
				c.Alone++
			}
			seen = seen[:0]
			for _, u := range holders {
				if u := h.ClassOf(u); !slices.Contains(seen, u) {
					seen = append(seen, u)
					c.Holders[u]++
				}
			}
		}
		return classes
	})
}

// explained counts the registered objects that each finding explains.
func (p pass) explained(f *Finalization) map[*report.Finding]int64 {
	out := map[*report.Finding]int64{}
	for _, x := range f.Registered {
		if x.Referent == graph.NoObject {
			continue
		}
		if m := p.MemberOf(x.Referent); m != nil {
			out[m.Finding]++
		}
	}
	return out
}

// Most returns the class that holds most of the objects besides finalization, with its count; NoClass for none.
func (c *RegisteredClass) Most(p *analyze.Pass) (graph.Class, int64) {
	hs := analyze.ByCount(c.Holders, analyze.Same, p.ClassName)
	if len(hs) == 0 {
		return graph.NoClass, 0
	}
	return hs[0], c.Holders[hs[0]]
}

// RegisteredObjects is a count for analyze.ByCount.
func RegisteredObjects(c *RegisteredClass) int64 { return c.Objects }

func (p pass) registeredTable(classes map[graph.Class]*RegisteredClass) report.Table {
	t := report.Table{Title: "Registered objects by class, and who else holds them", Columns: []string{"class", "objects", "finalization alone", "also held by", "objects"}}
	for _, k := range analyze.ByCount(classes, RegisteredObjects, p.ClassName) {
		c := classes[k]
		by, n := report.Value{}, report.Value{}
		if holder, count := c.Most(p.Pass); holder != graph.NoClass {
			by, n = report.Name(p.ClassName(holder)), report.Count(count)
		}
		analyze.AddRow(&t, report.Name(p.ClassName(k)), report.Count(c.Objects), report.Count(c.Alone), by, n)
	}
	return t
}

// OtherHolders appends the objects that refer to o, but for its Finalizer and for what o itself holds.
func OtherHolders(p *analyze.Pass, o graph.Object, buf []graph.Object) []graph.Object {
	h := p.Heap
	finalizers := h.ClassesByName("java.lang.ref.Finalizer")
	all := h.In(o, buf)
	buf = all[:len(buf)]
	for _, u := range all[len(buf):] {
		if !slices.Contains(finalizers, h.ClassOf(u)) && !within(p, o, u) {
			buf = append(buf, u)
		}
	}
	return buf
}

// nearDominators is how far back references may come from.
const nearDominators = 8

// within reports whether o dominates u, looking a few steps up.
func within(p *analyze.Pass, o, u graph.Object) bool {
	for range nearDominators {
		if u == graph.NoObject || u == o {
			return u == o
		}
		u = p.Heap.Idom(u)
	}
	return false
}
