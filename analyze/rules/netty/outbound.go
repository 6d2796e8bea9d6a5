package netty

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of netty-outbound.
var (
	outboundBytes = &analyze.Threshold{Name: "pending", Default: 8 << 20, Unit: "bytes", Doc: "unsent data of all channels together; a channel at work has less than its high-water mark of 64 KiB"}
	outboundMark  = &analyze.Threshold{Name: "marks", Default: 16, Unit: "times", Doc: "a channel with so many times its high-water mark is a warning: what writes does not ask isWritable()"}
)

// Outbound finds channels that are written to faster than their peers read.
var Outbound = &analyze.Rule{
	Name:  "netty-outbound",
	Title: "Channels of Netty have much that is not sent",
	Doc: `What is written to a channel waits in its ChannelOutboundBuffer until the peer has taken it. Netty does not bound that: above the
high-water mark Channel.isWritable() turns false, and what goes on writing fills the memory, in the heap or, for the direct buffers that
transports copy to, outside of it.

Recognised by ChannelOutboundBuffer.totalPendingSize, from 8 MiB in all channels together on, and the mark that the channel's
configuration has (writeBufferWaterMark). A channel with many times its mark is a warning, for its writer does not ask.

Write only while isWritable() is true and go on in channelWritabilityChanged(); or stop reading from the source meanwhile
(setAutoRead(false)). Close peers that do not read for long (WriteTimeoutHandler).`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{outboundBytes, outboundMark},
	Scans:      []*analyze.Scan{outboundScan},
	Run:        runOutbound,
}

const outboundClass = "io.netty.channel.ChannelOutboundBuffer"

// outbound is what a channel has not sent.
type outbound struct {
	object, channel      graph.Object
	flushed, unflushed   graph.Object
	pending              int64
	unwritable           bool
	messages, marks, top int64
}

var outboundScan = &analyze.Scan{Name: "what Netty's channels have not sent", Start: func(b *analyze.Binder) analyze.Scanner {
	var f [5]graph.Field
	for i, name := range []string{"channel", "flushedEntry", "unflushedEntry", "totalPendingSize", "unwritable"} {
		var ok bool
		if f[i], ok = b.Need(outboundClass, name); !ok {
			return nil
		}
	}
	return &analyze.Rows[outbound]{
		Wanted: b.Subclasses(outboundClass),
		Read: func(v *graph.View) outbound {
			return outbound{object: v.Object, channel: v.Ref(f[0]), flushed: v.Ref(f[1]), unflushed: v.Ref(f[2]), pending: v.Int(f[3]), unwritable: v.Bool(f[4])}
		},
		Object: func(o outbound) graph.Object { return o.object },
	}
}}

func runOutbound(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	var busy []*outbound
	var pending int64
	rows := analyze.Result[[]outbound](p.Pass, outboundScan)
	for i := range rows {
		if o := &rows[i]; o.pending > 0 && p.Heap.Strength(o.object) == graph.Strong {
			busy = append(busy, o)
			pending += o.pending
		}
	}
	if pending == 0 {
		return nil
	}
	p.Figure("netty.unsent", "bytes", pending)
	if pending >= p.Count(outboundBytes) {
		slices.SortStableFunc(busy, func(a, b *outbound) int { return cmp.Compare(b.pending, a.pending) })
		p.outboundFinding(busy, pending)
	}
	return nil
}

// Bounds of counting messages.
const (
	maxChannels = 1000
	maxMessages = 1_000_000
)

func (p pass) outboundFinding(busy []*outbound, pending int64) {
	var messages, unwritable, high int64
	for i, o := range busy {
		if o.unwritable {
			unwritable++
		}
		if i < maxChannels {
			p.count(o)
			messages += o.messages
			high = max(high, o.marks)
		}
	}
	set := make([]graph.Object, len(busy))
	for i, o := range busy {
		set[i] = o.object
	}
	members := analyze.NewSet(set)
	f := report.Finding{
		Severity: p.severity(pending), Confidence: report.Certain, Retained: p.Heap.RetainedOf(members), Objects: int64(len(busy)),
		Title: fmt.Sprintf("%s of Netty have %s that are not sent, in %s: they are written to faster than their peers read",
			analyze.Plural(int64(len(busy)), "channel"), analyze.Size(pending), analyze.Plural(messages, "message")),
		Story: report.Rows[string]{"Netty keeps what is written until the peer has taken it, without bound; Channel.isWritable() tells when to stop."},
		Facts: report.Rows[report.Fact]{
			analyze.Fact("unsent", report.Bytes(pending)), analyze.Fact("messages", report.Count(messages)),
			analyze.Fact("channels", report.Count(int64(len(busy)))), analyze.Fact("not writable", report.Count(unwritable)),
			analyze.Fact("highest, in high-water marks", report.Number(high)),
		},
		Fix: report.Rows[string]{
			"Write only while Channel.isWritable() is true, and go on in channelWritabilityChanged().",
			"Stop reading from where the data comes from (setAutoRead(false)) while the channel is not writable; close peers that do not read (WriteTimeoutHandler).",
		},
		Falsifier: "The channels send at the speed of the line, and a later dump has less unsent.",
	}
	if high >= p.Count(outboundMark) {
		f.Severity = analyze.AtLeast(f.Severity, report.Warning)
		f.Story = append(f.Story, fmt.Sprintf("One channel has %s times its high-water mark: what writes does not ask.", analyze.Number(high)))
	}
	f.Tables = append(f.Tables, p.channelTable(busy))
	p.ReportMany(f, members)
}

// count walks the messages of a channel and compares what is unsent with the channel's high-water mark.
func (p pass) count(o *outbound) {
	for _, e := range []graph.Object{o.flushed, o.unflushed} {
		for ; e != graph.NoObject && o.messages < maxMessages; e = p.r.Ref(e, "next") {
			o.messages++
		}
		if o.messages > 0 {
			break // the flushed ones lead on to those that are not
		}
	}
	if high, ok := p.r.Int(o.channel, "config", "writeBufferWaterMark", "high"); ok && high > 0 {
		o.marks = o.pending / high
		o.top = high
	}
}

func (p pass) channelTable(busy []*outbound) report.Table {
	t := report.Table{Title: "Channels with the most that is unsent", Columns: []string{"channel", "class", "unsent", "messages", "high-water mark"}}
	for _, o := range busy {
		analyze.AddRow(&t, report.Object(p.Address(o.channel)), report.Name(p.Heap.ClassName(o.channel)), report.Bytes(o.pending), report.Count(o.messages), report.Bytes(o.top))
	}
	return t
}
