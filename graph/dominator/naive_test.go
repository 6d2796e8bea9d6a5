package dominator

// removal is the trusted slow algorithm: it applies the definition. Vertex d
// dominates v if v is reached, but no longer once d is taken out. Space is
// quadratic.
type removal struct {
	reached []bool
	doms    [][]bool // doms[v][d]: d dominates v
	depth   []int    // number of proper dominators
}

// reach marks what can be reached without entering the vertex skip.
func reach(g Graph, roots []uint32, skip uint32) []bool {
	seen := make([]bool, g.Len())
	var todo []uint32
	visit := func(v uint32) {
		if v != skip && !seen[v] {
			seen[v] = true
			todo = append(todo, v)
		}
	}
	for _, r := range roots {
		visit(r)
	}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, w := range g.Succ(v) {
			visit(w)
		}
	}
	return seen
}

func byRemoval(g Graph, roots []uint32) *removal {
	n := g.Len()
	r := &removal{reached: reach(g, roots, Root), doms: make([][]bool, n), depth: make([]int, n)}
	for v := range r.doms {
		r.doms[v] = make([]bool, n)
	}
	for d := range n {
		without := reach(g, roots, uint32(d))
		for v := range n {
			if r.reached[v] && !without[v] {
				r.doms[v][d] = true
				if v != d {
					r.depth[v]++
				}
			}
		}
	}
	return r
}

// common is the deepest vertex that dominates all the given ones.
func (r *removal) common(accept func(d int) bool) uint32 {
	best, at := Root, -1
	for d := range r.doms {
		if accept(d) && r.depth[d] > at {
			best, at = uint32(d), r.depth[d]
		}
	}
	return best
}

func (r *removal) idom() []uint32 {
	idom := make([]uint32, len(r.doms))
	for v := range idom {
		idom[v] = Unreached
		if r.reached[v] {
			idom[v] = r.common(func(d int) bool { return d != v && r.doms[v][d] })
		}
	}
	return idom
}

func (r *removal) nca(v, w uint32) uint32 {
	return r.common(func(d int) bool { return r.doms[v][d] && r.doms[w][d] })
}

func (r *removal) retained(shallow func(v uint32) int64) []int64 {
	sum := make([]int64, len(r.doms))
	for v := range r.doms {
		for d, yes := range r.doms[v] {
			if yes {
				sum[d] += shallow(uint32(v))
			}
		}
	}
	return sum
}

// byIteration is a second algorithm of another family: K. D. Cooper, T. J.
// Harvey, K. Kennedy: A Simple, Fast Dominance Algorithm (2001). Immediate
// dominators are intersected in reverse postorder until nothing changes.
func byIteration(g Graph, roots []uint32) []uint32 {
	n := uint32(g.Len())
	// Vertex n is the virtual root, postorder[n] the greatest.
	order, post := postorder(g, roots)
	pred := make([][]uint32, n)
	for _, r := range roots {
		pred[r] = append(pred[r], n)
	}
	for _, v := range order {
		for _, w := range g.Succ(v) {
			pred[w] = append(pred[w], v)
		}
	}
	idom := make([]uint32, n+1)
	for v := range idom {
		idom[v] = Unreached
	}
	idom[n] = n
	intersect := func(v, w uint32) uint32 {
		for v != w {
			for post[v] < post[w] {
				v = idom[v]
			}
			for post[w] < post[v] {
				w = idom[w]
			}
		}
		return v
	}
	for changed := true; changed; {
		changed = false
		for i := len(order) - 1; i >= 0; i-- {
			v, d := order[i], Unreached
			for _, p := range pred[v] {
				if idom[p] == Unreached {
					continue
				}
				if d == Unreached {
					d = p
				} else {
					d = intersect(d, p)
				}
			}
			if d != idom[v] {
				idom[v], changed = d, true
			}
		}
	}
	for v, d := range idom {
		if d == n {
			idom[v] = Root
		}
	}
	return idom[:n]
}

// postorder returns the reached vertices in depth-first postorder, and for each
// vertex its place there; the virtual root, vertex N, comes last.
func postorder(g Graph, roots []uint32) (order []uint32, place []int) {
	place = make([]int, g.Len()+1)
	seen := make([]bool, g.Len())
	type step struct {
		v    uint32
		rest []uint32
	}
	for _, r := range roots {
		if seen[r] {
			continue
		}
		seen[r] = true
		path := []step{{r, g.Succ(r)}}
		for len(path) > 0 {
			top := &path[len(path)-1]
			if len(top.rest) == 0 {
				place[top.v] = len(order)
				order = append(order, top.v)
				path = path[:len(path)-1]
				continue
			}
			w := top.rest[0]
			top.rest = top.rest[1:]
			if !seen[w] {
				seen[w] = true
				path = append(path, step{w, g.Succ(w)})
			}
		}
	}
	place[g.Len()] = len(order)
	return order, place
}
