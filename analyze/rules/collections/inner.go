package collections

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// Thresholds of inner-class-back-reference.
var (
	innerMin   = &analyze.Threshold{Name: "objects", Default: 100, Unit: "objects", Doc: "fewer outer objects that only inner ones of one class hold are not told of"}
	innerShare = &analyze.Threshold{Name: "share", Default: 0.01, Unit: "share", Doc: "nor outer objects that retain a smaller share of the strongly reachable heap"}
)

// innerScan finds inner objects and lambdas that are all that holds the object they were made by.
var innerScan = &analyze.Scan{Name: "inner classes", Start: startInner}

// innerRow is an inner object that dominates its outer one.
type innerRow struct {
	inner, outer uint32
}

type innerScanner struct {
	h      *graph.Heap
	fields [][]graph.Field // by class, of what may be the outer object; nil where not wanted
	hosts  []string        // by class of lambdas: the name of the class that made them; "" of inner classes
	parts  []*[]innerRow
}

func startInner(b *analyze.Binder) analyze.Scanner {
	n := b.NumClasses()
	s := &innerScanner{h: b.Heap, fields: make([][]graph.Field, n), hosts: make([]string, n)}
	some := false
	for c := range graph.Class(n) {
		k := b.Class(c)
		if k.Instances < 1 || analyze.Platform(k.Name) || k.IsArray {
			continue
		}
		host, _, lambda := strings.Cut(k.Name, "$$Lambda")
		for _, f := range k.Fields {
			if f.Type == hprof.Object && (strings.HasPrefix(f.Name, "this$") || lambda && strings.HasPrefix(f.Name, "arg$")) {
				if x, ok := b.BindClass(c, f.Name); ok {
					s.fields[c] = append(s.fields[c], x)
				}
			}
		}
		if lambda {
			s.hosts[c] = host
		}
		some = some || s.fields[c] != nil
	}
	if !some {
		return nil
	}
	return s
}

// Wants implements analyze.Scanner.
func (s *innerScanner) Wants(c graph.Class) bool { return s.fields[c] != nil }

// Worker implements analyze.Scanner.
func (s *innerScanner) Worker() func(*graph.View) {
	part := new([]innerRow)
	s.parts = append(s.parts, part)
	return func(v *graph.View) {
		for _, f := range s.fields[v.Class] {
			outer := v.Ref(f)
			if outer == graph.NoObject || s.h.Idom(outer) != v.Object || s.h.Strength(outer) != graph.Strong {
				continue
			}
			if host := s.hosts[v.Class]; host == "" || s.h.ClassName(outer) == host {
				*part = append(*part, innerRow{uint32(v.Object), uint32(outer)})
				return
			}
		}
	}
}

// Finish implements analyze.Scanner.
func (s *innerScanner) Finish() any {
	var all []innerRow
	for _, p := range s.parts {
		all = append(all, *p...)
	}
	slices.SortFunc(all, func(a, b innerRow) int { return cmp.Compare(a.inner, b.inner) })
	return all
}

// InnerClass finds inner objects and lambdas that alone keep the objects that made them.
var InnerClass = &analyze.Rule{
	Name:  "inner-class-back-reference",
	Title: "Inner objects or lambdas alone keep the objects that made them",
	Doc: `An inner class that is not static, an anonymous class, and a lambda that uses a field or method of its class have a hidden reference to the object that made them
(this$0, arg$1). Where such a callback is put into a registry that lives long, the whole outer object stays with it, though nothing else needs it.

Recognised by the fields that the compiler adds, this$0 of inner classes and arg$N of lambdas, and the dominator tree: the outer object is held by nothing but the inner one. Of lambdas only what
is of the class that made them counts. Told where 100 outer objects or more, held so by inner ones of one class, retain 1 % of the strongly reachable heap, and the inner ones are held by a
collection, an array or a queue.

Make the class static and hand it what it needs; let a lambda capture a local variable instead of using a field; or remove the callback when the outer object is done.`,
	Max:        report.Warning,
	Last:       true,
	Thresholds: []*analyze.Threshold{innerMin, innerShare},
	Scans:      []*analyze.Scan{innerScan},
	Run:        runInner,
}

