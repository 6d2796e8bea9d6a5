package serializers

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of serializer-caches.
var (
	mappersMin  = &analyze.Threshold{Name: "mappers", Default: 100, Unit: "mappers", Doc: "an application has one ObjectMapper, or one for each way to configure it"}
	contextsMin = &analyze.Threshold{Name: "contexts", Default: 20, Unit: "contexts", Doc: "an application has one JAXBContext for each set of classes"}
)

// Caches finds serialisers that should be shared and are not.
var Caches = &analyze.Rule{
	Name:  "serializer-caches",
	Title: "Many serialisers have caches of their own, where one would do",
	Doc: `An ObjectMapper of Jackson and a JAXBContext learn by reflection how each class is written and read, and keep that in caches: 10 to
some 100 KB each, and milliseconds to build. Both are made to be shared by all threads. One for each client, request or message has as
many caches of the same content, and keeps reflecting.

Recognised by the ObjectMappers of Jackson 2 that are held strongly (_serializerProvider, _deserializationContext), from 100 on, and the
JAXBContextImpls of the JAXB reference implementation (beanInfoMap), from 20 on. Where they are fewer than that it is no pattern.

Make one and share it, in a static final field or as a bean. Where settings differ use mapper.reader()/writer(), which share the caches, or
mapper.copy() once for each kind. Keep a JAXBContext for each set of classes; Marshaller and Unmarshaller are cheap, one for each use.`,
	Max:        report.Warning,
	Thresholds: []*analyze.Threshold{mappersMin, contextsMin},
	Scans:      []*analyze.Scan{mapperScan, contextScan},
	Run:        runCaches,
}

var (
	mapperScan  = analyze.Instances("Jackson's mappers", analyze.Known{Class: "com.fasterxml.jackson.databind.ObjectMapper", Fields: []string{"_serializerProvider", "_deserializationContext"}})
	contextScan = analyze.Instances("JAXB's contexts",
		analyze.Known{Class: "com.sun.xml.bind.v2.runtime.JAXBContextImpl", Fields: []string{"beanInfoMap"}},
		analyze.Known{Class: "com.sun.xml.internal.bind.v2.runtime.JAXBContextImpl", Fields: []string{"beanInfoMap"}},
		analyze.Known{Class: "org.glassfish.jaxb.runtime.v2.runtime.JAXBContextImpl", Fields: []string{"beanInfoMap"}})
)

func runCaches(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	if all := p.Strong(analyze.Result[[]graph.Object](q, mapperScan)); int64(len(all)) >= p.Count(mappersMin) {
		p.many(all, "ObjectMappers of Jackson", "deserialisers in their caches", p.deserialisers(all),
			"Share one ObjectMapper: it may be used by all threads once it is configured. Where settings differ use mapper.reader() and writer(), which share the caches.",
			"Find where they are made: new ObjectMapper() in a constructor or method of what holds them.")
	}
	if all := p.Strong(analyze.Result[[]graph.Object](q, contextScan)); int64(len(all)) >= p.Count(contextsMin) {
		p.many(all, "JAXBContexts", "classes that they know", p.beans(all),
			"Make one JAXBContext for each set of classes and share it: it may be used by all threads. Marshaller and Unmarshaller are cheap.",
			"JAXB.marshal() and frameworks that call newInstance() for each message do the same: give them a context.")
	}
	return nil
}

// maxRead bounds how many serialisers are looked into.
const maxRead = 1000

// deserialisers counts what the mappers have learnt to read.
func (p pass) deserialisers(all analyze.ObjectSet) (n int64) {
	for _, o := range all[:min(len(all), maxRead)] {
		k, _ := p.r.Size(p.r.Ref(o, "_rootDeserializers"))
		n += k
	}
	return n
}

// beans counts the classes that the contexts know.
func (p pass) beans(all analyze.ObjectSet) (n int64) {
	for _, o := range all[:min(len(all), maxRead)] {
		k, _ := p.r.Size(p.r.Ref(o, "beanInfoMap"))
		n += k
	}
	return n
}

func (p pass) many(all analyze.ObjectSet, what, cached string, entries int64, fix ...string) {
	n := int64(len(all))
	retained := p.Heap.RetainedOf(all)
	owner := p.NearestHolder(p.Holding(all[0], nil))
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s %s have caches of their own, %s; the first is held by %s", analyze.Number(n), what, p.Of(retained), owner),
		Story: report.Rows[string]{"Each keeps what it learnt of the same classes."},
		Facts: report.Rows[report.Fact]{
			analyze.Fact("serialisers", report.Count(n)), analyze.Fact("retained by each, on average", report.Bytes(retained/n)),
			analyze.Fact(cached, report.Count(entries)), analyze.Fact("held by", report.Name(owner)), analyze.Fact("retained by all", report.Bytes(retained)),
		},
		Fix:       fix,
		Falsifier: "They are configured differently each, and their number does not grow.",
	}
	p.ReportMany(f, all)
}
