package query

import (
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
)

// maxPathText bounds the steps of a path that are written out; the middle of longer ones is left out.
const maxPathText = 40

// steps returns a shortest path from a GC root to an object.
func (w *worker) steps(v Value) []graph.Step {
	o, ok := w.asObject(v)
	if !ok {
		return nil
	}
	path, _ := w.h.Path(o)
	return path
}

func pathOf(w *worker, a []Value) Value {
	path := w.steps(a[0])
	if len(path) == 0 {
		return Value{}
	}
	var b strings.Builder
	b.WriteString(w.rootText(path[0]))
	for i, s := range path[1:] {
		if n := len(path) - 1; n > maxPathText && i >= maxPathText/2 && i < n-maxPathText/2 {
			if i == maxPathText/2 {
				b.WriteString(" → … " + analyze.Number(int64(n-maxPathText)) + " steps …")
			}
			continue
		}
		b.WriteString(" → " + w.h.EdgeText(s.Edge) + " " + w.h.Name(s.Object))
	}
	return textValue(b.String())
}

func (w *worker) rootText(s graph.Step) string {
	kind := "GC root"
	if k := rootKinds(w, s.Object); k.kind == kindText {
		kind = k.s
	}
	return kind + " " + w.h.Name(s.Object)
}

func rootOf(w *worker, a []Value) Value {
	path := w.steps(a[0])
	if len(path) == 0 {
		return Value{}
	}
	return textValue(w.rootText(path[0]))
}

// holderOf searches the path from the object upwards.
func holderOf(w *worker, a []Value) Value {
	path := w.steps(a[0])
	if len(path) == 0 {
		return Value{}
	}
	for i := len(path) - 2; i >= 0; i-- {
		o := path[i].Object
		c := w.h.ClassOf(o)
		if k, ok := w.h.AsClass(o); ok {
			c = k
		}
		if name := w.h.Class(c).Name; !analyze.Platform(strings.TrimRight(name, "[]")) && !primitive(name) {
			return objectValue(o)
		}
	}
	return objectValue(path[0].Object)
}

// primitive reports whether a class is one of arrays of primitives.
func primitive(name string) bool {
	return strings.HasSuffix(name, "[]") && !strings.Contains(name, ".")
}
