package graph

import (
	"math/bits"
)

// holderSets finds the retained sizes of classes, packages and loaders in one pass from dominators to dominated, without
// walking the tree. What an object adds to its set depends on its class and on which classes are among its dominators alone; so
// objects are added up by pairs of the two, and there are few pairs.
//
// The classes among an object's dominators are a state: the chain of pairs that first brought each class in.
type holderSets struct {
	of    [3][]int32 // class → group
	pairs []holderPair
	table []uint32 // hash → pair, 0 for none
	shift uint
	steps int64 // left to be spent on chains
	limit int   // of pairs
	ok    bool  // within both limits so far
}

// holderPair stands for the objects of one class whose dominators are of the same classes.
type holderPair struct {
	key      uint64 // state of the dominator<<32 | class
	retained int64
	state    uint32 // of what these objects dominate
	covered  uint8  // groupings in which a dominator is of the same group: 1<<groupBy
}

const coveredAll = 1<<byClass | 1<<byPackage | 1<<byLoader

func newHolderSets(of [3][]int32, objects uint64) *holderSets {
	s := &holderSets{of: of, pairs: make([]holderPair, 1, 1<<12), steps: 1<<22 + 4*int64(objects), limit: 1<<20 + int(objects/16), ok: true}
	s.resize(1 << 13)
	return s
}

func (s *holderSets) resize(n int) {
	s.table = make([]uint32, n)
	s.shift = uint(64 - bits.TrailingZeros(uint(n)))
	for i := 1; i < len(s.pairs); i++ {
		s.table[s.slot(s.pairs[i].key)] = uint32(i)
	}
}

// slot returns where a key is in the table or belongs.
func (s *holderSets) slot(key uint64) int {
	mask := len(s.table) - 1
	i := int(key * 0x9e3779b97f4a7c15 >> s.shift)
	for {
		p := s.table[i]
		if p == 0 || s.pairs[p].key == key {
			return i
		}
		i = (i + 1) & mask
	}
}

// add counts an object of class c under a dominator of a state, and returns the state of what it dominates.
func (s *holderSets) add(state uint32, c Class, retained int64) uint32 {
	if !s.ok {
		return 0
	}
	key := uint64(state)<<32 | uint64(c)
	p := s.table[s.slot(key)]
	if p == 0 {
		if p = s.insert(key, state, c); p == 0 {
			return 0
		}
	}
	s.pairs[p].retained += retained
	return s.pairs[p].state
}

func (s *holderSets) insert(key uint64, state uint32, c Class) uint32 {
	if len(s.pairs) >= s.limit || s.steps < 0 {
		s.ok = false
		return 0
	}
	covered := uint8(0)
	for p := state; p != 0 && covered != coveredAll; s.steps-- {
		q := &s.pairs[p]
		for by := range s.of {
			if s.of[by][Class(uint32(q.key))] == s.of[by][c] {
				covered |= 1 << by
			}
		}
		p = uint32(q.key >> 32)
	}
	p := uint32(len(s.pairs))
	pair := holderPair{key: key, state: p, covered: covered}
	if covered&(1<<byClass) != 0 {
		pair.state = state
	}
	s.pairs = append(s.pairs, pair)
	if 2*len(s.pairs) > len(s.table) {
		s.resize(2 * len(s.table))
	} else {
		s.table[s.slot(key)] = p
	}
	return p
}

// groupSets adds up the sets; shallow has the bytes of each class. It also turns builder.leaf from preorder numbers into objects, as it passes there.
func (b *builder) groupSets(sizes *sizer, shallow []int64, object []uint32, held []heldMirror) error {
	h := b.h
	by := h.groupings()
	s := newHolderSets([3][]int32{by[byClass].of, by[byPackage].of, by[byLoader].of}, h.n)
	states, err := newArray[uint32](int64(b.count) + 1)
	if err != nil {
		return err
	}
	defer states.free()
	state, dom := states.v, b.dom.v
	for w := uint32(1); w <= b.count && s.ok; w++ {
		state[w] = s.add(state[dom[w]], h.ClassOf(Object(object[w])), b.sum.get(w))
	}
	under := func(at uint32) uint32 {
		if at > b.count {
			return 0
		}
		return state[at]
	}
	for _, m := range held {
		c := h.ClassOf(Object(m.leaf))
		before := under(m.at)
		s.add(before, h.classClass, -m.size)
		s.add(s.add(before, c, m.size), h.classClass, m.size)
	}
	leaves := b.leaf.v
	for r := range h.allRuns() {
		leaf := r.firstLeaf
		for j, isCore := range r.core {
			if isCore {
				continue
			}
			o := r.first + uint32(j)
			at := leaves[leaf]
			if at > b.count {
				at = 0
			}
			s.add(state[at], h.ClassOf(Object(o)), sizes.of(o))
			leaves[leaf] = object[at]
			leaf++
		}
	}
	if !s.ok {
		return nil // the tree will be walked when the sets are asked for
	}
	for _, p := range s.pairs[1:] {
		for i, g := range by {
			if p.covered&(1<<i) == 0 {
				g.gs[g.of[Class(uint32(p.key))]].Retained += p.retained
			}
		}
	}
	for c := range h.classes {
		for _, g := range by {
			one := &g.gs[g.of[c]]
			one.Instances += h.classes[c].Instances
			one.Shallow += shallow[c]
		}
	}
	h.setsOnce.Do(func() { h.groups = sortedGroups(by) })
	return nil
}
