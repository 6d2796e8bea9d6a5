package waste

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/content"
	"heapcause/graph"
	"heapcause/report"
)

// DuplicateStrings finds equal strings, and equal arrays of numbers, that take much of the heap.
var DuplicateStrings = &analyze.Rule{
	Name:  "duplicate-strings",
	Title: "Copies of equal strings, or of equal arrays, take much of the heap",
	Doc: `The same text is in the heap many times, each time as a String over an array of its own. It comes from parsers, database
drivers and deserialisers, which make a new String for each value they read: a column with ten distinct values in a million rows makes a million
strings. The same happens to arrays of numbers, such as images or keys.

Recognised by the contents of the arrays that String.value refers to (a byte[] with String.coder, or a char[]), compared exactly: by encoding and
94 bits of two hashes. Strings that share one array, as String.intern, String deduplication and new String(String) leave them, are no waste and
are not counted; nor is what nothing reaches. For arrays of numbers, those of strings and those whose elements all are equal are left out. Who
holds the copies is extrapolated from a sample of up to four thousand, spread evenly over the wasted bytes. Told from 5 % of the heap on, a
warning from 10 %.

Keep one instance of each value where it is read: an enum or constants for a fixed set, a map from value to value (or String.intern) for few
distinct ones. -XX:+UseStringDeduplication (G1; other collectors from JDK 18 on) lets old strings share their arrays without a change of the
program; the String objects stay.`,
	Max:        report.Warning,
	Last:       true,
	Thresholds: []*analyze.Threshold{wasteShare, wasteBytes, wasteWarn},
	Scans:      []*analyze.Scan{content.Scan},
	Run:        runDuplicates,
}

func runDuplicates(q *analyze.Pass) error {
	p := pass{q, analyze.Result[*content.Found](q, content.Scan), content.HoldersOf(q)}
	if p.found == nil {
		return nil
	}
	if p.found.Err != nil {
		return p.found.Err
	}
	s, a := &p.found.Strings, &p.found.Arrays
	p.Figure("strings.wasted", "bytes", s.Waste)
	p.Figure("arrays.wasted", "bytes", a.Waste)
	if severity, ok := p.wasteful(s.Waste); ok {
		p.duplicates(severity, &s.Duplicates, true)
	}
	if severity, ok := p.wasteful(a.Waste); ok {
		p.duplicates(severity, &a.Duplicates, false)
	}
	return nil
}

// duplicates reports copies of strings, or of arrays that are no string's.
func (p pass) duplicates(severity report.Severity, d *content.Duplicates, strings bool) {
	shares := d.Spread(p.holders)
	f := report.Finding{
		Severity: severity, Confidence: report.Certain, Retained: d.Waste, Objects: d.Surplus,
		Facts: []report.Fact{
			analyze.Fact("contents with copies", report.Count(d.Groups)),
			analyze.Fact("surplus copies", report.Count(d.Surplus)),
			analyze.Fact("wasted", report.Bytes(d.Waste)),
			analyze.Fact("distinct contents", report.Count(d.Contents)),
		},
		Tables:    []report.Table{p.holderTable(d, shares), p.valueTable(d, strings)},
		Falsifier: "The copies live for a moment only: a dump taken at another time, after a full collection, has few of them.",
	}
	what := "array"
	if strings {
		what = "string"
	}
	f.Title = fmt.Sprintf("%s beyond the first of %s waste %s, held by %s", analyze.Plural(d.Surplus, what), analyze.Plural(d.Groups, "content"), p.Of(d.Waste), most(shares))
	main := mainHolder(shares)
	holder := main.Holder
	if strings {
		f.Facts = append(f.Facts, analyze.Fact("strings that share an array", report.Count(p.found.Strings.SharedBy)))
		f.Story = []string{"Each copy is a String over an array of its own. Strings that share an array are not counted."}
		f.Fix = []string{
			fmt.Sprintf("Keep one instance of each value where %s is filled: an enum or constants for a fixed set, String.intern or a map from value to value for few distinct ones.", holder),
			"-XX:+UseStringDeduplication lets strings share their arrays without a change of the program (G1; other collectors from JDK 18 on).",
		}
	} else {
		f.Story = []string{"The arrays have the same elements and are separate objects. Those of strings are not among them."}
		f.Fix = []string{fmt.Sprintf("Keep one array for each content where %s is filled, by a map from content to array, if nobody writes to it.", holder)}
	}
	p.evidence(&f, d, strings)
	objects := make([]graph.Object, 0, len(d.Sample))
	for _, a := range d.Sample {
		objects = append(objects, p.owner(a, strings))
	}
	p.finish(f, p.owner(main.First, strings), objects, what)
}

