package layout

import "strings"

// Basis says what an object size of a class rests on.
type Basis uint8

const (
	// NoObjects: no object of the class had a neighbour to compare with.
	NoObjects Basis = iota
	// Confirmed: the packing rules give the size, and some object ends exactly
	// where the next begins.
	Confirmed
	// Unconfirmed: the packing rules give the size, and every neighbour is
	// further away.
	Unconfirmed
	// Corrected: the addresses leave no room for the size that the rules give.
	Corrected
)

// correct compares each class with the evidence and corrects the sizes that the
// evidence disproves. A distance above the size disproves nothing in general.
func (m *Model) correct(p *program, e *Evidence) {
	n := min(len(e.instances), len(m.instance))
	var violations uint64
	for c := range n {
		if !m.perObject(int32(c)) {
			violations += e.instances[c].below(m.instance[c])
		}
	}
	for c := range n {
		seen := &e.instances[c]
		if seen.total == 0 || p.classes[c].IsArray || m.perObject(int32(c)) {
			continue
		}
		elsewhere := violations - seen.below(m.instance[c])
		if size, ok := m.corrected(p, int32(c), seen, elsewhere == 0); ok {
			m.instance[c] = size
			m.basis[c] = Corrected
			continue
		}
		m.basis[c] = Unconfirmed
		if seen.at(m.instance[c]) > 0 {
			m.basis[c] = Confirmed
		}
	}
}

// corrected returns the size of class c that its distances force, if they do;
// clean says that no object of another class overlaps its neighbour.
func (m *Model) corrected(p *program, c int32, seen *nearest, clean bool) (int64, bool) {
	size := m.instance[c]
	smallest := int64(seen.distance[0])
	switch excess := smallest - size; {
	case smallest == 0 || excess == 0:
		return 0, false
	case excess < 0:
		return smallest, m.disproved(seen, size, clean)
	case excess < m.vm.smallestObject():
		// Nothing that small can lie between.
		return smallest, true
	default:
		return smallest, m.contendedByUser(p, c, seen, excess)
	}
}

// disproved reports whether overlaps make size impossible: more than one witness
// or a file without other overlaps, and not outweighed by objects that touch,
// which would rather mean that the file is damaged.
func (m *Model) disproved(seen *nearest, size int64, clean bool) bool {
	overlaps := seen.below(size)
	return int64(seen.distance[0]) >= m.vm.header &&
		(overlaps >= 2 || clean) &&
		overlaps*violationWeight >= seen.at(size)
}

// contendedByUser reports whether class c looks like one whose author annotated
// it, or fields of it, with @Contended on a virtual machine that heeds it
// (-XX:-RestrictContended; JDK 8's Unsafe.Contended likewise). Then nearly all
// objects stand further off by two or more paddings and little else. The class
// library's own classes are in the tables.
func (m *Model) contendedByUser(p *program, c int32, seen *nearest, excess int64) bool {
	const (
		minObjects = 2
		minShare   = 0.9
		// maxRest is what alignment can add to the paddings.
		maxRest = 16
	)
	return seen.total >= minObjects &&
		excess >= 2*contendedPadding &&
		excess <= 2*contendedPadding*(1+p.fieldsOf(c)) &&
		excess%contendedPadding <= maxRest &&
		float64(seen.count[0]) >= minShare*float64(seen.total) &&
		!classLibrary(p.classes[c].Name)
}

// fieldsOf counts the instance fields of a class, inherited ones included, up to
// a number that is plenty.
func (p *program) fieldsOf(c int32) int64 {
	const plenty = 1 << 12
	var n int64
	for ; c >= 0 && n < plenty; c = p.super[c] {
		n += int64(len(p.classes[c].Fields))
		if p.super[c] >= 0 && n == 0 {
			n++ // bounds the walk over hostile chains of empty classes
		}
	}
	return n
}

// classLibrary reports whether a class belongs to the JDK's own packages.
func classLibrary(name string) bool {
	for _, prefix := range []string{"java.", "javax.", "jdk.", "sun.", "com.sun."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
