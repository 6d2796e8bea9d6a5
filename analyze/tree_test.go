package analyze_test

import (
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// checkTree holds that no node retains less than itself and what is below it.
func checkTree(t *testing.T, rows []report.TreeNode) {
	t.Helper()
	below := make([]int64, len(rows))
	for i, n := range rows {
		below[i] += n.OmittedBytes
		if n.Parent >= 0 {
			below[n.Parent] += n.Retained
		}
	}
	for i, n := range rows {
		if n.Shallow+below[i] > n.Retained {
			t.Errorf("node %d (%s, %d objects): %d of its own and %d below it, but retains %d", i, n.Class, n.Objects, n.Shallow, below[i], n.Retained)
		}
	}
}

// TestTree has a list of 3,000 nodes in a static, and a hundred equal buffers in another.
func TestTree(t *testing.T) {
	d := hproftest.New(8)
	node := d.Class("com.acme.Node", hproftest.Fields("Node next", "byte[] payload"))
	var head any
	for range 3000 {
		head = d.Instance(node, head, d.ByteArray(make([]byte, 10)...))
	}
	buffers := make([]any, 100)
	for i := range buffers {
		buffers[i] = d.ByteArray(make([]byte, 4000)...)
	}
	d.Class("com.acme.Log", hproftest.Static("Node first", head), hproftest.Static("Object[] buffers", d.Array("java.lang.Object", buffers...)), hproftest.Sticky())
	r := analyzetest.Analyzed(t, d, "none")
	checkTree(t, r.Tree.Rows)
	found := map[string]report.TreeNode{}
	for _, n := range r.Tree.Rows {
		if _, ok := found[n.Class]; !ok {
			found[n.Class] = n
		}
	}
	if n := found["com.acme.Node"]; n.Objects < 2500 || n.Label != "static com.acme.Log.first" {
		t.Errorf("the list is %+v", n)
	}
	groups := 0
	for _, n := range r.Tree.Rows {
		if n.Class == "byte[]" && n.Address == 0 && n.Objects == 100 {
			groups++
		}
	}
	if groups != 1 {
		t.Errorf("%d groups of equal buffers, want one", groups)
	}
}

// TestTreeOfRealDump checks sums on the zoo, whose list of 50,000 nodes is one node.
func TestTreeOfRealDump(t *testing.T) {
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "zoo/zoo-small.hprof"), "none")
	checkTree(t, r.Tree.Rows)
	if n := len(r.Tree.Rows); n < 100 || n > 2000 {
		t.Errorf("%d nodes", n)
	}
	for _, n := range r.Tree.Rows {
		if n.Class == "zoo.DeepNode" && (n.Objects != 50_000 || !strings.HasPrefix(n.Loader, "jdk.internal.loader.ClassLoaders$AppClassLoader")) {
			t.Errorf("the list is %+v", n)
		}
	}
}
