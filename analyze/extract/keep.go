package extract

import (
	"github.com/cespare/xxhash/v2"

	"heapcause/graph"
	"heapcause/hprof"
)

// keepContents finds the strings and arrays of primitives that objects of the classes to keep refer to, and those that are
// of such a class themselves.
func (m *masker) keepContents() {
	if m.keep == nil {
		return
	}
	wanted := make([]bool, m.h.NumClasses())
	for c := range wanted {
		wanted[c] = m.matches(graph.Class(c))
	}
	k := keeper{m, m.h.Cursor()}
	var buf []graph.Object
	for o := graph.Object(0); int64(o) < m.h.NumObjects(); o++ {
		c, class := m.h.AsClass(o)
		if !class {
			c = m.h.ClassOf(o)
		}
		if !wanted[c] {
			continue
		}
		k.content(o)
		buf = m.h.Out(o, buf[:0])
		for _, x := range buf {
			k.content(x)
		}
	}
}

type keeper struct {
	*masker
	c *graph.Cursor
}

// content keeps an array of primitives, or that of a string.
func (k keeper) content(o graph.Object) {
	if _, class := k.h.AsClass(o); class {
		return
	}
	if k.h.ClassName(o) == "java.lang.String" {
		for _, x := range k.h.Out(o, nil) {
			k.array(x)
		}
		return
	}
	k.array(o)
}

func (k keeper) array(o graph.Object) {
	if c := k.h.Class(k.h.ClassOf(o)); !c.IsArray || c.Elem == hprof.Object || !k.c.Load(o) {
		return
	}
	if b := k.c.Body(); b != nil {
		k.kept[xxhash.Sum64(b)] = struct{}{}
	} else {
		k.keptLong[k.h.Addr(o)] = true
	}
}