// owner returns the string over an array, or the array.
func (p pass) owner(array graph.Object, strings bool) graph.Object {
	if strings {
		for _, s := range p.found.StringsOf(array, 1) {
			return s
		}
	}
	return array
}

// mainHolder returns the first by name of those that have about as much as the greatest: which of them has a little more is chance,
// and a finding's signature must not be.
func mainHolder(shares []content.Share) content.Share {
	best := shares[0]
	for _, s := range shares {
		if 2*s.Found >= shares[0].Found && s.Holder < best.Holder {
			best = s
		}
	}
	return best
}

// most names the holders of the greater part, at most three.
func most(shares []content.Share) string {
	found, all := 0, 0
	for _, s := range shares {
		all += s.Found
	}
	text := ""
	for i, s := range shares[:min(len(shares), 3)] {
		switch {
		case 4*found >= 3*all && i > 0:
			return text
		case i > 0:
			text += ", "
		}
		text += s.Holder
		found += s.Found
	}
	if 4*found < 3*all {
		text += " and others"
	}
	return text
}

func (p pass) holderTable(d *content.Duplicates, shares []content.Share) report.Table {
	t := report.Table{Title: "Wasted by what holds the copies, extrapolated", Columns: []string{"held by", "wasted", "share of the waste"}}
	for _, s := range shares {
		analyze.AddRow(&t, report.Name(s.Holder), report.Bytes(s.Waste), report.Share(float64(s.Waste)/float64(max(d.Waste, 1))))
	}
	return t
}

const maxText = 80 // characters of a string that are shown

func (p pass) valueTable(d *content.Duplicates, strings bool) report.Table {
	t := report.Table{Title: "Most wasteful contents", Columns: []string{"content", "length", "copies", "wasted"}}
	for _, g := range d.Top {
		if len(t.Rows) == analyze.MaxTableRows {
			break
		}
		v, n := report.Name(p.Heap.ClassName(g.Array)), p.Heap.Length(g.Array)
		if strings {
			text, _ := p.Heap.Text(p.owner(g.Array, true), maxText)
			v, n = report.Content(p.Policy.Value(text)), p.found.Units(g.Array)
		}
		analyze.AddRow(&t, v, report.Count(n), report.Count(g.Arrays), report.Bytes(g.Waste))
	}
	t.Omitted = d.Groups - int64(len(t.Rows))
	return t
}

const maxEvidence = 5

func (p pass) evidence(f *report.Finding, d *content.Duplicates, strings bool) {
	for _, g := range d.Top[:min(len(d.Top), maxEvidence)] {
		o := p.owner(g.Array, strings)
		e := report.Evidence{Address: p.Address(o), Class: p.Heap.ClassName(o), Retained: p.Heap.Retained(o), Fields: []report.Fact{analyze.Fact("copies", report.Count(g.Arrays))}}
		if strings {
			if text, ok := p.Heap.Text(o, maxText); ok {
				e.Fields = append(e.Fields, analyze.Fact("value", report.Content(p.Policy.Value(text))))
			}
		}
		f.Evidence.Rows = append(f.Evidence.Rows, e)
	}
	f.Evidence.Omitted = d.Groups - int64(len(f.Evidence.Rows))
}
