package messaging_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// rxDump has a queue of RxJava 3.1 with n items in one array.
func rxDump(idSize, n int) *hproftest.Dump {
	d := hproftest.New(idSize)
	index := d.Class("java.util.concurrent.atomic.AtomicLong", hproftest.Fields("long value"))
	array := d.Class("java.util.concurrent.atomic.AtomicReferenceArray", hproftest.Fields("Object[] array"))
	queue := d.Class("io.reactivex.rxjava3.operators.SpscLinkedArrayQueue", hproftest.Fields("AtomicLong producerIndex", "AtomicReferenceArray consumerBuffer", "AtomicLong consumerIndex"))
	event := d.Class("com.acme.Event", hproftest.Fields("byte[] body"))
	items := d.ArrayOf("java.lang.Object", n+1)
	for i := range n {
		items.SetElem(i, d.Instance(event, d.ByteArray(make([]byte, 50)...)))
	}
	q := d.Instance(queue, d.Instance(index, n+500), d.Instance(array, items), d.Instance(index, 500))
	d.Class("com.acme.Feed", hproftest.Static("Object queue", q), hproftest.Sticky())
	return d
}

func TestRxQueue(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		f := analyzetest.Only(t, analyzetest.Analyzed(t, rxDump(idSize, 10_000), "all"), "messaging-backlog", report.Warning)
		analyzetest.WantTitle(t, f, "10,000 items wait in a queue of RxJava")
	}
	if r := analyzetest.Analyzed(t, rxDump(8, 9999), "messaging-backlog"); len(r.Findings) > 0 {
		t.Errorf("a queue at work: %s", r.Findings[0].Title)
	}
}

// kafkaDump has a producer's buffer, in the shape of kafka-clients 3, with so many threads that wait.
func kafkaDump(available, waiters int) *hproftest.Dump {
	d := hproftest.New(8)
	pool := d.Class("org.apache.kafka.clients.producer.internals.BufferPool", hproftest.Fields("long totalMemory", "int poolableSize", "Deque free", "Deque waiters", "long nonPooledAvailableMemory"))
	deque := d.Class("java.util.ArrayDeque", hproftest.Fields("Object[] elements", "int head", "int tail"))
	waiting := make([]any, waiters)
	for i := range waiting {
		waiting[i] = d.String("condition")
	}
	o := d.Instance(pool, 32<<20, 16<<10, d.Instance(deque, d.Array("java.lang.Object")), d.Instance(deque, d.Array("java.lang.Object", waiting...), 0, waiters), available)
	d.Class("com.acme.Feed", hproftest.Static("Object pool", o), hproftest.Sticky())
	return d
}

func TestKafkaBuffers(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.Analyzed(t, kafkaDump(1<<20, 3), "kafka-buffers"), "kafka-buffers", report.Info)
	analyzetest.WantTitle(t, f, "1.0 MiB of its buffer of 32 MiB free", "3 threads wait for room")
	if r := analyzetest.Analyzed(t, kafkaDump(30<<20, 0), "kafka-buffers"); len(r.Findings) > 0 {
		t.Errorf("a buffer with room: %s", r.Findings[0].Title)
	}
}

func TestRealActiveMQ(t *testing.T) {
	f := &analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/activemq-prefetch.hprof"), "all").Findings[0]
	if f.Rule != "messaging-backlog" || f.Severity != report.Warning {
		t.Fatalf("%s %s: %s", f.Severity, f.Rule, f.Title)
	}
	analyzetest.WantTitle(t, f, "3,000 messages ahead and 0 unacknowledged (prefetch 5,000)")
	f = analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/activemq-sessions.hprof"), "jms-sessions-not-closed"), "jms-sessions-not-closed", report.Warning)
	analyzetest.WantTitle(t, f, "150 open sessions without consumer or producer")
	analyzetest.WantHealthy(t, "leaks/activemq-control.hprof")
}

func TestRealRxJava(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/rxjava-backlog.hprof"), "all"), "messaging-backlog", report.Warning)
	analyzetest.WantTitle(t, f, "29,900 items wait in a queue of RxJava (io.reactivex.rxjava3.processors.UnicastProcessor)") // of 30,000, 100 were asked for
	if got := analyzetest.Table(t, f, "Items by class").Rows[0]; got[0].Text().String() != "Backpressure$Event" || got[1].Int() != 29_900 {
		t.Errorf("items %v", got)
	}
	analyzetest.WantHealthy(t, "leaks/rxjava-backlog-control.hprof")
}
