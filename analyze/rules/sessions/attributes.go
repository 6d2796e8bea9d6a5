package sessions

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Bounds of reading attributes: each costs some reads at random places.
const (
	maxSampled    = 1000 // sessions of one manager, evenly spread
	maxAttributes = 200  // of one session
	nameLimit     = 100  // characters of a name
)

// attribute is what sessions have under one name, by class of the value.
type attribute struct {
	name     string
	key      graph.Object // one of the Strings with that name
	class    graph.Class
	sessions int64
	retained int64 // sum over the values
}

// attributes reads the attributes of the sessions, or of a sample of them, what retains most first.
func (p pass) attributes(g *group) (out []attribute, sampled int64) {
	type key struct {
		name  string
		class graph.Class
	}
	r := jdk.NewReader(p.Heap)
	sums := map[key]*attribute{}
	step := (len(g.sessions) + maxSampled - 1) / maxSampled
	for i := 0; i < len(g.sessions); i += step {
		sampled++
		n := 0
		r.Entries(g.sessions[i].attributes, func(k, v graph.Object) bool {
			if n++; v == graph.NoObject {
				return n < maxAttributes
			}
			name, _ := r.Text(k, nameLimit)
			at := key{name, p.Heap.ClassOf(v)}
			if sums[at] == nil {
				sums[at] = &attribute{name: name, key: k, class: at.class}
			}
			sums[at].sessions++
			sums[at].retained += p.Heap.Retained(v)
			return n < maxAttributes
		})
	}
	for _, a := range sums {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b attribute) int {
		return cmp.Or(cmp.Compare(b.retained, a.retained), cmp.Compare(a.name, b.name), cmp.Compare(p.ClassName(a.class), p.ClassName(b.class)), cmp.Compare(a.class, b.class))
	})
	return out, sampled
}

// attributeTable lists names with what they hold. The name that a program gives an attribute is the same in many sessions; one
// that a single session has may be made of a user's data, and is masked.
func (p pass) attributeTable(g *group) (t report.Table, sampled int64, top *attribute) {
	all, sampled := p.attributes(g)
	t = report.Table{Title: "What the sessions hold", Columns: []string{"attribute", "class", "sessions", "retained"}}
	for i := range all {
		a := &all[i]
		name := report.Name(a.name)
		if a.sessions < 2 {
			name = report.Content(p.Policy.Value(a.name))
		} else if p.Heap.NoteText(graph.NameText, a.key, nameLimit); top == nil {
			top = a
		}
		analyze.AddRow(&t, name, report.Name(p.ClassName(a.class)), report.Count(a.sessions), report.Bytes(a.retained))
	}
	return t, sampled, top
}
