package export

import (
	"context"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// classTable is what rows say of classes, by graph.Class.
type classTable struct {
	id       []int64 // key of the class
	name     []string
	platform []bool
	source   []library
}

// classKey is the address of the class object. Classes that the dump names but does not describe have none: theirs count down from -1.
func classKey(h *graph.Heap, c graph.Class) int64 {
	if k := h.Class(c); k.Addr != 0 {
		return int64(k.Addr)
	}
	return -1 - int64(c)
}

func newClassTable(h *graph.Heap) *classTable {
	n := h.NumClasses()
	t := &classTable{id: make([]int64, n), name: make([]string, n), platform: make([]bool, n), source: make([]library, n)}
	sources := newSources(h)
	for i := range n {
		c := graph.Class(i)
		k := h.Class(c)
		t.id[i], t.name[i] = classKey(h, c), valid(k.Name)
		t.platform[i] = analyze.Platform(k.Name)
		if !k.IsArray && k.Object != graph.NoObject {
			t.source[i] = sources.of(k.Object)
		}
	}
	return t
}

// valid makes a name of the dump valid UTF-8, which is what a Parquet string is.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// classRows writes the classes, in the order of the dump.
func (e *exporter) classRows(context.Context) error {
	h := e.h
	e.classes = newClassTable(h)
	return small(e, Classes, func(add func(classRow)) {
		groups := make([]graph.Group, h.NumClasses())
		for _, g := range h.Classes() {
			groups[g.Class] = g
		}
		loaders := loaderNames{h: h, known: map[graph.Object]string{}}
		for i := range h.NumClasses() {
			k, s := h.Class(graph.Class(i)), e.classes.source[i]
			row := classRow{
				ClassID: e.classes.id[i], Name: e.classes.name[i], Package: valid(graph.Package(k.Name)), LoaderName: loaders.of(k.Loader),
				CodeSource: s.source, Library: s.name, LibraryVersion: s.version,
				Instances: groups[i].Instances, Shallow: groups[i].Shallow, Retained: groups[i].Retained,
			}
			if k.Super != graph.NoClass {
				row.SuperID = e.classes.id[k.Super]
			}
			if k.Loader != graph.NoObject {
				row.Loader = int64(h.Addr(k.Loader))
			}
			add(row)
		}
	})
}

// loaderNames names class loaders: by their own name where they have one (JDK 9 and later), else by their class.
type loaderNames struct {
	h     *graph.Heap
	known map[graph.Object]string
}

// maxName bounds names that are strings of the dump, in UTF-16 units.
const maxName = 1000

func (l *loaderNames) of(o graph.Object) string {
	if o == graph.NoObject {
		return "<boot loader>"
	}
	name, ok := l.known[o]
	if !ok {
		name, _ = jdk.NewReader(l.h).Name(o, maxName, "name")
		if name == "" {
			name = l.h.ClassName(o)
		}
		name = valid(name)
		l.known[o] = name
	}
	return name
}
