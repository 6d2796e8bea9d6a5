package explore_test

import (
	"context"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// held makes a list of 1,000 nodes that a static holds by its head, and a thread's local by an array of 10 of them.
func held(t *testing.T) *graph.Heap {
	t.Helper()
	d := hproftest.New(8)
	node := d.Class("com.acme.Node", hproftest.Fields("Node next"))
	var nodes []*hproftest.Object
	var next *hproftest.Object
	for range 1000 {
		next = d.Instance(node, next)
		nodes = append(nodes, next)
	}
	d.Root(hprof.RootStickyClass, d.Class("com.acme.Cache", hproftest.Static("Node head", next)))
	d.Thread("main", "com.acme.Main.run(Main.java:1)").Local(0, d.Array("com.acme.Node", nodes[0], nodes[1], nodes[2]))
	return analyzetest.Build(t, d)
}

func answer(t *testing.T, h *graph.Heap, selector string, po explore.PathOptions) report.Section {
	t.Helper()
	s, err := explore.Resolve(context.Background(), h, selector, explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := explore.Paths(context.Background(), h, &s, po, explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

func TestPathsOfOne(t *testing.T) {
	s := answer(t, held(t), "com.acme.Node#1", explore.PathOptions{Max: 5})
	if len(s.Trees) != 2 {
		t.Fatalf("%d paths: %+v", len(s.Trees), s.Trees)
	}
	short, long := s.Trees[0].Nodes.Rows, s.Trees[1].Nodes.Rows
	if len(short) != 3 || short[0].Note != `"main"` || !strings.Contains(short[1].Label, "com.acme.Main.run") {
		t.Errorf("the path from the thread: %+v", short)
	}
	if len(long) != 3 || long[2].Objects != 999 || long[1].Label != "static com.acme.Cache.head" {
		t.Errorf("the path down the list: %+v", long)
	}
}

func TestPathsMerged(t *testing.T) {
	h := held(t)
	s := answer(t, h, "com.acme.Node", explore.PathOptions{})
	var tops []report.TreeNode
	for _, n := range s.Trees[0].Nodes.Rows {
		if n.Parent < 0 {
			tops = append(tops, n)
		}
	}
	var sum int64
	for _, n := range tops {
		sum += n.Retained
	}
	if want := h.RetainedOf(instances(h, "com.acme.Node")); len(tops) != 2 || sum != want {
		t.Errorf("%d roots retain %d, want 2 and %d", len(tops), sum, want)
	}
}

func instances(h *graph.Heap, class string) (out []graph.Object) {
	for o := range h.Instances(h.ClassesByName(class)[0]) {
		out = append(out, o)
	}
	return out
}

// TestWithout cuts the list: what only the static reaches goes.
func TestWithout(t *testing.T) {
	h := held(t)
	for without, want := range map[string]int64{"com.acme.Cache::head": 997, "com.acme.Node::next": 996, "com.acme.No*::next": 996} {
		out, err := explore.Retained(context.Background(), h, explore.RetainedOptions{Without: []string{without}}, explore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := out[0].Fact("objects"); v.Int() != want {
			t.Errorf("%s frees %d, want %d", without, v.Int(), want)
		}
	}
	for _, bad := range []string{"com.acme.Node::nxt", "weakly", "com.acme.Nod::next", "com.acme.Node::next@0x1"} {
		if _, err := explore.Retained(context.Background(), h, explore.RetainedOptions{Without: []string{bad}}, explore.Options{}); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}
