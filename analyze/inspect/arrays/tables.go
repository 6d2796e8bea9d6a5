package arrays

import (
	"cmp"
	"fmt"
	"slices"

	"heapcause/analyze"
	"heapcause/analyze/content"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

func (p pass) largest(s *report.Section, a *content.Arrays) {
	t := content.Table("largest", "Largest arrays", []string{"array", "class", "length", "bytes", "share", "distinct elements", "held by"},
		a.Largest, p.top, func(x content.Sized) []report.Value {
			return []report.Value{
				report.Object(p.Address(x.Object)), report.Name(p.Heap.ClassName(x.Object)), report.Count(p.Heap.Length(x.Object)), report.Bytes(x.Size),
				report.Share(p.Share(x.Size)), distinct(a, x.Object), report.Name(p.holders.Of(x.Object)),
			}
		}, nil)
	t.Omitted, t.OmittedBytes = a.Primitive.Objects+a.Refs.Objects-int64(len(t.Rows)), a.Primitive.Bytes+a.Refs.Bytes
	for _, x := range a.Largest[:len(t.Rows)] {
		t.OmittedBytes -= x.Size
	}
	s.Tables = append(s.Tables, t)
}

// distinct is known of long arrays of references.
func distinct(a *content.Arrays, o graph.Object) report.Value {
	n, ok := a.Distinct[o]
	switch {
	case !ok:
		return report.Value{}
	case n > content.MaxDistinct:
		return report.Name("more than " + analyze.Number(content.MaxDistinct))
	}
	return report.Count(n)
}

func (p pass) humongous(s *report.Section, a *content.Arrays) {
	t := report.Table{Name: "humongous", Title: "Arrays that G1 gives regions of their own", Columns: []string{"region size", "arrays from", "arrays", "bytes"}}
	for i, x := range a.Humongous {
		from := int64(content.HumongousFrom) << i
		t.Rows = append(t.Rows, []report.Value{report.Bytes(2 * from), report.Bytes(from), report.Count(x.Objects), report.Bytes(x.Bytes)})
	}
	s.Tables = append(s.Tables, t)
}

func (p pass) duplicates(s *report.Section, a *content.Arrays) {
	d := content.Table("duplicates", "Arrays of numbers with equal contents", []string{"first", "class", "length", "copies", "wasted", "held by"},
		a.Top, p.top, func(g content.Group) []report.Value {
			return []report.Value{
				report.Object(p.Address(g.Array)), report.Name(p.Heap.ClassName(g.Array)), report.Count(p.Heap.Length(g.Array)), report.Count(g.Arrays), report.Bytes(g.Waste),
				report.Name(p.holders.Majority(g.Members)),
			}
		}, nil)
	d.Omitted, d.OmittedBytes = a.Groups-int64(len(d.Rows)), a.Waste
	for _, g := range a.Top[:len(d.Rows)] {
		d.OmittedBytes -= g.Waste
	}
	keys := sorted(p, a.ByLength, func(r *content.LengthRow) int64 { return r.Waste }, func(k content.LengthKey) (graph.Class, int64) { return k.Class, k.Length })
	l := content.Table("duplicate-lengths", "The same by class and length", []string{"class", "length", "arrays", "contents", "wasted"},
		keys, p.top, func(k content.LengthKey) []report.Value {
			r := a.ByLength[k]
			return []report.Value{report.Name(p.ClassName(k.Class)), report.Count(k.Length), report.Count(r.Arrays), report.Count(r.Contents), report.Bytes(r.Waste)}
		}, func(k content.LengthKey) int64 { return a.ByLength[k].Waste })
	h := content.Table("duplicates-by-holder", "Waste by what holds the surplus copies, extrapolated", []string{"held by", "wasted", "share of the waste"},
		a.Spread(p.holders), p.top, func(x content.Share) []report.Value {
			return []report.Value{report.Name(x.Holder), report.Bytes(x.Waste), report.Share(float64(x.Waste) / float64(max(a.Waste, 1)))}
		}, func(x content.Share) int64 { return x.Waste })
	s.Tables = append(s.Tables, d, l, h)
}

// sorted returns the keys of a map by bytes, class and length.
func sorted[K comparable, V any](p pass, m map[K]V, bytes func(V) int64, parts func(K) (graph.Class, int64)) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int {
		ac, al := parts(a)
		bc, bl := parts(b)
		return cmp.Or(cmp.Compare(bytes(m[b]), bytes(m[a])), cmp.Compare(p.ClassName(ac), p.ClassName(bc)), cmp.Compare(ac, bc), cmp.Compare(al, bl))
	})
	return keys
}

func (p pass) empty(s *report.Section, a *content.Arrays) {
	size := func(c graph.Class) int64 { return p.Heap.ArraySize(c, 0) * a.Zero[c] }
	keys := sorted(p, a.Zero, analyze.Same, func(c graph.Class) (graph.Class, int64) { return c, 0 })
	s.Tables = append(s.Tables, content.Table("zero-length", "Arrays of length 0", []string{"class", "arrays", "bytes"},
		keys, p.top, func(c graph.Class) []report.Value {
			return []report.Value{report.Name(p.ClassName(c)), report.Count(a.Zero[c]), report.Bytes(size(c))}
		}, size))
}

