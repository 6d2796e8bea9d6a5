package loaders

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Thresholds of generated-class-explosion.
var (
	tellClasses = &analyze.Threshold{Name: "classes", Default: 250, Unit: "classes", Doc: "so many classes of one origin are told: of proxies, class loaders with them; of what the JVM makes itself, twenty times as many"}
	warnClasses = &analyze.Threshold{Name: "many", Default: 5000, Unit: "classes", Doc: "so many of one origin are a warning, however little they retain in the heap"}
)

// jvmFactor is how many times as many classes are normal where the JVM generates them for calls and method handles.
const jvmFactor = 20

// Explosion finds classes that are generated again and again.
var Explosion = &analyze.Rule{
	Name:  "generated-class-explosion",
	Title: "Classes are generated, or loaded, again and again where one would do",
	Doc: `Libraries generate classes while a program runs: scripts, templates, proxies, accessors. Where they do so for every use instead of
once, classes and the class loaders that come with them pile up, in the heap and, with 2 to 10 KiB each, in the metaspace, which a heap
dump does not show.

Recognised by the class loader that defines nothing else (Groovy, Nashorn, XSLT, JSP, Janino, Byte Buddy, reflection accessors), by the
superclass (groovy.lang.Script, java.lang.reflect.Proxy), or by the parts of names that a generator gives (CGLIB, Byte Buddy, Javassist,
MVEL, $$Lambda, hidden classes). Classes whose names differ in nothing but a number, hash or address have one origin; it is told
from 250 of one origin on. A class of a plain name that so many loaders define each for itself is told likewise. Any number of dynamic proxies in
one loader is normal: there the loaders with proxies are counted. A warning from 5,000 on or where they retain much of the heap.
The finding is likely where names alone tell the family, for anybody may choose a name.

Generate once and keep the class or the factory in a bounded cache by what it was made of; the finding has the advice for each
family.`,
	Max:        report.Warning,
	After:      []string{"class-loader-leak"},
	Thresholds: []*analyze.Threshold{tellClasses, warnClasses},
	Scans:      []*analyze.Scan{loaderScan},
	Run:        runExplosion,
}

// swarm is what one finding is about: the classes of a family that are too many, or a class with many loaders.
type swarm struct {
	family  *family   // nil for a class with many loaders
	sources []*source // those with most first
	classes []graph.Class
	loaders int64
	most    int64 // classes, or loaders, of the largest source
}

func runExplosion(q *analyze.Pass) error {
	p := pass{q}
	swarms := p.swarms()
	for _, s := range swarms {
		p.explosionFinding(s)
	}
	var n int64
	for _, s := range p.census().sources {
		n += int64(len(s.classes))
	}
	p.Figure("classes.generated", "classes", n)
	return nil
}

// swarms collects the families with a source that is too large, and the classes of too many loaders.
func (p pass) swarms() []*swarm {
	byFamily := map[*family]*swarm{}
	var out []*swarm
	for _, s := range p.census().sources {
		w := byFamily[s.family]
		if w == nil {
			w = &swarm{family: s.family}
			byFamily[s.family] = w
		}
		w.sources = append(w.sources, s)
		w.classes = append(w.classes, s.classes...)
		n := int64(len(s.classes))
		if s.family.own && n >= p.Count(tellClasses) {
			n = p.loadersOf(s.classes)
		}
		w.most = max(w.most, n)
	}
	for _, f := range families {
		if w := byFamily[f]; w != nil && w.most >= p.least(f) {
			w.loaders = p.loadersOf(w.classes)
			out = append(out, w)
		}
	}
	if w := p.copies(); w != nil {
		out = append(out, w)
	}
	return out
}

// least is how many classes of one origin are told.
func (p pass) least(f *family) int64 {
	if f != nil && f.often {
		return jvmFactor * p.Count(tellClasses)
	}
	return p.Count(tellClasses)
}

