package finalizers

import (
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of finalizer-registered.
const (
	registeredMin = 1000 // every JVM has some hundred finalizable objects
	laggingShare  = 0.01 // of the registered that may be queued without a word about lag
)

// Registered tells which finalizable objects exist and who else holds them. It is never an alarm by itself.
var Registered = &analyze.Rule{
	Name:  "finalizer-registered",
	Title: "Finalizable objects that are registered, and who else holds them",
	Doc: `Each object of a class with a finalize() method has a java.lang.ref.Finalizer in the list Finalizer.unfinalized from its
construction on. A long list is no backlog: it says that many such objects are alive. What keeps them alive is somebody else.

Recognised by the list along Finalizer::next, 1,000 or more; for each class of referents the other holders are counted. Where
another rule explains the objects, these facts join its finding.

Look at the other holder: it is the leak. The Finalizer itself costs some 40 bytes and one more collection.`,
	Max:   report.Info,
	After: []string{"timer-queue-backlog", "finalizer-backlog", "jdbc-statement-retained"},
	Scans: []*analyze.Scan{finalizerScan},
	Run:   runRegistered,
}

// registeredClass is what is known of the registered objects of one class.
type registeredClass struct {
	objects int64
	alone   int64 // held by finalization only
	holders map[graph.Class]int64
}

func runRegistered(q *analyze.Pass) error {
	p := pass{q}
	f := p.finalizers()
	n := int64(len(f.registered))
	p.Figure("finalizer.registered", "objects", n)
	if n < registeredMin {
		return nil
	}
	classes, explained := p.registeredClasses(f)
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
	path := p.Holding(f.registered[0].object, nil)
	out.Path = p.Steps(path)
	top := analyze.ByCount(classes, func(c *registeredClass) int64 { return c.objects }, p.ClassName)
	p.Sign(&out, path, p.ClassName(top[0]))
	p.Report(out)
	return nil
}

// lagText says how far finalization is behind: what is registered is not what waits.
func (p pass) lagText(f *finalization) string {
	n, waiting := int64(len(f.registered)), int64(len(f.queued)+len(f.pending))
	text := fmt.Sprintf("%s registered for finalization, %s queued: ", analyze.Plural(n, "object"), analyze.Number(waiting))
	if float64(waiting) < laggingShare*float64(n) {
		return text + "finalization is not behind."
	}
	return text + "finalization is behind."
}

// registeredClasses counts the registered objects by class with their holders, and how many each finding explains.
func (p pass) registeredClasses(f *finalization) (map[graph.Class]*registeredClass, map[*report.Finding]int64) {
	h := p.Heap
	classes := map[graph.Class]*registeredClass{}
	explained := map[*report.Finding]int64{}
	var holders []graph.Object
	var seen []graph.Class
	for _, x := range f.registered {
		if x.referent == graph.NoObject {
			continue
		}
		k := h.ClassOf(x.referent)
		c := classes[k]
		if c == nil {
			c = &registeredClass{holders: map[graph.Class]int64{}}
			classes[k] = c
		}
		c.objects++
		if holders = OtherHolders(p.Pass, x.referent, holders[:0]); len(holders) == 0 {
			c.alone++
		}
		seen = seen[:0]
		for _, u := range holders {
			if u := h.ClassOf(u); !slices.Contains(seen, u) {
				seen = append(seen, u)
				c.holders[u]++
			}
		}
		if m := p.MemberOf(x.referent); m != nil {
			explained[m.Finding]++
		}
	}
	return classes, explained
}

func (p pass) registeredTable(classes map[graph.Class]*registeredClass) report.Table {
	t := report.Table{Title: "Registered objects by class, and who else holds them", Columns: []string{"class", "objects", "finalization alone", "also held by", "objects"}}
	for _, k := range analyze.ByCount(classes, func(c *registeredClass) int64 { return c.objects }, p.ClassName) {
		c := classes[k]
		by, n := report.Value{}, report.Value{}
		if hs := analyze.ByCount(c.holders, analyze.Same, p.ClassName); len(hs) > 0 {
			by, n = report.Name(p.ClassName(hs[0])), report.Count(c.holders[hs[0]])
		}
		analyze.AddRow(&t, report.Name(p.ClassName(k)), report.Count(c.objects), report.Count(c.alone), by, n)
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
