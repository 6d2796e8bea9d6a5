package netty_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// outboundDump has a channel, in the shape of 4.1, with n unsent messages of 64 KiB each.
func outboundDump(idSize, n int) *hproftest.Dump {
	d := hproftest.New(idSize)
	mark := d.Class("io.netty.channel.WriteBufferWaterMark", hproftest.Fields("int low", "int high"))
	config := d.Class("io.netty.channel.DefaultChannelConfig", hproftest.Fields("WriteBufferWaterMark writeBufferWaterMark"))
	channel := d.Class("io.netty.channel.socket.nio.NioSocketChannel", hproftest.Fields("ChannelConfig config", "Object unsafe"))
	buffer := d.Class("io.netty.channel.ChannelOutboundBuffer", hproftest.Fields("Channel channel", "Entry flushedEntry", "Entry unflushedEntry", "long totalPendingSize", "int unwritable"))
	entry := d.Class("io.netty.channel.ChannelOutboundBuffer$Entry", hproftest.Fields("Entry next", "Object msg"))
	c := d.Instance(channel, d.Instance(config, d.Instance(mark, 32<<10, 64<<10)))
	var first any
	for range n {
		first = d.Instance(entry, first, d.ByteArray(make([]byte, 1000)...))
	}
	unwritable := 0
	if n > 1 {
		unwritable = 1
	}
	c.Set("unsafe", d.Instance(buffer, c, first, nil, n*64<<10, unwritable))
	d.Class("com.acme.Server", hproftest.Static("Channel channel", c), hproftest.Sticky())
	return d
}

func TestOutbound(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		f := analyzetest.Only(t, analyzetest.Analyzed(t, outboundDump(idSize, 200), "all"), "netty-outbound", report.Warning)
		analyzetest.WantTitle(t, f, "1 channel of Netty have", "13 MiB that are not sent", "200 messages")
		analyzetest.WantCount(t, f, "messages", 200)
		analyzetest.WantCount(t, f, "highest, in high-water marks", 200)
		analyzetest.WantCount(t, f, "not writable", 1)
	}
	if r := analyzetest.Analyzed(t, outboundDump(8, 120), "netty-outbound"); len(r.Findings) > 0 {
		t.Errorf("a channel at work: %s", r.Findings[0].Title)
	}
}

// TestLaterChunks has a chunk of a later version, which the rule does not know.
func TestLaterChunks(t *testing.T) {
	d := hproftest.New(8)
	c := d.Class("io.netty.buffer.PoolChunk", hproftest.Fields("PoolArena arena", "Object memory", "boolean unpooled", "LongLongHashMap runsAvailMap", "int chunkSize", "int freeBytes"))
	d.Class("com.acme.Server", hproftest.Static("Object chunk", d.Instance(c)), hproftest.Sticky())
	analyzetest.WantSkipped(t, analyzetest.Analyzed(t, d, "netty-buffers"), "netty-buffers", "unknown version of io.netty.buffer.PoolChunk: it has no field memoryMap")
}

// TestRealBuffers has 120 buffers of 64 KiB and 500 of 1 KiB.
func TestRealBuffers(t *testing.T) {
	const bytes = 120<<16 + 500<<10
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/netty-lost.hprof"), "all"), "netty-buffers", report.Warning)
	analyzetest.WantCount(t, f, "never released", bytes)
	analyzetest.WantCount(t, f, "live buffers", 0)
	if f.Anchor != "static Buffers.ALLOCATOR" {
		t.Errorf("anchor %s", f.Anchor)
	}
	f = analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/netty-kept.hprof"), "all"), "netty-buffers", report.Warning)
	analyzetest.WantTitle(t, f, "620 live buffers have 8.0 MiB", "static Buffers.PENDING")
	analyzetest.WantCount(t, f, "in live buffers", bytes)
	analyzetest.WantCount(t, f, "never released", 0)
	analyzetest.WantHealthy(t, "leaks/netty-buffers-control.hprof")
}

// TestRealCaches has an allocator all whose buffers were released: what threads keep of them is not lost.
func TestRealCaches(t *testing.T) {
	h := analyzetest.RealHeap(t, "leaks/netty-buffers-control.hprof")
	r := analyzetest.RunRulesWith(t, h, "netty-buffers", map[string]float64{"netty-buffers.lost": 1, "netty-buffers.live": 1})
	if len(r.Findings) > 0 {
		t.Errorf("%s", r.Findings[0].Title)
	}
}

func TestRealOutbound(t *testing.T) {
	f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/netty-outbound.hprof"), "all"), "netty-outbound", report.Warning)
	analyzetest.WantTitle(t, f, "3 channels of Netty have", "MiB that are not sent")
	analyzetest.WantCount(t, f, "channels", 3)
	analyzetest.WantCount(t, f, "not writable", 3)
	if n := analyzetest.Facts(f)["messages"].Int(); n < 1000 || n > 6000 { // some are in the buffers of the sockets
		t.Errorf("%d messages", n)
	}
	analyzetest.WantHealthy(t, "leaks/netty-outbound-control.hprof")
}

func TestRealTasks(t *testing.T) {
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/netty-tasks.hprof"), "all")
	if len(r.Findings) != 2 || r.Findings[0].Rule != "netty-tasks" || r.Findings[1].Rule != "netty-tasks" {
		t.Fatalf("findings %+v", r.Findings)
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if _, loop := analyzetest.Facts(f)["tasks that wait"]; loop {
			analyzetest.WantTitle(t, f, `20,000 tasks wait for Netty's event loop "nioEventLoopGroup-2-1"`)
			if got := analyzetest.Table(t, f, "Tasks by class").Rows[0]; got[0].Text().String() != "EventLoopTasks$Request" || got[1].Int() != 20_000 {
				t.Errorf("tasks %v", got)
			}
		} else {
			analyzetest.WantTitle(t, f, "20,000 timeouts are pending")
			if f.Anchor != "static EventLoopTasks.TIMER" {
				t.Errorf("anchor %s", f.Anchor)
			}
		}
	}
	analyzetest.WantHealthy(t, "leaks/netty-tasks-control.hprof")
}
