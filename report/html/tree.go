package html

import (
	"heapcause/report"
)

// node is a node of a tree, for the collapsible list.
type node struct {
	Label, Class, Note string
	Objects            int64
	Retained           int64
	Share              float64
	Address            string
	Children           []*node
	OmittedBytes       int64
}

// maxTreeDepth is how deep the collapsible list goes: the flame view shows more.
const maxTreeDepth = 60

// nodes are the nodes at the top of a tree; their shares are of the whole dump.
func nodes(r *report.Report, rows []report.TreeNode) (top []*node) {
	total := max(r.Retention.Total().Bytes, 1)
	all := make([]*node, len(rows))
	depth := make([]int, len(rows))
	for i, t := range rows {
		n := &node{
			Label: clean(t.Label), Class: clean(t.Class), Note: clean(t.Note), Objects: t.Objects, Retained: t.Retained, Share: float64(t.Retained) / float64(total),
			OmittedBytes: t.OmittedBytes,
		}
		if t.Address != 0 {
			n.Address = t.Address.String()
		}
		all[i] = n
		switch {
		case t.Parent < 0:
			top = append(top, n)
		case depth[t.Parent] < maxTreeDepth:
			depth[i] = depth[t.Parent] + 1
			all[t.Parent].Children = append(all[t.Parent].Children, n)
		default:
			depth[i] = maxTreeDepth
		}
	}
	return top
}

// mapData is the dominator tree as the script wants it: short names, for a thousand nodes.
type mapData struct {
	Loaders []string  `json:"loaders"`
	Nodes   []mapNode `json:"nodes"`
}

type mapNode struct {
	Parent   int    `json:"p"`
	Label    string `json:"l,omitempty"`
	Class    string `json:"c"`
	Loader   int    `json:"d,omitempty"` // in Loaders
	Address  string `json:"a,omitempty"`
	Objects  int64  `json:"n"`
	Retained int64  `json:"r"`
	Rest     int64  `json:"o,omitempty"`
}

func mapOf(rows []report.TreeNode) mapData {
	d := mapData{Loaders: []string{"boot loader"}, Nodes: []mapNode{}}
	known := map[string]int{"": 0}
	for _, t := range rows {
		loader, ok := known[t.Loader]
		if !ok {
			loader = len(d.Loaders)
			known[t.Loader] = loader
			d.Loaders = append(d.Loaders, clean(t.Loader))
		}
		address := ""
		if t.Address != 0 {
			address = t.Address.String()
		}
		d.Nodes = append(d.Nodes, mapNode{t.Parent, clean(t.Label), clean(t.Class), loader, address, t.Objects, t.Retained, t.OmittedBytes})
	}
	return d
}
