package analyze

import (
	"iter"

	"heapcause/graph"
)

// objectList is a list that grows without copying: millions of objects go in and are walked once.
type objectList struct {
	chunks [][]graph.Object
	n      int
}

const (
	firstChunk = 16
	chunkLimit = 1 << 15
)

func (l *objectList) add(o graph.Object) {
	last := len(l.chunks) - 1
	if last < 0 || len(l.chunks[last]) == cap(l.chunks[last]) {
		size := firstChunk
		if last >= 0 {
			size = min(2*cap(l.chunks[last]), chunkLimit)
		}
		l.chunks = append(l.chunks, make([]graph.Object, 0, size))
		last++
	}
	l.chunks[last] = append(l.chunks[last], o)
	l.n++
}

// all yields the objects in the order they were added in.
func (l *objectList) all() iter.Seq[graph.Object] {
	return func(yield func(graph.Object) bool) {
		for _, c := range l.chunks {
			for _, o := range c {
				if !yield(o) {
					return
				}
			}
		}
	}
}

// spread returns n of the objects, or all, at equal distances.
func (l *objectList) spread(n int) []graph.Object {
	n = min(n, l.n)
	out := make([]graph.Object, 0, n)
	i := 0
	for o := range l.all() {
		if len(out) < n && i == len(out)*l.n/n {
			out = append(out, o)
		}
		i++
	}
	return out
}
