package explore

import (
	"cmp"
	"slices"

	"heapcause/graph"
	"heapcause/report"
)

// dominates shows what the object keeps alive: the largest of what it dominates immediately, and all of that by class.
func (v *view) dominates() {
	n := v.h.NumDominated(v.o)
	v.fact("immediately dominates", report.Count(n))
	if n == 0 {
		return
	}
	top := newBest(v.h, v.opt.Rows())
	byClass := classSums{}
	all := int64(0)
	v.h.EachDominated(v.o, func(o graph.Object) bool {
		top.offer(o)
		all += v.h.Retained(o)
		byClass.add(v.h.ClassOf(o), v.h.Shallow(o), v.h.Retained(o))
		return true
	})
	t := report.Table{Name: "dominates", Title: "The largest objects that it dominates immediately", Columns: report.Rows[string]{"retained", "shallow", "value", "class", "address"}}
	for _, o := range top.sorted() {
		all -= v.h.Retained(o)
		t.Rows = append(t.Rows, report.Rows[report.Value]{report.Bytes(v.h.Retained(o)), report.Bytes(v.h.Shallow(o)), v.short(o), report.Name(v.h.ClassName(o)), AddressValue(v.h, o)})
	}
	t.Omitted, t.OmittedBytes = n-int64(len(t.Rows)), all
	v.table(t)
	if len(byClass) < int(n) {
		v.table(byClass.table(v.h, "dominates-classes", "What it dominates immediately, by class", &v.opt.Options))
	}
}

// classSums adds up objects by class.
type classSums map[graph.Class]*classSum

type classSum struct {
	objects, shallow, retained int64
}

func (m classSums) add(c graph.Class, shallow, retained int64) {
	s := m[c]
	if s == nil {
		s = &classSum{}
		m[c] = s
	}
	s.objects++
	s.shallow += shallow
	s.retained += retained
}

func (m classSums) table(h *graph.Heap, name, title string, opt *Options) report.Table {
	t := report.Table{Name: name, Title: title, Columns: report.Rows[string]{"retained", "shallow", "objects", "class"}}
	classes := make([]graph.Class, 0, len(m))
	for c := range m {
		classes = append(classes, c)
	}
	slices.SortFunc(classes, func(a, b graph.Class) int {
		return cmp.Or(cmp.Compare(m[b].retained, m[a].retained), cmp.Compare(m[b].objects, m[a].objects), cmp.Compare(h.Class(a).Name, h.Class(b).Name), cmp.Compare(a, b))
	})
	for _, c := range classes {
		s := m[c]
		opt.add(&t, s.retained, report.Bytes(s.retained), report.Bytes(s.shallow), report.Count(s.objects), report.Name(h.Class(c).Name))
	}
	return t
}
