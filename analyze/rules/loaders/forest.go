package loaders

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// loader is a class loader with what its classes amount to.
type loader struct {
	object    graph.Object // NoObject is the boot loader
	parent    graph.Object
	class     string
	name      string // of JDK 9 and later, "" for none
	depth     int
	classes   int64 // that it defined, arrays of them included
	instances int64 // of these classes
	shallow   int64
	retained  int64 // of the set of these instances
}

// forest is all class loaders: parents before their children, of siblings what retains most first.
type forest struct {
	loaders []loader
	at      map[graph.Object]int // by object
}

const (
	bootLoader = "<boot loader>"
	maxNames   = 10_000 // names of loaders that are read
	nameLimit  = 200    // characters of a name
)

// forest returns the class loaders of the dump, the same for all who ask.
func (p pass) forest() *forest {
	return analyze.Shared(p.Pass, "class loaders", func() *forest { return newForest(p) })
}

func newForest(p pass) *forest {
	f := &forest{at: map[graph.Object]int{}}
	r := jdk.NewReader(p.Heap)
	add := func(l loader) {
		if _, ok := f.at[l.object]; !ok {
			f.at[l.object] = len(f.loaders)
			f.loaders = append(f.loaders, l)
		}
	}
	add(loader{object: graph.NoObject, class: bootLoader})
	for i, row := range analyze.Result[[]loaderRow](p.Pass, loaderScan) {
		l := loader{object: row.object, parent: row.parent, class: p.Heap.ClassName(row.object)}
		if row.name != graph.NoObject && i < maxNames {
			l.name, _ = r.Name(row.name, nameLimit)
		}
		add(l)
	}
	for c := range graph.Class(p.Heap.NumClasses()) {
		k := p.Heap.Class(c)
		if k.Object == graph.NoObject {
			continue
		}
		if _, ok := f.at[k.Loader]; !ok { // its own class is not in the dump, or no loader
			add(loader{object: k.Loader, parent: graph.NoObject, class: p.Heap.ClassName(k.Loader)})
		}
		f.loaders[f.at[k.Loader]].classes++
	}
	for _, g := range p.Heap.Loaders() {
		if i, ok := f.at[g.Loader]; ok {
			l := &f.loaders[i]
			l.instances, l.shallow, l.retained = g.Instances, g.Shallow, g.Retained
		}
	}
	f.order()
	return f
}

// order puts the loaders into preorder. Damage can close parents into a ring: its members come last, as if they had none.
func (f *forest) order() {
	children := map[graph.Object][]int{}
	for i := range f.loaders {
		l := &f.loaders[i]
		if _, known := f.at[l.parent]; !known {
			l.parent = graph.NoObject
		}
		if l.object != graph.NoObject {
			children[l.parent] = append(children[l.parent], i)
		}
	}
	for _, c := range children {
		slices.SortFunc(c, func(a, b int) int { return f.compare(a, b) })
	}
	out := make([]loader, 0, len(f.loaders))
	placed := make([]bool, len(f.loaders))
	walk := func(root int) {
		stack := []int{root}
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if placed[i] {
				continue
			}
			placed[i] = true
			out = append(out, f.loaders[i])
			for _, c := range slices.Backward(children[f.loaders[i].object]) {
				f.loaders[c].depth = f.loaders[i].depth + 1
				stack = append(stack, c)
			}
		}
	}
	walk(0)
	for i := range f.loaders {
		if !placed[i] {
			f.loaders[i].parent, f.loaders[i].depth = graph.NoObject, 0
			walk(i)
		}
	}
	f.loaders = out
	for i := range out {
		f.at[out[i].object] = i
	}
}

func (f *forest) compare(a, b int) int {
	x, y := &f.loaders[a], &f.loaders[b]
	return cmp.Or(cmp.Compare(y.retained, x.retained), cmp.Compare(y.classes, x.classes), cmp.Compare(x.class, y.class), cmp.Compare(x.name, y.name), cmp.Compare(x.object, y.object))
}

// below returns a loader and those that have it for an ancestor. They follow it in preorder.
func (f *forest) below(o graph.Object) []loader {
	i := f.at[o]
	j := i + 1
	for j < len(f.loaders) && f.loaders[j].depth > f.loaders[i].depth {
		j++
	}
	return f.loaders[i:j]
}