func (p pass) constant(s *report.Section, a *content.Arrays) {
	c := p.Heap.Cursor()
	t := content.Table("constant", "Arrays of numbers whose elements all are equal", []string{"class", "length", "value", "arrays", "bytes"},
		a.ConstantGroups, p.top, func(g content.Group) []report.Value {
			return []report.Value{
				report.Name(p.Heap.ClassName(g.Array)), report.Count(p.Heap.Length(g.Array)), p.element(c, g.Array), report.Count(g.Arrays), report.Bytes(g.Waste),
			}
		}, nil)
	t.Omitted, t.OmittedBytes = int64(len(a.ConstantGroups)-len(t.Rows))+a.ConstantOmitted, a.Constant.Bytes
	for _, g := range a.ConstantGroups[:len(t.Rows)] {
		t.OmittedBytes -= g.Waste
	}
	keys := sorted(p, a.Equal, func(x content.Amount) int64 { return x.Bytes }, func(k content.RefKey) (graph.Class, int64) {
		if k.Null {
			return k.Class, 2 * k.Length
		}
		return k.Class, 2*k.Length + 1
	})
	r := content.Table("constant-references", "Arrays of references whose elements all are equal", []string{"class", "length", "elements", "arrays", "bytes"},
		keys, p.top, func(k content.RefKey) []report.Value {
			what := "one object"
			if k.Null {
				what = "null"
			}
			return []report.Value{report.Name(p.ClassName(k.Class)), report.Count(k.Length), report.Name(what), report.Count(a.Equal[k].Objects), report.Bytes(a.Equal[k].Bytes)}
		}, func(k content.RefKey) int64 { return a.Equal[k].Bytes })
	s.Tables = append(s.Tables, t, r)
}

// element shows the first element of an array of numbers, which is content of the dump but for 0.
func (p pass) element(c *graph.Cursor, o graph.Object) report.Value {
	b := make([]byte, 0, 8)
	if !c.Load(o) {
		return report.Value{}
	}
	elem := p.Heap.Class(c.Class).Elem
	n := elem.Size(8)
	_ = c.Pieces(func(piece []byte) error {
		if len(b) == 0 && len(piece) >= n {
			b = append(b, piece[:n]...)
		}
		return errEnough
	})
	if len(b) < n {
		return report.Value{}
	}
	text, zero := elementText(elem, b)
	if zero {
		return report.Name(text)
	}
	return report.Content(p.Policy.Value(text))
}

func (p pass) sparse(s *report.Section, a *content.Arrays) {
	var keys []graph.Class
	for c, r := range a.Classes {
		if r.Sparse.Objects > 0 {
			keys = append(keys, c)
		}
	}
	wasted := func(c graph.Class) int64 { return a.Classes[c].SparseNulls * int64(p.Heap.Layout().RefBytes) }
	slices.SortFunc(keys, func(x, y graph.Class) int {
		return cmp.Or(cmp.Compare(wasted(y), wasted(x)), cmp.Compare(p.ClassName(x), p.ClassName(y)), cmp.Compare(x, y))
	})
	s.Tables = append(s.Tables, content.Table("sparse", "Arrays of references that are mostly null", []string{"class", "sparse arrays", "of arrays", "bytes", "bytes of null"},
		keys, p.top, func(c graph.Class) []report.Value {
			r := a.Classes[c]
			return []report.Value{report.Name(p.ClassName(c)), report.Count(r.Sparse.Objects), report.Count(r.Objects), report.Bytes(r.Sparse.Bytes), report.Bytes(wasted(c))}
		}, wasted))
}

func (p pass) boxes(s *report.Section) {
	boxes := slices.Clone(p.found.Boxes)
	slices.SortFunc(boxes, func(a, b content.Box) int {
		return cmp.Or(cmp.Compare(b.Boxes.Bytes, a.Boxes.Bytes), cmp.Compare(p.ClassName(a.Class), p.ClassName(b.Class)))
	})
	s.Tables = append(s.Tables, content.Table("boxes", "Boxes by class", []string{"class", "boxes", "bytes", "distinct values", "in the range of the cache", "outside", "wasted"},
		boxes, p.top, func(b content.Box) []report.Value {
			in, out := report.Value{}, report.Count(b.Boxes.Objects)
			if b.Cached >= 0 {
				in, out = report.Count(b.Cached), report.Count(b.Boxes.Objects-b.Cached)
			}
			return []report.Value{report.Name(p.ClassName(b.Class)), report.Count(b.Boxes.Objects), report.Bytes(b.Boxes.Bytes), report.Count(b.Distinct), in, out, report.Bytes(b.Waste())}
		}, func(b content.Box) int64 { return b.Boxes.Bytes }))
}

// headers says what headers take, by kind of object.
func (p pass) headers(s *report.Section) {
	o := content.OverheadOf(p.Pass)
	t := report.Table{Name: "headers", Title: "Headers of objects", Columns: []string{"objects", "count", "bytes of each header", "bytes of headers"}}
	t.Rows = append(t.Rows,
		[]report.Value{report.Name("instances"), report.Count(o.Instances), report.Bytes(o.InstanceHeader), report.Bytes(o.Instances * o.InstanceHeader)},
		[]report.Value{report.Name("arrays"), report.Count(o.Arrays), report.Bytes(o.ArrayHeader), report.Bytes(o.Arrays * o.ArrayHeader)})
	s.Tables = append(s.Tables, t)
}

func (p pass) fields(s *report.Section) {
	fields := analyze.Result[[]content.ConstantField](p.Pass, content.FieldScan)
	s.Tables = append(s.Tables, content.Table("constant-fields", "Fields with one value in all instances of a class", []string{"class", "field", "value", "instances", "bytes"},
		fields, p.top, func(f content.ConstantField) []report.Value {
			what := "always equal"
			switch {
			case f.Zero && f.Type == hprof.Object:
				what = "always null"
			case f.Zero:
				what = "always 0"
			}
			return []report.Value{
				report.Name(p.ClassName(f.Class)), report.Name(fmt.Sprintf("%s.%s", p.ClassName(f.Declared), f.Field)), report.Name(what), report.Count(f.Instances), report.Bytes(f.Bytes),
			}
		}, func(f content.ConstantField) int64 { return f.Bytes }))
}
