package watch

import (
	"cmp"
	"slices"
	"strings"

	"heapcause/graph"
)

// Growth is what a histogram says, compared with the first one.
type Growth struct {
	// Number counts histograms, this one included.
	Number int
	// Instances and Bytes are those of all classes.
	Instances, Bytes int64
	// Finalizers is the number of instances of java.lang.ref.Finalizer: of objects that are registered for finalization.
	Finalizers int64
	// Classes are those that have more bytes than at first, the most growth first.
	Classes []ClassGrowth
}

// ClassGrowth is a class that grew since the first histogram.
type ClassGrowth struct {
	Class                string
	Instances, Bytes     int64 // now
	MoreObjects, MoreMem int64 // than at first
	// Rises is in how many of the histograms after the first it had more bytes than in the one before.
	Rises int
}

// growth remembers histograms: of each class the first, the last and how often it rose.
type growth struct {
	number  int
	classes map[string]history
}

type history struct {
	first, last graph.ClassCount
	rises       int
}

func newGrowth() growth { return growth{classes: map[string]history{}} }

// finalizerClass has an instance for each object that is registered for finalization.
const finalizerClass = "java.lang.ref.Finalizer"

// add reads a histogram; nil when the text is none.
func (g *growth) add(text string) *Growth {
	now, err := graph.ParseHistogram(strings.NewReader(text))
	if err != nil {
		return nil
	}
	g.number++
	out := &Growth{Number: g.number, Finalizers: now[finalizerClass].Instances}
	for name, c := range now {
		h, known := g.classes[name]
		if !known && g.number == 1 {
			h.first, h.last = c, c
		}
		if c.Bytes > h.last.Bytes {
			h.rises++
		}
		h.last = c
		g.classes[name] = h
		out.Instances += c.Instances
		out.Bytes += c.Bytes
		if c.Bytes > h.first.Bytes {
			out.Classes = append(out.Classes, ClassGrowth{name, c.Instances, c.Bytes, c.Instances - h.first.Instances, c.Bytes - h.first.Bytes, h.rises})
		}
	}
	for name, h := range g.classes {
		switch _, there := now[name]; {
		case there:
		case h.first.Bytes == 0: // came and went: classes made at run time would fill the memory
			delete(g.classes, name)
		default:
			h.last = graph.ClassCount{Name: name}
			g.classes[name] = h
		}
	}
	slices.SortFunc(out.Classes, func(a, b ClassGrowth) int {
		return cmp.Or(cmp.Compare(b.MoreMem, a.MoreMem), cmp.Compare(a.Class, b.Class))
	})
	return out
}
