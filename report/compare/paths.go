package compare

import (
	"cmp"
	"slices"
	"strings"

	"heapcause/report"
)

// What counts as growth.
const (
	leastShare = 0.01     // of the strongly reachable bytes of the last dump
	leastBytes = 16 << 20 // is enough in any heap
	leastStep  = 0.05     // of the mean growth of a step: a cache that is all but full grows by less
	explains   = 0.20     // of a node's growth: a child that grew so much is asked instead
	remainder  = 0.50     // of a node's growth: what its children do not explain is told too
	majority   = 0.50     // of a node's bytes: the child that it is about
)

// node is a path of the series.
type node struct {
	Edge
	parent   *node
	points   []PathPoint
	children []*node
}

// paths finds the paths that grew in every step.
func (c *Comparison) paths(reports []*report.Report, top int) {
	root := &node{points: make([]PathPoint, len(reports))}
	for i, r := range reports {
		align(root, r.Paths.Rows, i, len(reports))
	}
	var last int64
	if n := len(reports); n > 0 {
		last = reports[n-1].Retention.Strong.Bytes
	}
	least := max(min(int64(leastShare*float64(last)), leastBytes), 1)
	var grown []PathGrowth
	for stack := slices.Clone(root.children); len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !steady(retained(n), least) {
			stack = append(stack, n.children...) // what shrinks beside it may hide what grows
			continue
		}
		below, rest := n.grownChildren(least)
		if steady(objects(n), 1) || len(below) == 0 {
			grown = append(grown, c.pathGrowth(n))
			continue
		}
		stack = append(stack, below...)
		if g := growth(rest); steady(rest, least) && float64(g) >= remainder*float64(growth(retained(n))) {
			grown = append(grown, c.pathGrowth(n))
		}
	}
	slices.SortFunc(grown, func(a, b PathGrowth) int {
		return cmp.Or(cmp.Compare(b.Growth, a.Growth), slices.CompareFunc(a.Path, b.Path, func(x, y Edge) int {
			return cmp.Or(cmp.Compare(x.Label, y.Label), cmp.Compare(x.Class, y.Class))
		}))
	})
	c.Paths = report.Cap(grown, top, func(p PathGrowth) int64 { return p.Growth })
}

// steady reports whether values grow in every step, by no less than a part of the mean, and by least in all.
func steady(values []int64, least int64) bool {
	g := growth(values)
	if g < least {
		return false
	}
	mean := float64(g) / float64(len(values)-1)
	for i := 1; i < len(values); i++ {
		if d := values[i] - values[i-1]; d <= 0 || float64(d) < leastStep*mean {
			return false
		}
	}
	return true
}

func growth(values []int64) int64 { return values[len(values)-1] - values[0] }

func retained(n *node) []int64 {
	return series(n.points, func(p PathPoint) int64 { return p.Retained })
}

func objects(n *node) []int64 { return series(n.points, func(p PathPoint) int64 { return p.Objects }) }

func series[P any](points []P, of func(P) int64) []int64 {
	out := make([]int64, len(points))
	for i, p := range points {
		out[i] = of(p)
	}
	return out
}

// grownChildren returns the children that grew in every step and explain a good part of the growth, and what the node retains
// besides them.
func (n *node) grownChildren(least int64) (below []*node, rest []int64) {
	rest = retained(n)
	enough := max(least, int64(explains*float64(growth(rest))))
	for _, c := range n.children {
		values := retained(c)
		if !steady(values, enough) {
			continue
		}
		below = append(below, c)
		for i, v := range values {
			rest[i] -= v
		}
	}
	return below, rest
}

func (c *Comparison) pathGrowth(n *node) PathGrowth {
	g := PathGrowth{Points: n.points, Growth: growth(retained(n)), GrowthObjects: growth(objects(n)), Holds: n.holds()}
	for x := n; x.parent != nil; x = x.parent {
		g.Path = append(g.Path, x.Edge)
	}
	slices.Reverse(g.Path)
	if c.Hours > 0 {
		g.PerHour = int64(float64(g.Growth) / c.Hours)
	}
	if all := c.GrowthOfHeap(); all > 0 {
		g.Share = float64(g.Growth) / float64(all)
	}
	return g
}

// holds is the first class of an application on the way down to the greater part of a node's bytes.
func (n *node) holds() string {
	last := len(n.points) - 1
	for at := n; ; {
		if at != n && !platform(at.Class) {
			return at.Class
		}
		var next *node
		for _, c := range at.children {
			if float64(c.points[last].Retained) >= majority*float64(at.points[last].Retained) {
				next = c
			}
		}
		if next == nil {
			return ""
		}
		at = next
	}
}

// platform reports whether a class is the Java platform's.
func platform(class string) bool {
	for _, p := range []string{"java.", "javax.", "jdk.", "sun.", "com.sun."} {
		if strings.HasPrefix(class, p) {
			return true
		}
	}
	return !strings.Contains(class, ".") && strings.HasSuffix(class, "[]") && class == strings.ToLower(class)
}
