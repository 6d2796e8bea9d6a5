package analyze

import (
	"heapcause/graph"
	"heapcause/report"
)

// Claim says that a finding speaks of the members, and of what point dominates.
type Claim struct {
	Finding *report.Finding
	Point   graph.Object // NoObject for none
	Members ObjectSet
	// with words the headline anew when another rule can say what the members are.
	With func(what string) string
}

// Claim says that a finding explains objects, so that later rules join it instead of telling of them again.
func (p *Pass) Claim(c Claim) { p.run.claims = append(p.run.claims, c) }

// MemberOf returns the claim that an object is a member of.
func (p *Pass) MemberOf(o graph.Object) *Claim {
	for i := range p.run.claims {
		if p.run.claims[i].Members.Has(o) {
			return &p.run.claims[i]
		}
	}
	return nil
}

// maxClimb bounds the walk up the dominator tree: a claim is near or it is none. Deeper chains are lists.
const maxClimb = 10000

// Claimed returns the claim that covers an object: it is a member, or below one, or below a claim's point that retains
// little besides; or it dominates a claim's point, or its first member, and retains little besides.
func (p *Pass) Claimed(o graph.Object) *Claim {
	h := p.Heap
	for d, i := o, 0; d != graph.NoObject && i < maxClimb; d, i = h.Idom(d), i+1 {
		for j := range p.run.claims {
			c := &p.run.claims[j]
			if c.Members.Has(d) || c.Point == d && c.Finding.Retained*2 > h.Retained(d) {
				return c
			}
		}
	}
	for j := range p.run.claims {
		c := &p.run.claims[j]
		below := c.Point
		if below == graph.NoObject && len(c.Members) > 0 {
			below = c.Members[0]
		}
		if below != graph.NoObject && p.Dominates(o, below) && c.Finding.Retained*2 > h.Retained(o) {
			return c
		}
	}
	return nil
}

// Dominates reports whether a is o or one of its dominators.
func (p *Pass) Dominates(a, o graph.Object) bool {
	for i := 0; o != graph.NoObject && i < maxClimb; i++ {
		if o == a {
			return true
		}
		o = p.Heap.Idom(o)
	}
	return false
}
