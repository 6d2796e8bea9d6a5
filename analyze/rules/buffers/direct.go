package buffers

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of direct-memory.
var (
	directTold  = &analyze.Threshold{Name: "told", Default: 0.5, Unit: "share", Doc: "share of the limit that is reserved from which it is told, if least bytes are"}
	directWarn  = &analyze.Threshold{Name: "warning", Default: 0.75, Unit: "share", Doc: "share of the limit that is reserved from which it is a warning"}
	directError = &analyze.Threshold{Name: "error", Default: 0.95, Unit: "share", Doc: "share of the limit that is reserved from which allocation is about to fail"}
	directLeast = &analyze.Threshold{Name: "least", Default: 16 << 20, Unit: "bytes", Doc: "reserved bytes below which nothing is said"}
)

// DirectMemory finds memory outside of the heap that nears its limit.
var DirectMemory = &analyze.Rule{
	Name:  "direct-memory",
	Title: "Direct buffers use up the memory outside of the heap",
	Doc: `ByteBuffer.allocateDirect takes memory outside of the heap; the heap has only a small object for each. The JVM frees the memory
when that object is collected, so buffers that somebody holds, or that wait for a collection that a quiet heap never needs, use the memory up:
"OutOfMemoryError: Cannot reserve … bytes of direct buffer memory", or the system kills the process.

Recognised by java.nio.Bits.RESERVED_MEMORY against MAX_MEMORY (-XX:MaxDirectMemorySize, else the size of the heap): told from half of it,
a warning from three quarters, an error from 95 %. The buffers are the DirectByteBuffers with a cleaner and without att: slices,
duplicates and views have att set and own nothing, mapped files have fd set.

Free or reuse the buffers of the owner that is named; where most are unreachable, the heap is collected too rarely: pool buffers instead
of allocating them. Buffers cached per thread for channels are bounded by -Djdk.nio.maxCachedBufferSize. -XX:MaxDirectMemorySize sets the limit.`,
	Max:        report.Error,
	Thresholds: []*analyze.Threshold{directError, directLeast, directTold, directWarn},
	Scans:      Scans(),
	Run:        runDirect,
}

func runDirect(p *analyze.Pass) error {
	s := Of(p)
	if s.Bits.Reserved >= 0 {
		p.Figure("direct.reserved", "bytes", s.Bits.Reserved)
	}
	p.Figure("direct.bytes", "bytes", s.Kinds[Direct].Bytes)
	p.Figure("mapped.bytes", "bytes", s.Kinds[Mapped].Bytes)
	share := s.Bits.Share()
	if share < p.Value(directTold) || s.Bits.Reserved < p.Count(directLeast) || s.Kinds[Direct].Objects == 0 {
		return nil
	}
	direct := s.Kinds[Direct]
	var members []graph.Object
	for _, b := range s.Buffers {
		if b.Kind == Direct {
			members = append(members, b.Object())
		}
	}
	set := analyze.NewSet(members)
	owner := s.Owners[0]
	out := report.Finding{
		Severity: severityOf(p, share), Confidence: report.Certain, Objects: direct.Objects, Retained: p.Heap.RetainedOf(set), Facts: s.facts(),
		Title: fmt.Sprintf("%s hold %s outside of the heap, %.0f %% of the limit; %s of them are below %s", analyze.Plural(direct.Objects, "direct buffer"),
			analyze.Size(direct.Bytes), 100*share, analyze.Size(owner.Capacity), owner.Name),
		Fix:       s.fix(owner),
		Falsifier: "RESERVED_MEMORY is far below MAX_MEMORY in a dump taken a minute later: the buffers come and go.",
	}
	t := report.Table{Title: "Direct buffers by owner", Columns: []string{"owner", "buffers", "capacity"}}
	for _, o := range s.Owners {
		analyze.AddRow(&t, report.Name(o.Name), report.Count(o.Buffers), report.Bytes(o.Capacity))
	}
	out.Tables = append(out.Tables, t)
	path := p.Holding(owner.First, nil)
	out.Path = p.Steps(path)
	p.Sign(&out, path)
	p.Claim(analyze.Claim{Finding: p.Report(out), Point: graph.NoObject, Members: set})
	return nil
}

func severityOf(p *analyze.Pass, share float64) report.Severity {
	switch {
	case share >= p.Value(directError):
		return report.Error
	case share >= p.Value(directWarn):
		return report.Warning
	}
	return report.Info
}

func (s *Survey) facts() []report.Fact {
	return []report.Fact{
		analyze.Fact("direct buffers", report.Count(s.Kinds[Direct].Objects)),
		analyze.Fact("their capacity", report.Bytes(s.Kinds[Direct].Bytes)),
		analyze.Fact("Bits.RESERVED_MEMORY", report.Bytes(s.Bits.Reserved)),
		analyze.Fact("Bits.MAX_MEMORY", report.Bytes(s.Bits.Max)),
		analyze.Fact("unreachable, not freed", report.Count(s.Lost.Objects)),
		analyze.Fact("their capacity", report.Bytes(s.Lost.Bytes)),
	}
}

func (s *Survey) fix(owner Owner) []string {
	first := fmt.Sprintf("Bound what %s keeps, or reuse its buffers.", owner.Name)
	if s.Lost.Bytes*2 > s.Kinds[Direct].Bytes {
		first = "Most of the buffers are garbage that no collection has freed: reuse buffers, or let the heap be collected (do not run with -XX:+DisableExplicitGC, by which the JVM frees them)."
	}
	return []string{first, "Pool direct buffers instead of allocating one for each use.", "-XX:MaxDirectMemorySize sets the limit; -Djdk.nio.maxCachedBufferSize bounds the buffers that threads cache."}
}
