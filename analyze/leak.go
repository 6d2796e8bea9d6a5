package analyze

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of leak-suspect.
const (
	suspectWarnBytes = 32 << 20 // less is nobody's outage
	bigDrop          = 0.7      // the way down goes on while one child retains this share of its parent
	maxSuspects      = 10
)

// LeakSuspect finds the objects, or groups of equal objects, that retain a large part of the heap.
var LeakSuspect = &Rule{
	Name:  suspectRule,
	Title: "One object, or a group of objects of one class, retains a large part of the heap",
	Doc: `An object, or a group of objects of one class under one dominator, retains more than the threshold of the strongly
reachable bytes. From there the way goes down the dominator tree to the accumulation point: the last object that still retains the
bulk through one child. Below it the memory spreads over many.

Recognised by retained sizes; it says where the memory is, not yet why. Other rules that know the pattern take the finding over.

Look at what the accumulation point is and who adds to it; bound it, or remove what is no longer needed.`,
	Max:      report.Warning,
	Requires: []*Rule{TimerQueueBacklog, FinalizerBacklog, JDBCStatementRetained},
	Run:      runLeak,
}

// suspect is one object or a group.
type suspect struct {
	object   graph.Object // the single object, or the group's dominator
	class    graph.Class  // of a group; NoClass for a single object
	count    int64
	retained int64
	first    graph.Object // of a group: the lowest address
}

func runLeak(p *Pass) error {
	for _, s := range p.suspects() {
		p.suspectFinding(s)
	}
	return nil
}

// suspects walks down from the virtual root wherever more than the threshold is retained.
func (p *Pass) suspects() []suspect {
	h := p.Heap
	limit := int64(p.Options.Threshold * float64(h.Totals()[graph.Strong].Bytes))
	if limit <= 0 {
		return nil
	}
	out, _ := p.under(graph.NoObject, limit)
	slices.SortStableFunc(out, func(a, b suspect) int {
		return cmp.Or(cmp.Compare(b.retained, a.retained), cmp.Compare(a.first, b.first))
	})
	return out[:min(len(out), maxSuspects)]
}

// under returns the suspects among the children of o: large ones, and groups of a class that are large together.
func (p *Pass) under(o graph.Object, limit int64) (out []suspect, large int64) {
	h := p.Heap
	groups := map[graph.Class]*suspect{}
	for _, c := range h.Dominated(o, nil) {
		if h.Strength(c) != graph.Strong {
			continue
		}
		r := h.Retained(c)
		if r >= limit {
			out = append(out, suspect{object: c, class: graph.NoClass, count: 1, retained: r, first: c})
			large += r
			continue
		}
		k := h.ClassOf(c)
		g := groups[k]
		if g == nil {
			g = &suspect{object: o, class: k, first: c}
			groups[k] = g
		}
		g.count++
		g.retained += r
	}
	for _, g := range groups {
		if g.retained >= limit && g.count > 1 {
			out = append(out, *g)
			large += g.retained
		}
	}
	return out, large
}

// accumulationPoint goes down from o while one child retains the bulk. A chain of one class counts as one step of many.
func (p *Pass) accumulationPoint(o graph.Object) graph.Object {
	h := p.Heap
	for range h.NumObjects() {
		var best graph.Object = graph.NoObject
		for _, c := range h.Dominated(o, nil) {
			if best == graph.NoObject || h.Retained(c) > h.Retained(best) {
				best = c
			}
		}
		if best == graph.NoObject || float64(h.Retained(best)) < bigDrop*float64(h.Retained(o)) {
			return o
		}
		if h.ClassOf(best) == h.ClassOf(o) { // a chain: what holds its head is the point
			return o
		}
		o = best
	}
	return o
}

func (p *Pass) suspectFinding(s suspect) {
	h := p.Heap
	point := s.first
	if s.class == graph.NoClass {
		point = p.accumulationPoint(s.object)
	}
	share := p.Share(s.retained)
	text := fmt.Sprintf("%s retains %s (%.1f %% of the strongly reachable heap)", p.describe(s), size(s.retained), 100*share)
	if f := p.claimedBy(point); f != nil {
		p.Join(f, "By retained size: "+text+".", report.Fact{Label: "share of the strongly reachable heap", Value: report.Share(share)})
		return
	}
	path, _ := h.Path(point)
	f := report.Finding{
		Severity: report.Info, Confidence: report.Likely, Retained: s.retained, Objects: s.count, Title: text,
		Facts: []report.Fact{{Label: "retained", Value: report.Bytes(s.retained)}, {Label: "objects", Value: report.Count(s.count)}},
		Path:  p.run.steps(path),
		Fix: []string{
			"Look at what the accumulation point is for and who adds to it.",
			"Bound it (size, age) or remove entries when they are done.",
		},
		Falsifier: "The size is what the program needs: it does not grow between two dumps under the same load.",
	}
	if s.retained >= suspectWarnBytes {
		f.Severity = report.Warning
	}
	tail := "object"
	if s.class != graph.NoClass {
		tail = normalName(h.Class(s.class).Name)
		if s.object != graph.NoObject {
			f.Accumulation = p.accumulation(s.object)
		}
	} else {
		f.Accumulation = p.accumulation(point)
		tail = normalName(h.ClassName(point))
		if point != s.object {
			f.Story = append(f.Story, fmt.Sprintf("The memory piles up in %s, which retains %s.", p.objectText(point), size(h.Retained(point))))
		}
		if a := f.Accumulation; a.ChildClass != "" && a.ChildObjects > 1 {
			f.Story = append(f.Story, fmt.Sprintf("It holds %s objects, %s of them %s with %s.", number(a.Children), number(a.ChildObjects), a.ChildClass, size(a.ChildBytes)))
		}
	}
	p.run.sign(&f, suspectRule, path, tail)
	p.Report(f)
	p.claim(point, nil)
}

func (p *Pass) describe(s suspect) string {
	h := p.Heap
	if s.class == graph.NoClass {
		return p.objectText(s.object)
	}
	where := "held by several owners each"
	if s.object != graph.NoObject {
		where = "under " + p.objectText(s.object)
	}
	return fmt.Sprintf("A group of %s %s %s", number(s.count), h.Class(s.class).Name, where)
}

// objectText names an object for a headline: threads and class objects by their name.
func (p *Pass) objectText(o graph.Object) string {
	if n := p.run.note(o); n != "" {
		return n
	}
	return p.Heap.ClassName(o)
}
