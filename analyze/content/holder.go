package content

import (
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/hprof"
)

// Holders names the fields that hold objects, in the words of the program: through strings, collections and arrays up to the
// nearest field of a class that is no part of the Java platform, or a static.
type Holders struct {
	h     *graph.Heap
	known map[graph.Object]string
}

// NewHolders returns a finder of holders.
func NewHolders(h *graph.Heap) *Holders { return &Holders{h, map[graph.Object]string{}} }

// Bounds of the way up.
const (
	maxSteps     = 16
	maxReferrers = 32
	maxLinks     = 10000 // of a chain of nodes
)

// unheld is the name of what no object refers to.
const unheld = "a GC root"

// Of returns "Class.field" for what holds o. Where all holders belong to the platform it is the first that is no collection.
func (w *Holders) Of(o graph.Object) string {
	var way []graph.Object
	name, fallback := "", ""
	for range maxSteps {
		if name = w.known[o]; name != "" {
			break
		}
		way = append(way, o)
		u := w.referrer(o)
		if u == graph.NoObject {
			break
		}
		field, own := w.field(u, o)
		if own {
			name = field
			break
		}
		if field != "" && (fallback == "" || inCollection(fallback) && !inCollection(field)) {
			fallback = field
		}
		o = w.above(u)
	}
	if name == "" {
		name = fallback
	}
	if name == "" {
		name = unheld
	}
	for _, o := range way[min(1, len(way)):] { // the object itself is rarely asked for again
		w.known[o] = name
	}
	return name
}

// inCollection reports whether a field is one of java.util, which is where things are but not whose they are.
func inCollection(field string) bool { return strings.HasPrefix(field, "java.util.") }

// referrer returns the object that is most telling of those that refer to o: a static's class, an application's object, another.
func (w *Holders) referrer(o graph.Object) graph.Object {
	best, rank, n := graph.NoObject, 99, 0
	limit := w.h.Strength(o)
	w.h.EachIn(o, func(u graph.Object) bool {
		if r := w.rank(u); w.h.Strength(u) <= limit && r < rank {
			best, rank = u, r
		}
		n++
		return n < maxReferrers && rank > 0
	})
	return best
}

func (w *Holders) rank(u graph.Object) int {
	if _, ok := w.h.AsClass(u); ok {
		return 0
	}
	switch k := w.h.Class(w.h.ClassOf(u)); {
	case k.IsArray:
		return 2
	case analyze.Platform(k.Name):
		return 3
	}
	return 1
}

// field names the field by which u holds o, "" for an element, and whether it is the program's own or a static.
func (w *Holders) field(u, o graph.Object) (name string, own bool) {
	h := w.h
	if _, ok := h.AsClass(u); !ok && h.Class(h.ClassOf(u)).IsArray {
		return "", false
	}
	e, ok := h.Label(u, o)
	if !ok {
		return "", false
	}
	switch e.Label.Kind {
	case graph.StaticEdge:
		if class := signature.Name(h.Class(e.Label.Class).Name); e.Label.Name[0] == '<' { // HotSpot's resolved_references
			return "the constants of " + class, true
		} else {
			return class + "." + e.Label.Name, true
		}
	case graph.FieldEdge:
		class := signature.Name(h.Class(e.Label.Class).Name)
		if class == "java.lang.String" {
			return "", false
		}
		return class + "." + e.Label.Name, !analyze.Platform(class)
	case graph.LocalEdge:
		return "a local of a thread", true
	}
	return "", false
}

// above leaves the nodes of a list or tree, which refer to each other, for what dominates the first.
func (w *Holders) above(u graph.Object) graph.Object {
	c := w.h.ClassOf(u)
	if w.h.Class(c).IsArray {
		return u
	}
	first, d := u, w.h.Idom(u)
	for i := 0; i < maxLinks && d != graph.NoObject && w.h.ClassOf(d) == c; i++ {
		first, d = d, w.h.Idom(d)
	}
	if d == graph.NoObject {
		return u
	}
	if r := w.referrer(first); first != u || r != graph.NoObject && w.h.ClassOf(r) == c {
		return d
	}
	return u
}

// Majority returns what holds most of some objects, the first by name of equals.
func (w *Holders) Majority(os []graph.Object) string {
	count := map[string]int64{}
	for _, o := range os {
		count[w.Of(o)]++
	}
	if names := analyze.ByCount(count, analyze.Same, analyze.Same); len(names) > 0 {
		return names[0]
	}
	return ""
}

// Share is how much of a waste a holder has.
type Share struct {
	Holder string
	Waste  int64        // extrapolated
	First  graph.Object // of the sample
	Found  int          // objects of the sample
}

// Spread divides the waste among its holders by the sample, the greatest first.
func (d *Duplicates) Spread(w *Holders) []Share {
	of := map[string]*Share{}
	for _, o := range d.Sample {
		name := w.Of(o)
		if of[name] == nil {
			of[name] = &Share{Holder: name, First: o}
		}
		of[name].Found++
	}
	var out []Share
	for _, name := range analyze.ByCount(of, func(s *Share) int64 { return int64(s.Found) }, analyze.Same) {
		s := of[name]
		s.Waste = int64(float64(d.Waste) * float64(s.Found) / float64(len(d.Sample)))
		out = append(out, *s)
	}
	return out
}

// StringsOf returns the reachable strings over an array, at most limit of them.
func (f *Found) StringsOf(a graph.Object, limit int) (strings []graph.Object) {
	f.eachString(a, func(s graph.Object) bool {
		strings = append(strings, s)
		return len(strings) < limit
	})
	return strings
}

// CountStrings counts the reachable strings over an array.
func (f *Found) CountStrings(a graph.Object) (n int64) {
	f.eachString(a, func(graph.Object) bool {
		n++
		return true
	})
	return n
}

func (f *Found) eachString(a graph.Object, fn func(graph.Object) bool) {
	h := f.heap
	f.heap.EachIn(a, func(u graph.Object) bool {
		if h.ClassOf(u) != f.stringClass || len(h.Problems()) == 0 && h.Strength(u) == graph.Unreachable {
			return true
		}
		return fn(u)
	})
}

// SharedArrays returns the arrays that the most strings share, with the numbers of these.
func (f *Found) SharedArrays() []Sized {
	if f.sets == nil {
		return nil
	}
	most := top[Sized]{n: maxLargest, compare: bySize}
	f.sets.shared.each(func(a graph.Object) { most.add(Sized{a, f.CountStrings(a)}) })
	return most.sorted()
}

// HoldersOf returns the finder of holders that a run shares.
func HoldersOf(p *analyze.Pass) *Holders {
	return analyze.Shared(p, "holders of contents", func() *Holders { return NewHolders(p.Heap) })
}

// Units returns the length of a string over all of an array, in UTF-16 units.
func (f *Found) Units(a graph.Object) int64 {
	n := f.heap.Length(a)
	if f.sets.kind(a) == wideString && f.heap.Class(f.heap.ClassOf(a)).Elem == hprof.Byte {
		n /= 2
	}
	return n
}
