package messaging

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of kafka-buffers.
var (
	kafkaFree      = &analyze.Threshold{Name: "free", Default: 0.1, Unit: "share", Doc: "a producer with less of its buffer.memory free sends more slowly than it is given records"}
	kafkaProducers = &analyze.Threshold{Name: "producers", Default: 50, Unit: "producers", Doc: "an application has one producer, or one for each way to configure it"}
)

// KafkaBuffers finds Kafka producers whose buffer is full, and too many of them.
var KafkaBuffers = &analyze.Rule{
	Name:  "kafka-buffers",
	Title: "The buffer of a Kafka producer is full, or there are too many producers",
	Doc: `A Kafka producer collects records in buffer.memory (32 MiB by default) until they are sent. When the brokers are slower than what is
sent, the buffer fills and send() blocks for max.block.ms. Each producer has a buffer, a thread and metrics of its own.

Recognised by BufferPool of kafka-clients (totalMemory, nonPooledAvailableMemory, and free buffers of poolableSize; threads in waiters), and
by the number of KafkaProducers, from 50 on. No real dump has proven this rule yet.

Use one producer for all threads, and close those that are no longer used. Find out why the brokers do not take the records: in-flight
requests, acks, batch.size and linger.ms. A larger buffer.memory only puts it off.`,
	Max:          report.Error,
	Experimental: true,
	Thresholds:   []*analyze.Threshold{kafkaFree, kafkaProducers},
	Scans:        []*analyze.Scan{bufferPoolScan, producerScan},
	Run:          runKafka,
}

const kafkaClients = "org.apache.kafka.clients.producer."

var (
	bufferPoolScan = analyze.Instances("buffers of Kafka's producers", analyze.Known{Class: kafkaClients + "internals.BufferPool", Fields: []string{"totalMemory", "nonPooledAvailableMemory", "poolableSize", "free", "waiters"}})
	producerScan   = analyze.Instances("Kafka's producers", analyze.Known{Class: kafkaClients + "KafkaProducer", Fields: []string{"accumulator"}})
)

func runKafka(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	for _, o := range p.Strong(analyze.Result[[]graph.Object](q, bufferPoolScan)) {
		p.bufferPool(o)
	}
	all := p.Strong(analyze.Result[[]graph.Object](q, producerScan))
	if n := int64(len(all)); n >= p.Count(kafkaProducers) {
		p.ReportMany(report.Finding{
			Severity: report.Info, Confidence: report.Certain, Objects: n,
			Title:     fmt.Sprintf("There are %s KafkaProducers, each with a buffer and a thread of its own", analyze.Number(n)),
			Facts:     report.Rows[report.Fact]{analyze.Fact("producers", report.Count(n))},
			Fix:       report.Rows[string]{"Use one KafkaProducer for all threads, and close() those that are no longer used."},
			Falsifier: "They are configured differently each, and their number does not grow.",
		}, all)
	}
	return nil
}

func (p pass) bufferPool(o graph.Object) {
	total, _ := p.r.Int(o, "totalMemory")
	available, _ := p.r.Int(o, "nonPooledAvailableMemory")
	size, _ := p.r.Int(o, "poolableSize")
	pooled, ok := p.r.Size(p.r.Ref(o, "free"))
	waiting, ok2 := p.r.Size(p.r.Ref(o, "waiters"))
	if !ok || !ok2 {
		if !p.Incomplete() {
			p.Abstain("unknown version of " + p.Heap.ClassName(o) + ": its queues cannot be read")
		}
		return
	}
	free := available + pooled*size
	if total <= 0 || waiting == 0 && float64(free) >= p.Value(kafkaFree)*float64(total) {
		return
	}
	p.ReportAt(report.Finding{
		Severity: report.Info, Confidence: report.Certain, Objects: 1,
		Title: fmt.Sprintf("A Kafka producer has %s of its buffer of %s free, and %s for room", analyze.Size(free), analyze.Size(total), waitText(waiting)),
		Facts: report.Rows[report.Fact]{
			analyze.Fact("buffer.memory", report.Bytes(total)), analyze.Fact("free", report.Bytes(free)), analyze.Fact("threads that wait", report.Count(waiting)),
		},
		Fix: report.Rows[string]{
			"Find out why the brokers do not take the records: see acks, max.in.flight.requests.per.connection, batch.size and linger.ms.",
			"Send less, or from one producer; a larger buffer.memory only puts it off.",
		},
		Falsifier: "The buffer has room a second later.",
	}, o)
}

func waitText(n int64) string {
	if n == 1 {
		return "1 thread waits"
	}
	return analyze.Number(n) + " threads wait"
}
