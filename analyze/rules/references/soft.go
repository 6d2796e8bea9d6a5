package references

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of soft-reference-hoard.
var (
	softShare = &analyze.Threshold{Name: "share", Default: 0.10, Unit: "share", Doc: "part of the strongly and softly reachable bytes that only soft references hold"}
	softLeast = &analyze.Threshold{Name: "bytes", Default: 1 << 20, Unit: "bytes", Doc: "softly held bytes below which nothing is said"}
)

// SoftHoard finds heaps that soft references fill.
var SoftHoard = &analyze.Rule{
	Name:  "soft-reference-hoard",
	Title: "Much of the heap is held by soft references alone",
	Doc: `What only soft references hold may be collected when memory is short, and not before: with the default policy each stays for one second per
MiB of free heap after its last use (-XX:SoftRefLRUPolicyMSPerMB=1000). A cache of soft references so fills the heap, makes collections long, and
is emptied all at once when it is needed most.

Recognised by what is softly reachable: referents of SoftReference::referent that nothing stronger holds, with what they retain, by the
class of the reference and of the referent. Told from 10 % of the heap on.

Use a cache with a bound (Caffeine, Guava's CacheBuilder.maximumSize) instead of soft references; a lower -XX:SoftRefLRUPolicyMSPerMB lets
the JVM clear sooner.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{softLeast, softShare},
	Scans:      Scans(),
	Run:        runSoft,
}

func runSoft(p *analyze.Pass) error {
	s := Of(p)
	var members []graph.Object
	for _, r := range s.refs {
		o := object(r.referent)
		if o != graph.NoObject && s.kinds[p.Heap.ClassOf(refObject(r))] == graph.Soft && p.Heap.Strength(o) == graph.Soft {
			members = append(members, o)
		}
	}
	softly := p.Heap.Totals()[graph.Soft].Bytes
	share := p.ShareAt(softly, graph.Soft)
	set := analyze.NewSet(members)
	if len(set) == 0 || softly < p.Count(softLeast) || share < p.Value(softShare) {
		return nil
	}
	t := report.Table{Title: "Softly held, by class", Columns: []string{"reference", "referent", "references", "objects held so", "retained"}}
	var first *Pair
	for i := range s.Pairs {
		k := &s.Pairs[i]
		if k.Kind != graph.Soft || k.Only == 0 {
			continue
		}
		if first == nil || k.Retained > first.Retained {
			first = k
		}
		analyze.AddRow(&t, report.Name(p.ClassName(k.Reference)), report.Name(className(p.Heap, k.Referent)), report.Count(k.References), report.Count(k.Only), report.Bytes(k.Retained))
	}
	holder := ""
	if o := referenceTo(p, s, first); o != graph.NoObject {
		holder = p.NearestHolder(p.Holding(o, nil))
	}
	f := report.Finding{
		Severity: p.Severity(softly, share), Confidence: report.Certain, Retained: softly, RetainedShare: share, Objects: int64(len(set)),
		Title: fmt.Sprintf("%s objects are held by soft references alone, most of them %s by %s; %s", analyze.Number(int64(len(set))),
			className(p.Heap, first.Referent), holder, analyze.OfHeap(softly, share)),
		Facts: []report.Fact{analyze.Fact("softly held objects", report.Count(int64(len(set)))), analyze.Fact("softly held bytes", report.Bytes(softly))},
		Fix: []string{
			fmt.Sprintf("Give the cache in %s a bound (Caffeine's or Guava's maximumSize) instead of soft references.", holder),
			"-XX:SoftRefLRUPolicyMSPerMB=N clears them N ms per free MiB after their last use (1000 by default).",
		},
		Falsifier: "The dump was taken long before memory was short, and the cache is meant to use what is free.",
		Tables:    report.Rows[report.Table]{t},
	}
	p.ReportMany(f, set)
	return nil
}

// referenceTo returns the reference with the least address of a pair, which stands for the others.
func referenceTo(p *analyze.Pass, s *Survey, k *Pair) graph.Object {
	for _, r := range s.refs {
		if o := object(r.referent); o != graph.NoObject && p.Heap.ClassOf(refObject(r)) == k.Reference && p.Heap.ClassOf(o) == k.Referent && p.Heap.Strength(o) == graph.Soft {
			return refObject(r)
		}
	}
	return graph.NoObject
}
