package layout

import "slices"

// layByBuilder follows FieldLayoutBuilder::compute_regular_layout
// (fieldLayoutBuilder.cpp, JDK 15 and later): the superclass's fields stay where
// they are, primitives by falling width and then references go into the holes
// between them, best fit first, and behind them when no hole fits. JDK 25 begins
// with the references where the superclass ends with one.
func (m *machine) layByBuilder(super *shape, d *declaration) shape {
	s := shape{end: m.header, lastField: m.header}
	if super != nil {
		s = super.inherited()
	}
	b := builder{shape: s, ref: m.ref, append: s.contended}
	oopsLead := m.generation >= JDK25 && s.endsWithOop
	if d.contended {
		b.pad()
		b.append = true
	}
	if oopsLead {
		b.addOops(d.root.oops)
	}
	b.addPrimitives(&d.root)
	if !oopsLead {
		b.addOops(d.root.oops)
	}
	for i := range d.groups {
		b.pad()
		b.append = true // a group begins at the last block, so nothing before it is searched
		b.addPrimitives(&d.groups[i])
		b.addOops(d.groups[i].oops)
	}
	if d.contended || len(d.groups) > 0 {
		b.pad()
		b.contended = true
	}
	return b.shape
}

// inherited returns the layout that a subclass starts from
// (FieldLayout::reconstruct_layout and fill_holes): what lies behind the last
// field is free again, and behind a @Contended class there is one padding and no
// hole to fill.
func (s *shape) inherited() shape {
	t := *s
	t.end = s.lastField
	if s.contended {
		t.end += contendedPadding
		t.holes = nil
		return t
	}
	t.holes = slices.Clone(s.holes)
	return t
}

// builder places fields in a shape (class FieldLayout).
type builder struct {
	shape
	ref int64
	// append is set where holes must not be filled.
	append bool
}

// pad puts contention padding at the end.
func (b *builder) pad() {
	b.end += contendedPadding
}

func (b *builder) addPrimitives(c *fieldCounts) {
	for i, width := range primitiveWidths {
		b.add(c.primitives[i], width, false)
	}
}

func (b *builder) addOops(n int64) {
	b.add(n, b.ref, true)
}

// add places n fields of one width. A search that fails once fails for the rest,
// so those are put at the end together.
func (b *builder) add(n, width int64, oop bool) {
	for ; n > 0 && !b.append; n-- {
		i := b.bestFit(width)
		if i < 0 {
			break
		}
		b.fill(i, width)
	}
	if n <= 0 {
		return
	}
	at := alignUp(b.end, width)
	if at > b.end {
		b.holes = append(b.holes, hole{b.end, at - b.end})
	}
	b.end = at + n*width
	b.lastField = b.end
	b.endsWithOop = oop
}

// bestFit returns the smallest hole that takes a field of the given width, the
// last of several equal ones, or -1.
func (b *builder) bestFit(width int64) int {
	best := -1
	for i := len(b.holes) - 1; i >= 0; i-- {
		h := b.holes[i]
		if h.size < alignUp(h.offset, width)-h.offset+width {
			continue
		}
		if best < 0 || h.size < b.holes[best].size {
			best = i
		}
	}
	return best
}

// fill puts a field into hole i and keeps what is left on both sides of it.
func (b *builder) fill(i int, width int64) {
	h := b.holes[i]
	at := alignUp(h.offset, width)
	var rest []hole
	if at > h.offset {
		rest = append(rest, hole{h.offset, at - h.offset})
	}
	if end := h.offset + h.size; at+width < end {
		rest = append(rest, hole{at + width, end - at - width})
	}
	b.holes = slices.Replace(b.holes, i, i+1, rest...)
}
