package explore

import (
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// contents shows what is in an object: its elements or entries first where it is a collection, else its fields.
func (v *view) contents() {
	if c, ok := v.h.AsClass(v.o); ok {
		v.classTables(c)
		return
	}
	k := v.h.Class(v.h.ClassOf(v.o))
	switch {
	case k.IsArray && k.Elem == hprof.Object:
		v.table(v.references())
	case k.IsArray:
		v.table(v.primitives(k.Elem))
	case v.r.IsMap(v.h.ClassOf(v.o)):
		v.table(v.entries())
	case v.r.IsCollection(v.h.ClassOf(v.o)):
		v.table(v.elements())
	}
	v.stack()
	v.table(v.fields(v.o))
}

// left counts what a table does not show of n things.
func left(t *report.Table, n int64) { t.Omitted = max(n-int64(len(t.Rows)), 0) }

// references lists the elements of an array of references.
func (v *view) references() report.Table {
	t := report.Table{Name: "elements", Title: "Elements, those that are null left out", Columns: report.Rows[string]{"index", "value", "class", "address", "retained"}}
	if !v.list.Load(v.o) {
		return t
	}
	n := int64(0)
	v.list.EachRef(func(i int, o graph.Object) bool {
		if n++; len(t.Rows) < v.opt.Rows() {
			t.Rows = append(t.Rows, append([]report.Value{report.Number(int64(i))}, v.objectCells(o)...))
		}
		return n < maxWalked
	})
	left(&t, n)
	return t
}

// maxWalked elements are looked at to count those that are not shown: the rest is not counted.
const maxWalked = 1_000_000

// objectCells are the value, class, address and retained size of an object.
func (v *view) objectCells(o graph.Object) []report.Value {
	if o == graph.NoObject {
		return []report.Value{report.Name("null"), {}, {}, {}}
	}
	return []report.Value{v.short(o), report.Name(v.h.ClassName(o)), AddressValue(v.h, o), report.Bytes(v.h.Retained(o))}
}

// primitives lists the elements of an array of numbers. Those of byte[] and char[] are contents: they are shown as a text, or raw.
func (v *view) primitives(elem hprof.Type) report.Table {
	t := report.Table{Name: "elements", Title: "Elements", Columns: report.Rows[string]{"index", "value"}}
	if elem == hprof.Byte || elem == hprof.Char || !v.list.Load(v.o) {
		return t
	}
	width := elem.Size(v.h.File().IDSize)
	_ = v.list.Pieces(func(p []byte) error {
		for ; len(p) >= width; p = p[width:] {
			if len(t.Rows) == v.opt.Rows() {
				return errEnough
			}
			t.Rows = append(t.Rows, report.Rows[report.Value]{report.Number(int64(len(t.Rows))), Primitive(elem, hprof.Value(p, elem, v.h.File().IDSize))})
		}
		return nil
	})
	left(&t, v.h.Length(v.o))
	return t
}

// elements lists what is in a list, set or queue.
func (v *view) elements() report.Table {
	t := report.Table{Name: "elements", Title: "Elements", Columns: report.Rows[string]{"number", "value", "class", "address", "retained"}}
	var shown []graph.Object
	more := v.collect(func(fn func(k, x graph.Object) bool) {
		v.r.Elements(v.o, func(x graph.Object) bool { return fn(graph.NoObject, x) })
	}, func(_, x graph.Object) { shown = append(shown, x) })
	for i, o := range shown {
		t.Rows = append(t.Rows, append([]report.Value{report.Number(int64(i + 1))}, v.objectCells(o)...))
	}
	t.Omitted = more
	return t
}

// entries lists what is in a map.
func (v *view) entries() report.Table {
	t := report.Table{Name: "entries", Title: "Entries", Columns: report.Rows[string]{"key", "value", "value's class", "value's address", "retained", "key's address"}}
	var keys, values []graph.Object
	more := v.collect(func(fn func(k, x graph.Object) bool) { v.r.Entries(v.o, fn) }, func(k, x graph.Object) {
		keys, values = append(keys, k), append(values, x)
	})
	for i := range keys {
		row := append([]report.Value{v.brief(keys[i])}, v.objectCells(values[i])...)
		t.Rows = append(t.Rows, append(row, AddressValue(v.h, keys[i])))
	}
	t.Omitted = more
	return t
}

// brief is the value of an object, or the last part of the name of its class.
func (v *view) brief(o graph.Object) report.Value {
	if o == graph.NoObject {
		return report.Name("null")
	}
	if x := v.short(o); x.Kind() != report.KindNone {
		return x
	}
	return report.Name(lastPart(v.h.ClassName(o)))
}

// collect keeps as many pairs as a table has rows and returns how many there are besides, as far as that is known without counting
// for long.
func (v *view) collect(walk func(func(k, x graph.Object) bool), keep func(k, x graph.Object)) (more int64) {
	n, whole := v.Size(v.o)
	seen := int64(0)
	walk(func(k, x graph.Object) bool {
		if seen++; seen <= int64(v.opt.Rows()) {
			keep(k, x)
		}
		return seen <= int64(v.opt.Rows())
	})
	if seen > int64(v.opt.Rows()) { // it did not come to the end
		seen--
		if n < 0 || !whole && n <= seen {
			return 1
		}
		return max(n-seen, 1)
	}
	return 0
}
