package fleet

import (
	"cmp"
	"slices"

	"heapcause/report"
)

// Summary collects dumps one after the other.
type Summary struct {
	tool   report.Tool
	dumps  []Dump
	groups map[string]*Group
}

// New returns an empty summary made by a tool.
func New(tool report.Tool) *Summary { return &Summary{tool: tool, groups: map[string]*Group{}} }

// Add adds the report of a dump. Nothing of the report is kept but names and numbers.
func (s *Summary) Add(path string, r *report.Report) {
	d := Dump{
		Path: path, JVM: r.Dump.JVM, FileBytes: r.Dump.Bytes, Bytes: r.Counts.Bytes, Strong: r.Retention.Strong.Bytes,
		Objects: r.Counts.Objects, Classes: r.Counts.Classes, Incomplete: r.Dump.Incomplete,
	}
	if report.Writable(r.Dump.Taken) {
		d.Taken = r.Dump.Taken
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		d.Findings = append(d.Findings, Finding{
			f.Rule, f.Severity, f.Confidence, f.Experimental, f.Title, f.Retained, f.RetainedShare, f.Objects, f.Anchor, f.Signature,
		})
		s.group(path, f)
	}
	s.dumps = append(s.dumps, d)
}

// Fail adds a dump that could not be analysed.
func (s *Summary) Fail(path string, err error) {
	s.dumps = append(s.dumps, Dump{Path: path, Error: err.Error()})
}

// group adds a finding to its signature.
func (s *Summary) group(path string, f *report.Finding) {
	g := s.groups[f.Signature]
	if g == nil {
		g = &Group{Signature: f.Signature}
		s.groups[f.Signature] = g
	}
	if c := f.Severity.Compare(g.Severity); c > 0 || c == 0 && f.Retained > g.most() {
		g.Rule, g.Severity, g.Confidence, g.Experimental = f.Rule, f.Severity, f.Confidence, f.Experimental
		g.Title, g.Anchor, g.Fix = f.Title, f.Anchor, f.Fix
	}
	g.Retained += f.Retained
	g.Objects += f.Objects
	if n := len(g.Dumps); n > 0 && g.Dumps[n-1].Path == path {
		g.Dumps[n-1].Retained += f.Retained
		g.Dumps[n-1].Objects += f.Objects
		return
	}
	g.Dumps = append(g.Dumps, Place{path, f.Retained, f.Objects})
}

// most is what it retains in a dump at most.
func (g *Group) most() int64 {
	n := int64(0)
	for _, p := range g.Dumps {
		n = max(n, p.Retained)
	}
	return n
}

// Fleet is the summary so far.
func (s *Summary) Fleet() *Fleet {
	out := &Fleet{SchemaVersion: SchemaVersion, Tool: s.tool, Dumps: slices.Clone(s.dumps)}
	for _, g := range s.groups {
		x := *g
		x.Dumps = slices.Clone(g.Dumps)
		slices.SortStableFunc(x.Dumps, func(a, b Place) int {
			return cmp.Or(cmp.Compare(b.Retained, a.Retained), cmp.Compare(a.Path, b.Path))
		})
		out.Findings = append(out.Findings, x)
	}
	slices.SortFunc(out.Findings, func(a, b Group) int {
		return cmp.Or(b.Severity.Compare(a.Severity), cmp.Compare(len(b.Dumps), len(a.Dumps)), cmp.Compare(b.Retained, a.Retained), cmp.Compare(a.Signature, b.Signature))
	})
	return out
}
