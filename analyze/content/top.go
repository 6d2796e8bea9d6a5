package content

import (
	"slices"
)

// top keeps the first n values in an order, whatever the order they come in.
type top[T any] struct {
	n       int
	compare func(a, b T) int // the better first; 0 for none but the same
	list    []T
	full    bool // list[n-1] is the worst that is kept
}

func (t *top[T]) add(v T) {
	if t.full && t.compare(v, t.list[t.n-1]) >= 0 {
		return
	}
	if t.list = append(t.list, v); len(t.list) >= 2*t.n {
		t.cut()
	}
}

func (t *top[T]) cut() {
	slices.SortFunc(t.list, t.compare)
	if len(t.list) >= t.n {
		clear(t.list[t.n:])
		t.list, t.full = t.list[:t.n], true
	}
}

// sorted returns the values.
func (t *top[T]) sorted() []T {
	t.cut()
	return t.list
}
