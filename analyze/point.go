package analyze

import (
	"heapcause/graph"
	"heapcause/report"
)

// ReportAt completes and hands in a finding on what piles up below one object: its path, signature and accumulation point, and, where the
// finding has none, its retained size. It claims the object. Where another finding has it already, that one is joined. tail are names of
// fields and classes behind the object, for the signature.
func (p *Pass) ReportAt(f report.Finding, o graph.Object, tail ...string) *report.Finding {
	if c := p.Claimed(o); c != nil {
		p.Join(c.Finding, f.Title, f.Facts...)
		return c.Finding
	}
	if f.Retained == 0 {
		f.Retained = p.Heap.Retained(o)
	}
	path := p.lasting(o)
	f.Accumulation = p.Accumulation(o)
	f.Path = p.Steps(path)
	p.Sign(&f, path, tail...)
	out := p.Report(f)
	p.Claim(Claim{Finding: out, Point: o})
	return out
}

// lasting is the path by which something other than a thread holds an object, where there is one: a thread that is at work on it is not
// what keeps it.
func (p *Pass) lasting(o graph.Object) []graph.Step {
	h := p.Heap
	path := p.Holding(o, func(u graph.Object) bool {
		_, is := h.ThreadOf(u)
		return is
	})
	if len(path) == 0 {
		path = p.Holding(o, nil)
	}
	return path
}

// ReportMany completes and hands in a finding on objects that are each of a kind that one should have few of: its retained size, path and
// signature. It claims them. Where another finding has them already, that one is joined.
func (p *Pass) ReportMany(f report.Finding, objects ObjectSet) *report.Finding {
	if c := p.MemberOf(objects[0]); c != nil {
		p.Join(c.Finding, f.Title, f.Facts...)
		return c.Finding
	}
	if f.Retained == 0 {
		f.Retained = p.Heap.RetainedOf(objects)
	}
	path := p.lasting(objects[0])
	f.Path = p.Steps(path)
	p.Sign(&f, path, p.Heap.ClassName(objects[0]))
	out := p.Report(f)
	p.Claim(Claim{Finding: out, Point: p.Common(objects), Members: objects})
	return out
}

// Common returns the nearest object that dominates all of them, NoObject when none does.
func (p *Pass) Common(objects ObjectSet) graph.Object {
	if len(objects) == 0 {
		return graph.NoObject
	}
	depth := map[graph.Object]int{}
	var chain []graph.Object
	for o := p.Heap.Idom(objects[0]); o != graph.NoObject && len(chain) < maxClimb; o = p.Heap.Idom(o) {
		depth[o] = len(chain)
		chain = append(chain, o)
	}
	at, steps := 0, 0
	for _, x := range objects[1:] {
		for o := p.Heap.Idom(x); ; o = p.Heap.Idom(o) {
			if steps++; o == graph.NoObject || steps > 100*maxClimb {
				return graph.NoObject
			}
			if d, ok := depth[o]; ok {
				at = max(at, d)
				break
			}
		}
	}
	if at >= len(chain) {
		return graph.NoObject
	}
	return chain[at]
}

// AtLeast returns the worse of two severities.
func AtLeast(s, floor report.Severity) report.Severity {
	if s.Compare(floor) < 0 {
		return floor
	}
	return s
}

// maxAsked members of a set are asked who holds them.
const maxAsked = 15

// HolderOf names who holds most of the objects, as far as some of them tell that lie evenly among all.
func (p *Pass) HolderOf(objects ObjectSet) string {
	counts := map[string]int64{}
	n := min(len(objects), maxAsked)
	for i := range n {
		counts[p.NearestHolder(p.lasting(objects[i*len(objects)/n]))]++
	}
	if len(counts) == 0 {
		return ""
	}
	return ByCount(counts, Same, Same[string])[0]
}