// copies collects the classes of no family that very many loaders define.
func (p pass) copies() *swarm {
	w := &swarm{}
	var find *finder
	for _, d := range p.census().duplicates {
		if d.loaders < p.Count(tellClasses) {
			continue
		}
		if find == nil {
			find = newFinder(p.Heap, p.forest())
		}
		all := p.Heap.ClassesByName(d.name)
		if f, _ := find.of(all[0]); f != nil {
			continue
		}
		w.sources = append(w.sources, &source{origin: d.name, classes: all, instances: d.instances})
		w.classes = append(w.classes, all...)
		w.most = max(w.most, d.loaders)
	}
	if len(w.sources) == 0 {
		return nil
	}
	slices.SortFunc(w.sources, func(a, b *source) int {
		return cmp.Or(cmp.Compare(len(b.classes), len(a.classes)), cmp.Compare(a.origin, b.origin))
	})
	w.loaders = p.loadersOf(w.classes)
	return w
}

func (p pass) explosionFinding(w *swarm) {
	set, own := p.swarmSet(w)
	f := report.Finding{Confidence: report.Likely, Objects: int64(len(w.classes)), Retained: p.Heap.RetainedOf(set)}
	if w.family == nil || len(w.family.supers) > 0 || own == w.loaders {
		f.Confidence = report.Certain
	}
	f.Severity = p.Severity(f.Retained, p.Share(f.Retained))
	if f.Severity == report.Info && w.most >= p.Count(warnClasses) && (w.family == nil || !w.family.often) {
		f.Severity = report.Warning
	}
	top := w.sources[0]
	f.Facts = report.Rows[report.Fact]{
		analyze.Fact("classes", report.Count(int64(len(w.classes)))),
		analyze.Fact("origins", report.Count(int64(len(w.sources)))),
		analyze.Fact("class loaders", report.Count(w.loaders)),
		analyze.Fact("class loaders with nothing else", report.Count(own)),
		analyze.Fact("classes of the largest origin", report.Count(int64(len(top.classes)))),
	}
	f.Tables = append(f.Tables, p.sourceTable(w), p.loaderClassTable(w))
	f.Story = p.explosionStory(w, own)
	f.Fix = report.Rows[string]{fixOf(w.family)}
	f.Falsifier = "The program needs that many different classes: their number stays the same between two dumps under the same load."
	path, held := p.swarmPath(w)
	p.Sign(&f, path, top.origin)
	f.Path = p.Steps(path)
	f.Title = p.explosionTitle(w, held, f.Retained)
	e := report.Evidence{Address: p.Address(p.Heap.Class(top.classes[0]).Object), Class: p.ClassName(top.classes[0]), Note: "one of them", Retained: p.Heap.Retained(p.Heap.Class(top.classes[0]).Object)}
	f.Evidence.Rows = append(f.Evidence.Rows, e)
	f.Evidence.Omitted = f.Objects - 1
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: graph.NoObject, Members: analyze.NewSet(set)})
}

func fixOf(f *family) string {
	if f == nil {
		return "Load these classes once, in a class loader that those who need them share: a common parent, or one loader that is kept."
	}
	return f.fix
}

func (p pass) explosionTitle(w *swarm, held string, retained int64) string {
	top := w.sources[0]
	what := fmt.Sprintf("%s of one name, %s", classCount(int64(len(top.classes))), top.origin)
	if w.family != nil {
		what = fmt.Sprintf("%s generated (%s), %s of them from %s", classCount(int64(len(w.classes))), w.family.name, analyze.Number(int64(len(top.classes))), top.origin)
	}
	return fmt.Sprintf("%s, in %s; they retain %s%s", what, analyze.Plural(w.loaders, "class loader"), p.Of(retained), held)
}

func (p pass) explosionStory(w *swarm, own int64) report.Rows[string] {
	story := report.Rows[string]{fmt.Sprintf("Each class takes some 2 to 10 KiB of metaspace besides what it retains in the heap: about %s for all.", analyze.Size(4096*int64(len(w.classes))))}
	switch {
	case own > 0 && own == w.loaders:
		story = append(story, "Each loader defines nothing else: loader and class are made anew for each use.")
	case w.loaders == 1:
		story = append(story, "They are all in one class loader: none goes before the loader does, whether it is used or not.")
	}
	return story
}

