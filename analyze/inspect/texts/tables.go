package texts

import (
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/content"
	"heapcause/graph"
	"heapcause/report"
)

// text shows the beginning of what an array holds, by a string over it.
func (p pass) text(array graph.Object) report.Value {
	for _, s := range p.found.StringsOf(array, 1) {
		if t, ok := p.Heap.Text(s, maxText); ok {
			return report.Content(p.Policy.Value(t))
		}
	}
	return report.Value{}
}

// duplicates lists the contents that waste the most, and who holds the waste.
func (p pass) duplicates(s *report.Section, t *content.Strings) {
	d := content.Table("duplicates", "Contents that are there more than once", []string{"value", "length", "copies", "wasted", "held by"},
		t.Top, p.top, func(g content.Group) []report.Value {
			return []report.Value{
				p.text(g.Array), report.Count(p.found.Units(g.Array)), report.Count(g.Arrays), report.Bytes(g.Waste), report.Name(p.holders.Majority(p.over(g.Members))),
			}
		}, wasted)
	d.Omitted, d.OmittedBytes = t.Groups-int64(len(d.Rows)), t.Waste-sum(t.Top[:len(d.Rows)])
	holders := content.Table("waste-by-holder", "Waste by what holds the surplus copies, extrapolated", []string{"held by", "wasted", "share of the waste"},
		t.Spread(p.holders), p.top, func(x content.Share) []report.Value {
			return []report.Value{report.Name(x.Holder), report.Bytes(x.Waste), report.Share(float64(x.Waste) / float64(max(t.Waste, 1)))}
		}, func(x content.Share) int64 { return x.Waste })
	s.Tables = append(s.Tables, d, holders)
}

func wasted(g content.Group) int64 { return g.Waste }

func sum(gs []content.Group) (n int64) {
	for _, g := range gs {
		n += g.Waste
	}
	return n
}

// over returns a string over each of some arrays.
func (p pass) over(arrays []graph.Object) (some []graph.Object) {
	for _, a := range arrays {
		some = append(some, p.found.StringsOf(a, 1)...)
	}
	return some
}

// shared lists the arrays that most strings share.
func (p pass) shared(s *report.Section, t *content.Strings) {
	x := content.Table("shared-arrays", "Arrays behind several strings", []string{"value", "length", "strings", "bytes"},
		p.found.SharedArrays(), p.top, func(a content.Sized) []report.Value {
			return []report.Value{p.text(a.Object), report.Count(p.found.Units(a.Object)), report.Count(a.Size), report.Bytes(p.Heap.Shallow(a.Object))}
		}, nil)
	x.Omitted = t.Shared.Objects - int64(len(x.Rows))
	s.Tables = append(s.Tables, x)
}

// shapes has the distributions: encodings and lengths.
func (p pass) shapes(s *report.Section, t *content.Strings) {
	e := report.Table{Name: "encodings", Title: "How characters are stored", Columns: []string{"encoding", "strings", "arrays", "bytes of arrays"}}
	for i, name := range []string{"Latin-1", "UTF-16", "char[]"} {
		if t.Seen[i].Objects > 0 {
			e.Rows = append(e.Rows, []report.Value{report.Name(name), report.Count(t.Seen[i].Objects), report.Count(t.Arrays[i].Objects), report.Bytes(t.Arrays[i].Bytes)})
		}
	}
	l := report.Table{Name: "lengths", Title: "Lengths in characters", Columns: []string{"length", "strings", "arrays", "bytes of arrays"}}
	for i, x := range t.Lengths {
		if x.Strings > 0 || x.Arrays.Objects > 0 {
			l.Rows = append(l.Rows, []report.Value{report.Name(lengths(i)), report.Count(x.Strings), report.Count(x.Arrays.Objects), report.Bytes(x.Arrays.Bytes)})
		}
	}
	s.Tables = append(s.Tables, e, l)
}

// lengths names the lengths of so many bits.
func lengths(bits int) string {
	from, to := int64(1)<<bits>>1, int64(1)<<bits-1
	if from >= to {
		return analyze.Number(to)
	}
	return fmt.Sprintf("%s to %s", analyze.Number(from), analyze.Number(to))
}

func (p pass) longest(s *report.Section, t *content.Strings) {
	x := content.Table("longest", "Longest strings", []string{"string", "value", "length", "bytes", "held by"},
		t.Longest, p.top, func(a content.Sized) []report.Value {
			first, holder := report.Value{}, ""
			if strings := p.found.StringsOf(a.Object, 1); len(strings) > 0 {
				first, holder = report.Object(p.Address(strings[0])), p.holders.Of(strings[0])
			}
			return []report.Value{first, p.text(a.Object), report.Count(a.Size), report.Bytes(p.Heap.Shallow(a.Object)), report.Name(holder)}
		}, nil)
	all := allArrays(t)
	x.Omitted = all.Objects - int64(len(x.Rows))
	s.Tables = append(s.Tables, x)
}

// buffers lists the slack of growing buffers.
func (p pass) buffers(s *report.Section) {
	b := analyze.Result[*content.Buffers](p.Pass, content.BufferScan)
	if b == nil {
		b = &content.Buffers{}
	}
	s.Facts = append(s.Facts, analyze.Fact("growing buffers", report.Count(b.Count)), analyze.Fact("slack of growing buffers", report.Bytes(b.Slack)))
	slack := func(c content.BufferClass) int64 { return c.Slack }
	classes := content.Table("buffers", "Buffers that grow, by class", []string{"class", "buffers", "capacity", "slack"},
		b.Classes, p.top, func(c content.BufferClass) []report.Value {
			return []report.Value{report.Name(p.ClassName(c.Class)), report.Count(c.Count), report.Bytes(c.Capacity), report.Bytes(c.Slack)}
		}, slack)
	single := content.Table("slackest-buffers", "Buffers with the most slack", []string{"buffer", "class", "capacity", "slack", "held by"},
		b.Slackest, p.top, func(x content.Buffer) []report.Value {
			return []report.Value{
				report.Object(p.Address(x.Object)), report.Name(p.Heap.ClassName(x.Object)), report.Bytes(x.Capacity), report.Bytes(x.Slack), report.Name(p.holders.Of(x.Object)),
			}
		}, nil)
	single.Omitted, single.OmittedBytes = b.Count-int64(len(single.Rows)), b.Slack
	for _, x := range b.Slackest[:len(single.Rows)] {
		single.OmittedBytes -= x.Slack
	}
	s.Tables = append(s.Tables, classes, single)
}
