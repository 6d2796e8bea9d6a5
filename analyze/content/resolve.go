package content

import (
	"cmp"
	"slices"

	"heapcause/graph"
)

// resolver finds equal contents among the records.
type resolver struct {
	s        *scanner
	strings  duplicates
	arrays   duplicates
	byLength map[LengthKey]*LengthRow
	boxes    []int64 // distinct values by kind

	constant       Amount
	constants      top[Group]
	constantGroups int64

	records []graph.SpillRecord
	slots   []uint32 // of the table: 1 + the newest record of a content
	before  []uint32 // 1 + the record of the same content before
	members [numKinds][]graph.Object
}

func newResolver(s *scanner) *resolver {
	r := &resolver{s: s, byLength: map[LengthKey]*LengthRow{}, boxes: make([]int64, len(s.boxes))}
	r.strings.init()
	r.arrays.init()
	r.constants = top[Group]{n: maxGroups, compare: byWaste}
	return r
}

// byWaste has the most wasteful group first, equal ones by their content.
func byWaste(a, b Group) int {
	return cmp.Or(cmp.Compare(b.Waste, a.Waste), cmp.Compare(a.key, b.key), cmp.Compare(a.Array, b.Array))
}

func (r *resolver) resolve(spill *graph.Spill) (err error) {
	for p := range spill.Parts() {
		if r.records, err = spill.Read(p, r.records); err != nil {
			return err
		}
		r.part()
	}
	return nil
}

// part chains the records of equal contents with a hash table. The order of the records does not matter.
func (r *resolver) part() {
	n := len(r.records)
	size := 16
	for size < 2*n {
		size *= 2
	}
	if cap(r.slots) < size {
		r.slots = make([]uint32, size)
	}
	r.slots = r.slots[:size]
	clear(r.slots)
	r.before = slices.Grow(r.before[:0], n)[:n]
	mask := uint64(size - 1)
	for i := range r.records {
		x := &r.records[i]
		j := x.Key & mask
		for ; r.slots[j] != 0; j = (j + 1) & mask {
			if y := &r.records[r.slots[j]-1]; y.Key == x.Key && y.Tag == x.Tag {
				break
			}
		}
		r.before[i] = r.slots[j]
		r.slots[j] = uint32(i) + 1
	}
	r.contents()
}

// contents takes the contents of a part: what is there once at once, the others in the order of their hashes.
func (r *resolver) contents() {
	heads := r.slots[:0]
	for _, i := range r.slots {
		if i == 0 {
			continue
		}
		x := &r.records[i-1]
		switch {
		case x.Tag&boxTag != 0:
			r.boxes[x.Tag&^boxTag]++
		case r.before[i-1] != 0 || x.Tag&constantTag != 0:
			heads = append(heads, i)
		case r.s.sets.kind(graph.Object(x.Object)) != plainArray:
			r.strings.Contents++
		default:
			r.arrays.Contents++
		}
	}
	slices.SortFunc(heads, func(a, b uint32) int {
		x, y := &r.records[a-1], &r.records[b-1]
		return cmp.Or(cmp.Compare(x.Key, y.Key), cmp.Compare(x.Tag, y.Tag))
	})
	for _, i := range heads {
		r.content(i)
	}
}

// content takes one content by the last of its records: it may be that of strings and of arrays that are no string's.
func (r *resolver) content(i uint32) {
	for k := range r.members {
		r.members[k] = r.members[k][:0]
	}
	key, tag := r.records[i-1].Key, r.records[i-1].Tag
	for ; i != 0; i = r.before[i-1] {
		o := graph.Object(r.records[i-1].Object)
		k := r.s.sets.kind(o)
		r.members[k] = append(r.members[k], o)
	}
	for k, m := range r.members {
		if len(m) == 0 {
			continue
		}
		slices.Sort(m)
		h := r.s.h
		class, length := h.ClassOf(m[0]), h.Length(m[0])
		size := h.ArraySize(class, length)
		switch {
		case k != plainArray:
			r.strings.add(key, m, size+r.stringSize())
		case tag&constantTag != 0:
			r.constant.Objects += int64(len(m))
			r.constant.Bytes += size * int64(len(m))
			r.constantGroups++
			r.constants.add(Group{Array: m[0], Arrays: int64(len(m)), Waste: size * int64(len(m)), key: key})
		default:
			r.arrays.add(key, m, size)
			if len(m) > 1 {
				r.lengths(LengthKey{class, length}, int64(len(m)), size)
			}
		}
	}
}

func (r *resolver) stringSize() int64 {
	return r.s.h.Layout().Instance(int32(r.s.value.Class))
}

func (r *resolver) lengths(k LengthKey, arrays, size int64) {
	row := r.byLength[k]
	if row == nil {
		row = &LengthRow{}
		r.byLength[k] = row
	}
	row.Arrays += arrays
	row.Contents++
	row.Waste += (arrays - 1) * size
}

// duplicates adds up groups.
type duplicates struct {
	Duplicates
	top  top[Group]
	step int64 // bytes of waste from one of the sample to the next
	next int64
}

const (
	maxSample  = 2000 // twice as many are taken at most
	maxMembers = 8    // of a group, to see what holds it
)

func (d *duplicates) init() {
	d.top = top[Group]{n: maxGroups, compare: byWaste}
	d.step, d.next = 1, 1
}

// add takes the arrays of one content, each of which takes size bytes with what belongs to it.
func (d *duplicates) add(key uint64, m []graph.Object, size int64) {
	d.Contents++
	if len(m) < 2 {
		return
	}
	n := int64(len(m))
	d.Groups++
	d.Surplus += n - 1
	d.sample(m[1:], size)
	d.Waste += (n - 1) * size
	g := Group{Array: m[0], Arrays: n, Waste: (n - 1) * size, key: key}
	if t := &d.top; t.full && byWaste(g, t.list[t.n-1]) > 0 {
		return
	}
	for i := range min(n, maxMembers) {
		g.Members = append(g.Members, m[i*n/min(n, maxMembers)])
	}
	d.top.add(g)
}

// sample takes every step-th byte's array. When there are too many, every other one goes and the step doubles.
func (d *duplicates) sample(surplus []graph.Object, size int64) {
	end := d.Waste + int64(len(surplus))*size
	for d.next <= end {
		i := (d.next - d.Waste - 1) / size
		d.Sample = append(d.Sample, surplus[i])
		d.next += d.step
		if len(d.Sample) == 2*maxSample {
			for j := range maxSample {
				d.Sample[j] = d.Sample[2*j+1]
			}
			d.Sample = d.Sample[:maxSample]
			d.step *= 2
			d.next = (d.next - 1 + d.step) / d.step * d.step
		}
	}
}

func (d *duplicates) finish() Duplicates {
	d.Top = d.top.sorted()
	return d.Duplicates
}
