package serializers

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

var handlesMin = &analyze.Threshold{Name: "handles", Default: 10_000, Unit: "objects", Doc: "a stream that remembers fewer writes one graph of objects"}

// Streams finds object streams that remember all that went through them.
var Streams = &analyze.Rule{
	Name:  "object-stream-handles",
	Title: "An object stream remembers all objects that it wrote or read",
	Doc: `An ObjectOutputStream remembers each object that it wrote, so that the next reference to it is written as a number. It refers to the
objects strongly until reset() is called or the stream goes. A stream that lives long (a socket between two servers, an audit file, a cache's
replication) keeps everything it ever wrote. So does the ObjectInputStream at the other end, until the writer's reset arrives.

Recognised by the size of the HandleTable of java.io.ObjectOutputStream and ObjectInputStream (handles), from 10,000 objects on. The table
counts the objects by class.

Call reset() after each message or after every so many, or write with writeUnshared(), or open a stream for each message. Better yet, use a
format that keeps no references.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{handlesMin},
	Scans:      []*analyze.Scan{streamScan},
	Run:        runStreams,
}

const (
	outputStream = "java.io.ObjectOutputStream"
	inputStream  = "java.io.ObjectInputStream"
)

var streamScan = analyze.Instances("object streams",
	analyze.Known{Class: outputStream, Fields: []string{"handles"}},
	analyze.Known{Class: inputStream, Fields: []string{"handles"}})

func runStreams(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	for _, o := range p.Strong(analyze.Result[[]graph.Object](q, streamScan)) {
		handles := p.r.Ref(o, "handles")
		n, ok := p.r.Int(handles, "size")
		if handles != graph.NoObject && !ok && !p.Incomplete() {
			p.Abstain("unknown version of " + p.Heap.ClassName(handles) + ": it has no field size")
		}
		if n >= p.Count(handlesMin) {
			p.streamFinding(o, handles, n)
		}
	}
	return nil
}

// maxHandles are looked at for their classes.
const maxHandles = 100_000

func (p pass) streamFinding(o, handles graph.Object, n int64) {
	verb, array := "wrote", "objs"
	what := "An ObjectOutputStream"
	if p.IsA(o, inputStream) {
		verb, array, what = "read", "entries", "An ObjectInputStream"
	}
	counts := map[graph.Class]int64{}
	left := maxHandles
	p.r.EachElement(p.r.Ref(handles, array), func(_ int, e graph.Object) bool {
		counts[p.Heap.ClassOf(e)]++
		left--
		return left > 0
	})
	retained := p.Heap.Retained(o)
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s remembers %s objects that it %s, %s: there was no reset()", what, analyze.Number(n), verb, p.Of(retained)),
		Story: report.Rows[string]{"An object stream refers to each object that went through it, so that later references can be numbers, until reset() is called or the stream goes."},
		Facts: report.Rows[report.Fact]{analyze.Fact("objects remembered", report.Count(n)), analyze.Fact("retained by the stream", report.Bytes(retained))},
		Fix: report.Rows[string]{
			"Call ObjectOutputStream.reset() after each message, or after every hundred.",
			"Use writeUnshared(), or a stream for each message; or a format that keeps no references.",
		},
		Falsifier: "The stream writes one graph of so many objects, and is closed then.",
	}
	f.Tables = append(f.Tables, p.ClassTable("Objects that the stream remembers, by class", counts))
	p.ReportAt(f, o, "java.io.ObjectOutputStream::handles")
}
