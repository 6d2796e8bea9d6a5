package layout

// machine is one hypothesis about the virtual machine: everything that object
// sizes depend on but the classes themselves.
type machine struct {
	// header is the offset of the first instance field
	// (instanceOopDesc::base_offset_in_bytes).
	header int64
	// lengthOffset is the offset of an array's length
	// (arrayOopDesc::length_offset_in_bytes).
	lengthOffset int64
	// ref is the width of a reference in the heap (heapOopSize).
	ref int64
	// word is the machine word (wordSize).
	word int64
	// align is the object alignment (MinObjAlignmentInBytes).
	align int64
	// elementAligned is set where array elements begin at the first multiple of
	// their own width after the length, and clear where they begin at a word
	// (JDK-8139457, since JDK 23).
	elementAligned bool
	generation     Generation
}

// defaultAlign is HotSpot's object alignment unless ObjectAlignmentInBytes says
// otherwise, also on 32 bits; maxAlign is the largest that it accepts.
const (
	defaultAlign = 8
	maxAlign     = 256
)

// alignUp rounds n up to a multiple of a, a power of two.
func alignUp(n, a int64) int64 {
	return (n + a - 1) &^ (a - 1)
}

// objectSize rounds the end of an object's last field or element up to the size
// that the object takes (align_object_size of whole words).
func (m *machine) objectSize(end int64) int64 {
	return alignUp(alignUp(end, m.word), m.align)
}

// arrayBase returns the offset of the first element, es bytes wide
// (arrayOopDesc::base_offset_in_bytes).
func (m *machine) arrayBase(es int64) int64 {
	base := m.lengthOffset + 4
	if !m.elementAligned {
		base = alignUp(base, m.word)
	}
	return alignUp(base, es)
}

// arraySize returns the size of an array of n elements of es bytes.
func (m *machine) arraySize(es, n int64) int64 {
	return m.objectSize(m.arrayBase(es) + es*n)
}

// smallestObject returns the size of the smallest object there can be; no gap
// of fewer bytes holds a dead one (CollectedHeap::min_dummy_object_size).
func (m *machine) smallestObject() int64 {
	return m.objectSize(m.header)
}
