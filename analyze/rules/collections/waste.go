package collections

import (
	"fmt"

	"heapcause/analyze"
	census "heapcause/analyze/collections"
	"heapcause/report"
)

// Thresholds of collection-waste.
var (
	wasteBytes = &analyze.Threshold{Name: "bytes", Default: 1 << 20, Unit: "bytes", Doc: "collections in one field that waste less are not told of"}
	wasteShare = &analyze.Threshold{Name: "share", Default: 0.05, Unit: "share", Doc: "nor those that waste a smaller share of the strongly reachable heap, unless it is 32 MiB and 1 %"}
)

// maxWaste fields are told of.
const maxWaste = 5

// Waste finds fields whose collections are empty, or hold little in large arrays.
var Waste = &analyze.Rule{
	Name:  "collection-waste",
	Title: "Collections of one field are empty, or hold little in large arrays",
	Doc: `Each object of some class has a list, set or map of its own, most of which are empty or hold one or two elements in an
array made for many. One of them costs little; with a hundred thousand owners it is a good part of the heap.

Recognised by the size field of the collections of java.util, java.util.concurrent, Guava and fastutil, and the length of their arrays. Waste is what the arrays take beyond the
shortest that would hold the elements, and the empty collections themselves. It is counted by the field that holds the collections, and
told from 1 MiB and 5 % of the heap on, or 32 MiB and 1 %. Of a class with more than 50,000 collections only some, evenly chosen, are asked who holds them.

Make the collection when the first element comes, or leave the field at Collections.emptyList() and the like until then. Give the constructor the
number of elements that is expected; for few elements List.of and Map.of are smaller. Call trimToSize() on lists that no longer grow.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{wasteBytes, wasteShare},
	Scans:      []*analyze.Scan{census.Scan},
	Run:        runWaste,
}

func runWaste(q *analyze.Pass) error {
	p := reader(q)
	c := census.Of(q)
	if c == nil {
		return nil
	}
	told, total := 0, int64(0)
	for _, g := range c.Classes {
		total += g.Waste()
	}
	for _, g := range c.Owners { // the most wasteful first
		w := g.Waste()
		if told == maxWaste || w < p.Count(wasteBytes) || p.Share(w) < p.Value(wasteShare) && p.Severity(w, p.Share(w)) == report.Info {
			break
		}
		p.wasteFinding(c, g)
		told++
	}
	p.Figure("collections.waste", "bytes", total)
	return nil
}

func (p pass) wasteFinding(c *census.Census, g *census.Group) {
	class := p.ClassName(g.Class)
	f := report.Finding{
		Severity: p.Severity(g.Waste(), p.Share(g.Waste())), Confidence: report.Certain, Retained: g.Waste(), Objects: g.Count,
		Title: fmt.Sprintf("%s in %s waste %s: %s", analyze.Plural(g.Count, class), g.Owner, p.Of(g.Waste()), wasteText(g)),
		Facts: []report.Fact{
			analyze.Fact("collections", report.Count(g.Count)),
			analyze.Fact("elements", report.Count(g.Elements)),
			analyze.Fact("capacity", report.Count(g.Capacity)),
			analyze.Fact("empty, never used", report.Count(g.NeverUsed)),
			analyze.Fact("empty, emptied", report.Count(g.Emptied)),
			analyze.Fact("empty", report.Count(g.Empty)),
			analyze.Fact("one element", report.Count(g.One)),
			analyze.Fact("sparse", report.Count(g.Sparse)),
			analyze.Fact("oversized", report.Count(g.Oversized)),
			analyze.Fact("waste in arrays", report.Bytes(g.Slack)),
			analyze.Fact("waste in empty collections", report.Bytes(g.Idle)),
		},
		Fix:       wasteFix(g),
		Falsifier: "The collections are about to be filled: in a dump taken later they are not empty, or as many elements as places.",
	}
	if c.Stride > 1 {
		f.Confidence = report.Likely
		f.Story = append(f.Story, "The figures are scaled: of a class with more than 50,000 collections only some, evenly chosen, were asked who holds them.")
	}
	path := p.Holding(g.Worst, nil)
	p.Sign(&f, path, class)
	f.Path = p.Steps(path)
	worst := p.Heap.Retained(g.Worst)
	r := p.Report(f)
	if g.Count == 1 && g.Waste()*2 > worst { // it is what the collection retains
		p.Claim(analyze.Claim{Finding: r, Point: g.Worst, Members: analyze.ObjectSet{g.Worst}})
	}
}

// wasteText says what most of the collections are like.
func wasteText(g *census.Group) string {
	least := g.Count / 2
	switch {
	case g.NeverUsed > least:
		return analyze.Number(g.NeverUsed) + " were never used"
	case g.Empty > least:
		return analyze.Number(g.Empty) + " are empty"
	case g.One > least:
		return fmt.Sprintf("%s have one element, %s places are %.0f %% full", analyze.Number(g.One), analyze.Number(g.Capacity), 100*g.Fill())
	}
	return fmt.Sprintf("%s places are %.0f %% full, %s collections are empty", analyze.Number(g.Capacity), 100*g.Fill(), analyze.Number(g.Empty))
}

func wasteFix(g *census.Group) []string {
	var fix []string
	if g.Empty*2 > g.Count {
		fix = append(fix, fmt.Sprintf("Make the collection of %s when its first element comes; until then leave the field null, or at Collections.emptyList() or the like.", g.Owner))
	}
	if g.Emptied*2 > g.Count {
		fix = append(fix, "clear() keeps the array: replace a collection that is used once instead of clearing it.")
	}
	return append(fix,
		"Give the constructor the number of elements that is expected, not the largest possible; call trimToSize() on lists that no longer grow.",
		"For collections that do not change use List.of, Set.of or Map.of, which have no spare places.")
}