// innerGroup are the inner objects of one class.
type innerGroup struct {
	class        graph.Class
	inner, outer []graph.Object
	bytes        int64
}

func runInner(q *analyze.Pass) error {
	p := reader(q)
	groups := map[graph.Class]*innerGroup{}
	for _, r := range analyze.Result[[]innerRow](q, innerScan) {
		c := p.Heap.ClassOf(graph.Object(r.inner))
		g := groups[c]
		if g == nil {
			g = &innerGroup{class: c}
			groups[c] = g
		}
		g.inner = append(g.inner, graph.Object(r.inner))
		g.outer = append(g.outer, graph.Object(r.outer))
		g.bytes += p.Heap.Retained(graph.Object(r.outer))
	}
	told := 0
	for _, c := range analyze.ByCount(groups, func(g *innerGroup) int64 { return g.bytes }, p.ClassName) {
		g := groups[c]
		if int64(len(g.inner)) < p.Count(innerMin) || p.Share(g.bytes) < p.Value(innerShare) || told == maxAudiences || p.MemberOf(g.inner[0]) == nil && !p.registered(g) {
			continue
		}
		told++
		p.innerFinding(g)
	}
	return nil
}

// registered reports whether most inner objects are elements of something: an array or a node of a collection dominates them.
func (p pass) registered(g *innerGroup) bool {
	some, n := g.inner[:min(len(g.inner), glance)], 0
	for _, o := range some {
		d := p.Heap.Idom(o)
		if d == graph.NoObject {
			continue
		}
		if name := p.Heap.ClassName(d); p.Heap.Class(p.Heap.ClassOf(d)).IsArray || strings.HasPrefix(name, "java.util.") {
			n++
		}
	}
	return n*2 > len(some)
}

func (p pass) innerFinding(g *innerGroup) {
	n := int64(len(g.inner))
	class, outer := listenerClass(p.ClassName(g.class)), p.Heap.ClassName(g.outer[0])
	text := fmt.Sprintf("%s %s are held by nothing but %s %s, which refer to what made them; they retain %s", analyze.Number(n), outer, "objects of class", class, p.Of(g.bytes))
	facts := []report.Fact{
		analyze.Fact("outer objects", report.Count(n)),
		analyze.Fact("outer class", report.Name(outer)),
		analyze.Fact("inner class", report.Name(class)),
		analyze.Fact("retained by outer objects", report.Bytes(g.bytes)),
	}
	if k := p.Claimed(g.inner[0]); k != nil {
		if k.Finding.Rule == Listeners.Name { // others, such as those on timers, say themselves what their objects keep
			p.Join(k.Finding, text+".", facts...)
		}
		return
	}
	path := p.Holding(g.inner[0], nil)
	f := report.Finding{
		Severity: p.Severity(g.bytes, p.Share(g.bytes)), Confidence: report.Certain, Retained: g.bytes, Objects: n, Title: text, Facts: facts,
		Story: []string{fmt.Sprintf("The inner objects are held by %s.", p.NearestHolder(path))},
		Fix: []string{
			fmt.Sprintf("Make %s static and hand it what it needs of %s; let a lambda capture a local variable instead of using a field.", class, outer),
			"Or remove the callbacks when their outer object is done.",
		},
		Falsifier: "The callbacks use most of the outer objects, which would be needed without them too.",
	}
	p.Sign(&f, path, class, outer)
	f.Path = p.Steps(p.Extend(path, g.outer[0]))
	p.Claim(analyze.Claim{Finding: p.Report(f), Point: graph.NoObject, Members: analyze.NewSet(g.inner)})
}
