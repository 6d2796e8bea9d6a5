package layout

// hole is a run of free bytes between the fields of an object.
type hole struct {
	offset, size int64
}

// shape is the layout of one class, reduced to what its subclasses build on.
type shape struct {
	// end is the offset after the last field, padding behind it included.
	end int64
	// lastField is the offset after the last field, without padding.
	lastField int64
	// holes are the gaps that fields of a subclass may fill, by offset. Only
	// the FieldLayoutBuilder generations have any.
	holes []hole
	// endsWithOop is set when the field at the highest offset is a reference.
	endsWithOop bool
	// contended is set when the class or a superclass has a @Contended
	// annotation (InstanceKlass::has_contended_annotations).
	contended bool
}

// fieldCounts counts fields by their width; packing looks at nothing else.
type fieldCounts struct {
	// primitives of 8, 4, 2 and 1 bytes, in this order.
	primitives [4]int64
	oops       int64
}

// primitiveWidths are the widths that fieldCounts.primitives counts.
var primitiveWidths = [4]int64{8, 4, 2, 1}

func (c *fieldCounts) add(k Kind) {
	switch k {
	case Long, Double:
		c.primitives[0]++
	case Int, Float:
		c.primitives[1]++
	case Short, Char:
		c.primitives[2]++
	case Byte, Boolean:
		c.primitives[3]++
	default:
		c.oops++
	}
}

func (c *fieldCounts) empty() bool {
	return *c == fieldCounts{}
}

// declaration is what one class adds to its superclass's layout.
type declaration struct {
	name string
	// root are the fields outside any contention group, groups those within.
	root   fieldCounts
	groups []fieldCounts
	// contended is set for a class that is @Contended as a whole.
	contended bool
}

// lay returns the layout of a class that adds d to super; super is nil for a
// root class.
func (m *machine) lay(super *shape, d *declaration) shape {
	if m.generation >= JDK15 {
		return m.layByBuilder(super, d)
	}
	return m.layLegacy(super, d)
}
