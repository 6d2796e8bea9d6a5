package loaders

import (
	"fmt"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Leak finds class loaders of applications that were undeployed or deployed again, and what holds each.
var Leak = &analyze.Rule{
	Name:  "class-loader-leak",
	Title: "Class loaders of applications that are stopped, or deployed again, are still reachable",
	Doc: `An application that is undeployed goes with its class loader: all its classes, their statics, and what these hold. One reference
from without to any object of the application keeps all of it, once per redeployment, in the heap and, for the classes, in the metaspace.

A stopped web application is known by WebappClassLoaderBase.state (STOPPED, DESTROYED) in Tomcat, and in Jetty by the state of
WebAppClassLoader._context, or that it has another loader by now. Other loaders are compared by class and URLs (URLClassLoader.ucp) and
need a class name in common; those that nothing but threads, thread locals, hooks, drivers and caches hold count as left behind. Every
holder is searched: from the loader, its classes and their instances back over strong references to GC roots, threads and statics
that are not the loader's own. Each is named with its real path and its kind.

A stopped web application's loader is a warning; other loaders are one when something that is no thread keeps them, for a thread
may be what they are for. A large share of the heap is an error.

Undo each of the holders when the application stops: the finding names what to call for its kind. All must go, for one is enough.`,
	Max:   report.Error,
	Scans: []*analyze.Scan{loaderScan},
	Run:   runLeak,
}

func runLeak(q *analyze.Pass) error {
	p := pass{q}
	if why := p.unknownServer(); why != "" {
		p.Abstain(why)
	}
	n := int64(0)
	for _, g := range p.generations() {
		if g.stopped {
			n += int64(len(g.members))
		}
		p.leakFinding(g)
	}
	p.Figure("loaders.stopped", "class loaders", n)
	return nil
}

func (p pass) unknownServer() string { return newWebapps(p.Heap, nil).unknown() }

// left are the loaders of a generation that should be gone, all of them when none stands out.
func (g *generation) left() ([]*dead, bool) {
	if g.stopped {
		return g.members, true
	}
	var out []*dead
	for _, d := range g.members {
		if d.abandoned() {
			out = append(out, d)
		}
	}
	return out, len(out) > 0
}

func (p pass) leakFinding(g *generation) {
	left, certain := g.left()
	if !certain && len(g.members) < 2 || !certain && len(g.members) == 1 {
		return
	}
	if !certain {
		left = g.members
	} else if !g.stopped && g.all < 2 {
		return
	}
	f := report.Finding{Confidence: report.Certain, Objects: int64(len(left))}
	classes, tops := p.measure(&f, left)
	if !g.stopped {
		f.Confidence = report.Likely
		if !certain {
			f.Confidence = report.Possible
		}
	}
	f.Severity = p.leakSeverity(g, left, certain, f.Retained)
	f.Title = p.leakTitle(g, left, certain, classes, f.Retained)
	f.Falsifier = "The loaders are gone in a dump taken after the next full garbage collection and some minutes of work, and their number does not grow with redeployments."
	if !g.stopped {
		f.Falsifier = "The program means to have several loaders over the same URLs at a time, such as one for each of its workers."
	}
	f.Story, f.Facts = p.leakStory(g, left, certain), p.leakFacts(g, left, classes)
	f.Tables = report.Rows[report.Table]{p.deadTable(left), p.pinTable(left)}
	f.Fix = fixes(left)
	if k := firstPin(left); k != nil {
		f.Path = p.Steps(k.path)
		p.Sign(&f, k.path, g.class)
	} else {
		p.Sign(&f, nil, g.class)
	}
	for _, d := range left[:min(len(left), 5)] {
		f.Evidence.Rows = append(f.Evidence.Rows, p.deadEvidence(d))
	}
	f.Evidence.Omitted = int64(len(left) - len(f.Evidence.Rows))
	c := analyze.Claim{Point: graph.NoObject, Members: tops}
	if len(left) == 1 {
		c.Point = left[0].object
	}
	c.Finding = p.Report(f)
	if certain {
		p.Claim(c)
	}
}

// measure sums up what the loaders keep. Loaders whose holders were not searched count with what they dominate.
func (p pass) measure(f *report.Finding, left []*dead) (classes int64, tops analyze.ObjectSet) {
	var all []graph.Object
	for _, d := range left {
		all = append(all, d.tops...)
		if !d.searched {
			all = append(all, d.object)
			classes += d.loader.classes
		}
		classes += d.classes
	}
	tops = analyze.NewSet(all)
	f.Retained = p.Heap.RetainedOf(tops)
	return classes, tops
}

func (p pass) leakSeverity(g *generation, left []*dead, certain bool, retained int64) report.Severity {
	s := p.Severity(retained, p.Share(retained))
	switch {
	case !certain:
		return report.Info
	case s != report.Info:
		return s
	case g.stopped, slices.ContainsFunc(left, func(d *dead) bool { return !d.running() }):
		return report.Warning
	}
	return report.Info
}

func (p pass) leakTitle(g *generation, left []*dead, certain bool, classes, retained int64) string {
	what := fmt.Sprintf("%s (%s)", analyze.Plural(int64(len(left)), "class loader"), g.class)
	keeps := fmt.Sprintf("with %s and %s", classCount(classes), p.Of(retained))
	by := ""
	if ks := kindsOf(left); len(ks) > 0 {
		by = ": kept by " + kindList(ks)
	}
	switch {
	case g.stopped && len(left) == 1:
		return fmt.Sprintf("%s of a stopped web application is still reachable, %s%s", what, keeps, by)
	case g.stopped:
		return fmt.Sprintf("%s of stopped web applications are still reachable, %s%s", what, keeps, by)
	case certain:
		return fmt.Sprintf("%s of %d over the same URLs left behind, %s%s", what, g.all, keeps, by)
	}
	return fmt.Sprintf("%s over the same URLs define the same classes, %s%s", what, keeps, by)
}

// classCount writes a number of classes.
func classCount(n int64) string {
	if n == 1 {
		return "1 class"
	}
	return analyze.Number(n) + " classes"
}

// kindsOf counts the pins of the loaders by kind.
func kindsOf(left []*dead) map[pinKind]int {
	out := map[pinKind]int{}
	for _, d := range left {
		for _, k := range d.pins {
			out[k.kind]++
		}
	}
	return out
}

// kindList is "2 running threads, a timer".
func kindList(counts map[pinKind]int) string {
	var out []string
	for k := range pinKinds {
		name := kindTexts[k].name
		switch n := counts[k]; {
		case n == 1 && strings.HasPrefix(name, "another"):
			out = append(out, name)
		case n == 1 && (strings.HasPrefix(name, "MB") || name[0] == 'A'):
			out = append(out, "an "+name)
		case n == 1:
			out = append(out, "a "+name)
		case n > 1:
			out = append(out, fmt.Sprintf("%d × %s", n, name))
		}
	}
	return strings.Join(out, ", ")
}

func (p pass) leakStory(g *generation, left []*dead, certain bool) report.Rows[string] {
	story := report.Rows[string]{"A class loader stays as long as one object of one of its classes does, and with it all its classes and their statics."}
	switch {
	case g.stopped:
		story = append(story, "The server says that these applications are stopped. Nothing from without should refer to them any more.")
	case certain:
		story = append(story, "No static field or other reference of the program holds these loaders: what does is left over from when the application was started.")
	default:
		story = append(story, "The program itself holds each of them; which of them is in use the dump does not tell.")
	}
	for _, d := range left {
		if d.partial {
			story = append(story, "So much refers to one of them that not all holders were searched.")
			break
		}
	}
	return story
}

func (p pass) leakFacts(g *generation, left []*dead, classes int64) report.Rows[report.Fact] {
	facts := report.Rows[report.Fact]{
		analyze.Fact("class loaders left behind", report.Count(int64(len(left)))),
		analyze.Fact("class loaders of that class and URLs", report.Count(g.all)),
		analyze.Fact("classes", report.Count(classes)),
	}
	for i, u := range g.urls {
		if i == 3 {
			break
		}
		facts = append(facts, analyze.Fact("URL", report.Content(p.Policy.URL(u))))
	}
	counts := kindsOf(left)
	for k := range pinKinds {
		if counts[k] > 0 {
			facts = append(facts, analyze.Fact("kept by: "+kindTexts[k].name, report.Count(int64(counts[k]))))
		}
	}
	return facts
}

// firstPin is the pin whose path the finding shows and is known by.
func firstPin(left []*dead) *pin {
	var best *pin
	for _, d := range left {
		for i := range d.pins {
			if k := &d.pins[i]; best == nil || k.kind < best.kind || k.kind == best.kind && k.holder < best.holder {
				best = k
			}
		}
	}
	return best
}

// fixes has an advice per kind of pin, with who holds; of several the first.
func fixes(left []*dead) report.Rows[string] {
	holders := map[pinKind][]string{}
	for _, d := range left {
		for _, k := range d.pins {
			if !slices.Contains(holders[k.kind], k.holder) {
				holders[k.kind] = append(holders[k.kind], k.holder)
			}
		}
	}
	var out report.Rows[string]
	for k := range pinKinds {
		hs := holders[k]
		if len(hs) == 0 {
			continue
		}
		slices.Sort(hs)
		text := hs[0]
		if len(hs) > 1 {
			text += fmt.Sprintf(" and %s", analyze.Plural(int64(len(hs)-1), "other"))
		}
		out = append(out, fmt.Sprintf(kindTexts[k].fix, text))
	}
	if len(out) == 0 {
		out = append(out, "Look at the path: undo each of its references when the application stops.")
	}
	return out
}

func (p pass) deadTable(left []*dead) report.Table {
	t := report.Table{Title: "Class loaders that should be gone", Columns: []string{"loader", "state", "classes", "retained", "holders"}}
	for _, d := range left {
		analyze.AddRow(&t, report.Object(p.Address(d.object)), report.Name(d.stateText()), report.Count(max(d.classes, d.loader.classes)), report.Bytes(max(d.keeps, p.Heap.Retained(d.object))), report.Count(int64(len(d.pins))))
	}
	return t
}

func (d *dead) stateText() string {
	if d.app == nil {
		return ""
	}
	return d.app.state
}

func (p pass) pinTable(left []*dead) report.Table {
	t := report.Table{Title: "What keeps them", Columns: []string{"loader", "kind", "held by", "what is held", "references"}}
	for _, d := range left {
		for _, k := range d.pins {
			analyze.AddRow(&t, report.Object(p.Address(d.object)), report.Name(kindTexts[k.kind].name), report.Name(k.holder), report.Name(k.held), report.Count(k.count))
		}
	}
	return t
}

// deadEvidence shows a loader with the way that each of its holders takes.
func (p pass) deadEvidence(d *dead) report.Evidence {
	e := report.Evidence{Address: p.Address(d.object), Class: d.class, Note: d.stateText(), Retained: max(d.keeps, p.Heap.Retained(d.object))}
	for i, k := range d.pins {
		if i == 5 {
			break
		}
		e.Fields = append(e.Fields, analyze.Fact(kindTexts[k.kind].name, report.Name(p.pathText(k.path))))
	}
	return e
}

// pathText is a path on one line.
func (p pass) pathText(path []graph.Step) string {
	steps := p.Steps(path)
	out := make([]string, 0, len(steps))
	for i, s := range steps {
		switch {
		case i == 0 && s.Note != "":
			out = append(out, s.Note)
		case i == 0:
			out = append(out, s.Class)
		default:
			out = append(out, s.Label)
		}
	}
	return strings.Join(out, " > ") + " > " + p.memberText(path[len(path)-1].Object)
}
