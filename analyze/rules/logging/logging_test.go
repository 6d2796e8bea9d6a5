package logging_test

import (
	"fmt"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// appenderDump has a logback appender, in the shape of 1.2, whose queue of 500 has n events.
func appenderDump(idSize, n int) *hproftest.Dump {
	d := hproftest.New(idSize)
	base := d.Class("ch.qos.logback.core.AsyncAppenderBase", hproftest.Fields("BlockingQueue blockingQueue", "int queueSize", "boolean neverBlock"))
	appender := d.Class("ch.qos.logback.classic.AsyncAppender", hproftest.Super(base))
	event := d.Class("ch.qos.logback.classic.spi.LoggingEvent", hproftest.Fields("String loggerName", "Object[] argumentArray"))
	queue := d.Class("java.util.concurrent.ArrayBlockingQueue", hproftest.Fields("Object[] items", "int takeIndex", "int putIndex", "int count"))
	items := d.ArrayOf("java.lang.Object", 500)
	for i := range n {
		items.SetElem(i, d.Instance(event, d.String(fmt.Sprint("com.acme.Session", i%3)), d.Array("java.lang.Object", d.ByteArray(make([]byte, 1000)...))))
	}
	a := d.Instance(appender, hproftest.With("blockingQueue", d.Instance(queue, items, 0, n%500, n)), hproftest.With("queueSize", 500), hproftest.With("neverBlock", true))
	d.Class("com.acme.Log", hproftest.Static("Appender appender", a), hproftest.Sticky())
	return d
}

func TestBacklog(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		f := analyzetest.Only(t, analyzetest.Analyzed(t, appenderDump(idSize, 450), "all"), "logging-backlog", report.Warning)
		analyzetest.WantTitle(t, f, "450 events of at most 500")
		analyzetest.WantCount(t, f, "events that wait", 450)
		analyzetest.WantCount(t, f, "threads that wait to log", 0)
		if got := analyzetest.Facts(f)["setting"].Text().String(); got != "neverBlock=true" {
			t.Errorf("setting %s", got)
		}
	}
	if r := analyzetest.Analyzed(t, appenderDump(8, 390), "logging-backlog"); len(r.Findings) > 0 {
		t.Errorf("a queue with room: %s", r.Findings[0].Title)
	}
}

// TestUnknownAppender has an appender of a shape that nobody knows: the rule says so.
func TestUnknownAppender(t *testing.T) {
	d := hproftest.New(8)
	c := d.Class("ch.qos.logback.core.AsyncAppenderBase", hproftest.Fields("Queue events"))
	d.Class("com.acme.Log", hproftest.Static("Appender appender", d.Instance(c, d.ArrayList())), hproftest.Sticky())
	r := analyzetest.Analyzed(t, d, "logging-backlog")
	analyzetest.WantSkipped(t, r, "logging-backlog", "unknown version of ch.qos.logback.core.AsyncAppenderBase: it has no field blockingQueue")
}

func TestRealBacklogs(t *testing.T) {
	for _, c := range []struct {
		dump, title string
		events      int64
	}{
		{"logback-async", "logback's AsyncAppender holds 4,000 events of at most 4,000", 4000},
		{"log4j-queue", "Log4j 2's AsyncAppender holds 3,000 events of at most 3,000", 3000},
		{"log4j-ring", "Log4j 2's ring buffer holds 4,09", 4095}, // one is being written
	} {
		t.Run(c.dump, func(t *testing.T) {
			f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+c.dump+".hprof"), "all"), "logging-backlog", report.Warning)
			analyzetest.WantTitle(t, f, c.title, "1 thread waits to log")
			analyzetest.WantCount(t, f, "events that wait", c.events)
			analyzetest.WantHealthy(t, "leaks/"+c.dump+"-control.hprof")
		})
	}
}

func TestRealLoggers(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/logback-loggers.hprof"), "all"), "dynamic-loggers", report.Warning)
	analyzetest.WantTitle(t, f, "logback's LoggerContext has 60,004 loggers") // and those of com, com.acme, com.acme.session, ROOT
	analyzetest.WantHealthy(t, "leaks/logback-loggers-control.hprof")
}
