package compare

import "heapcause/report"

// align adds the paths of one report to the tree of all. Children go to those of the same edge and class; where an edge has another
// name than in the reports before (a few objects are named exactly, many by examples), the class tells, if it tells them apart.
func align(root *node, rows []report.TreeNode, step, steps int) {
	at := make([]*node, len(rows))
	for lists := childLists(rows); len(lists) > 0; lists = lists[1:] {
		l := lists[0]
		parent := root
		if l.parent >= 0 {
			parent = at[l.parent]
		}
		known := len(parent.children)
		taken := make([]bool, known)
		take := func(i int, n *node) {
			at[i] = n
			r := &rows[i]
			n.points[step] = PathPoint{Objects: r.Objects, Retained: r.Retained, Listed: true}
		}
		var left []int
		for _, i := range l.rows {
			k := -1
			for j, c := range parent.children[:known] {
				if !taken[j] && c.Label == rows[i].Label && c.Class == rows[i].Class {
					k = j
					break
				}
			}
			if k < 0 {
				left = append(left, i)
				continue
			}
			taken[k] = true
			take(i, parent.children[k])
		}
		for _, i := range left {
			if k := onlyOne(parent.children[:known], taken, rows, left, rows[i].Class); k >= 0 {
				taken[k] = true
				if n := parent.children[k]; n.Label == "" || rows[i].Label != "" {
					n.Label = rows[i].Label
				}
				take(i, parent.children[k])
				continue
			}
			n := &node{Edge: Edge{Label: rows[i].Label, Class: rows[i].Class}, parent: parent, points: make([]PathPoint, steps)}
			parent.children = append(parent.children, n)
			take(i, n)
		}
	}
}

// onlyOne returns the only child of a class that is not taken, when only one row of that class is left; -1 else.
func onlyOne(children []*node, taken []bool, rows []report.TreeNode, left []int, class string) int {
	n := 0
	for _, i := range left {
		if rows[i].Class == class {
			n++
		}
	}
	found := -1
	for j, c := range children {
		if !taken[j] && c.Class == class {
			if found >= 0 {
				return -1
			}
			found = j
		}
	}
	if n != 1 {
		return -1
	}
	return found
}

// childList are the rows of one parent.
type childList struct {
	parent int
	rows   []int
}

// childLists groups rows by parent, parents before their children.
func childLists(rows []report.TreeNode) []childList {
	place := map[int]int{}
	var out []childList
	for i, r := range rows {
		k, ok := place[r.Parent]
		if !ok {
			k = len(out)
			place[r.Parent] = k
			out = append(out, childList{parent: r.Parent})
		}
		out[k].rows = append(out[k].rows, i)
	}
	return out
}
