package analyze

import (
	"heapcause/graph"
	"heapcause/report"
)

// claim says that a finding speaks of the members, and of what point dominates.
type claim struct {
	finding *report.Finding
	point   graph.Object // NoObject for none
	members objectSet
	// with words the headline anew when another rule can say what the members are.
	with func(what string) string
}

func (p *Pass) claim(c claim) { p.run.claims = append(p.run.claims, c) }

// memberOf returns the claim that an object is a member of.
func (p *Pass) memberOf(o graph.Object) *claim {
	for i := range p.run.claims {
		if p.run.claims[i].members.has(o) {
			return &p.run.claims[i]
		}
	}
	return nil
}

// maxClimb bounds the walk up the dominator tree: a claim is near or it is none. Deeper chains are lists.
const maxClimb = 10000

// claimed returns the claim that covers an object: it is a member, or below one, or below a claim's point that retains
// little besides; or it dominates a claim's point, or its first member, and retains little besides.
func (p *Pass) claimed(o graph.Object) *claim {
	h := p.Heap
	for d, i := o, 0; d != graph.NoObject && i < maxClimb; d, i = h.Idom(d), i+1 {
		for j := range p.run.claims {
			c := &p.run.claims[j]
			if c.members.has(d) || c.point == d && c.finding.Retained*2 > h.Retained(d) {
				return c
			}
		}
	}
	for j := range p.run.claims {
		c := &p.run.claims[j]
		below := c.point
		if below == graph.NoObject && len(c.members) > 0 {
			below = c.members[0]
		}
		if below != graph.NoObject && p.dominates(o, below) && c.finding.Retained*2 > h.Retained(o) {
			return c
		}
	}
	return nil
}

// dominates reports whether a is o or one of its dominators.
func (p *Pass) dominates(a, o graph.Object) bool {
	for i := 0; o != graph.NoObject && i < maxClimb; i++ {
		if o == a {
			return true
		}
		o = p.Heap.Idom(o)
	}
	return false
}
