package references

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// maxOwners bounds how many objects are asked whether they own a queue.
const maxOwners = 16

// Owner returns the path that says who owns a queue. The references that are registered with it refer to it too, perhaps a million
// of them, and say nothing of that.
func (s *Survey) Owner(p *analyze.Pass, queue graph.Object) []graph.Step {
	h := p.Heap
	asked := 0
	var best []graph.Step
	for _, u := range h.In(queue, nil) {
		if s.kinds[h.ClassOf(u)] != graph.Strong || h.Strength(u) > h.Strength(queue) {
			continue
		}
		if asked++; asked > maxOwners {
			break
		}
		path := p.Extend(p.Holding(u, nil), queue)
		if _, ok := h.AsClass(u); ok {
			path = p.Extend([]graph.Step{{Object: u, Roots: h.RootsOf(u)}}, queue)
		}
		if len(path) > 0 && (best == nil || len(path) < len(best)) {
			best = path
		}
	}
	if best == nil {
		return p.Holding(queue, nil)
	}
	return best
}

// OwnerText names the field or static that a queue is in.
func (s *Survey) OwnerText(p *analyze.Pass, queue graph.Object) string {
	path := s.Owner(p, queue)
	if len(path) < 2 {
		return p.HolderText(path)
	}
	last := path[len(path)-1].Edge
	text := p.Heap.EdgeText(last)
	if last.Kind == graph.StaticEdge {
		return text
	}
	if holder := p.NearestHolder(path[:len(path)-1]); holder != text {
		text += " of " + holder
	}
	return text
}
