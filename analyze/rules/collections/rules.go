package collections

import (
	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// Rules returns the rules of this package.
func Rules() []*analyze.Rule {
	return []*analyze.Rule{HashCollisions, InnerClass, Listeners, StaticGrowth, UnboundedCache, Waste, WeakMap}
}

// pass is what the functions of these rules share.
type pass struct {
	*analyze.Pass
	r *jdk.Reader
}

// reader makes a reader that the functions of one rule share.
func reader(q *analyze.Pass) pass { return pass{q, jdk.NewReader(q.Heap)} }

// sampled is how many elements of a collection are looked at to tell what it holds.
const sampled = 10_000

// contents are the classes of some elements of a collection.
type contents struct {
	keys, values map[graph.Class]int64
	first        graph.Object // value
	seen         int64
}

// contentsOf looks at the first elements or entries of a collection.
func (p pass) contentsOf(o graph.Object) contents {
	c := contents{keys: map[graph.Class]int64{}, values: map[graph.Class]int64{}, first: graph.NoObject}
	p.r.Entries(o, func(k, v graph.Object) bool {
		if k != graph.NoObject {
			c.keys[p.Heap.ClassOf(k)]++
		}
		if v != graph.NoObject {
			c.values[p.Heap.ClassOf(v)]++
			if c.first == graph.NoObject {
				c.first = v
			}
		}
		c.seen++
		return c.seen < sampled
	})
	return c
}

// most returns the class that most of the counted objects are of, NoClass where there are none.
func (p pass) most(counts map[graph.Class]int64) graph.Class {
	if cs := analyze.ByCount(counts, analyze.Same, p.ClassName); len(cs) > 0 {
		return cs[0]
	}
	return graph.NoClass
}

// classTables adds tables of what a collection holds.
func (p pass) classTables(f *report.Finding, c contents) {
	some := ""
	if c.seen == sampled {
		some = ", of the first " + analyze.Number(sampled)
	}
	if len(c.keys) > 0 {
		f.Tables = append(f.Tables, p.ClassTable("Keys"+some, c.keys))
	}
	if len(c.values) > 0 {
		f.Tables = append(f.Tables, p.ClassTable("Elements"+some, c.values))
	}
}
