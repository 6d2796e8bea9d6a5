package explore_test

import (
	"context"
	"errors"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// crowd makes n nodes which all refer to one parent, and which an array of that parent refers to.
func crowd(t *testing.T, n int) *graph.Heap {
	t.Helper()
	d := hproftest.New(8)
	parent := d.Instance(d.Class("com.acme.Parent", hproftest.Fields("Object[] children")))
	node := d.Class("com.acme.Node", hproftest.Fields("Parent parent"))
	children := d.ArrayOf("com.acme.Node", n)
	for i := range n {
		children.SetElem(i, d.Instance(node, parent))
	}
	parent.Set("children", children)
	d.Root(hprof.RootStickyClass, d.Class("com.acme.Cache", hproftest.Static("Parent held", parent)))
	return analyzetest.Build(t, d)
}

// TestCrowdOfChildren asks for the paths, referrers and retained sets of very many objects that share one parent.
func TestCrowdOfChildren(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 20_000
	}
	h := crowd(t, n)
	ctx := context.Background()
	with := func(others int) int64 { return int64(n + others) } // the class objects that nothing else holds are among these
	for selector, want := range map[string]int64{"com.acme.Node": with(1), "com.acme.Node#7": 1, "com.acme.Parent": with(5), "com.acme.Node[]": with(3)} {
		s, err := explore.Resolve(ctx, h, selector, explore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := explore.Paths(ctx, h, &s, explore.PathOptions{Max: explore.AllPaths}, explore.Options{})
		if err != nil || len(out[0].Trees) != 1 || len(out[0].Trees[0].Nodes.Rows) > 4 {
			t.Errorf("%s: paths %+v, %v", selector, out, err)
		}
		set, text, err := explore.ObjectsOf(ctx, h, selector, explore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		freed, err := explore.Retained(ctx, h, explore.RetainedOptions{Set: set, SetText: text}, explore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := freed[0].Fact("objects"); got.Int() != want {
			t.Errorf("%s: %d objects are freed, want %d", selector, got.Int(), want)
		}
	}
	s, err := explore.Resolve(ctx, h, "com.acme.Parent#1", explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = explore.Refs(ctx, h, &s, explore.RefsOptions{In: true}); err != nil {
		t.Error(err)
	}
}

// TestWithoutOfOne cuts the field of one object: what only that one held goes.
func TestWithoutOfOne(t *testing.T) {
	d := hproftest.New(8)
	node := d.Class("com.acme.Node", hproftest.Fields("Node next"))
	tail := d.Instance(node, nil)
	a, b := d.Instance(node, tail), d.Instance(node, d.Instance(node, nil))
	d.Root(hprof.RootJNIGlobal, a)
	d.Root(hprof.RootJNIGlobal, b)
	h := analyzetest.Build(t, d)
	for _, o := range instances(h, "com.acme.Node") {
		if len(h.RootsOf(o)) == 0 {
			continue
		}
		without := "com.acme.Node::next@" + explore.Address(h, o).String()
		out, err := explore.Retained(context.Background(), h, explore.RetainedOptions{Without: []string{without}}, explore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := out[0].Fact("objects"); n.Int() != 1 {
			t.Errorf("%s frees %d objects, want 1", without, n.Int())
		}
	}
}

// TestRetainedMemory refuses what does not fit, with the figure: 500 arrays refer to each of 4,000 objects.
func TestRetainedMemory(t *testing.T) {
	d := hproftest.New(8)
	node := d.Class("com.acme.Node", hproftest.Fields("Node next"))
	var all []any
	for range 4000 {
		all = append(all, d.Instance(node, nil))
	}
	for range 500 {
		d.Root(hprof.RootJNIGlobal, d.Array("com.acme.Node", all...))
	}
	h, err := graph.Build(context.Background(), d.Open(t), graph.Options{Workers: 1, MaxMemory: 50 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var refused *graph.MemoryError
	_, err = explore.Retained(context.Background(), h, explore.RetainedOptions{Without: []string{"com.acme.Node::next"}}, explore.Options{})
	if !errors.As(err, &refused) || refused.Need < 50<<20 || refused.What == "" {
		t.Errorf("2 million references in 50 MiB: %v", err)
	}
	set := instances(h, "com.acme.Node")[:1]
	if _, err = explore.Retained(context.Background(), h, explore.RetainedOptions{Set: set, SetText: "a node"}, explore.Options{}); err != nil {
		t.Errorf("what goes through the set alone: %v", err)
	}
}
