package analyze

import (
	"cmp"
	"slices"

	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// tables fills consumers and histogram.
func (r *run) tables(out *report.Report) {
	h := r.heap
	top := r.opt.Top
	if r.opt.AllGroups {
		top = -1
	}
	out.Consumers.Objects = r.topObjects()
	classes := h.Classes()
	loaded := map[string]int{}
	for _, g := range classes {
		loaded[g.Name]++
	}
	rows := make([]report.ClassRow, len(classes))
	for i, g := range classes {
		rows[i] = report.ClassRow{Name: g.Name, Instances: g.Instances, Shallow: g.Shallow, Retained: g.Retained}
		if loaded[g.Name] > 1 {
			rows[i].Loader = "<boot loader>"
			if g.Loader != graph.NoObject {
				rows[i].Loader = h.Name(g.Loader)
			}
		}
	}
	shallow := func(c report.ClassRow) int64 { return c.Shallow }
	out.Consumers.Classes = report.Cap(rows, top, nil)
	histogram := slices.Clone(rows)
	slices.SortStableFunc(histogram, func(a, b report.ClassRow) int {
		return cmp.Or(cmp.Compare(b.Shallow, a.Shallow), cmp.Compare(a.Name, b.Name))
	})
	out.Histogram = report.Cap(histogram, r.opt.Top, shallow)
	var packages []report.PackageRow
	perPackage, perLoader := r.classesPer()
	for _, g := range h.Packages() {
		packages = append(packages, report.PackageRow{Name: g.Name, Classes: perPackage[g.Name], Instances: g.Instances, Shallow: g.Shallow, Retained: g.Retained})
	}
	out.Consumers.Packages = report.Cap(packages, top, nil)
	var loaders []report.LoaderRow
	for _, g := range h.Loaders() {
		row := report.LoaderRow{Class: "<boot loader>", Classes: perLoader[g.Loader], Instances: g.Instances, Shallow: g.Shallow, Retained: g.Retained}
		if g.Loader != graph.NoObject {
			row.Address, row.Class = report.Address(h.Addr(g.Loader)), h.ClassName(g.Loader)
			row.Name = r.loaderName(g.Loader)
		}
		loaders = append(loaders, row)
	}
	out.Consumers.Loaders = report.Cap(loaders, top, nil)
}

// classesPer counts classes by package and by loader.
func (r *run) classesPer() (map[string]int64, map[graph.Object]int64) {
	h := r.heap
	p, l := map[string]int64{}, map[graph.Object]int64{}
	for i := range h.NumClasses() {
		if k := h.Class(graph.Class(i)); k.Object != graph.NoObject {
			p[graph.Package(k.Name)]++
			l[k.Loader]++
		}
	}
	return p, l
}

// loaderName returns ClassLoader.name (JDK 9+).
func (r *run) loaderName(o graph.Object) string {
	f, ok := r.heap.FindField(r.heap.ClassOf(o), "name")
	if !ok {
		return ""
	}
	c := r.heap.Cursor()
	if !c.Load(o) {
		return ""
	}
	s, _ := c.TextAs(graph.NameText, c.Ref(f), 200)
	return s
}

// loaderText names a class loader for people: its class, and its name or address; "" for the boot loader.
func (r *run) loaderText(o graph.Object) string {
	if o == graph.NoObject {
		return ""
	}
	if name := r.loaderName(o); name != "" {
		return r.heap.ClassName(o) + " " + name
	}
	return r.heap.ClassName(o) + " @ " + report.Address(r.heap.Addr(o)).String()
}

// topObjects lists the largest strongly held children of the dominator tree's root.
func (r *run) topObjects() report.List[report.ObjectRow] {
	h := r.heap
	top := r.opt.Top
	if top < 0 {
		top = int(h.NumObjects())
	}
	less := func(a, b graph.Object) int {
		return cmp.Or(cmp.Compare(h.Retained(b), h.Retained(a)), cmp.Compare(a, b))
	}
	var best []graph.Object
	var n, bytes int64
	h.EachDominated(graph.NoObject, func(o graph.Object) bool {
		if h.Strength(o) != graph.Strong {
			return true
		}
		n++
		bytes += h.Retained(o)
		best = append(best, o)
		if len(best) >= 2*top+64 {
			slices.SortFunc(best, less)
			best = best[:top]
		}
		return true
	})
	slices.SortFunc(best, less)
	best = best[:min(len(best), top)]
	l := report.List[report.ObjectRow]{Omitted: n - int64(len(best)), OmittedBytes: bytes}
	for _, o := range best {
		l.OmittedBytes -= h.Retained(o)
		l.Rows = append(l.Rows, report.ObjectRow{Address: report.Address(h.Addr(o)), Class: h.ClassName(o), Note: r.note(o), Shallow: h.Shallow(o), Retained: h.Retained(o)})
	}
	return l
}

// note names what an object stands for: the class of a class object, the name of a thread.
func (r *run) note(o graph.Object) string {
	if c, ok := r.heap.AsClass(o); ok {
		return "class " + r.heap.Class(c).Name
	}
	if t, ok := r.heap.ThreadOf(o); ok {
		return "thread " + jdk.ThreadName(r.heap, t.Object)
	}
	return ""
}
