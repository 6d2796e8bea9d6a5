package netty

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of netty-buffers.
var (
	buffersLost = &analyze.Threshold{Name: "lost", Default: 4 << 20, Unit: "bytes", Doc: "so much of the arenas that no buffer accounts for is a warning: nobody can release it any more"}
	buffersLive = &analyze.Threshold{Name: "live", Default: 4 << 20, Unit: "bytes", Doc: "buffers at work; from there on who holds them is told"}
)

// Buffers finds pooled buffers that were not released.
var Buffers = &analyze.Rule{
	Name:  "netty-buffers",
	Title: "Pooled buffers of Netty are not released",
	Doc: `Netty's pooled allocator cuts its buffers out of large chunks, in the heap or outside of it, and counts references to each
buffer. A buffer whose count does not get to zero keeps its piece of the chunk. When the ByteBuf object itself is collected before release()
was called, its piece is lost for good: no object is left that could give it back.

Recognised by an account of each PooledByteBufAllocator: what its PoolChunks say is in use (chunkSize less freeBytes), less what live
buffers have (PooledByteBuf with a reference count above zero that something reaches) and what threads keep in their caches
(PoolThreadCache). What remains was never released; from 4 MiB on that is a warning. Live buffers are told by who holds
most of them. The account is exact for Netty 4.1.36 to 4.1.51; later versions lay chunks out differently, and the rule says so.

Release each buffer exactly once: in the last handler that gets it (SimpleChannelInboundHandler does, ReferenceCountUtil.release(msg)), in
finally, and when a write fails. -Dio.netty.leakDetection.level=paranoid (in tests) prints where lost buffers were touched last. Buffers
that are kept should be copied to arrays or bounded in number.`,
	Max:        report.Error,
	After:      []string{Outbound.Name, Tasks.Name},
	Thresholds: []*analyze.Threshold{buffersLost, buffersLive},
	Scans:      []*analyze.Scan{chunkScan, bufferScan, cachedScan, subpageScan},
	Run:        runBuffers,
}

func runBuffers(q *analyze.Pass) error {
	p := pass{q, jdk.NewReader(q.Heap)}
	for _, a := range p.accounts() {
		switch {
		case p.Incomplete(): // what is missing of the dump may be buffers
			p.Abstain("part of the dump is missing: the buffers cannot be counted")
		case a.lost() >= p.Count(buffersLost):
			p.lostFinding(a)
		case a.live >= p.Count(buffersLive):
			p.liveFinding(a)
		}
	}
	return nil
}

func (p pass) facts(a *account) report.Rows[report.Fact] {
	return report.Rows[report.Fact]{
		analyze.Fact("chunks", report.Count(int64(len(a.chunks)))), analyze.Fact("size of the chunks", report.Bytes(a.size)),
		analyze.Fact("of it in the heap", report.Bytes(a.heap)), analyze.Fact("in use", report.Bytes(a.used)),
		analyze.Fact("in live buffers", report.Bytes(a.live)), analyze.Fact("live buffers", report.Count(int64(len(a.buffers)))),
		analyze.Fact("in caches of threads", report.Bytes(a.cached)), analyze.Fact("never released", report.Bytes(a.lost())),
	}
}

// severity judges bytes that may be outside of the heap, against the heap.
func (p pass) severity(bytes int64) report.Severity { return p.Severity(bytes, p.Share(bytes)) }

func (p pass) lostFinding(a *account) {
	f := report.Finding{
		Severity: analyze.AtLeast(p.severity(a.lost()), report.Warning), Confidence: report.Certain, Objects: int64(len(a.chunks)),
		Title: fmt.Sprintf("%s of Netty's pooled buffers were never released: %s of its %s are in use, live buffers have %s",
			analyze.Size(a.lost()), analyze.Size(a.used), analyze.Plural(int64(len(a.chunks)), "chunk"), analyze.Size(a.live)),
		Story: report.Rows[string]{
			"The chunks say that these pieces are in use, but no buffer that can still be reached has them: the ByteBuf objects were dropped without release().",
			fmt.Sprintf("Of the chunks, %s are in the heap and %s outside of it.", analyze.Size(a.heap), analyze.Size(a.size-a.heap)),
		},
		Facts: p.facts(a),
		Fix: report.Rows[string]{
			"Call release() on each buffer exactly once: in the last handler that gets it (ReferenceCountUtil.release(msg) in finally), and when a write fails.",
			"Run tests with -Dio.netty.leakDetection.level=paranoid: it prints where lost buffers were touched last.",
		},
		Falsifier: "The bytes in use go down to those of the live buffers in a later dump.",
	}
	p.hand(f, a, "never released")
}

func (p pass) liveFinding(a *account) {
	if c := p.Claimed(a.buffers[0]); c != nil {
		p.Join(c.Finding, fmt.Sprintf("Netty's %s have %s in %s live buffers, the first of which is one of these.",
			analyze.Plural(int64(len(a.chunks)), "chunk"), analyze.Size(a.live), analyze.Number(int64(len(a.buffers)))), p.facts(a)...)
		return
	}
	holder := p.Common(a.buffers)
	path := p.Holding(a.buffers[0], nil)
	owner := p.NearestHolder(path)
	f := report.Finding{
		Severity: p.severity(a.live), Confidence: report.Certain, Objects: int64(len(a.buffers)),
		Title: fmt.Sprintf("%s live buffers have %s of Netty's %s; the first is held by %s",
			analyze.Number(int64(len(a.buffers))), analyze.Size(a.live), analyze.Plural(int64(len(a.chunks)), "chunk"), owner),
		Story: report.Rows[string]{"Their reference counts are above zero and something reaches them: they were kept, or wait to be sent."},
		Facts: append(p.facts(a), analyze.Fact("held by", report.Name(owner))),
		Fix: report.Rows[string]{
			"Release buffers when they have been read; of what is to be kept, copy the bytes that matter (ByteBufUtil.getBytes) and release.",
			"Bound what is kept: stop reading (setAutoRead(false)) or writing (isWritable()) while the consumer is behind.",
		},
		Falsifier: "The buffers are those of requests at work: a later dump has others, and no more of them.",
	}
	if holder != graph.NoObject {
		f.Accumulation = p.Accumulation(holder)
	}
	p.Claim(analyze.Claim{Finding: p.finish(f, a, path, p.Heap.ClassName(a.buffers[0])), Point: holder, Members: a.memory})
}

// hand reports a finding at the allocator and claims the memory of its chunks.
func (p pass) hand(f report.Finding, a *account, tail string) {
	path := p.Holding(a.allocator, nil)
	p.Claim(analyze.Claim{Finding: p.finish(f, a, path, tail), Point: a.allocator, Members: a.memory})
}

func (p pass) finish(f report.Finding, a *account, path []graph.Step, tail string) *report.Finding {
	f.Retained = p.Heap.RetainedOf(a.chunks)
	f.Path = p.Steps(path)
	p.Sign(&f, path, tail)
	return p.Report(f)
}
