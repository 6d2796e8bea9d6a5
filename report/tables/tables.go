// Package tables lists the tables of a report by name, each as rows of values, for the formats that write one table.
package tables

import (
	"fmt"
	"slices"
	"strings"

	"heapcause/report"
)

// Default is the table that is written when none is named.
const Default = "histogram"

// source makes one table.
type source struct {
	name string
	make func(r *report.Report) report.Table
}

var sources = []source{
	{"classes", func(r *report.Report) report.Table { return classes(r.Consumers.Classes) }},
	{"figures", figures},
	{"findings", findings},
	{"histogram", func(r *report.Report) report.Table { return classes(r.Histogram) }},
	{"loaders", loaders},
	{"objects", objects},
	{"packages", packages},
	{"problems", problems},
	{"retention", retention},
	{"rules", ruleRuns},
	{"threads", threads},
	{"tree", func(r *report.Report) report.Table { return tree(r.Tree) }},
	{"paths", func(r *report.Report) report.Table { return tree(r.Paths) }},
}

// Names returns the names of the tables of a report; those of its sections are "section.table".
func Names(r *report.Report) []string {
	var out []string
	for _, s := range sources {
		out = append(out, s.name)
	}
	for i := range r.Sections {
		for j := range r.Sections[i].Tables {
			out = append(out, r.Sections[i].Name+"."+r.Sections[i].Tables[j].Name)
		}
		for j := range r.Sections[i].Trees {
			out = append(out, r.Sections[i].Name+"."+r.Sections[i].Trees[j].Name)
		}
	}
	slices.Sort(out)
	return out
}

// Of returns the table of that name.
func Of(r *report.Report, name string) (*report.Table, error) {
	for _, s := range sources {
		if s.name == name {
			t := s.make(r)
			t.Name = name
			return &t, nil
		}
	}
	if section, table, ok := strings.Cut(name, "."); ok {
		if s := r.Section(section); s != nil {
			if t := OfSection(s, table); t != nil {
				return t, nil
			}
		}
	}
	return nil, fmt.Errorf("no table %q: there are %s", name, strings.Join(Names(r), ", "))
}

// OfSection returns the table of that name of a section, or its tree of that name as a table; nil when it has none.
func OfSection(s *report.Section, name string) *report.Table {
	for i := range s.Trees {
		if x := &s.Trees[i]; x.Name == name {
			t := tree(x.Nodes)
			t.Name, t.Title = x.Name, x.Title
			return &t
		}
	}
	return s.Table(name)
}

// table makes a table of a list's rows.
func table[T any](l report.List[T], columns []string, row func(T) []report.Value) report.Table {
	t := report.Table{Columns: columns, Omitted: l.Omitted, OmittedBytes: l.OmittedBytes}
	for _, x := range l.Rows {
		t.Rows = append(t.Rows, row(x))
	}
	return t
}

func classes(l report.List[report.ClassRow]) report.Table {
	return table(l, []string{"class", "loader", "instances", "shallow", "retained"}, func(c report.ClassRow) []report.Value {
		return []report.Value{report.Name(c.Name), report.Name(c.Loader), report.Count(c.Instances), report.Bytes(c.Shallow), report.Bytes(c.Retained)}
	})
}

func objects(r *report.Report) report.Table {
	return table(r.Consumers.Objects, []string{"address", "class", "note", "shallow", "retained"}, func(o report.ObjectRow) []report.Value {
		return []report.Value{report.Object(o.Address), report.Name(o.Class), report.Name(o.Note), report.Bytes(o.Shallow), report.Bytes(o.Retained)}
	})
}

func packages(r *report.Report) report.Table {
	return table(r.Consumers.Packages, []string{"package", "classes", "instances", "shallow", "retained"}, func(p report.PackageRow) []report.Value {
		return []report.Value{report.Name(p.Name), report.Count(p.Classes), report.Count(p.Instances), report.Bytes(p.Shallow), report.Bytes(p.Retained)}
	})
}

