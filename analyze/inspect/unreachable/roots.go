package unreachable

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// rootKind is the GC roots of one kind.
type rootKind struct {
	kind     hprof.Tag
	roots    int64
	objects  []graph.Object
	retained int64
}

// rootKinds returns the GC roots and the locals of threads by kind, with what those objects retain together.
func rootKinds(h *graph.Heap) []*rootKind {
	at := map[hprof.Tag]*rootKind{}
	add := func(k hprof.Tag, o graph.Object) {
		if at[k] == nil {
			at[k] = &rootKind{kind: k}
		}
		at[k].roots++
		at[k].objects = append(at[k].objects, o)
	}
	for _, r := range h.Roots() {
		add(r.Kind, r.Object)
	}
	for _, t := range h.Threads() {
		for _, l := range h.Locals(t.Object) {
			add(l.Kind, l.Object)
		}
	}
	var out []*rootKind
	for _, k := range at {
		k.retained = h.RetainedOf(k.objects)
		k.objects = analyze.NewSet(k.objects)
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b *rootKind) int { return cmp.Or(cmp.Compare(b.roots, a.roots), cmp.Compare(a.kind, b.kind)) })
	return out
}

func rootTable(p *analyze.Pass, kinds []*rootKind) report.Table {
	t := report.Table{Name: "roots", Title: "GC roots by kind", Columns: []string{"kind", "roots", "objects", "retained together"}}
	for _, k := range kinds {
		p.ListRow(&t, k.retained, report.Name(k.kind.String()), report.Count(k.roots), report.Count(int64(len(k.objects))), report.Bytes(k.retained))
	}
	return t
}

// jniTable breaks the JNI global references down, which nothing in the heap explains.
func jniTable(p *analyze.Pass, kinds []*rootKind) report.Table {
	t := report.Table{Name: "jni-globals", Title: "JNI global references by class", Columns: []string{"class", "objects", "retained"}}
	classes := map[graph.Class]amount{}
	for _, k := range kinds {
		if k.kind != hprof.RootJNIGlobal {
			continue
		}
		for _, o := range k.objects {
			c := p.Heap.ClassOf(o)
			classes[c] = classes[c].plus(1, p.Heap.Retained(o))
		}
	}
	for _, c := range analyze.ByCount(classes, func(a amount) int64 { return a.objects }, p.ClassName) {
		p.ListRow(&t, classes[c].bytes, report.Name(p.ClassName(c)), report.Count(classes[c].objects), report.Bytes(classes[c].bytes))
	}
	return t
}
