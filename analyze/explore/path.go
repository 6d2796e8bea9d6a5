package explore

import (
	"context"
	"fmt"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/graph/path"
	"heapcause/hprof"
	"heapcause/report"
)

// DefaultPaths are shown of one object unless PathOptions say otherwise, and AllPaths where all are wanted.
const (
	DefaultPaths = 1
	AllPaths     = 1000
)

// PathOptions choose paths.
type PathOptions struct {
	Max     int      // paths of one object; 0 is DefaultPaths
	Merged  bool     // of one object too; those of several objects are always merged
	Exclude []string // references that do not count: see ParseEdges; none stands for those weaker than what holds the object
}

// limitOf is the weakest reference that counts for objects of a strength: where the user says what does not count, all others do.
func (po *PathOptions) limitOf(s graph.Strength) graph.Strength {
	if len(po.Exclude) > 0 {
		return max(s, graph.Phantom)
	}
	return s
}

// Paths finds what keeps the selected objects: the shortest paths from GC roots, for several objects merged.
func Paths(ctx context.Context, h *graph.Heap, s *Selection, po PathOptions, opt Options) ([]report.Section, error) {
	edges, err := ParseEdges(h, po.Exclude)
	if err != nil {
		return nil, err
	}
	o, one := s.One()
	if !one || po.Merged {
		return mergedPaths(ctx, h, s, edges, po, opt)
	}
	most := po.Max
	if most <= 0 {
		most = DefaultPaths
	}
	out := report.Section{Name: "path", Title: "Paths from GC roots to " + Name(h, o)}
	f := path.NewFinder(ctx, h, o, po.limitOf(h.Strength(o)), edges)
	n, more := 0, false
	for {
		steps, ok := f.Next()
		if !ok {
			break
		}
		if n == most {
			more = true
			break
		}
		n++
		out.Trees = append(out.Trees, pathTree(h, steps, n))
	}
	out.Facts = append(out.Facts,
		analyze.Fact("held", report.Name(h.Strength(o).String())),
		analyze.Fact("retained size", report.Bytes(h.Retained(o))))
	switch {
	case n == 0:
		out.Summary = "No path leads from a GC root to it."
		if len(po.Exclude) > 0 {
			out.Summary = "No path leads from a GC root to it over the references that count."
		}
	case more:
		out.Summary = fmt.Sprintf("%s, the shortest first; there are more.", analyze.Plural(int64(n), "path"))
		if n == 1 {
			out.Summary = "The shortest path; there are more."
		}
	default:
		out.Summary = fmt.Sprintf("%s: all that begin at different GC roots.", analyze.Plural(int64(n), "path"))
		if n == 1 {
			out.Summary = "The only path."
		}
	}
	return []report.Section{out}, ctx.Err()
}

// pathTree is a path as a tree without branches. Runs of one field between objects of one class are one node.
func pathTree(h *graph.Heap, steps []graph.Step, n int) report.Tree {
	t := report.Tree{Name: fmt.Sprintf("path-%d", n), Title: fmt.Sprintf("Path %d: %s", n, analyze.Plural(int64(len(steps)-1), "reference"))}
	rows := &t.Nodes.Rows
	for i, st := range steps {
		label := ""
		if i == 0 {
			label = "GC root: " + rootWord(st.Roots)
		} else {
			label = edgeText(h, steps[i-1].Object, st.Edge)
		}
		class := h.ClassName(st.Object)
		if k := len(*rows) - 1; k >= 1 && st.Edge.Kind == graph.FieldEdge && (*rows)[k].Label == label && (*rows)[k].Class == class {
			(*rows)[k].Objects++
			(*rows)[k].Shallow += h.Shallow(st.Object)
			continue
		}
		*rows = append(*rows, report.TreeNode{
			Parent: len(*rows) - 1, Label: label, Address: Address(h, st.Object), Class: class, Note: noteOf(h, st.Object), Objects: 1,
			Shallow: h.Shallow(st.Object), Retained: h.Retained(st.Object),
		})
	}
	return t
}

// noteOf names the class of a class object and the name of a thread.
func noteOf(h *graph.Heap, o graph.Object) string {
	if c, ok := h.AsClass(o); ok {
		return "class " + h.Class(c).Name
	}
	if t, ok := h.ThreadOf(o); ok {
		return fmt.Sprintf("%q", jdk.ThreadName(h, t.Object))
	}
	return ""
}

// edgeText names a reference; a local with its frame.
func edgeText(h *graph.Heap, from graph.Object, l graph.EdgeLabel) string {
	if l.Kind == graph.LocalEdge {
		if t, ok := h.ThreadOf(from); ok && l.Index >= 0 && l.Index < len(t.Frames) {
			return "local of " + jdk.FrameText(t.Frames[l.Index])
		}
	}
	return h.EdgeText(l)
}

// rootWord names what makes an object a GC root, the most telling kind first.
func rootWord(roots []graph.Root) string {
	for _, k := range []hprof.Tag{hprof.RootThreadObject, hprof.RootStickyClass, hprof.RootJNIGlobal, hprof.RootMonitorUsed} {
		for _, r := range roots {
			if r.Kind == k {
				return k.String()
			}
		}
	}
	if len(roots) == 0 {
		return "none"
	}
	return roots[0].Kind.String()
}
