package waste

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/content"
	"heapcause/graph"
	"heapcause/report"
)

// BufferSlack finds StringBuilders and their kin that have grown and are nearly empty.
var BufferSlack = &analyze.Rule{
	Name:  "buffer-slack",
	Title: "Buffers that grew keep room that they do not use",
	Doc: `A StringBuilder, StringBuffer, ByteArrayOutputStream or CharArrayWriter doubles its array when it is full and never makes it smaller:
setLength(0) and reset() keep the array. Where such buffers are kept, in a field, a pool or a thread local, one large request leaves
its room behind for good.

Recognised by AbstractStringBuilder.value, count and coder, and by buf and count of the streams, subclasses included: slack is the length of the
array less what the count says is used. Told from 5 % of the heap on, a warning from 10 %. Arrays of half a megabyte and more, to which G1
gives regions of their own, are counted beside it; where they are most of a large heap, that is told.

Do not keep buffers beyond their use, or drop one that has grown beyond a limit; give it the size it needs from the beginning; call trimToSize
where it is kept with its content.`,
	Max:        report.Warning,
	Last:       true,
	Thresholds: []*analyze.Threshold{wasteShare, wasteBytes, wasteWarn, giantShare, giantBytes},
	Scans:      []*analyze.Scan{content.BufferScan, content.Scan},
	Run:        runSlack,
}

// Thresholds of giant arrays.
var (
	giantShare = &analyze.Threshold{Name: "giant-share", Default: 0.5, Unit: "share", Doc: "of the strongly reachable bytes in arrays of 512 KiB and more: from there on it is told"}
	giantBytes = &analyze.Threshold{Name: "giant-bytes", Default: 64 << 20, Unit: "bytes", Doc: "so much in arrays of 512 KiB and more: less is no matter to the collector"}
)

func runSlack(q *analyze.Pass) error {
	p := pass{q, analyze.Result[*content.Found](q, content.Scan), content.HoldersOf(q)}
	if p.found != nil && p.found.Err != nil {
		return p.found.Err
	}
	if b := analyze.Result[*content.Buffers](q, content.BufferScan); b != nil {
		p.Figure("buffers.slack", "bytes", b.Slack)
		if severity, ok := p.wasteful(b.Slack); ok {
			p.slack(severity, b)
		}
	}
	if p.found != nil {
		p.giants(&p.found.Arrays)
	}
	return nil
}

func (p pass) slack(severity report.Severity, b *content.Buffers) {
	objects := make([]graph.Object, len(b.Slackest))
	count := map[string]int64{}
	first := map[string]graph.Object{}
	for i, x := range b.Slackest {
		objects[i] = x.Object
		name := p.holders.Of(x.Object)
		if count[name] == 0 {
			first[name] = x.Object
		}
		count[name] += x.Slack
	}
	holder := analyze.ByCount(count, analyze.Same, analyze.Same)[0]
	f := report.Finding{
		Severity: severity, Confidence: report.Certain, Retained: b.Slack, Objects: b.Count,
		Title: fmt.Sprintf("%s have room for %s and do not use %s of it, most of it held by %s",
			analyze.Plural(b.Count, "buffer"), analyze.Size(b.Capacity), p.Of(b.Slack), holder),
		Story: []string{"The array of a buffer doubles when it is full and never shrinks: setLength(0) and reset() keep it."},
		Facts: []report.Fact{
			analyze.Fact("buffers", report.Count(b.Count)), analyze.Fact("capacity", report.Bytes(b.Capacity)), analyze.Fact("slack", report.Bytes(b.Slack)),
		},
		Tables: []report.Table{p.bufferTable(b)},
		Fix: []string{
			fmt.Sprintf("Do not keep buffers in %s beyond their use, or replace one that has grown beyond a limit.", holder),
			"Give a buffer the size it needs from the beginning; call trimToSize() where it is kept with its content.",
		},
		Falsifier: "The buffers are being filled right now: at another time their counts are near their capacities.",
	}
	for _, x := range b.Slackest[:min(len(b.Slackest), maxEvidence)] {
		f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{
			Address: p.Address(x.Object), Class: p.Heap.ClassName(x.Object), Retained: p.Heap.Retained(x.Object),
			Fields: []report.Fact{analyze.Fact("capacity", report.Bytes(x.Capacity)), analyze.Fact("slack", report.Bytes(x.Slack))},
		})
	}
	f.Evidence.Omitted = b.Count - int64(len(f.Evidence.Rows))
	p.finish(f, first[holder], objects, p.Heap.ClassName(first[holder]))
}

func (p pass) bufferTable(b *content.Buffers) report.Table {
	t := report.Table{Title: "Buffers by class", Columns: []string{"class", "buffers", "capacity", "slack"}}
	for _, c := range b.Classes {
		analyze.AddRow(&t, report.Name(p.ClassName(c.Class)), report.Count(c.Count), report.Bytes(c.Capacity), report.Bytes(c.Slack))
	}
	return t
}

// giants tells of a heap that is mostly large arrays. It claims nothing: who holds them, and whether that is a leak, others say.
func (p pass) giants(a *content.Arrays) {
	g := a.Humongous[0]
	share := p.Share(g.Bytes)
	if g.Bytes < p.Count(giantBytes) || share < p.Value(giantShare) {
		return
	}
	t := report.Table{Title: "Largest arrays", Columns: []string{"class", "length", "bytes", "held by"}}
	for _, x := range a.Largest[:min(len(a.Largest), analyze.MaxTableRows)] {
		analyze.AddRow(&t, report.Name(p.Heap.ClassName(x.Object)), report.Count(p.Heap.Length(x.Object)), report.Bytes(x.Size), report.Name(p.holders.Of(x.Object)))
	}
	t.Omitted = a.Primitive.Objects + a.Refs.Objects - int64(len(t.Rows))
	first := a.Largest[0].Object
	f := report.Finding{
		Severity: report.Info, Confidence: report.Certain, Retained: g.Bytes, Objects: g.Objects,
		Title:  fmt.Sprintf("%s of 512 KiB or more take %s; the largest is held by %s", analyze.Plural(g.Objects, "array"), p.Of(g.Bytes), p.holders.Of(first)),
		Story:  []string{"G1 gives an array of half a region or more regions of its own: what its last region has left is lost, and it needs regions in a row."},
		Facts:  []report.Fact{analyze.Fact("large arrays", report.Count(g.Objects)), analyze.Fact("bytes of large arrays", report.Bytes(g.Bytes))},
		Tables: []report.Table{t},
		Fix: []string{
			"Hold large contents in pieces, or as a stream or file, instead of one array.",
			"With G1, -XX:G1HeapRegionSize=32m keeps arrays below 16 MiB out of regions of their own.",
		},
		Falsifier: "The collector is not G1, and the arrays are what the program is about.",
	}
	path := p.Holding(first, nil)
	p.Sign(&f, path, "large arrays")
	f.Path = p.Steps(path)
	p.Report(f)
}
