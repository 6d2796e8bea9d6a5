package logging

import (
	"fmt"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of logging-backlog.
var (
	backlogFill   = &analyze.Threshold{Name: "fill", Default: 0.8, Unit: "share", Doc: "a queue that is filled less keeps up; logback drops events of INFO and below from 0.8 on"}
	backlogEvents = &analyze.Threshold{Name: "events", Default: 200, Unit: "events", Doc: "fewer events that wait are none to speak of"}
)

// Backlog finds the queues of asynchronous appenders and loggers that are full.
var Backlog = &analyze.Rule{
	Name:  "logging-backlog",
	Title: "Log events wait for an appender that does not keep up",
	Doc: `An asynchronous appender or logger keeps events in a queue until its one thread has written them. When the appender behind it is
slow or hangs (a full disk, a log server that does not answer, a console that nobody reads), the queue fills. Then the events with their
messages, arguments and exceptions stay in the heap, and what logs either waits, requests included, or loses events.

Recognised by logback's AsyncAppenderBase (blockingQueue against queueSize; neverBlock), Log4j 2's AsyncAppender (queue against
queueSize; blocking) and, for asynchronous loggers, the slots of the ring buffer (RingBufferLogEvent) that are populated. Threads that
wait in the appender for room are counted by their frames. It is told from 80 % and 200 events on, as a warning, because a queue in
front of an appender that keeps up is nearly empty.

Look at the thread that writes: it stands in the appender that does not keep up. Make that appender faster or give it a timeout; decide
what should happen when the queue is full (logback: neverBlock, discardingThreshold; Log4j 2: blocking="false",
log4j2.asyncQueueFullPolicy=Discard); a larger queue only takes more memory. Log less, and no large objects as arguments.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{backlogFill, backlogEvents},
	Scans:      []*analyze.Scan{appenderScan, ringScan},
	Run:        runBacklog,
}

const (
	logbackAppender = "ch.qos.logback.core.AsyncAppenderBase"
	log4jAppender   = "org.apache.logging.log4j.core.appender.AsyncAppender"
)

var appenderScan = analyze.Instances("asynchronous appenders",
	analyze.Known{Class: logbackAppender, Fields: []string{"blockingQueue", "queueSize"}},
	analyze.Known{Class: log4jAppender, Fields: []string{"queue", "queueSize", "blocking"}})

// backlog is a queue of log events.
type backlog struct {
	what     string       // names the appender
	base     string       // its class
	owner    graph.Object // the appender
	point    graph.Object // the queue or ring buffer
	events   int64
	capacity int64
	blocks   bool // what logs waits while it is full
	setting  string
	fix      string
	sample   []graph.Object // some of the events
}

func runBacklog(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	var waiting int64
	for _, o := range analyze.Result[[]graph.Object](p.Pass, appenderScan) {
		b := p.appender(o)
		if b == nil || p.Heap.Strength(o) == graph.Unreachable {
			continue
		}
		waiting += b.events
		p.judge(b)
	}
	for _, b := range p.rings() {
		waiting += b.events
		p.judge(b)
	}
	if waiting > 0 {
		p.Figure("logging.waiting", "events", waiting)
	}
	return nil
}

// appender reads the queue of an appender, nil when it has none.
func (p pass) appender(o graph.Object) *backlog {
	b := &backlog{owner: o, base: log4jAppender, what: "Log4j 2's AsyncAppender", point: p.r.Ref(o, "queue")}
	if p.IsA(o, logbackAppender) {
		b.base, b.what, b.point = logbackAppender, "logback's AsyncAppender", p.r.Ref(o, "blockingQueue")
		b.blocks = !p.r.Bool(o, "neverBlock")
		b.setting = fmt.Sprintf("neverBlock=%v", !b.blocks)
		b.fix = "Decide what happens when the queue is full: neverBlock=true drops events instead of having threads wait; discardingThreshold drops those of INFO and below earlier."
	} else {
		b.blocks = p.r.Bool(o, "blocking")
		b.setting = fmt.Sprintf("blocking=%v", b.blocks)
		b.fix = `Decide what happens when the queue is full: blocking="false" sends events to the error appender instead of having threads wait; log4j2.asyncQueueFullPolicy=Discard drops them.`
	}
	n, ok := p.r.Size(b.point)
	if count, has := p.r.Int(b.point, "count"); has { // ArrayBlockingQueue
		n, ok = count, true
	}
	if !ok {
		if b.point != graph.NoObject && !p.Incomplete() {
			p.Abstain("unknown queue of an asynchronous appender: " + p.Heap.ClassName(b.point))
		}
		return nil
	}
	b.events = n
	b.capacity, _ = p.r.Int(o, "queueSize")
	if items, has := p.r.Int(b.point, "capacity"); has {
		b.capacity = items
	}
	return b
}

func (p pass) judge(b *backlog) {
	if b.events < p.Count(backlogEvents) || float64(b.events) < p.Value(backlogFill)*float64(b.capacity) {
		return
	}
	if len(b.sample) == 0 {
		p.r.Elements(b.point, func(o graph.Object) bool {
			b.sample = append(b.sample, o)
			return len(b.sample) < maxSample
		})
	}
	retained := p.Heap.Retained(b.point)
	waiting := p.waiting(b)
	f := report.Finding{
		Severity: analyze.AtLeast(p.Severity(retained, p.Share(retained)), report.Warning), Confidence: report.Certain, Retained: retained, Objects: b.events,
		Facts: report.Rows[report.Fact]{
			analyze.Fact("events that wait", report.Count(b.events)), analyze.Fact("queue size", report.Count(b.capacity)),
			analyze.Fact("setting", report.Name(b.setting)), analyze.Fact("threads that wait to log", report.Count(waiting)),
			analyze.Fact("retained by the events", report.Bytes(retained)),
		},
		Fix: report.Rows[string]{
			"Find out why the appender behind the queue does not keep up: its thread stands in it. Give it a timeout, or less to write.",
			b.fix,
		},
		Falsifier: "The queue is empty in a dump taken a second later: then this was a burst, no backlog.",
	}
	f.Title = fmt.Sprintf("%s holds %s events of at most %s, %s: its appender does not keep up%s",
		b.what, analyze.Number(b.events), analyze.Number(b.capacity), p.Of(retained), waitText(waiting))
	f.Story = p.story(b)
	if t := p.loggerTable(b); len(t.Rows) > 0 {
		f.Tables = append(f.Tables, t)
	}
	p.evidence(&f, b)
	p.ReportAt(f, b.point, "log events")
}

func waitText(n int64) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", and 1 thread waits to log"
	}
	return ", and " + analyze.Number(n) + " threads wait to log"
}

func (p pass) story(b *backlog) report.Rows[string] {
	s := report.Rows[string]{"One thread takes events from the queue and writes them. The queue of an appender that keeps up is nearly empty; this one is full, so the thread hangs or is slower than what logs."}
	if b.blocks {
		return append(s, "When it is full, each thread that logs waits for room ("+b.setting+").")
	}
	return append(s, "When it is full, events are lost ("+b.setting+").")
}

// waiting counts the threads that stand in a queue's put below a frame of the appender.
func (p pass) waiting(b *backlog) int64 {
	var n int64
	for _, t := range p.Heap.Threads() {
		put := false
		for _, f := range t.Frames {
			put = put || strings.HasPrefix(f.Method, "put") && strings.HasSuffix(f.Class, "Queue") ||
				f.Method == "enqueue" && strings.HasSuffix(f.Class, "AsyncQueueFullPolicy") || f.Class == "com.lmax.disruptor.RingBuffer" && f.Method == "publishEvent"
			if put && (f.Class == b.base || strings.HasPrefix(f.Class, b.base+"$")) {
				n++
				break
			}
		}
	}
	return n
}