func loaders(r *report.Report) report.Table {
	columns := []string{"loader", "name", "address", "classes", "instances", "shallow", "retained"}
	return table(r.Consumers.Loaders, columns, func(l report.LoaderRow) []report.Value {
		address := report.Value{}
		if l.Address != 0 {
			address = report.Object(l.Address)
		}
		return []report.Value{
			report.Name(l.Class), report.Name(l.Name), address, report.Count(l.Classes), report.Count(l.Instances),
			report.Bytes(l.Shallow), report.Bytes(l.Retained),
		}
	})
}

func threads(r *report.Report) report.Table {
	columns := []string{"address", "class", "name", "state", "daemon", "virtual", "retained", "alike", "alike retained", "top frame"}
	return table(r.Threads, columns, func(t report.ThreadRow) []report.Value {
		frame := ""
		if len(t.Frames.Rows) > 0 {
			frame = t.Frames.Rows[0].Class + "." + t.Frames.Rows[0].Method
		}
		return []report.Value{
			report.Object(t.Address), report.Name(t.Class), report.Name(t.Name), report.Name(t.State), yes(t.Daemon), yes(t.Virtual),
			report.Bytes(t.Retained), report.Count(t.Alike), report.Bytes(t.AlikeRetained), report.Name(frame),
		}
	})
}

func yes(b bool) report.Value {
	if b {
		return report.Name("yes")
	}
	return report.Name("no")
}

// tree makes a table of a tree; nodes at the top have the depth 0.
func tree(l report.List[report.TreeNode]) report.Table {
	columns := []string{"node", "parent", "depth", "label", "address", "class", "note", "objects", "shallow", "retained", "omitted children", "omitted bytes"}
	depths := make([]int64, 0, len(l.Rows))
	return table(l, columns, func(t report.TreeNode) []report.Value {
		parent, address, depth := report.Value{}, report.Value{}, int64(0)
		if t.Parent >= 0 && t.Parent < len(depths) {
			parent, depth = report.Number(int64(t.Parent)+1), depths[t.Parent]+1
		}
		depths = append(depths, depth)
		if t.Address != 0 {
			address = report.Object(t.Address)
		}
		return []report.Value{
			report.Number(int64(len(depths))), parent, report.Number(depth), report.Name(t.Label), address, report.Name(t.Class), report.Name(t.Note), report.Count(t.Objects), report.Bytes(t.Shallow),
			report.Bytes(t.Retained), report.Count(t.OmittedChildren), report.Bytes(t.OmittedBytes),
		}
	})
}

func findings(r *report.Report) report.Table {
	columns := []string{"severity", "confidence", "rule", "retained", "share", "objects", "signature", "title"}
	return table(report.List[report.Finding]{Rows: r.Findings}, columns, func(f report.Finding) []report.Value {
		return []report.Value{
			report.Name(string(f.Severity)), report.Name(string(f.Confidence)), report.Name(f.Rule), report.Bytes(f.Retained),
			report.Share(f.RetainedShare), report.Count(f.Objects), report.Name(f.Signature), report.Name(f.Title),
		}
	})
}

func figures(r *report.Report) report.Table {
	return table(report.List[report.Figure]{Rows: r.Figures}, []string{"figure", "unit", "value"}, func(f report.Figure) []report.Value {
		return []report.Value{report.Name(f.Name), report.Name(f.Unit), report.Number(f.Value)}
	})
}

func ruleRuns(r *report.Report) report.Table {
	return table(report.List[report.RuleRun]{Rows: r.Rules}, []string{"rule", "title", "experimental", "findings", "skipped"}, func(x report.RuleRun) []report.Value {
		return []report.Value{report.Name(x.Name), report.Name(x.Title), yes(x.Experimental), report.Count(int64(x.Findings)), report.Name(x.Skipped)}
	})
}

func problems(r *report.Report) report.Table {
	return table(r.Dump.Problems, []string{"offset", "bytes", "problem"}, func(p report.Problem) []report.Value {
		return []report.Value{report.Number(p.Offset), report.Bytes(p.Bytes), report.Name(p.Text)}
	})
}

func retention(r *report.Report) report.Table {
	t := report.Table{Columns: []string{"held", "objects", "bytes"}}
	for _, c := range r.Retention.Classes() {
		t.Rows = append(t.Rows, []report.Value{report.Name(c.Name), report.Count(c.Objects), report.Bytes(c.Bytes)})
	}
	return t
}
