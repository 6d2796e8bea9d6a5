package explore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/graph/path"
	"heapcause/report"
)

// RetainedOptions say what is taken away from the heap.
type RetainedOptions struct {
	Set     []graph.Object // objects; none
	SetText string         // the set, for people
	Without []string       // references: see ParseEdges
}

// Retained finds what would be freed if objects went, or references were cut. Where weak references count as strong, as in Eclipse MAT,
// members that nothing reaches are left out as there: it does not see them.
func Retained(ctx context.Context, h *graph.Heap, ro RetainedOptions, opt Options) ([]report.Section, error) {
	edges, err := ParseEdges(h, ro.Without)
	if err != nil {
		return nil, err
	}
	left := len(ro.Set)
	if opt.Analysis.References == "all" {
		ro.Set = slices.DeleteFunc(ro.Set, func(o graph.Object) bool { return h.Strength(o) == graph.Unreachable })
	}
	left -= len(ro.Set)
	f, err := path.Free(ctx, h, path.Cut{Objects: ro.Set, Edges: edges, Progress: opt.phase("following references")})
	if err != nil {
		return nil, err
	}
	what := ro.SetText + " went"
	switch {
	case len(ro.Without) > 0 && ro.SetText != "":
		what += " and " + strings.Join(ro.Without, ", ") + " did not count"
	case len(ro.Without) > 0:
		what = strings.Join(ro.Without, ", ") + " did not count"
	}
	s := report.Section{Name: "retained", Title: "Retained set"}
	if ro.SetText == "" {
		s.Title = "What a cut would free"
	}
	s.Summary = fmt.Sprintf("If %s, %s with %s would no longer be held as they are.", what, analyze.Plural(f.Objects, "object"), analyze.Size(f.Bytes))
	s.Facts = append(s.Facts, analyze.Fact("objects", report.Count(f.Objects)), analyze.Fact("bytes", report.Bytes(f.Bytes)))
	if ro.SetText != "" {
		s.Facts = append(s.Facts,
			analyze.Fact("objects of the set", report.Count(int64(len(ro.Set)))),
			analyze.Fact("retained by single members", report.Bytes(h.RetainedOf(ro.Set))))
	}
	if left > 0 {
		s.Facts = append(s.Facts, analyze.Fact("unreachable ones left out", report.Count(int64(left))))
	}
	s.Tables = append(s.Tables, freedHistogram(h, f, &opt), afterwards(f))
	return []report.Section{s}, nil
}

// freedHistogram counts what is freed by class, the most bytes first.
func freedHistogram(h *graph.Heap, f *path.Freed, opt *Options) report.Table {
	counts := make([]graph.Totals, h.NumClasses())
	for o := range graph.Object(h.NumObjects()) {
		if f.Has(o) {
			c := h.ClassOf(o)
			counts[c].Objects++
			counts[c].Bytes += h.Shallow(o)
		}
	}
	var classes []graph.Class
	for c := range counts {
		if counts[c].Objects > 0 {
			classes = append(classes, graph.Class(c))
		}
	}
	slices.SortFunc(classes, func(a, b graph.Class) int {
		return cmp.Or(cmp.Compare(counts[b].Bytes, counts[a].Bytes), cmp.Compare(h.Class(a).Name, h.Class(b).Name), cmp.Compare(a, b))
	})
	t := report.Table{Name: "classes", Title: "By class", Columns: report.Rows[string]{"class", "objects", "bytes"}}
	for _, c := range classes {
		opt.add(&t, counts[c].Bytes, report.Name(h.Class(c).Name), report.Count(counts[c].Objects), report.Bytes(counts[c].Bytes))
	}
	return t
}

// afterwards says what would still hold what is freed: a collection frees softly held objects when memory is short, those that a
// finalizer holds after it has run.
func afterwards(f *path.Freed) report.Table {
	t := report.Table{Name: "afterwards", Title: "How they would be held then", Columns: report.Rows[string]{"held", "objects", "bytes"}}
	for s := graph.Strong; s < graph.NumStrengths; s++ {
		if n := f.After[s]; n.Objects > 0 {
			t.Rows = append(t.Rows, []report.Value{report.Name(s.String()), report.Count(n.Objects), report.Bytes(n.Bytes)})
		}
	}
	return t
}

// ObjectsOf returns the objects that a selector stands for, and a text for people that names them.
func ObjectsOf(ctx context.Context, h *graph.Heap, selector string, opt Options) ([]graph.Object, string, error) {
	s, err := Resolve(ctx, h, selector, opt)
	if err != nil {
		return nil, "", err
	}
	return slices.Collect(s.Each()), s.Text, nil
}
