package analyze

import (
	"fmt"

	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of leak-suspect. The share of the strongly reachable bytes is Options.Threshold.
const (
	suspectWarnBytes = 32 << 20 // less is nobody's outage
	maxSuspects      = 10
)

// LeakSuspect finds the objects, or groups of equal objects, that retain a large part of the heap.
var LeakSuspect = &Rule{
	Name:  "leak-suspect",
	Title: "One object, or a group of objects of one class, retains a large part of the heap",
	Doc: `An object, or a group of objects of one class under one dominator, retains more than the threshold (10 %) of the strongly
reachable bytes. The finding names the accumulation point: on the way down the dominator tree the last object that retains so
much, below which it spreads over many. Of a linked list or tree it is what holds the head.

Recognised by retained sizes; it says where the memory is, not yet why. Where a rule knows the pattern, these facts join its
finding. A warning from 32 MiB on.

Look at what the accumulation point is for and who adds to it; bound it, or remove what is no longer needed.`,
	Max:      report.Warning,
	Requires: []*Rule{TimerQueueBacklog, FinalizerBacklog, JDBCStatementRetained},
	Run:      runLeak,
}

func runLeak(p *Pass) error {
	suspects := p.suspects(int64(p.Options.Threshold * float64(p.Heap.Totals()[graph.Strong].Bytes)))
	for _, s := range suspects[:min(len(suspects), maxSuspects)] {
		text := fmt.Sprintf("%s %s", p.suspectText(s), p.of(s.retained))
		if c := p.claimed(s.first); c != nil {
			p.Join(c.finding, "By retained size: "+text+".", fact("share of the strongly reachable heap", report.Share(p.Share(s.retained))))
			continue
		}
		p.suspectFinding(s, text)
	}
	return nil
}

func (p *Pass) suspectFinding(s suspect, text string) {
	h := p.Heap
	f := report.Finding{
		Severity: report.Info, Confidence: report.Likely, Retained: s.retained, Objects: s.count,
		Fix:       []string{"Look at what the accumulation point is for and who adds to it.", "Bound it (size, age) or remove entries when they are done."},
		Falsifier: "The size is what the program needs: it does not grow between two dumps under the same load.",
	}
	if s.retained >= suspectWarnBytes {
		f.Severity = report.Warning
	}
	path := p.run.holding(s.point, nil)
	tail := p.className(s.class)
	if s.point != graph.NoObject {
		f.Accumulation = p.accumulation(s.point)
		text += ", held by " + p.run.nearestHolder(path)
		if a := f.Accumulation; a.ChildObjects > 1 {
			f.Story = append(f.Story, fmt.Sprintf("Below %s it spreads over %s, %s of them %s with %s.", p.objectText(s.point), plural(a.Children, "object"), number(a.ChildObjects), a.ChildClass, size(a.ChildBytes)))
		}
	} else {
		f.Story = append(f.Story, "No single object holds them all: each has owners of its own.")
	}
	if s.chain {
		f.Story = append(f.Story, "They are a list or tree: each holds others of its class. Whoever holds its head holds all.")
	}
	f.Title = text
	f.Facts = []report.Fact{fact("retained", report.Bytes(s.retained)), fact("objects", report.Count(s.count))}
	if s.group {
		f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{Address: p.address(s.largest), Class: h.ClassName(s.largest), Note: "the largest of them", Retained: h.Retained(s.largest)})
		f.Evidence.Omitted = s.count - 1
	}
	p.sign(&f, path, tail)
	if s.group && len(path) > 0 {
		path = p.run.extend(path, s.largest)
	}
	if len(path) == 0 {
		path = p.run.holding(s.largest, nil)
	}
	f.Path = p.steps(path)
	p.claim(claim{finding: p.Report(f), point: s.point})
}

// suspectText is the subject and the verb of the headline.
func (p *Pass) suspectText(s suspect) string {
	switch {
	case s.chain:
		return fmt.Sprintf("%s %s, linked to each other under %s, retain", number(s.count), p.className(s.class), p.objectText(s.point))
	case s.group && s.point == graph.NoObject:
		return fmt.Sprintf("%s %s, each with owners of its own, retain", number(s.count), p.className(s.class))
	case s.group:
		return fmt.Sprintf("%s %s under %s retain", number(s.count), p.className(s.class), p.objectText(s.point))
	}
	return p.objectText(s.point) + " retains"
}

// objectText names an object for a headline: threads and class objects by their name.
func (p *Pass) objectText(o graph.Object) string {
	if o == graph.NoObject {
		return "several roots"
	}
	if n := p.run.note(o); n != "" {
		return n
	}
	return p.Heap.ClassName(o)
}
