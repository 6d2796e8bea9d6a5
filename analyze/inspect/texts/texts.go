package texts

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/content"
	"heapcause/report"
)

// Inspection describes java.lang.String and the buffers that strings are built in.
var Inspection = &analyze.Inspection{
	Name:  "strings",
	Title: "Strings: duplicates, shared arrays, lengths, encodings, and the slack of buffers",
	Doc: `Counts the reachable strings and what their arrays hold. Strings with equal characters over arrays of their own are duplicates: the
surplus ones and their arrays are waste. Strings that share one array, as those that the collector deduplicated or that were copied from another
string, are told apart: sharing wastes nothing but the String object.

Contents are compared by 94 bits of two hashes, one of them with a random key, and their encoding; nothing else is taken for equal.
Strings of length 0 and what only garbage holds are counted, not compared. Strings of JDK 6 that show a part of their array are compared
by the whole of it.

Who holds duplicates is found from the string upwards through collections and arrays, to the nearest field of a class that is no part of the
Java platform, or a static. For a single value up to eight of its strings are asked; the waste by holder is extrapolated from up to four
thousand strings, spread evenly over the wasted bytes.

Buffers are StringBuilder, StringBuffer, ByteArrayOutputStream, CharArrayWriter and their subclasses: slack is what their array has
room for beyond their count.

Contents of strings are masked unless they are asked for.`,
	Scans: []*analyze.Scan{content.Scan, content.BufferScan},
	Run:   run,
}

// maxText is how many characters of a string are shown.
const maxText = 80

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
		return &report.Section{Summary: "The dump has no strings."}, nil
	}
	if p.found.Err != nil {
		return nil, p.found.Err
	}
	t := &p.found.Strings
	s := &report.Section{Summary: p.summary(t)}
	p.facts(s, t)
	p.duplicates(s, t)
	p.shared(s, t)
	p.shapes(s, t)
	p.longest(s, t)
	p.buffers(s)
	if t.Garbage > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s more that nothing reaches are left out.", analyze.Plural(t.Garbage, "string")))
	}
	return s, nil
}

func (p pass) summary(t *content.Strings) string {
	bytes := t.Reachable.Bytes + allArrays(t).Bytes
	return fmt.Sprintf("%s take %s; %s of them are surplus copies that waste %s.", analyze.Plural(t.Reachable.Objects, "string"), p.Of(bytes), analyze.Number(t.Surplus), p.Of(t.Waste))
}

func allArrays(t *content.Strings) content.Amount {
	var a content.Amount
	for _, x := range t.Arrays {
		a.Objects += x.Objects
		a.Bytes += x.Bytes
	}
	return a
}

func (p pass) facts(s *report.Section, t *content.Strings) {
	arrays := allArrays(t)
	seen := int64(0)
	for _, x := range t.Seen {
		seen += x.Bytes
	}
	s.Facts = []report.Fact{
		analyze.Fact("strings", report.Count(t.Reachable.Objects)),
		analyze.Fact("bytes of strings and their arrays", report.Bytes(t.Reachable.Bytes+arrays.Bytes)),
		analyze.Fact("arrays of strings", report.Count(arrays.Objects)),
		analyze.Fact("distinct contents", report.Count(t.Contents)),
		analyze.Fact("contents with copies", report.Count(t.Groups)),
		analyze.Fact("surplus copies", report.Count(t.Surplus)),
		analyze.Fact("wasted by copies", report.Bytes(t.Waste)),
		analyze.Fact("share wasted by copies", report.Share(p.Share(t.Waste))),
		analyze.Fact("arrays behind several strings", report.Count(t.Shared.Objects)),
		analyze.Fact("strings that share an array", report.Count(t.SharedBy)),
		analyze.Fact("saved by sharing", report.Bytes(seen-arrays.Bytes)),
		analyze.Fact("empty strings", report.Count(t.Empty)),
	}
	if t.Partial > 0 {
		s.Facts = append(s.Facts, analyze.Fact("strings that show part of their array", report.Count(t.Partial)))
	}
	if t.Hollow > 0 {
		s.Facts = append(s.Facts, analyze.Fact("strings without an array", report.Count(t.Hollow)))
	}
}
