package path_test

import (
	"context"
	"testing"

	"heapcause/graph"
	"heapcause/graph/path"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// TestFreeShared: what two members hold together is freed, wherever under their common dominator they are; what a third one holds is not.
func TestFreeShared(t *testing.T) {
	d := hproftest.New(8)
	node := d.Class("com.acme.Node", hproftest.Fields("Object a", "Object b"))
	leaf := d.Class("com.acme.Leaf", hproftest.Fields())
	shared, kept := d.Instance(leaf), d.Instance(leaf)
	member := d.Class("com.acme.Member", hproftest.Fields("Object a", "Object b"))
	one, two := d.Instance(member, shared, kept), d.Instance(member, shared, kept)
	top := d.Instance(node, d.Instance(node, one, nil), d.Instance(node, two, d.Instance(node, kept, nil)))
	d.Root(hprof.RootJNIGlobal, top)
	h := build(t, d, graph.DefaultReferences)
	var set []graph.Object
	for o := range h.Instances(h.ClassesByName("com.acme.Member")[0]) {
		set = append(set, o)
	}
	cut := path.Cut{Objects: set}
	f, err := path.Free(context.Background(), h, cut)
	if err != nil {
		t.Fatal(err)
	}
	sameFreed(t, h, f, cut)
	freed := 0
	for o := range h.Instances(h.ClassesByName("com.acme.Leaf")[0]) {
		if f.Has(o) {
			freed++
		}
	}
	if freed != 1 {
		t.Errorf("%d of the two leaves are freed, want the one that only members hold", freed)
	}
}
