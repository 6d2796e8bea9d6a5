package serializers_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// streamDump has an object stream, in the shape of JDK 17, that remembers n objects.
func streamDump(idSize, n int) *hproftest.Dump {
	d := hproftest.New(idSize)
	stream := d.Class("java.io.ObjectOutputStream", hproftest.Fields("HandleTable handles"))
	table := d.Class("java.io.ObjectOutputStream$HandleTable", hproftest.Fields("int size", "Object[] objs"))
	event := d.Class("com.acme.Event", hproftest.Fields("byte[] body"))
	objs := d.ArrayOf("java.lang.Object", n)
	for i := range n {
		objs.SetElem(i, d.Instance(event, d.ByteArray(make([]byte, 50)...)))
	}
	d.Class("com.acme.Audit", hproftest.Static("Object stream", d.Instance(stream, d.Instance(table, n, objs))), hproftest.Sticky())
	return d
}

func TestStreams(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		f := analyzetest.Only(t, analyzetest.Analyzed(t, streamDump(idSize, 10_000), "all"), "object-stream-handles", report.Warning)
		analyzetest.WantTitle(t, f, "An ObjectOutputStream remembers 10,000 objects that it wrote")
	}
	if r := analyzetest.Analyzed(t, streamDump(8, 9999), "object-stream-handles"); len(r.Findings) > 0 {
		t.Errorf("a stream at work: %s", r.Findings[0].Title)
	}
}

func TestRealStreams(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/objectstream.hprof"), "all"), "object-stream-handles", report.Warning)
	analyzetest.WantTitle(t, f, "An ObjectOutputStream remembers 120,002 objects that it wrote")                                             // 60,000 events with a text each, and descriptors of their classes
	if got := analyzetest.Table(t, f, "Objects that the stream remembers, by class").Rows[1]; got[0].Text().String() != "LongStream$Event" { // behind the texts, of which the first 100,000 have some more
		t.Errorf("objects %v", got)
	}
	if f.Anchor != "static LongStream.audit" {
		t.Errorf("anchor %s", f.Anchor)
	}
	analyzetest.WantHealthy(t, "leaks/objectstream-control.hprof")
}

func TestRealCaches(t *testing.T) {
	f := &analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/jackson-mappers.hprof"), "all").Findings[0] // the other is on a hash code of Jackson's own
	if f.Rule != "serializer-caches" || f.Severity != report.Warning {
		t.Fatalf("%s %s: %s", f.Severity, f.Rule, f.Title)
	}
	analyzetest.WantTitle(t, f, "200 ObjectMappers of Jackson have caches of their own", "Mappers$Client::mapper")
	analyzetest.WantHealthy(t, "leaks/jackson-mappers-control.hprof")
	f = analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/jaxb-contexts.hprof"), "all"), "serializer-caches", report.Warning)
	analyzetest.WantTitle(t, f, "60 JAXBContexts have caches of their own", "static Contexts.CONTEXTS")
	analyzetest.WantHealthy(t, "leaks/jaxb-contexts-control.hprof")
}
