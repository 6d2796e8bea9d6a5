package loaders

import (
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Inspection shows the class loaders, and what of their classes is there more than once.
var Inspection = &analyze.Inspection{
	Name:  "loaders",
	Title: "Class loaders, generated classes and classes of several loaders",
	Doc: `The class loaders as a tree by ClassLoader.parent, parents before their children: with the classes that each defined, the instances of
these and what they retain (by instances), and what the loader itself does (retained): its classes with their statics. URLs come from URLClassLoader.ucp, the state of web applications from Tomcat's WebappClassLoaderBase.state and
Jetty's WebAppClassLoader._context. Loaders of stopped applications, and those that share class and URLs with others, are shown with
all that holds them, as rule class-loader-leak finds it. Classes that libraries and the JVM generate are counted by family and by
what their names have in common, as rule generated-class-explosion does. Of a class name that several loaders define, the retained sizes of the
classes are added up.`,
	Scans: []*analyze.Scan{loaderScan},
	Run:   inspect,
}

func inspect(q *analyze.Pass) (*report.Section, error) {
	p := pass{q}
	f, c := p.forest(), p.census()
	n := countLoaders(f)
	stopped := int64(0)
	for _, g := range p.generations() {
		if g.stopped {
			stopped += int64(len(g.members))
		}
	}
	out := &report.Section{
		Summary: fmt.Sprintf("%s of %s; %s of several loaders; %s generated; %s of stopped web applications.", classCount(n.classes), analyze.Plural(n.loaders, "class loader"),
			plural(int64(len(c.duplicates)), "class name is", "class names are"), plural(generatedClasses(c), "class was", "classes were"), analyze.Plural(stopped, "class loader")),
		Facts: report.Rows[report.Fact]{
			analyze.Fact("class loaders", report.Count(n.loaders)),
			analyze.Fact("classes", report.Count(n.classes)),
			analyze.Fact("class loaders without classes", report.Count(n.empty)),
			analyze.Fact("class loaders with one class", report.Count(n.single)),
			analyze.Fact("class loaders without instances", report.Count(n.idle)),
			analyze.Fact("class names of several loaders", report.Count(int64(len(c.duplicates)))),
			analyze.Fact("generated classes", report.Count(generatedClasses(c))),
			analyze.Fact("hidden classes", report.Count(c.hidden)),
			analyze.Fact("class loaders of stopped web applications", report.Count(stopped)),
		},
	}
	out.Tables = []report.Table{p.treeTable(), p.kindTable(), p.appTable(), p.holderTable(), p.duplicateTable(), p.familyTable(), p.originTable()}
	if why := p.unknownServer(); why != "" {
		out.Notes = append(out.Notes, why+": whether its applications are stopped is not known.")
	}
	return out, nil
}

// loaderCounts are the figures of all loaders but the boot loader.
type loaderCounts struct {
	loaders, classes, empty, single, idle int64
}

func countLoaders(f *forest) loaderCounts {
	var n loaderCounts
	for i := range f.loaders {
		n.add(&f.loaders[i])
	}
	return n
}

func (n *loaderCounts) add(l *loader) {
	n.classes += l.classes
	if l.object == graph.NoObject {
		return
	}
	n.loaders++
	switch l.classes {
	case 0:
		n.empty++
	case 1:
		n.single++
	}
	if l.instances == 0 {
		n.idle++
	}
}

func generatedClasses(c *census) int64 {
	var n int64
	for _, s := range c.sources {
		n += int64(len(s.classes))
	}
	return n
}

// plural writes a count with one of two nouns.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return analyze.Number(n) + " " + many
}

// treeTable lists the loaders in preorder.
func (p pass) treeTable() report.Table {
	t := report.Table{Name: "loaders", Title: "Class loaders, parents before their children", Columns: []string{"depth", "loader", "address", "name", "held", "URLs", "first URL", "classes", "instances", "by instances", "retained"}}
	r := jdk.NewReader(p.Heap)
	read := 0
	for _, l := range p.forest().loaders {
		address, name, held, count, first, own := report.Value{}, report.Value{}, report.Name(graph.Strong.String()), report.Value{}, report.Value{}, report.Value{}
		if l.object != graph.NoObject {
			address, held = report.Object(p.Address(l.object)), report.Name(p.Heap.Strength(l.object).String())
			own = report.Bytes(p.Heap.Retained(l.object))
			if l.name != "" {
				name = report.Name(l.name)
			}
			if read++; read <= maxURLLoaders && (p.Options.Top < 0 || read <= p.Options.Top) {
				if us := urls(r, l.object); len(us) > 0 {
					count, first = report.Count(int64(len(us))), report.Content(p.Policy.URL(us[0]))
				}
			}
		}
		p.ListRow(&t, l.shallow, report.Number(int64(l.depth)), report.Name(l.class), address, name, held, count, first,
			report.Count(l.classes), report.Count(l.instances), report.Bytes(l.retained), own)
	}
	return t
}

