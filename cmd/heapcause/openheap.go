package main

import (
	"fmt"
	"regexp"
	"strconv"

	"heapcause/analyze/explore"
	"heapcause/cmd/heapcause/shell"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
)

// openHeap is the graph that all commands of a shell work on.
type openHeap struct {
	path     string
	heap     *graph.Heap
	numbers  shell.Numbers     // of the objects shown
	findings *explore.Findings // for @finding:, by the rules as they are
}

// is reports whether the graph is that of a dump.
func (o *openHeap) is(path string) bool { return o != nil && o.path == path }

// run runs a command on the graph. Whoever opened the graph deals with an index that turns out damaged.
func (o *openHeap) run(use use) error {
	emit, err := use(o.heap)
	if o.heap.Err() != nil {
		return o.heap.Err()
	}
	if err != nil {
		return err
	}
	if err := emit(); err != nil {
		return err
	}
	return o.heap.Err()
}

// number gives the objects of a report that is printed numbers, and a column or a note that tells them.
func (o *openHeap) number(r *report.Report, output string) {
	if o == nil || output != "" && output != "-" {
		return
	}
	for i := range r.Sections {
		s := &r.Sections[i]
		for j := range s.Facts {
			if n := o.of(s.Facts[j].Value); n != "" {
				s.Facts[j].Label += " " + n
			}
		}
		for j := range s.Tables {
			o.numberRows(&s.Tables[j])
		}
		for j := range s.Trees {
			o.numberNodes(s.Trees[j].Nodes.Rows)
		}
	}
}

// of is the number of an object, "" for other values.
func (o *openHeap) of(v report.Value) string {
	addr := uint64(0)
	switch v.Kind() {
	case report.KindAddress:
		addr = uint64(v.Address())
	case redact.Plain:
		if m := named0x.FindStringSubmatch(v.Text().String()); m != nil {
			addr, _ = strconv.ParseUint(m[1], 16, 64)
		}
	}
	if addr == 0 {
		return ""
	}
	if n := o.numbers.Of(addr); n > 0 {
		return fmt.Sprintf("$%d", n)
	}
	return ""
}

// named0x is how the name of an object ends.
var named0x = regexp.MustCompile(` @ 0x([0-9a-f]{1,16})$`)

// numberRows puts the number of the first object of each row before it, where rows have objects.
func (o *openHeap) numberRows(t *report.Table) {
	names := make([]string, len(t.Rows))
	found := false
	for i, row := range t.Rows {
		names[i] = o.ofRow(row)
		found = found || names[i] != ""
	}
	if !found {
		return
	}
	t.Columns = append(report.Rows[string]{"$"}, t.Columns...)
	for i, row := range t.Rows {
		t.Rows[i] = append(report.Rows[report.Value]{report.Name(names[i])}, row...)
	}
}

// ofRow is the number of the object that a row is about: that of its address, else of the first object that it names.
func (o *openHeap) ofRow(row report.Rows[report.Value]) string {
	for _, v := range row {
		if v.Kind() == report.KindAddress {
			return o.of(v)
		}
	}
	for _, v := range row {
		if n := o.of(v); n != "" {
			return n
		}
	}
	return ""
}

func (o *openHeap) numberNodes(nodes []report.TreeNode) {
	for i := range nodes {
		n := o.of(report.Object(nodes[i].Address))
		switch {
		case n == "":
		case nodes[i].Note == "":
			nodes[i].Note = n
		default:
			nodes[i].Note += ", " + n
		}
	}
}
