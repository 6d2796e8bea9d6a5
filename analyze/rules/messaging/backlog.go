package messaging

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of messaging-backlog.
var (
	messagesMin = &analyze.Threshold{Name: "messages", Default: 1000, Unit: "messages", Doc: "a consumer of ActiveMQ has up to 1,000 messages of a queue ahead by default"}
	itemsMin    = &analyze.Threshold{Name: "items", Default: 10_000, Unit: "items", Doc: "a queue of RxJava with fewer items is one at work"}
)

// Backlog finds messages and events that wait in the heap to be consumed.
var Backlog = &analyze.Rule{
	Name:  "messaging-backlog",
	Title: "Messages or events wait in the heap to be consumed",
	Doc: `A client of a message broker is sent messages ahead (prefetch); a reactive stream buffers what its subscriber did not ask for yet.
When the consumer is slower than what comes, or does not consume at all, these wait in the heap.

Recognised by ActiveMQMessageConsumer of ActiveMQ 5 (unconsumedMessages, and deliveredMessages that are not acknowledged, against
info.prefetchSize), from 1,000 messages on; and by the SpscLinkedArrayQueue of RxJava 3 and 2, which has no bound (producerIndex less
consumerIndex), from 10,000 items on. It is a warning where they retain much.

ActiveMQ: lower the prefetch (jms.prefetchPolicy.queuePrefetch of the broker's URL, or consumer.prefetchSize of the destination), acknowledge,
and close consumers that are no longer read. RxJava: let the source ask for demand, or bound the buffer: onBackpressureBuffer(n),
onBackpressureDrop(), onBackpressureLatest(), instead of a processor or operator that buffers all.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{messagesMin, itemsMin},
	Scans:      []*analyze.Scan{consumerScan, queueScan},
	Run:        runBacklog,
}

var (
	consumerScan = analyze.Instances("consumers of ActiveMQ", analyze.Known{Class: "org.apache.activemq.ActiveMQMessageConsumer", Fields: []string{"unconsumedMessages", "deliveredMessages", "info"}})
	queueScan    = analyze.Instances("queues of RxJava", queueKnown("io.reactivex.rxjava3.operators"), queueKnown("io.reactivex.rxjava3.internal.queue"), queueKnown("io.reactivex.internal.queue"))
)

func queueKnown(pkg string) analyze.Known {
	return analyze.Known{Class: pkg + ".SpscLinkedArrayQueue", Fields: []string{"producerIndex", "consumerIndex", "consumerBuffer"}}
}

func runBacklog(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	for _, o := range p.Strong(analyze.Result[[]graph.Object](q, consumerScan)) {
		p.consumer(o)
	}
	for _, o := range p.Strong(analyze.Result[[]graph.Object](q, queueScan)) {
		p.queue(o)
	}
	return nil
}

// maxLooked bounds how many messages or items are looked at.
const maxLooked = 100_000

// waiting returns the messages that a consumer was sent and has not given out, of either kind of channel.
func (p pass) waiting(channel graph.Object) ([]graph.Object, bool) {
	lists := []graph.Object{p.r.Ref(channel, "list")}
	if p.r.Has(channel, "lists") { // by priority
		lists = nil
		p.r.EachElement(p.r.Ref(channel, "lists"), func(_ int, l graph.Object) bool {
			lists = append(lists, l)
			return true
		})
	}
	var out []graph.Object
	ok := false
	for _, l := range lists {
		ok = p.r.Elements(l, func(o graph.Object) bool {
			out = append(out, o)
			return len(out) < maxLooked
		}) || ok
	}
	return out, ok
}

func (p pass) consumer(o graph.Object) {
	ahead, ok := p.waiting(p.r.Ref(o, "unconsumedMessages"))
	if !ok {
		if !p.Incomplete() {
			p.Abstain("unknown version of " + p.Heap.ClassName(o) + ": its unconsumedMessages cannot be read")
		}
		return
	}
	var delivered []graph.Object
	p.r.Elements(p.r.Ref(o, "deliveredMessages"), func(m graph.Object) bool {
		delivered = append(delivered, m)
		return len(delivered) < maxLooked
	})
	if int64(len(ahead)+len(delivered)) >= p.Count(messagesMin) {
		p.consumerFinding(o, ahead, delivered)
	}
}

// maxDestination bounds the name of a queue or topic.
const maxDestination = 300

func (p pass) consumerFinding(o graph.Object, ahead, delivered []graph.Object) {
	n := int64(len(ahead) + len(delivered))
	members := append(append([]graph.Object{o}, ahead...), delivered...)
	for _, d := range members[1:] {
		if m := p.r.Ref(d, "message"); m != graph.NoObject {
			members = append(members, m)
			if body := p.r.Ref(m, "content", "data"); body != graph.NoObject {
				members = append(members, body) // a broker in the same JVM shares it
			}
		}
	}
	retained := p.Heap.RetainedOf(analyze.NewSet(members[1:]))
	prefetch, _ := p.r.Int(o, "info", "prefetchSize")
	name, _ := p.r.Text(o, maxDestination, "info", "destination", "physicalName")
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("A consumer of ActiveMQ has %s messages ahead and %s unacknowledged (prefetch %s), %s",
			analyze.Number(int64(len(ahead))), analyze.Number(int64(len(delivered))), analyze.Number(prefetch), p.Of(retained)),
		Story: report.Rows[string]{"The broker sends messages ahead, as many as the prefetch allows, and they wait in the heap until the consumer receives and acknowledges them."},
		Facts: report.Rows[report.Fact]{
			analyze.Fact("messages ahead", report.Count(int64(len(ahead)))), analyze.Fact("not acknowledged", report.Count(int64(len(delivered)))),
			analyze.Fact("prefetchSize", report.Count(prefetch)), analyze.Fact("destination", report.Content(p.Policy.Value(name))),
			analyze.Fact("retained by the messages", report.Bytes(retained)),
		},
		Fix: report.Rows[string]{
			"Lower the prefetch: jms.prefetchPolicy.queuePrefetch=… of the broker's URL, or consumer.prefetchSize=… of the destination; 1 for slow consumers.",
			"Find out why the consumer does not receive; close consumers that nobody reads.",
		},
		Falsifier: "The consumer works through them within seconds.",
	}
	p.ReportAt(f, o, "messages")
}

func (p pass) queue(o graph.Object) {
	in, ok1 := p.r.Int(o, "producerIndex", "value")
	out, ok2 := p.r.Int(o, "consumerIndex", "value")
	n := in - out
	if !ok1 || !ok2 || n < p.Count(itemsMin) {
		return
	}
	owner := "nothing"
	if u := p.Heap.Idom(o); u != graph.NoObject {
		owner = p.Heap.ClassName(u)
	}
	retained := p.Heap.Retained(o)
	f := report.Finding{
		Severity: p.Severity(retained, p.Share(retained)), Confidence: report.Certain, Retained: retained, Objects: n,
		Title: fmt.Sprintf("%s items wait in a queue of RxJava (%s), %s: its subscriber does not keep up", analyze.Number(n), owner, p.Of(retained)),
		Story: report.Rows[string]{"The queue has no bound: it takes what comes until its subscriber asks for more."},
		Facts: report.Rows[report.Fact]{
			analyze.Fact("items that wait", report.Count(n)), analyze.Fact("queue of", report.Name(owner)), analyze.Fact("retained by the queue", report.Bytes(retained)),
		},
		Fix: report.Rows[string]{
			"Have the source follow demand, or bound the buffer: onBackpressureBuffer(n), onBackpressureDrop(), onBackpressureLatest().",
			"Make the subscriber faster, or run it on more threads (observeOn, flatMap with a limit).",
		},
		Falsifier: "The subscriber works through them within seconds.",
	}
	if requested, ok := p.r.Int(p.Heap.Idom(o), "requested", "value"); ok {
		f.Facts = append(f.Facts, analyze.Fact("requested by the subscriber", report.Number(requested)))
	}
	f.Tables = append(f.Tables, p.itemTable(o))
	p.ReportAt(f, o, "items")
}

// itemTable counts the items by class: arrays are linked by their last elements.
func (p pass) itemTable(o graph.Object) report.Table {
	counts := map[graph.Class]int64{}
	left := maxLooked
	buffer := p.r.Ref(o, "consumerBuffer")
	is := p.Heap.ClassName(buffer)
	for buffer != graph.NoObject && left > 0 {
		next := graph.NoObject
		p.r.EachElement(p.r.Ref(buffer, "array"), func(_ int, x graph.Object) bool {
			left--
			switch name := p.Heap.ClassName(x); {
			case name == is:
				next = x
			case name != "java.lang.Object": // the mark that says that an item is in the next array
				counts[p.Heap.ClassOf(x)]++
			}
			return left > 0
		})
		buffer = next
		left--
	}
	return p.ClassTable("Items by class", counts)
}
