package loaders

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
)

// source is the classes that were generated for one purpose: of one family and origin.
type source struct {
	family    *family
	origin    string
	classes   []graph.Class
	instances int64
}

// duplicate is a class name that several loaders define.
type duplicate struct {
	name      string
	loaders   int64
	instances int64
	retained  int64 // sum over the classes, each for itself
}

// census is what there is of generated classes and of classes that are there several times.
type census struct {
	sources    []*source // those with most classes first
	duplicates []duplicate
	hidden     int64 // classes
}

// census counts classes by family and name, the same for all who ask.
func (p pass) census() *census {
	return analyze.Shared(p.Pass, "generated classes", func() *census { return newCensus(p) })
}

func newCensus(p pass) *census {
	h := p.Heap
	type key struct {
		family *family
		origin string
	}
	find := newFinder(h, p.forest())
	sources := map[key]*source{}
	out := &census{}
	for c := range graph.Class(h.NumClasses()) {
		k := h.Class(c)
		if k.IsArray || k.Object == graph.NoObject {
			continue
		}
		if isHidden(k.Name) {
			out.hidden++
		}
		f, origin := find.of(c)
		if f == nil {
			continue
		}
		at := key{f, origin}
		s := sources[at]
		if s == nil {
			s = &source{family: f, origin: origin}
			sources[at] = s
			out.sources = append(out.sources, s)
		}
		s.classes = append(s.classes, c)
		s.instances += k.Instances
	}
	slices.SortFunc(out.sources, func(a, b *source) int {
		return cmp.Or(cmp.Compare(len(b.classes), len(a.classes)), cmp.Compare(a.family.name, b.family.name), cmp.Compare(a.origin, b.origin))
	})
	out.duplicates = p.duplicates()
	return out
}

// duplicates lists the class names that several loaders define, those that retain most first.
func (p pass) duplicates() []duplicate {
	h := p.Heap
	retained := map[graph.Class]int64{}
	for _, g := range h.Classes() {
		retained[g.Class] = g.Retained
	}
	var out []duplicate
	for c := range graph.Class(h.NumClasses()) {
		k := h.Class(c)
		all := h.ClassesByName(k.Name)
		if len(all) < 2 || all[0] != c || k.IsArray {
			continue
		}
		d := duplicate{name: k.Name}
		for _, o := range all {
			if h.Class(o).Object == graph.NoObject {
				continue
			}
			d.loaders++
			d.instances += h.Class(o).Instances
			d.retained += retained[o]
		}
		if d.loaders > 1 {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b duplicate) int {
		return cmp.Or(cmp.Compare(b.retained, a.retained), cmp.Compare(b.loaders, a.loaders), cmp.Compare(a.name, b.name))
	})
	return out
}

// loadersOf counts the loaders that define some classes.
func (p pass) loadersOf(classes []graph.Class) int64 {
	all := make([]graph.Object, len(classes))
	for i, c := range classes {
		all[i] = p.Heap.Class(c).Loader
	}
	return int64(len(analyze.NewSet(all)))
}
