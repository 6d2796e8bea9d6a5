package content

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// Overhead adds up what objects take without holding anything.
type Overhead struct {
	Zero        Amount // arrays of length 0
	Constant    Amount // arrays whose elements all are equal
	Sparse      Amount
	SparseNulls int64 // bytes
	SparseOwn   int64 // of these, those of arrays that have something in them
	Boxes       Amount
	BoxSurplus  int64 // boxes of a value that another one has
	BoxWaste    int64
	ZeroFields  int64 // bytes of fields that are always null or 0

	Instances, Arrays           int64 // of the whole dump
	InstanceHeader, ArrayHeader int64
	Headers                     int64
	HeapBytes                   int64 // of the whole dump
}

// OverheadOf returns the sums of the scans' results.
func OverheadOf(p *analyze.Pass) *Overhead {
	return analyze.Shared(p, "overhead of objects", func() *Overhead { return overhead(p) })
}

func overhead(p *analyze.Pass) *Overhead {
	o := &Overhead{}
	o.headers(p.Heap)
	for _, f := range analyze.Result[[]ConstantField](p, FieldScan) {
		if f.Zero {
			o.ZeroFields += f.Bytes
		}
	}
	found := analyze.Result[*Found](p, Scan)
	if found == nil {
		return o
	}
	a := &found.Arrays
	for c, n := range a.Zero {
		o.Zero.Objects += n
		o.Zero.Bytes += n * p.Heap.ArraySize(c, 0)
	}
	o.Constant = a.Constant
	ref := int64(p.Heap.Layout().RefBytes)
	for k, x := range a.Equal {
		o.Constant.merge(x)
		if k.Null && k.Length >= SparseElements {
			o.SparseOwn -= x.Objects * k.Length * ref
		}
	}
	for _, r := range a.Classes {
		o.Sparse.merge(r.Sparse)
		o.SparseNulls += r.SparseNulls * ref
	}
	o.SparseOwn += o.SparseNulls
	for _, b := range found.Boxes {
		o.Boxes.merge(b.Boxes)
		o.BoxSurplus += b.Boxes.Objects - b.Distinct
		o.BoxWaste += b.Waste()
	}
	return o
}

// lengthBytes is the width of an array's length.
const lengthBytes = 4

func (o *Overhead) headers(h *graph.Heap) {
	l := h.Layout()
	o.InstanceHeader, o.ArrayHeader = int64(l.HeaderBytes), int64(l.ArrayLengthOffset)+lengthBytes
	for c := range graph.Class(h.NumClasses()) {
		if k := h.Class(c); k.IsArray {
			o.Arrays += k.Instances
		} else {
			o.Instances += k.Instances
		}
	}
	o.Headers = o.Instances*o.InstanceHeader + o.Arrays*o.ArrayHeader
	o.HeapBytes = h.Total(graph.Unreachable).Bytes
}
