// Package collections has the inspection of the collections of a heap.
package collections

import (
	"fmt"
	"strings"

	"heapcause/analyze"
	census "heapcause/analyze/collections"
	"heapcause/graph"
	"heapcause/report"
)

// Inspection describes the collections of a heap.
var Inspection = &analyze.Inspection{
	Name:  "collections",
	Title: "Collections: sizes, fill, waste and who holds them",
	Doc: `Counts the lists, sets, maps and queues of the JDK, and those of Guava and fastutil, by class and by the field that holds them:
how many are empty (and of these, as far as a counter of changes or an array that grew tells, how many were never used and how many were emptied), how
many have one element, how many fill little of a large array, and what that costs.

Waste is what arrays take beyond the shortest that would hold the elements (for hash tables the least power of two that is three quarters full at most; all of the array where there
is no element), and the empty collections themselves. A collection that is a part of another one, such as the map inside a HashSet, is counted as
part of that.

Hash tables of 64 slots or more are looked at for collisions: the bins in use are compared with what evenly spread hash codes would fill.`,
	Scans: []*analyze.Scan{census.Scan},
	Run:   run,
}

func run(p *analyze.Pass) (*report.Section, error) {
	c := census.Of(p)
	if c == nil {
		return &report.Section{Summary: "There are no collections of a known class."}, nil
	}
	var t census.Group
	for _, g := range c.Classes {
		t.Merge(g)
	}
	s := &report.Section{
		Summary: fmt.Sprintf("%s, %s of them empty, waste %s.", analyze.Plural(t.Count, "collection"), analyze.Number(t.Empty), p.Of(t.Waste())),
		Facts: []report.Fact{
			analyze.Fact("collections", report.Count(t.Count)),
			analyze.Fact("elements", report.Count(t.Elements)),
			analyze.Fact("empty", report.Count(t.Empty)),
			analyze.Fact("empty, never used", report.Count(t.NeverUsed)),
			analyze.Fact("empty, emptied", report.Count(t.Emptied)),
			analyze.Fact("one element", report.Count(t.One)),
			analyze.Fact("sparse", report.Count(t.Sparse)),
			analyze.Fact("oversized", report.Count(t.Oversized)),
			analyze.Fact("capacity of arrays", report.Count(t.Capacity)),
			analyze.Fact("fill of arrays", report.Share(t.Fill())),
			analyze.Fact("waste", report.Bytes(t.Waste())),
			analyze.Fact("waste in arrays", report.Bytes(t.Slack)),
			analyze.Fact("waste in empty collections", report.Bytes(t.Idle)),
			analyze.Fact("treeified bins", report.Count(c.Treeified())),
		},
	}
	s.Tables = append(s.Tables,
		groups(p, "by-class", "By class", c.Classes), states(p, "states-by-class", "Empty and nearly empty ones by class", c.Classes),
		groups(p, "by-owner", "By class and the field that holds them", c.Owners), states(p, "states-by-owner", "Empty and nearly empty ones by the field that holds them", c.Owners),
		keys(p, c), collisions(p, c))
	if c.Stride > 1 {
		s.Notes = append(s.Notes, fmt.Sprintf("Of a class with more than 50,000 collections only some, evenly chosen (one in %d at the sparsest), were asked who holds them: figures by field are scaled.", c.Stride))
	}
	if c.Unsized > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("The elements of %s were not counted: there are too many nodes.", analyze.Plural(c.Unsized, "queue")))
	}
	return s, nil
}

// add appends a row unless the table has as many as are asked for.
func add(p *analyze.Pass, t *report.Table, bytes int64, row ...report.Value) {
	if p.Options.Top >= 0 && len(t.Rows) >= p.Options.Top {
		t.Omitted++
		t.OmittedBytes += bytes
		return
	}
	t.Rows = append(t.Rows, row)
}

// groups lists what the groups hold and waste.
func groups(p *analyze.Pass, name, title string, list []*census.Group) report.Table {
	return table(p, name, title, list, []string{"collections", "elements", "largest", "capacity", "fill", "waste"}, func(g *census.Group) []report.Value {
		capacity, fill := report.Value{}, report.Value{}
		if g.Capacity > 0 {
			capacity, fill = report.Count(g.Capacity), report.Share(g.Fill())
		}
		return []report.Value{report.Count(g.Count), report.Count(g.Elements), report.Count(g.Largest), capacity, fill, report.Bytes(g.Waste())}
	})
}

// states lists how many of the groups' collections are empty or nearly so.
func states(p *analyze.Pass, name, title string, list []*census.Group) report.Table {
	return table(p, name, title, list, []string{"empty", "unused", "emptied", "one", "sparse", "oversized"}, func(g *census.Group) []report.Value {
		return []report.Value{report.Count(g.Empty), report.Count(g.NeverUsed), report.Count(g.Emptied), report.Count(g.One), report.Count(g.Sparse), report.Count(g.Oversized)}
	})
}

func table(p *analyze.Pass, name, title string, list []*census.Group, columns []string, cells func(*census.Group) []report.Value) report.Table {
	t := report.Table{Name: name, Title: title, Columns: []string{"class"}}
	owned := strings.HasSuffix(name, "owner")
	if owned {
		t.Columns = append(t.Columns, "held by")
	}
	t.Columns = append(t.Columns, columns...)
	for _, g := range list {
		row := []report.Value{report.Name(p.ClassName(g.Class))}
		if owned {
			row = append(row, report.Name(g.Owner))
		}
		add(p, &t, g.Waste(), append(row, cells(g)...)...)
	}
	return t
}

// keys lists the fields of maps whose keys are boxes.
func keys(p *analyze.Pass, c *census.Census) report.Table {
	t := report.Table{Name: "boxed-keys", Title: "Maps whose keys are boxes, by the first keys of some", Columns: []string{"class", "held by", "key", "maps", "entries"}}
	for _, g := range c.Boxed() {
		add(p, &t, 0, report.Name(p.ClassName(g.Class)), report.Name(g.Owner), report.Name(p.ClassName(g.Key)), report.Count(g.Count), report.Count(g.Elements))
	}
	return t
}

func collisions(p *analyze.Pass, c *census.Census) report.Table {
	t := report.Table{Name: "collisions", Title: "Hash tables whose keys collide", Columns: []string{"map", "class", "held by", "entries", "slots", "bins used", "longest", "key", "hashes"}}
	for _, m := range c.Collisions() {
		key := report.Value{}
		if m.Key != graph.NoClass {
			key = report.Name(p.ClassName(m.Key))
		}
		add(p, &t, 0, report.Object(p.Address(m.Map)), report.Name(p.Heap.ClassName(m.Map)), report.Name(m.Owner), report.Count(m.Entries), report.Count(m.Slots), report.Count(m.Used),
			report.Count(m.Longest), key, report.Count(m.Hashes))
	}
	return t
}
