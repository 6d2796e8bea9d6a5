package unreachable

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Inspection shows garbage and GC roots.
var Inspection = &analyze.Inspection{
	Name:  "unreachable",
	Title: "Unreachable objects, and GC roots by kind",
	Doc: `Unreachable are the objects that no GC root leads to, not even through a soft, weak, final or phantom reference: the next collection
frees them. An island is what goes with one of them that no other dominates; the sizes of islands add up to all that is unreachable, but
for what several of them share. A dump of live objects (jcmd GC.heap_dump without -all, jmap -dump:live) is taken after a collection and has next to none. GC roots
are counted by kind, with the locals of threads, and the JNI global references by class.`,
	Run: run,
}

// collectedShare of unreachable bytes is what a JVM makes between a collection and its dump.
const collectedShare = 0.005

func run(p *analyze.Pass) (*report.Section, error) {
	h := p.Heap
	g, kinds := garbageOf(p), rootKinds(h)
	total := h.Totals()[graph.Unreachable]
	share := p.ShareAt(total.Bytes, graph.Unreachable)
	out := &report.Section{}
	collected := "no: it has much that a collection would have freed"
	if share < collectedShare {
		collected = "yes, by all appearances"
	}
	out.Summary = fmt.Sprintf("%s with %s unreachable (%.1f %% of the dump).", analyze.Plural(total.Objects, "object"), analyze.Size(total.Bytes), 100*share)
	if p.Incomplete() {
		collected = "unknown: part of the dump is missing, and with it what holds the rest"
	}
	out.Facts = report.Rows[report.Fact]{
		analyze.Fact("unreachable objects", report.Count(total.Objects)),
		analyze.Fact("unreachable bytes", report.Bytes(total.Bytes)),
		analyze.Fact("of the dump", report.Share(share)),
		analyze.Fact("islands", report.Count(g.count)),
		analyze.Fact("collected before the dump", report.Name(collected)),
	}
	out.Tables = []report.Table{classTable(p, g), islandTable(p, g), largestTable(p, g), rootTable(p, kinds), jniTable(p, kinds)}
	return out, nil
}

func bytesOf(a amount) int64 { return a.bytes }

func classTable(p *analyze.Pass, g *garbage) report.Table {
	t := report.Table{Name: "classes", Title: "Unreachable objects by class", Columns: []string{"class", "objects", "shallow"}}
	for _, c := range analyze.ByCount(g.classes, bytesOf, p.ClassName) {
		p.ListRow(&t, g.classes[c].bytes, report.Name(p.ClassName(c)), report.Count(g.classes[c].objects), report.Bytes(g.classes[c].bytes))
	}
	return t
}

func islandTable(p *analyze.Pass, g *garbage) report.Table {
	t := report.Table{Name: "islands", Title: "Islands by the class at their top", Columns: []string{"class", "islands", "retained"}}
	for _, c := range analyze.ByCount(g.islands, bytesOf, p.ClassName) {
		p.ListRow(&t, g.islands[c].bytes, report.Name(p.ClassName(c)), report.Count(g.islands[c].objects), report.Bytes(g.islands[c].bytes))
	}
	return t
}

func largestTable(p *analyze.Pass, g *garbage) report.Table {
	t := report.Table{Name: "largest", Title: "Largest islands", Columns: []string{"object", "class", "retained"}, Omitted: g.count - int64(len(g.largest))}
	for _, i := range g.largest {
		p.ListRow(&t, i.retained, report.Object(p.Address(i.top)), report.Name(p.Heap.ClassName(i.top)), report.Bytes(i.retained))
	}
	return t
}
