package layout

import "strings"

// Basis says what an object size of a class rests on.
type Basis uint8

const (
	// NoObjects means: no object of the class had a neighbour to compare with.
	NoObjects Basis = iota
	// Confirmed means: the packing rules give the size, and some object ends exactly
	// where the next begins.
	Confirmed
	// Unconfirmed means: the packing rules give the size, and every neighbour is
	// further away.
	Unconfirmed
	// Corrected means: the addresses leave no room for the size that the rules give.
	Corrected
)

// correct compares each class with the evidence and corrects the sizes that the
// evidence disproves. A distance above the size disproves nothing in general.
func (m *Model) correct(p *program, e *Evidence) {
	k := corrector{m: m, program: p, evidence: e, contended: make([]bool, len(m.instance))}
	for _, c := range p.order {
		if k.applies(c) {
			k.violations += e.instances[c].below(m.instance[c])
		}
	}
	for _, c := range p.order {
		if k.applies(c) {
			m.basis[c] = k.judge(c)
		}
	}
}

// corrector holds what correct needs from class to class; classes come after
// their superclasses.
type corrector struct {
	m        *Model
	program  *program
	evidence *Evidence
	// violations counts the overlaps of all classes before any correction.
	violations uint64
	// contended marks the classes that look annotated with @Contended.
	contended []bool
}

// applies reports whether class c has distances that its size can be compared
// with.
func (k *corrector) applies(c int32) bool {
	return int(c) < len(k.evidence.instances) && k.evidence.instances[c].total > 0 &&
		!k.program.classes[c].IsArray && !k.m.perObject(c)
}

// judge compares class c with its distances and corrects its size if it must.
func (k *corrector) judge(c int32) Basis {
	seen := &k.evidence.instances[c]
	size := k.m.instance[c]
	smallest := int64(seen.distance[0])
	forced := false
	switch excess := smallest - size; {
	case smallest == 0, smallest%k.m.vm.align != 0:
		return Unconfirmed // all far away, or no address
	case excess == 0:
		return Confirmed
	case excess < 0:
		forced = k.disproved(c, size)
	case excess < k.m.vm.smallestObject():
		forced = true // nothing that small can lie between
	default:
		forced = k.looksContended(c, excess)
		k.contended[c] = forced
	}
	switch {
	case forced:
		k.m.instance[c] = smallest
		return Corrected
	case seen.at(size) > 0:
		return Confirmed
	default:
		return Unconfirmed
	}
}

// disproved reports whether overlaps make the size of class c impossible: more
// than one witness or a file without other overlaps, and not outweighed by
// objects that touch, which would rather mean that the file is damaged.
func (k *corrector) disproved(c int32, size int64) bool {
	seen := &k.evidence.instances[c]
	overlaps := seen.below(size)
	return int64(seen.distance[0]) >= k.m.vm.header &&
		(overlaps >= 2 || overlaps == k.violations) &&
		overlaps*violationWeight >= seen.at(size)
}

// looksContended reports whether class c looks like one whose author annotated
// it, or fields of it, with @Contended on a virtual machine that heeds it
// (-XX:-RestrictContended): nearly all objects stand further off than the rules
// say, by whole paddings and what alignment between them takes. There are at
// least two, one in a subclass of such a class. The class library's own classes
// are in the tables.
func (k *corrector) looksContended(c int32, excess int64) bool {
	const (
		minObjects = 2
		minShare   = 0.9
		// restPerPadding and maxRest bound what alignment adds to the paddings.
		restPerPadding, maxRest = 8, contendedPadding / 2
	)
	seen := &k.evidence.instances[c]
	paddings, rest := excess/contendedPadding, excess%contendedPadding
	fewest := int64(2)
	if s := k.program.super[c]; s >= 0 && k.contended[s] {
		fewest = 1
	}
	return seen.total >= minObjects &&
		float64(seen.count[0]) >= minShare*float64(seen.total) &&
		paddings >= fewest && paddings <= k.mostPaddings(c) &&
		rest <= min(paddings*restPerPadding, maxRest) &&
		!classLibrary(k.program.classes[c].Name)
}

// mostPaddings bounds the paddings in an instance of class c: two for a class
// annotated as a whole, or one for each field and one behind them.
func (k *corrector) mostPaddings(c int32) int64 {
	const plenty = maxInstanceDistance / contendedPadding
	var n int64
	for ; c >= 0 && k.program.super[c] >= 0 && n < plenty; c = k.program.super[c] {
		n += 2 + int64(len(k.program.classes[c].Fields))
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
