package analyze

import (
	"github.com/dustin/go-humanize"

	"heapcause/graph"
	"heapcause/report"
)

// size writes bytes for people.
func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// claim says that the finding reported last speaks of what point dominates and of the members.
func (p *Pass) claim(point graph.Object, members map[graph.Object]bool) {
	p.Facts.claims = append(p.Facts.claims, claim{len(p.run.findings) - 1, point, members})
}

// claimedBy returns the finding that speaks of an object: one of its members, or what its point dominates, or what
// dominates the point and retains little else.
func (p *Pass) claimedBy(o graph.Object) *report.Finding {
	for _, c := range p.Facts.claims {
		if c.members[o] || c.point != graph.NoObject && (p.dominates(c.point, o) || p.dominates(o, c.point) && p.Heap.Retained(c.point)*2 > p.Heap.Retained(o)) {
			return p.run.findings[c.index]
		}
	}
	return nil
}

// maxClimb bounds the walk up the dominator tree: a claim is near or it is none. Deeper chains are lists.
const maxClimb = 10000

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

// accumulation describes the children of an object in the dominator tree.
func (p *Pass) accumulation(o graph.Object) *report.Accumulation {
	h := p.Heap
	a := &report.Accumulation{Address: p.address(o), Class: h.ClassName(o), Retained: h.Retained(o), Children: h.NumDominated(o)}
	count, bytes := map[graph.Class]int64{}, map[graph.Class]int64{}
	for _, c := range h.Dominated(o, nil) {
		k := h.ClassOf(c)
		count[k]++
		bytes[k] += h.Retained(c)
	}
	best := graph.NoClass
	for k, b := range bytes {
		if best == graph.NoClass || b > bytes[best] || b == bytes[best] && k < best {
			best = k
		}
	}
	if best != graph.NoClass {
		a.ChildClass, a.ChildObjects, a.ChildBytes = h.Class(best).Name, count[best], bytes[best]
	}
	return a
}
