package hoards

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// Thresholds of jni-global-references.
var globalsMany = &analyze.Threshold{Name: "references", Default: 5000, Unit: "references", Doc: "so many JNI global references to objects of one class are a warning"}

// JNIGlobals finds global references of native code that nobody deletes.
var JNIGlobals = &analyze.Rule{
	Name:  "jni-global-references",
	Title: "Native code keeps very many JNI global references",
	Doc: `NewGlobalRef keeps an object until native code calls DeleteGlobalRef. The JVM knows no owner of a global reference, so nothing in the heap
says who made it; only the classes of the objects tell which library it may be.

Recognised by GC roots of the kind JNI global, by the class of the object. A warning from 5,000 to one class; a JVM itself has some
hundreds, most of them to classes and class loaders.

Look for NewGlobalRef without DeleteGlobalRef in the library that works with these classes: often a callback or a buffer that is
registered again and again and never released. -Xcheck:jni warns where local and global references grow.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{globalsMany},
	Run:        runGlobals,
}

func runGlobals(p *analyze.Pass) error {
	counts, objects := map[graph.Class]int64{}, map[graph.Class][]graph.Object{}
	for _, r := range p.Heap.Roots() {
		if r.Kind != hprof.RootJNIGlobal || r.Object == graph.NoObject {
			continue
		}
		c := p.Heap.ClassOf(r.Object)
		counts[c]++
		objects[c] = append(objects[c], r.Object)
	}
	for _, c := range analyze.ByCount(counts, analyze.Same, p.ClassName) {
		if counts[c] < p.Count(globalsMany) {
			break
		}
		set := analyze.NewSet(objects[c])
		retained := p.Heap.RetainedOf(set)
		p.ReportMany(report.Finding{
			Severity: analyze.AtLeast(p.Severity(retained, p.Share(retained)), report.Warning), Confidence: report.Certain, Retained: retained, Objects: int64(len(set)),
			Title: fmt.Sprintf("%s JNI global references hold %s; %s", analyze.Number(counts[c]), p.ClassName(c), p.Of(retained)),
			Facts: report.Rows[report.Fact]{analyze.Fact("global references", report.Count(counts[c])), analyze.Fact("objects", report.Count(int64(len(set))))},
			Fix: report.Rows[string]{
				"Look in the native library that works with " + p.ClassName(c) + " for NewGlobalRef without DeleteGlobalRef.",
			},
			Falsifier: "The library holds as many of these objects at work, and their number does not grow.",
		}, set)
	}
	return nil
}
