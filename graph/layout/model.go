package layout

import (
	"fmt"
	"strconv"
	"strings"
)

// Model is the layout of objects in one dump. It is safe for concurrent use.
type Model struct {
	// HeaderBytes is the offset of the first instance field, ArrayLengthOffset
	// that of an array's length.
	HeaderBytes, ArrayLengthOffset int
	// RefBytes is the width of a reference, WordBytes that of a machine word,
	// AlignBytes the object alignment.
	RefBytes, WordBytes, AlignBytes int
	// Generation is the generation of the field packing rules.
	Generation Generation
	// Feature is the feature release whose tables were used.
	Feature int

	// Observed counts objects whose distance to the next is known, Touches those
	// that end exactly there, Violations those that would overlap it. Objects
	// that are sized one by one (StackChunk) are not counted.
	Observed, Touches, Violations int
	// Confirmed, Unconfirmed and Corrected count classes with instances by what
	// their size rests on (Basis).
	Confirmed, Unconfirmed, Corrected int

	// Estimated is set when the addresses support no model, or were not asked:
	// the sizes then follow from the release and the identifier size alone.
	Estimated bool
	// Doubt says why Estimated is set.
	Doubt string
	// Unverified is set when nothing proves the generation of packing rules.
	Unverified bool

	vm         machine
	feature    int
	instance   []int64
	mirror     []int64
	mirrorBase int64
	basis      []Basis
	stackChunk int32 // class, or -1
}

// newModel returns the sizes that the rules and tables give on a machine.
func newModel(p *program, vm machine, feature int) *Model {
	m := &Model{
		HeaderBytes:       int(vm.header),
		ArrayLengthOffset: int(vm.lengthOffset),
		RefBytes:          int(vm.ref),
		WordBytes:         int(vm.word),
		AlignBytes:        int(vm.align),
		Generation:        vm.generation,
		Feature:           feature,

		vm:         vm,
		feature:    feature,
		instance:   make([]int64, len(p.classes)),
		basis:      make([]Basis, len(p.classes)),
		stackChunk: p.find("jdk.internal.vm.StackChunk"),
	}
	shapes := p.layAll(&vm, p.declareFor(feature, vm.word), nil)
	for c := range shapes {
		m.instance[c] = vm.objectSize(shapes[c].end)
	}
	return m
}

// perObject reports whether instances of class differ in size.
func (m *Model) perObject(class int32) bool {
	return class == m.stackChunk
}

// count fills the exported counts from the final sizes.
func (m *Model) count(p *program, e *Evidence) {
	sum := e.arrays.tally(&m.vm)
	for c := range min(len(e.instances), len(m.instance)) {
		if p.classes[c].IsArray || m.perObject(int32(c)) {
			continue
		}
		sum.add(e.instances[c].tally(m.instance[c]))
	}
	ms := mirrorTally(e.mirrors, m.mirror)
	sum.add(ms)
	m.Observed, m.Touches, m.Violations = int(sum.observed), int(sum.touches), int(sum.violations)
	for _, b := range m.basis {
		switch b {
		case Confirmed:
			m.Confirmed++
		case Unconfirmed:
			m.Unconfirmed++
		case Corrected:
			m.Corrected++
		}
	}
}

func mirrorTally(distances []uint32, sizes []int64) tally {
	var t tally
	for c := range min(len(distances), len(sizes)) {
		d := int64(distances[c])
		if d == 0 {
			continue
		}
		t.observed++
		switch {
		case d == sizes[c]:
			t.touches++
		case d < sizes[c]:
			t.violations++
		}
	}
	return t
}

// Instance returns the size of an instance of class in bytes, and that of an
// object without fields where class is unknown. For a StackChunk, which has a
// size of its own, see StackChunk.
func (m *Model) Instance(class int32) int64 {
	if uint(class) >= uint(len(m.instance)) {
		return m.vm.smallestObject()
	}
	return m.instance[class]
}

// Basis returns what Instance(class) rests on.
func (m *Model) Basis(class int32) Basis {
	if uint(class) >= uint(len(m.basis)) {
		return NoObjects
	}
	return m.basis[class]
}

// Array returns the size of an array in bytes; an object array has elements of
// kind Object.
func (m *Model) Array(elem Kind, length uint32) int64 {
	return m.vm.arraySize(elem.bytes(m.vm.ref), int64(length))
}

// Mirror returns the size of the java.lang.Class instance of a class, static
// fields included where they live there (JDK 7 and later).
func (m *Model) Mirror(class int32) int64 {
	if uint(class) >= uint(len(m.mirror)) {
		return m.mirrorBase
	}
	return m.mirror[class]
}

// PrimitiveMirror returns the size of a java.lang.Class instance that mirrors no
// class of the dump, such as int.class: one without static fields.
func (m *Model) PrimitiveMirror() int64 {
	return m.mirrorBase
}

// StackChunk returns the size of an instance of jdk.internal.vm.StackChunk whose
// field size, in words, has that value: the fields, the stack, and a bitmap with
// one bit for each reference that the stack could hold
// (InstanceStackChunkKlass::instance_size, gc_data_size).
func (m *Model) StackChunk(class int32, size int32) int64 {
	words := int64(max(size, 0))
	bitmapBits := alignUp(words*(m.vm.word/m.vm.ref), m.vm.word*8)
	return m.vm.objectSize(m.Instance(class) + words*m.vm.word + bitmapBits/8)
}

// String describes the model and its evidence in one line.
func (m *Model) String() string {
	var b strings.Builder
	if m.Estimated {
		b.WriteString("estimated: ")
	}
	fmt.Fprintf(&b, "%s (%d-byte header, %d-byte references), %d-byte alignment, %s packing",
		m.headers(), m.HeaderBytes, m.RefBytes, m.AlignBytes, m.Generation)
	if m.Unverified {
		b.WriteString(", unverified layout")
	}
	if m.Estimated {
		fmt.Fprintf(&b, "; %s", m.Doubt)
		return b.String()
	}
	share := 100 * float64(m.Touches) / float64(max(m.Observed, 1))
	fmt.Fprintf(&b, "; %.1f %% of %s objects touch the next, %s overlaps",
		share, thousands(m.Observed), thousands(m.Violations))
	return b.String()
}

// headers names the kind of object headers and references.
func (m *Model) headers() string {
	compressedOops := m.RefBytes < m.WordBytes
	switch {
	case m.WordBytes == 4:
		return "32-bit"
	case m.HeaderBytes == 8 && compressedOops:
		return "compact object headers and compressed oops"
	case m.HeaderBytes == 8:
		return "compact object headers"
	case m.HeaderBytes == 12 && compressedOops:
		return "compressed oops and class pointers"
	case m.HeaderBytes == 12:
		return "compressed class pointers"
	case compressedOops:
		return "compressed oops"
	default:
		return "uncompressed"
	}
}

// thousands writes n with commas between groups of three digits.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
