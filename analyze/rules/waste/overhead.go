package waste

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/content"
	"heapcause/report"
)

// ObjectOverhead adds up what objects take without holding anything.
var ObjectOverhead = &analyze.Rule{
	Name:  "object-overhead",
	Title: "Boxes, empty and sparse arrays, and unused fields take much of the heap",
	Doc: `Part of a heap holds nothing: boxed numbers of which there is one of the same value already, arrays of length 0, arrays of references
that are mostly null, and fields that are null or 0 in every instance of a class. One of them is nothing; a million are megabytes.

Recognised by the values of java.lang.Integer and its kin, by the lengths and elements of arrays (16 and more of which three
quarters are null are sparse), and by the fields of classes with 10,000 instances and more. Arrays whose elements all are equal are told beside
it, not counted: they may be buffers at work. What nothing reaches is not counted. Told from 20 % of the heap on, never above info: whether it can be spared depends on the program.

Use primitive fields and arrays, or collections of primitives, instead of boxes, and valueOf instead of constructors; share one empty array;
make arrays and tables when they are needed, of the size that is needed; move fields that are rarely set to a subclass or another object.`,
	Max:        report.Info,
	Last:       true,
	Thresholds: []*analyze.Threshold{overheadShare, wasteBytes},
	Scans:      []*analyze.Scan{content.Scan, content.FieldScan},
	Run:        runOverhead,
}

var overheadShare = &analyze.Threshold{Name: "share", Default: 0.20, Unit: "share", Doc: "of the strongly reachable bytes: from there on it is told"}

// part is one kind of overhead.
type part struct {
	what    string
	objects int64
	bytes   int64
	fix     string
}

func runOverhead(q *analyze.Pass) error {
	p := pass{q, analyze.Result[*content.Found](q, content.Scan), nil}
	if p.found != nil && p.found.Err != nil {
		return p.found.Err
	}
	o := content.OverheadOf(q)
	parts := []part{
		{"boxes of a value that another one has", o.BoxSurplus, o.BoxWaste, "Use primitive fields, arrays and collections instead of boxes; valueOf instead of constructors."},
		{"arrays of length 0", o.Zero.Objects, o.Zero.Bytes, "Share one empty array."},
		{"nulls of arrays that are mostly null", o.Sparse.Objects, o.SparseOwn, "Make tables when they are needed, of the size that is needed."},
		{"fields that are null or 0 in all instances", 0, o.ZeroFields, "Remove fields that are never set, or move them to a subclass or another object."},
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.bytes, a.bytes) })
	total, objects := int64(0), int64(0)
	for _, x := range parts {
		total += x.bytes
		objects += x.objects
	}
	p.Figure("overhead", "bytes", total)
	if total < p.Count(wasteBytes) || p.Share(total) < p.Value(overheadShare) {
		return nil
	}
	f := report.Finding{
		Severity: report.Info, Confidence: report.Certain, Retained: total, Objects: objects,
		Title:     fmt.Sprintf("%s hold nothing; most are %s with %s", p.Of(total), parts[0].what, analyze.Size(parts[0].bytes)),
		Falsifier: "The arrays are about to be filled, or the boxes are compared by identity.",
	}
	t := report.Table{Title: "What holds nothing", Columns: []string{"what", "objects", "bytes", "share"}}
	for _, x := range parts {
		if x.bytes == 0 {
			continue
		}
		f.Facts = append(f.Facts, analyze.Fact(x.what, report.Bytes(x.bytes)))
		f.Fix = append(f.Fix, x.fix)
		analyze.AddRow(&t, report.Name(x.what), report.Count(x.objects), report.Bytes(x.bytes), report.Share(p.Share(x.bytes)))
	}
	f.Facts = append(f.Facts, analyze.Fact("arrays whose elements all are equal, not counted", report.Bytes(o.Constant.Bytes)), analyze.Fact("headers of all objects", report.Bytes(o.Headers)))
	f.Tables = append(f.Tables, t)
	p.Sign(&f, nil, parts[0].what)
	f.Anchor = "the whole heap"
	p.Report(f)
	return nil
}
