package leak

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of leak-suspect. The share of the strongly reachable bytes is Options.Threshold.
const (
	suspectWarnBytes = 32 << 20 // less is nobody's outage
	maxSuspects      = 10
)

// Suspect finds the objects, or groups of equal objects, that retain a large part of the heap.
var Suspect = &analyze.Rule{
	Name:  "leak-suspect",
	Title: "One object, or a group of objects of one class, retains a large part of the heap",
	Doc: `An object, or a group of objects of one class under one dominator, retains more than the threshold (10 %) of the strongly
reachable bytes. The finding names the accumulation point: on the way down the dominator tree the last object that retains so
much, below which it spreads over many. Of a linked list or tree it is what holds the head.

Recognised by retained sizes; it says where the memory is, not yet why. Where a rule knows the pattern, these facts join its
finding. A warning from 32 MiB on; but what is left to a class loader of the JDK, spread over its classes, is only told.

Look at what the accumulation point is for and who adds to it; bound it, or remove what is no longer needed.`,
	Max:   report.Warning,
	Last:  true,
	After: []string{"static-collection-growth"},
	Run:   runLeak,
}

func runLeak(q *analyze.Pass) error {
	p := pass{q}
	weakest := graph.Strong
	if p.Incomplete() {
		weakest = graph.Unreachable
	}
	suspects := p.suspects(int64(p.Options.Threshold * float64(p.Heap.Total(weakest).Bytes)))
	for _, s := range suspects[:min(len(suspects), maxSuspects)] {
		c := p.Claimed(s.first)
		if c == nil && s.point == graph.NoObject && s.largest != graph.NoObject { // of a group the largest may be known where the first is not
			c = p.Claimed(s.largest)
		}
		if c != nil {
			p.Join(c.Finding, "By retained size: "+p.suspectText(s)+".", analyze.Fact("share of the strongly reachable heap", report.Share(p.Share(s.retained))))
			continue
		}
		p.suspectFinding(s)
	}
	return nil
}

func (p pass) suspectFinding(s suspect) {
	h := p.Heap
	f := report.Finding{
		Severity: report.Info, Confidence: report.Likely, Retained: s.retained, Objects: s.count,
		Facts:     []report.Fact{analyze.Fact("retained", report.Bytes(s.retained)), analyze.Fact("objects", report.Count(s.count))},
		Fix:       []string{"Look at what the accumulation point is for and who adds to it.", "Bound it (size, age) or remove entries when they are done."},
		Falsifier: "The size is what the program needs: it does not grow between two dumps under the same load.",
	}
	if s.retained >= suspectWarnBytes && !p.platformLoader(s.point) {
		f.Severity = report.Warning
	}
	path := p.Holding(s.point, nil)
	f.Title = p.suspectText(s)
	if len(path) > 1 {
		f.Title += ", held by " + p.NearestHolder(path)
	}
	if s.chain {
		path = p.Extend(path, s.first)
	}
	p.Sign(&f, path, p.ClassName(s.class))
	switch {
	case s.point == graph.NoObject:
		path = p.Holding(s.largest, nil)
	case s.chain || s.largest == graph.NoObject:
	default:
		path = p.Extend(path, s.largest)
	}
	if s.point != graph.NoObject && h.NumDominated(s.point) > 0 {
		f.Accumulation = p.Accumulation(s.point)
	}
	f.Path = p.Steps(path)
	p.suspectStory(&f, s, path)
	p.Report(f)
}

// platformLoader reports whether o is one of the class loaders that every application has: what its classes hold in their
// statics, each less than the threshold, has nothing else in common.
func (p pass) platformLoader(o graph.Object) bool {
	return o != graph.NoObject && len(p.Heap.DefinedClasses(o)) > 0 && analyze.Platform(p.Heap.ClassName(o))
}

// suspectStory says what lies below a suspect.
func (p pass) suspectStory(f *report.Finding, s suspect, path []graph.Step) {
	h := p.Heap
	switch {
	case s.chain:
		f.Story = append(f.Story, "They are a list or tree: each holds others of its class. Whoever holds its head holds all.")
	case s.point == graph.NoObject:
		f.Title = p.suspectText(s) + "; the largest is held by " + p.NearestHolder(path)
		f.Story = append(f.Story, "No single object holds them all: each has several owners, or others than the next.")
	default:
		t := report.Table{Title: "Directly below the accumulation point, by class", Columns: []string{"class", "objects", "retained"}}
		byClass := map[graph.Class]*childGroup{}
		for _, c := range h.Dominated(s.point, nil) {
			g := byClass[h.ClassOf(c)]
			if g == nil {
				g = &childGroup{}
				byClass[h.ClassOf(c)] = g
			}
			g.count++
			g.retained += h.Retained(c)
		}
		for _, k := range analyze.ByCount(byClass, func(g *childGroup) int64 { return g.retained }, p.ClassName) {
			analyze.AddRow(&t, report.Name(p.ClassName(k)), report.Count(byClass[k].count), report.Bytes(byClass[k].retained))
		}
		if len(t.Rows) > 0 {
			f.Tables = append(f.Tables, t)
			f.Story = append(f.Story, fmt.Sprintf("The way down the dominator tree ends here: below, it spreads over %s.", analyze.Plural(h.NumDominated(s.point), "object")))
		}
	}
	if s.largest != graph.NoObject && s.largest != s.point {
		f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{Address: p.Address(s.largest), Class: h.ClassName(s.largest), Note: "the largest below it", Retained: h.Retained(s.largest)})
		f.Evidence.Omitted = max(s.count-1, 0)
	}
}

// suspectText is the subject and the verb of the headline.
func (p pass) suspectText(s suspect) string {
	switch {
	case s.chain:
		return fmt.Sprintf("%s %s, linked to each other under %s, retain %s", analyze.Number(s.count), p.ClassName(s.class), p.objectText(s.point), p.Of(s.retained))
	case s.point == graph.NoObject:
		return fmt.Sprintf("%s %s with owners of their own retain %s", analyze.Number(s.count), p.ClassName(s.class), p.Of(s.retained))
	}
	text := fmt.Sprintf("%s retains %s", p.objectText(s.point), p.Of(s.retained))
	for i, g := range s.groups {
		if i == 2 {
			break
		}
		text += fmt.Sprintf(", %s by %s %s", analyze.Size(g.retained), analyze.Number(g.count), p.ClassName(g.class))
	}
	return text
}

// objectText names an object for a headline: threads and class objects by their name.
func (p pass) objectText(o graph.Object) string {
	if o == graph.NoObject {
		return "several roots"
	}
	if n := p.Note(o); n != "" {
		return n
	}
	return p.Heap.ClassName(o)
}
