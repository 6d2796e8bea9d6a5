package layout

import "slices"

// Acceptance: what a model must show before its sizes count as measured. Real
// dumps show 55 to 98 % touches and no overlap; identifiers that are no
// addresses show 0 % and 92 %.
const (
	minTouches    = 0.20
	maxViolations = 0.001
	// minObserved is the fewest distances that can speak for a model at all.
	minObserved = 20
)

// Infer finds the parameters of the virtual machine that wrote the dump and the
// sizes that follow. It never fails: where the evidence supports no model it
// returns Computed's, with Estimated set and the reason in Doubt.
func Infer(in *Input, e *Evidence) *Model {
	p := newProgram(in.Classes)
	rel := releaseOf(in)
	align, addresses := e.alignment()
	if !addresses {
		return estimate(in, p, rel, "the identifiers are no addresses")
	}
	best := search(p, e, hypotheses(in.IDSize, align, rel), rel)
	if doubt := best.doubt(); doubt != "" {
		return estimate(in, p, rel, doubt)
	}
	feature := best.machine.generation.clampFeature(rel.feature)
	m := newModel(p, best.machine, feature)
	m.Unverified = best.unverified
	m.correct(p, e)
	m.layMirrors(p, e, rel)
	m.count(p, e)
	return m
}

// Computed returns the sizes that the packing rules give for the release and the
// identifier size alone. Estimated is set.
func Computed(in *Input) *Model {
	return estimate(in, newProgram(in.Classes), releaseOf(in), "computed from version and identifier size")
}

// maxCompressedSpan is the most that compressed references reach at the default
// alignment: 2^32 times 8 bytes.
const maxCompressedSpan = 32 << 30

func estimate(in *Input, p *program, rel release, doubt string) *Model {
	feature := rel.feature
	if feature == unknownFeature {
		feature = 17
	}
	vm := machine{header: 12, lengthOffset: 12, ref: 4, word: 8, align: defaultAlign}
	vm.generation = generationOf(feature)
	vm.elementAligned = feature >= 23
	switch {
	case in.IDSize == 4:
		vm.header, vm.lengthOffset, vm.word = 8, 8, 4
	case in.AddressSpan > maxCompressedSpan && vm.generation >= JDK15:
		vm.ref = 8
	case in.AddressSpan > maxCompressedSpan, vm.generation == JDK5:
		vm.header, vm.lengthOffset, vm.ref = 16, 16, 8
	}
	m := newModel(p, vm, feature)
	m.Estimated, m.Doubt = true, doubt
	m.Unverified = rel.feature == unknownFeature
	m.layMirrors(p, nil, rel)
	return m
}

// hypotheses returns the machines to try, the likelier first: search keeps the
// first of equals.
func hypotheses(idSize int, align int64, rel release) []machine {
	type header struct{ header, lengthOffset, ref, word int64 }
	headers := []header{
		{12, 12, 4, 8}, // compressed references and class pointers
		{12, 12, 8, 8}, // compressed class pointers
		{16, 16, 8, 8}, // neither
		{16, 16, 4, 8}, // compressed references
		{16, 12, 8, 8},
		{8, 8, 4, 8}, // compact headers
		{8, 8, 8, 8},
	}
	if idSize == 4 {
		headers = []header{{8, 8, 4, 4}}
	}
	var all []machine
	for _, h := range headers {
		compact := h.header == 8 && h.word == 8
		for g := JDK5; g <= JDK25; g++ {
			for _, aligned := range []bool{false, true} {
				switch {
				case g < JDK15 && (aligned || compact || h.header == 12 && h.ref == 8):
					continue
				case compact && !aligned: // JDK 24 and later only
					continue
				}
				all = append(all, machine{h.header, h.lengthOffset, h.ref, h.word, align, aligned, g})
			}
		}
	}
	surprise := func(m machine) int {
		n := 0
		if rel.feature != unknownFeature && m.generation != generationOf(rel.feature) {
			n += 2
		}
		if m.elementAligned != (rel.feature >= 23) {
			n++
		}
		return n
	}
	slices.SortStableFunc(all, func(a, b machine) int { return surprise(a) - surprise(b) })
	return all
}

// verdict is the best hypothesis and how it fared.
type verdict struct {
	machine machine
	tally   tally
	// unverified is set where nothing tells the generation of packing rules:
	// another one explains the evidence as well and the dump names no release,
	// or the evidence denies the release that the dump names.
	unverified bool
}

// doubt returns why the verdict cannot be accepted, or "".
func (v *verdict) doubt() string {
	n := float64(v.tally.observed)
	switch {
	case v.tally.observed < minObserved:
		return "too few objects to tell"
	case float64(v.tally.violations) > maxViolations*n:
		return "no layout fits the addresses"
	case float64(v.tally.touches) < minTouches*n:
		return "too few neighbours touch"
	default:
		return ""
	}
}

// search scores the hypotheses and returns the best. A release that the dump
// names settles the generation, unless the evidence is against it.
func search(p *program, e *Evidence, all []machine, rel release) verdict {
	s := scorer{program: p, evidence: e, decls: p.declare()}
	if rel.proven {
		named := slices.DeleteFunc(slices.Clone(all), func(m machine) bool {
			return m.generation != generationOf(rel.feature)
		})
		if best := s.best(named); best.doubt() == "" {
			best.unverified = false
			return best
		}
	}
	best := s.best(all)
	switch {
	case rel.proven:
		best.unverified = best.machine.generation != generationOf(rel.feature)
	case rel.feature != unknownFeature:
		best.unverified = false
	}
	return best
}

// scorer compares hypotheses with the evidence. Instance layouts depend on fewer
// parameters than arrays do, so their tallies are kept.
type scorer struct {
	program   *program
	evidence  *Evidence
	decls     []declaration
	shapes    []shape
	instances map[machine]tally
}

// best returns the first of the best machines, unverified if another generation
// scores the same.
func (s *scorer) best(all []machine) verdict {
	var best verdict
	for i := range all {
		t := s.instanceTally(all[i])
		t.add(s.evidence.arrays.tally(&all[i]))
		switch score := t.score(); {
		case i == 0 || score > best.tally.score():
			best = verdict{machine: all[i], tally: t}
		case score == best.tally.score() && all[i].generation != best.machine.generation:
			best.unverified = true
		}
	}
	return best
}

// instanceTally compares the classes that no table touches.
func (s *scorer) instanceTally(m machine) tally {
	m.lengthOffset, m.elementAligned = 0, false
	if t, ok := s.instances[m]; ok {
		return t
	}
	s.shapes = s.program.layAll(&m, s.decls, s.shapes)
	var sum tally
	for c := range min(len(s.evidence.instances), len(s.shapes)) {
		n := &s.evidence.instances[c]
		if n.total == 0 || s.program.tabled[c] || s.program.classes[c].IsArray {
			continue
		}
		sum.add(n.tally(m.objectSize(s.shapes[c].end)))
	}
	if s.instances == nil {
		s.instances = make(map[machine]tally)
	}
	s.instances[m] = sum
	return sum
}

// tally compares the distances with a size.
func (n *nearest) tally(size int64) tally {
	return tally{observed: n.total, touches: n.at(size), violations: n.below(size)}
}
