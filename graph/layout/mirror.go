package layout

import "strings"

// layMirrors computes the size of every mirror: an instance of java.lang.Class
// and, since JDK 7, behind it the static fields of the class that it mirrors
// (InstanceMirrorKlass). The base follows from the tables; mirrors that overlap
// their neighbours correct it. e may be nil.
func (m *Model) layMirrors(p *program, e *Evidence, rel release) {
	m.mirrorBase = m.vm.objectSize(m.vm.header)
	if c := p.find("java.lang.Class"); c >= 0 {
		m.mirrorBase = m.instance[c]
	}
	ms := mirrors{program: p, vm: &m.vm, statics: m.feature >= 7}
	if e != nil {
		ms.distances = e.mirrors
		m.mirrorBase = ms.measure(m.mirrorBase)
		if !rel.proven && m.vm.generation == JDK6 {
			other := ms
			other.statics = !ms.statics
			if here, there := ms.tally(m.mirrorBase), other.tally(m.mirrorBase); there.score() > here.score() {
				ms = other
			}
		}
	}
	m.mirror = make([]int64, len(p.classes))
	for c := range m.mirror {
		m.mirror[c] = ms.size(c, m.mirrorBase)
	}
	if c := p.find("java.lang.Class"); c >= 0 {
		m.instance[c] = m.mirrorBase
	}
}

// mirrors sizes the mirrors of all classes.
type mirrors struct {
	program   *program
	vm        *machine
	distances []uint32
	// statics is set where the mirror holds the static fields.
	statics bool
}

// size returns the size of a class's mirror on a base of that many bytes.
// References come first, then primitives by falling width, each aligned; no hole
// is filled. Pseudo-statics that heapDumper.cpp writes, such as <init_lock>, are
// no fields.
func (ms *mirrors) size(c int, base int64) int64 {
	if !ms.statics {
		return base
	}
	var counts fieldCounts
	for _, f := range ms.program.classes[c].Statics {
		if !strings.HasPrefix(f.Name, "<") {
			counts.add(f.Type)
		}
	}
	end := base + counts.oops*ms.vm.ref
	for i, width := range primitiveWidths {
		if n := counts.primitives[i]; n > 0 {
			end = alignUp(end, width) + n*width
		}
	}
	return ms.vm.objectSize(end)
}

func (ms *mirrors) tally(base int64) tally {
	var t tally
	for c := range min(len(ms.distances), len(ms.program.classes)) {
		d := int64(ms.distances[c])
		if d == 0 {
			continue
		}
		t.observed++
		switch size := ms.size(c, base); {
		case d == size:
			t.touches++
		case d < size:
			t.violations++
		}
	}
	return t
}

// maxMirrorBase bounds the search for a base.
const maxMirrorBase = 512

// measure returns the base that explains the mirrors' distances: the one given,
// unless mirrors overlap with it, or none of many touches and with another base
// a good part does.
func (ms *mirrors) measure(base int64) int64 {
	given := ms.tally(base)
	if given.observed == 0 || given.violations == 0 && given.touches > 0 {
		return base
	}
	best, bestTally := base, given
	for b := ms.vm.objectSize(ms.vm.header); b <= maxMirrorBase; b += ms.vm.align {
		if t := ms.tally(b); t.score() > bestTally.score() {
			best, bestTally = b, t
		}
	}
	const fewMirrors, goodPart = 10, 3
	if best > base && (given.observed < fewMirrors || bestTally.touches*goodPart < given.observed) {
		return base
	}
	return best
}
