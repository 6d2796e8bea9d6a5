package arrays

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/content"
	"heapcause/report"
)

// Inspection describes arrays, boxed numbers and the overhead of objects.
var Inspection = &analyze.Inspection{
	Name:  "arrays",
	Title: "Arrays and boxes: empty, constant, sparse, duplicate and large ones; headers and fields without use",
	Doc: `Counts the reachable arrays: those of length 0, by class; those of 8 elements and more that all are equal (numbers by their value, references
by null or one object); arrays of references of 16 elements and more of which three quarters are null; arrays of numbers with equal contents,
without those that belong to strings or are constant; the largest; and those of half a G1 region and more, by region size: G1 gives each of
these regions of its own and wastes what the last one has left.

Contents are compared by type and 94 bits of two hashes, one of them with a random key.

Boxes are counted by class with the number of distinct values. Those in the range of the cache need not be there more than once: valueOf
returns the cached ones. What is beyond the first box of each value is called waste.

Headers are counted from the layout of objects that the dump shows. A field is listed where all reachable instances of exactly a class, of
10,000 and more, hold the same value in it; at most the hundred classes with the most instances are looked at.`,
	Scans: []*analyze.Scan{content.Scan, content.FieldScan},
	Run:   run,
}

// pass is what the functions of this inspection share.
type pass struct {
	*analyze.Pass
	found   *content.Found
	holders *content.Holders
	top     int
}

func run(q *analyze.Pass) (*report.Section, error) {
	p := pass{q, analyze.Result[*content.Found](q, content.Scan), content.HoldersOf(q), q.Options.Top}
	if p.found == nil {
		return &report.Section{Summary: "The dump has no arrays."}, nil
	}
	if p.found.Err != nil {
		return nil, p.found.Err
	}
	a := &p.found.Arrays
	s := &report.Section{Summary: p.summary(a)}
	p.facts(s, a)
	p.largest(s, a)
	p.humongous(s, a)
	p.duplicates(s, a)
	p.empty(s, a)
	p.constant(s, a)
	p.sparse(s, a)
	p.boxes(s)
	p.headers(s)
	p.fields(s)
	if a.Garbage > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s more that nothing reaches are left out.", analyze.Plural(a.Garbage, "array")))
	}
	return s, nil
}

func (p pass) summary(a *content.Arrays) string {
	return fmt.Sprintf("%s of numbers take %s, %s of references %s; %s of them are surplus copies that waste %s.",
		analyze.Plural(a.Primitive.Objects, "array"), p.Of(a.Primitive.Bytes), analyze.Number(a.Refs.Objects), p.Of(a.Refs.Bytes),
		analyze.Number(a.Surplus), p.Of(a.Waste))
}

func (p pass) facts(s *report.Section, a *content.Arrays) {
	o := content.OverheadOf(p.Pass)
	s.Facts = []report.Fact{
		analyze.Fact("arrays of numbers", report.Count(a.Primitive.Objects)),
		analyze.Fact("bytes of arrays of numbers", report.Bytes(a.Primitive.Bytes)),
		analyze.Fact("arrays of references", report.Count(a.Refs.Objects)),
		analyze.Fact("bytes of arrays of references", report.Bytes(a.Refs.Bytes)),
		analyze.Fact("surplus copies of arrays", report.Count(a.Surplus)),
		analyze.Fact("wasted by copies of arrays", report.Bytes(a.Waste)),
		analyze.Fact("arrays of length 0", report.Count(o.Zero.Objects)),
		analyze.Fact("bytes of arrays of length 0", report.Bytes(o.Zero.Bytes)),
		analyze.Fact("constant arrays", report.Count(o.Constant.Objects)),
		analyze.Fact("bytes of constant arrays", report.Bytes(o.Constant.Bytes)),
		analyze.Fact("sparse arrays", report.Count(o.Sparse.Objects)),
		analyze.Fact("bytes of null in sparse arrays", report.Bytes(o.SparseNulls)),
		analyze.Fact("boxes", report.Count(o.Boxes.Objects)),
		analyze.Fact("bytes of boxes", report.Bytes(o.Boxes.Bytes)),
		analyze.Fact("wasted by boxes of equal values", report.Bytes(o.BoxWaste)),
		analyze.Fact("bytes of headers", report.Bytes(o.Headers)),
		analyze.Fact("share of headers", report.Share(float64(o.Headers)/float64(max(o.HeapBytes, 1)))),
		analyze.Fact("bytes of fields that are always null or 0", report.Bytes(o.ZeroFields)),
	}
}