// kindTable counts loaders by their class.
func (p pass) kindTable() report.Table {
	t := report.Table{Name: "loader-classes", Title: "Class loaders by class", Columns: []string{"class", "loaders", "classes", "without classes", "with one class", "without instances"}}
	byClass := map[string]*loaderCounts{}
	f := p.forest()
	for i := range f.loaders {
		l := &f.loaders[i]
		if l.object == graph.NoObject {
			continue
		}
		if byClass[l.class] == nil {
			byClass[l.class] = &loaderCounts{}
		}
		byClass[l.class].add(l)
	}
	for _, k := range analyze.ByCount(byClass, func(n *loaderCounts) int64 { return n.loaders }, analyze.Same) {
		n := byClass[k]
		p.ListRow(&t, 0, report.Name(k), report.Count(n.loaders), report.Count(n.classes), report.Count(n.empty), report.Count(n.single), report.Count(n.idle))
	}
	return t
}

// appTable lists the loaders of web applications, those that are stopped too.
func (p pass) appTable() report.Table {
	t := report.Table{Name: "web-applications", Title: "Class loaders of web applications", Columns: []string{"loader", "address", "context", "state", "stopped", "classes", "instances", "retained"}}
	apps := newWebapps(p.Heap, jdk.NewReader(p.Heap))
	for _, l := range p.forest().loaders {
		a := apps.of(l.object)
		if a == nil {
			continue
		}
		stopped := "no"
		if a.stopped {
			stopped = "yes"
		}
		p.ListRow(&t, 0, report.Name(l.class), report.Object(p.Address(l.object)), report.Name(a.context), report.Name(a.state), report.Name(stopped),
			report.Count(l.classes), report.Count(l.instances), report.Bytes(p.Heap.Retained(l.object)))
	}
	return t
}

// holderTable lists what holds the loaders that should be gone, or may be.
func (p pass) holderTable() report.Table {
	t := report.Table{Name: "holders", Title: "What holds class loaders that are stopped, or share class and URLs with others", Columns: []string{"loader", "address", "state", "kind", "held by", "what is held", "references", "retained", "path"}}
	for _, g := range p.generations() {
		for _, d := range g.members {
			for _, k := range d.pins {
				p.ListRow(&t, 0, report.Name(d.class), report.Object(p.Address(d.object)), report.Name(d.stateText()), report.Name(kindTexts[k.kind].name),
					report.Name(k.holder), report.Name(k.held), report.Count(k.count), report.Bytes(d.keeps), report.Name(p.pathText(k.path)))
			}
		}
	}
	return t
}

func (p pass) duplicateTable() report.Table {
	t := report.Table{Name: "duplicates", Title: "Class names that several loaders define", Columns: []string{"class", "loaders", "instances", "retained"}}
	for _, d := range p.census().duplicates {
		p.ListRow(&t, d.retained, report.Name(d.name), report.Count(d.loaders), report.Count(d.instances), report.Bytes(d.retained))
	}
	return t
}

// familyTable counts generated classes by family.
func (p pass) familyTable() report.Table {
	t := report.Table{Name: "generated", Title: "Generated classes by family", Columns: []string{"family", "classes", "origins", "class loaders", "instances"}}
	type sum struct {
		classes            []graph.Class
		origins, instances int64
	}
	sums := map[string]*sum{}
	for _, s := range p.census().sources {
		n := sums[s.family.name]
		if n == nil {
			n = &sum{}
			sums[s.family.name] = n
		}
		n.classes = append(n.classes, s.classes...)
		n.origins++
		n.instances += s.instances
	}
	for _, k := range analyze.ByCount(sums, func(s *sum) int64 { return int64(len(s.classes)) }, analyze.Same) {
		n := sums[k]
		p.ListRow(&t, 0, report.Name(k), report.Count(int64(len(n.classes))), report.Count(n.origins), report.Count(p.loadersOf(n.classes)), report.Count(n.instances))
	}
	return t
}

// originTable lists what generated classes were made from.
func (p pass) originTable() report.Table {
	t := report.Table{Name: "origins", Title: "Generated classes by what their names have in common", Columns: []string{"family", "origin", "classes", "class loaders", "instances"}}
	sources := slices.Clone(p.census().sources)
	for i, s := range sources {
		loaders := report.Value{}
		if p.Options.Top < 0 || i < p.Options.Top {
			loaders = report.Count(p.loadersOf(s.classes))
		}
		p.ListRow(&t, 0, report.Name(s.family.name), report.Name(s.origin), report.Count(int64(len(s.classes))), loaders, report.Count(s.instances))
	}
	return t
}
