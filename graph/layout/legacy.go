package layout

// contendedPadding is the default of ContendedPaddingWidth.
const contendedPadding = 128

// oopsFirst names the classes with offsets known to the virtual machine, for
// which ClassFileParser::layout_fields puts references first and fills no gap.
var oopsFirst = map[string]bool{
	"java.lang.AssertionStatusDirectives": true,
	"java.lang.Class":                     true,
	"java.lang.ClassLoader":               true,
	"java.lang.ref.Reference":             true,
	"java.lang.ref.SoftReference":         true,
	"java.lang.StackTraceElement":         true,
	"java.lang.String":                    true,
	"java.lang.Throwable":                 true,
	"java.lang.Boolean":                   true,
	"java.lang.Character":                 true,
	"java.lang.Float":                     true,
	"java.lang.Double":                    true,
	"java.lang.Byte":                      true,
	"java.lang.Short":                     true,
	"java.lang.Integer":                   true,
	"java.lang.Long":                      true,
}

// layLegacy follows ClassFileParser::layout_fields (classFileParser.cpp, JDK 6
// to 14): a class starts where its superclass ends, rounded up to the width of a
// reference; primitives come by falling width, references last, and one gap, the
// one before the 8-byte fields, is filled. JDK 5 fills none and puts references
// first throughout.
func (m *machine) layLegacy(super *shape, d *declaration) shape {
	off := m.header
	if super != nil {
		off = super.end
	}
	if d.contended {
		off += contendedPadding
	}
	c := d.root
	first := m.generation == JDK5 || oopsFirst[d.name]
	if first {
		off += c.oops * m.ref
		c.oops = 0
	}
	if c.primitives[0] > 0 {
		if aligned := alignUp(off, 8); aligned != off {
			if !first {
				m.fillGap(&c, aligned-off)
			}
			off = aligned
		}
	}
	for i, width := range primitiveWidths {
		off += c.primitives[i] * width
	}
	if c.oops > 0 {
		off = alignUp(off, m.ref) + c.oops*m.ref
	}
	for i := range d.groups {
		off = m.layGroupLegacy(off+contendedPadding, &d.groups[i])
	}
	if len(d.groups) > 0 {
		off += contendedPadding
	}
	if d.contended {
		off += contendedPadding
	}
	// nonstatic_field_size counts in heapOopSize.
	return shape{end: alignUp(off, m.ref)}
}

// fillGap moves fields of c into the gap of n bytes before the 8-byte fields,
// as layout_fields does: one int or else shorts and bytes, and failing those one
// reference.
func (m *machine) fillGap(c *fieldCounts, n int64) {
	take := func(count *int64, width, most int64) {
		k := min(*count, n/width, most)
		*count -= k
		n -= k * width
	}
	take(&c.primitives[1], 4, 1)
	take(&c.primitives[2], 2, n)
	take(&c.primitives[3], 1, n)
	take(&c.oops, m.ref, 1)
}

// layGroupLegacy places one contention group behind off and returns its end.
// HotSpot takes the fields in the order of the class file; by falling width they
// end at the same place in all classes of the tables.
func (m *machine) layGroupLegacy(off int64, c *fieldCounts) int64 {
	for i, width := range primitiveWidths {
		if c.primitives[i] > 0 {
			off = alignUp(off, width) + c.primitives[i]*width
		}
	}
	if c.oops > 0 {
		off = alignUp(off, m.ref) + c.oops*m.ref
	}
	return off
}
