// Package pprof writes the dominator tree of a report as a profile of github.com/google/pprof: a sample per node, whose stack is the
// way down from a GC root, and whose values are what it retains beyond its children in the tree. go tool pprof shows it as flame graph.
package pprof

import (
	"io"

	"github.com/google/pprof/profile"

	"heapcause/report"
)

// Write writes the profile, packed as pprof wants it.
func Write(w io.Writer, r *report.Report) error {
	p := &profile.Profile{
		SampleType:        []*profile.ValueType{{Type: "objects", Unit: "count"}, {Type: "retained", Unit: "bytes"}},
		DefaultSampleType: "retained",
		TimeNanos:         0,
		Comments:          []string{"heapcause " + r.Tool.Version + ": " + r.Dump.File},
	}
	if !r.Dump.Taken.IsZero() && report.Writable(r.Dump.Taken) {
		p.TimeNanos = r.Dump.Taken.UnixNano()
	}
	b := builder{p: p, known: map[string]*profile.Location{}}
	rows := r.Tree.Rows
	own := make([]report.TreeNode, len(rows))
	copy(own, rows)
	for i := range rows { // parents come before their children
		if parent := rows[i].Parent; parent >= 0 {
			own[parent].Retained -= rows[i].Retained
		}
	}
	stacks := make([][]*profile.Location, len(rows))
	for i := range rows {
		here := b.location(frame(&rows[i]))
		stacks[i] = []*profile.Location{here}
		if parent := rows[i].Parent; parent >= 0 {
			stacks[i] = append(stacks[i], stacks[parent]...)
		}
		b.sample(stacks[i], rows[i].Objects, own[i].Retained)
	}
	if r.Tree.OmittedBytes > 0 {
		b.sample([]*profile.Location{b.location("(not in the report)")}, r.Tree.Omitted, r.Tree.OmittedBytes)
	}
	if err := p.CheckValid(); err != nil {
		return err
	}
	return p.Write(w)
}

// frame names a node: its class, and the reference that leads there.
func frame(n *report.TreeNode) string {
	if n.Label == "" {
		return n.Class
	}
	return n.Class + " ← " + n.Label
}

// builder numbers locations and functions.
type builder struct {
	p     *profile.Profile
	known map[string]*profile.Location
}

func (b *builder) location(name string) *profile.Location {
	if l := b.known[name]; l != nil {
		return l
	}
	f := &profile.Function{ID: uint64(len(b.p.Function) + 1), Name: name, SystemName: name}
	b.p.Function = append(b.p.Function, f)
	l := &profile.Location{ID: uint64(len(b.p.Location) + 1), Line: []profile.Line{{Function: f}}}
	b.p.Location = append(b.p.Location, l)
	b.known[name] = l
	return l
}

func (b *builder) sample(stack []*profile.Location, objects, retained int64) {
	if retained < 0 {
		retained = 0 // a saved report may hold anything
	}
	b.p.Sample = append(b.p.Sample, &profile.Sample{Location: stack, Value: []int64{objects, retained}})
}