// swarmSet is what would go with the classes: their class objects, their instances, and the loaders that define nothing else, of
// which it returns the number.
func (p pass) swarmSet(w *swarm) (set []graph.Object, own int64) {
	h := p.Heap
	const maxInstances = 2_000_000
	wanted := make([]bool, h.NumClasses())
	perLoader := map[graph.Object]int64{}
	var instances int64
	for _, c := range w.classes {
		wanted[c] = true
		instances += h.Class(c).Instances
		if o := h.Class(c).Object; o != graph.NoObject {
			set = append(set, o)
			perLoader[h.Class(c).Loader]++
		}
	}
	f := p.forest()
	for o, n := range perLoader {
		if i, ok := f.at[o]; ok && o != graph.NoObject && f.loaders[i].classes == n {
			set = append(set, o)
			own++
		}
	}
	if instances > 0 && instances <= maxInstances {
		for i := range h.NumObjects() {
			if o := graph.Object(i); wanted[h.ClassOf(o)] {
				set = append(set, o)
			}
		}
	}
	return set, own
}

func (p pass) sourceTable(w *swarm) report.Table {
	t := report.Table{Title: "Where they come from", Columns: []string{"origin", "classes", "class loaders", "instances"}}
	for _, s := range w.sources {
		loaders := report.Value{}
		if len(t.Rows) < analyze.MaxTableRows {
			loaders = report.Count(p.loadersOf(s.classes))
		}
		analyze.AddRow(&t, report.Name(s.origin), report.Count(int64(len(s.classes))), loaders, report.Count(s.instances))
	}
	return t
}

func (p pass) loaderClassTable(w *swarm) report.Table {
	f := p.forest()
	seen := map[graph.Object]bool{}
	loaders, classes := map[string]int64{}, map[string]int64{}
	for _, c := range w.classes {
		l := p.Heap.Class(c).Loader
		name := f.loaders[f.at[l]].class
		classes[name]++
		if !seen[l] {
			seen[l] = true
			loaders[name]++
		}
	}
	t := report.Table{Title: "Loaders that define them", Columns: []string{"class of the loader", "loaders", "classes"}}
	for _, k := range analyze.ByCount(classes, analyze.Same, analyze.Same) {
		analyze.AddRow(&t, report.Name(k), report.Count(loaders[k]), report.Count(classes[k]))
	}
	return t
}

// maxShared bounds the classes that are asked for a dominator in common.
const maxShared = 1000

// swarmPath leads to what holds the classes of the largest source: the object that dominates them all, or else to one of them.
func (p pass) swarmPath(w *swarm) (path []graph.Step, held string) {
	h := p.Heap
	classes := w.sources[0].classes
	step := (len(classes) + maxShared - 1) / maxShared
	first := h.Class(classes[0]).Object
	common := h.Idom(first)
	for i := 0; i < len(classes) && common != graph.NoObject; i += step {
		o := h.Class(classes[i]).Object
		for common != graph.NoObject && o != graph.NoObject && !p.Dominates(common, o) {
			common = h.Idom(common)
		}
	}
	if common != graph.NoObject {
		path = p.Holding(common, nil)
		return path, ", held by " + p.NearestHolder(path)
	}
	path = p.Holding(p.sample(classes[0]), nil)
	return path, "; one of them is held by " + p.NearestHolder(path)
}

// sample returns an instance of a class, its loader where there is none, or the class itself.
func (p pass) sample(c graph.Class) graph.Object {
	if p.Heap.Class(c).Instances > 0 {
		for o := range p.Heap.Instances(c) {
			return o
		}
	}
	if l := p.Heap.Class(c).Loader; l != graph.NoObject {
		return l
	}
	return p.Heap.Class(c).Object
}
