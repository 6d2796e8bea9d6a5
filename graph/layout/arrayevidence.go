package layout

// Array sizes depend on the length only by the length's bytes modulo the object
// alignment: an array whose elements take 256·k + phase bytes is 256·k bytes
// larger than one whose elements take phase bytes. So the distances of all
// arrays, of whatever lengths, come down to counts by phase and by distance less
// 256·k. The table is exact, and its size is fixed.

const (
	// arrayTail is the largest distance less 256·k, in 8-byte units, that some
	// machine can predict: the highest array base, 24, and a phase of 255,
	// rounded up to 256 bytes. Anything beyond is a gap.
	arrayTail = 2*maxAlign/8 + 1
)

// arrayKind is a row of the evidence: arrays with elements of one width. Object
// arrays are counted twice, for references of 4 and of 8 bytes, because the
// width is yet to be found.
type arrayKind uint8

const (
	arrayOf1 arrayKind = iota
	arrayOf2
	arrayOf4
	arrayOf8
	arrayOfOops4
	arrayOfOops8
	arrayKinds
)

// elementShift is log2 of the element width of each row.
var elementShift = [arrayKinds]uint8{0, 1, 2, 3, 2, 3}

// kindRow maps the primitive kinds to rows; every other kind is a reference.
var kindRow = [16]arrayKind{
	Boolean: arrayOf1, Byte: arrayOf1,
	Char: arrayOf2, Short: arrayOf2,
	Float: arrayOf4, Int: arrayOf4,
	Double: arrayOf8, Long: arrayOf8,
}

// arrayRow counts the arrays of one element width.
type arrayRow struct {
	// tail counts by the phase in elements, and by the distance less the bytes
	// of whole 256-byte runs, in units of 8 bytes.
	tail [maxAlign][arrayTail]uint64
	// short counts arrays whose elements alone exceed the distance.
	short uint64
	total uint64
}

type arrayEvidence struct {
	rows [arrayKinds]arrayRow
}

func (a *arrayEvidence) add(elem Kind, length uint32, distance uint64) {
	if elem.primitive() {
		row := kindRow[elem&15]
		a.rows[row].add(length, elementShift[row], distance)
		return
	}
	a.rows[arrayOfOops4].add(length, elementShift[arrayOfOops4], distance)
	a.rows[arrayOfOops8].add(length, elementShift[arrayOfOops8], distance)
}

func (r *arrayRow) add(length uint32, shift uint8, distance uint64) {
	r.total++
	bytes := uint64(length) << shift
	if distance < bytes {
		r.short++
		return
	}
	phase := bytes % maxAlign
	// A distance that is no multiple of 8 is rounded down: it counts as
	// overlapping what it overlaps, and a file full of them has no addresses.
	if tail := (distance - (bytes - phase)) / 8; tail < arrayTail {
		r.tail[phase>>shift&(maxAlign-1)][tail]++
	}
}

func (a *arrayEvidence) merge(o *arrayEvidence) {
	for i := range a.rows {
		to, from := &a.rows[i], &o.rows[i]
		to.total += from.total
		to.short += from.short
		for p := range to.tail {
			for t := range to.tail[p] {
				to.tail[p][t] += from.tail[p][t]
			}
		}
	}
}

// tally is how predicted sizes agree with distances.
type tally struct {
	// observed counts distances, touches those equal to the predicted size and
	// violations those below it.
	observed, touches, violations uint64
}

func (t *tally) add(o tally) {
	t.observed += o.observed
	t.touches += o.touches
	t.violations += o.violations
}

// violationWeight is how many touches one overlap outweighs. A size too small
// loses touches, one too large overlaps; overlaps are impossible on a sound file.
const violationWeight = 20

func (t *tally) score() int64 {
	return int64(t.touches) - violationWeight*int64(t.violations)
}

// tally returns how the array sizes of m agree with the evidence.
func (a *arrayEvidence) tally(m *machine) tally {
	var sum tally
	for kind := range arrayKinds {
		if kind == arrayOfOops4 && m.ref != 4 || kind == arrayOfOops8 && m.ref != 8 {
			continue
		}
		sum.add(a.rows[kind].tally(m, elementShift[kind]))
	}
	return sum
}

func (r *arrayRow) tally(m *machine, shift uint8) tally {
	t := tally{observed: r.total, violations: r.short}
	if r.total == 0 {
		return t
	}
	width := int64(1) << shift
	for phase := range int64(maxAlign) >> shift {
		size := m.arraySize(width, phase) / 8
		row := &r.tail[phase]
		for tail := range min(size, arrayTail) {
			t.violations += row[tail]
		}
		if size < arrayTail {
			t.touches += row[size]
		}
	}
	return t
}
