package content

import "errors"

// Finish implements analyze.Scanner: a *Found.
func (s *scanner) Finish() any {
	f := &Found{heap: s.h, sets: s.sets, Err: s.err, stringClass: s.value.Class}
	if s.err != nil {
		return f
	}
	defer s.spill.Close()
	for _, k := range s.workers {
		f.Err = errors.Join(f.Err, k.out.Flush())
		f.Strings.merge(&k.strings)
		f.Arrays.merge(&k.arrays)
	}
	if f.Err != nil {
		return f
	}
	s.finishStrings(&f.Strings)
	f.Arrays.Largest = largestOf(s.workers)
	r := newResolver(s)
	if f.Err = r.resolve(s.spill); f.Err != nil {
		return f
	}
	f.Strings.Duplicates = r.strings.finish()
	f.Arrays.Duplicates = r.arrays.finish()
	f.Arrays.ByLength = r.byLength
	f.Arrays.Constant, f.Arrays.ConstantGroups = r.constant, r.constants.sorted()
	f.Arrays.ConstantOmitted = r.constantGroups - int64(len(f.Arrays.ConstantGroups))
	f.Boxes = s.finishBoxes(r.boxes)
	s.workers = nil
	return f
}

func (t *Strings) merge(o *Strings) {
	t.Reachable.merge(o.Reachable)
	t.Garbage += o.Garbage
	t.Hollow += o.Hollow
	t.Empty += o.Empty
	t.Partial += o.Partial
	for e := range t.Seen {
		t.Seen[e].merge(o.Seen[e])
	}
	for i := range t.Lengths {
		t.Lengths[i].Strings += o.Lengths[i].Strings
	}
}

func (t *Arrays) merge(o *Arrays) {
	t.Primitive.merge(o.Primitive)
	t.Refs.merge(o.Refs)
	t.Garbage += o.Garbage
	for i := range t.Humongous {
		t.Humongous[i].merge(o.Humongous[i])
	}
	if t.Zero == nil {
		t.Zero, t.Distinct, t.Classes, t.Equal = o.Zero, o.Distinct, o.Classes, o.Equal
		return
	}
	for c, n := range o.Zero {
		t.Zero[c] += n
	}
	for a, n := range o.Distinct {
		t.Distinct[a] = n
	}
	for k, a := range o.Equal {
		b := t.Equal[k]
		b.merge(a)
		t.Equal[k] = b
	}
	for c, r := range o.Classes {
		if t.Classes[c] == nil {
			t.Classes[c] = r
			continue
		}
		t.Classes[c].merge(r)
	}
}

func (r *RefArrays) merge(o *RefArrays) {
	r.Amount.merge(o.Amount)
	r.Elements += o.Elements
	r.Nulls += o.Nulls
	r.Sparse.merge(o.Sparse)
	r.SparseNulls += o.SparseNulls
}

func largestOf(workers []*worker) []Sized {
	all := top[Sized]{n: maxLargest, compare: bySize}
	for _, k := range workers {
		for _, a := range k.largest.sorted() {
			all.add(a)
		}
	}
	return all.sorted()
}
