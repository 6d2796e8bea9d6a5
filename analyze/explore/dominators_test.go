package explore_test

import (
	"context"
	"regexp"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// dominatorHeap has a list of 1,000 nodes with a payload each, and an array of 500 byte arrays.
func dominatorHeap(t *testing.T, idSize int) *graph.Heap {
	t.Helper()
	d := hproftest.New(idSize)
	node := d.Class("com.acme.Node", hproftest.Fields("Node next", "byte[] payload"))
	var head any
	for range 1000 {
		head = d.Instance(node, head, d.ByteArray(make([]byte, 10)...))
	}
	var all []any
	for range 500 {
		all = append(all, d.ByteArray(make([]byte, 1000)...))
	}
	d.Class("com.acme.A", hproftest.Static("Node first", head), hproftest.Static("Object[] all", d.Array("java.lang.Object", all...)), hproftest.Sticky())
	return analyzetest.Build(t, d)
}

// TestDominators: what a node retains is itself, its children and what is left out, however children are merged.
func TestDominators(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		h := dominatorHeap(t, idSize)
		for _, do := range []explore.DominatorOptions{{}, {Depth: 1}, {Depth: 9}, {By: "class"}, {By: "package", Depth: 2}, {By: "loader"}, {Part: 0.01}, {Bytes: 2000, By: "class"}} {
			for _, top := range []int{-1, 3} {
				s, err := explore.Dominators(context.Background(), h, nil, do, explore.Options{Top: top})
				if err != nil {
					t.Fatal(err)
				}
				addsUp(t, h, s[0].Trees[0].Nodes)
			}
		}
	}
}

func addsUp(t *testing.T, h *graph.Heap, list report.List[report.TreeNode]) {
	t.Helper()
	whole := list.OmittedBytes
	below := make([]int64, len(list.Rows))
	for _, n := range list.Rows {
		if n.Parent < 0 {
			whole += n.Retained
			continue
		}
		below[n.Parent] += n.Retained
	}
	for i, n := range list.Rows {
		if sum := n.Shallow + below[i] + n.OmittedBytes; sum != n.Retained {
			t.Errorf("%s: retains %d, its parts are %d", n.Class, n.Retained, sum)
		}
	}
	var want int64
	for _, total := range h.Totals() {
		want += total.Bytes
	}
	if whole != want {
		t.Errorf("the tree has %d bytes, the heap %d", whole, want)
	}
}

// TestDominatorsOfList: most of the list is one node, and its payloads are counted: a chain ends where a link is less than most of the rest.
func TestDominatorsOfList(t *testing.T) {
	h := dominatorHeap(t, 8)
	s, err := explore.Dominators(context.Background(), h, nil, explore.DominatorOptions{}, explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range s[0].Trees[0].Nodes.Rows {
		if n.Class == "com.acme.Node" && n.Objects > 900 && n.OmittedChildren == n.Objects {
			return
		}
	}
	t.Errorf("no node for the list: %v", s[0].Trees[0].Nodes.Rows)
}

// TestImmediateDominators compares with the definition, object by object.
func TestImmediateDominators(t *testing.T) {
	if hproftest.Race {
		t.Skip("of one goroutine")
	}
	h := dominatorHeap(t, 8)
	of, err := explore.Resolve(context.Background(), h, "byte[]", explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, skip := range []*regexp.Regexp{nil, regexp.MustCompile(`Object\[\]|Node`)} {
		want := map[string]int64{}
		for o := range of.Each() {
			d := h.Idom(o)
			for d != graph.NoObject && skip != nil && skip.MatchString(h.ClassName(d)) {
				d = h.Idom(d)
			}
			if d == graph.NoObject && h.Strength(o) == graph.Unreachable {
				want["<nothing reaches them>"]++
			} else if d == graph.NoObject {
				want["<GC roots>"]++
			} else {
				want[h.ClassName(d)]++
			}
		}
		s, err := explore.ImmediateDominators(context.Background(), h, &of, skip, explore.Options{Top: -1})
		if err != nil {
			t.Fatal(err)
		}
		rows := s[0].Tables[0].Rows
		if len(rows) != len(want) {
			t.Errorf("%d classes, want %v", len(rows), want)
		}
		for _, r := range rows {
			if name := r[5].Text().String(); r[2].Int() != want[name] {
				t.Errorf("%s dominate %d, want %d", name, r[2].Int(), want[name])
			}
		}
	}
}

// TestBigDrops: the array is where things pile up, the list is none.
func TestBigDrops(t *testing.T) {
	h := dominatorHeap(t, 8)
	s, err := explore.BigDrops(context.Background(), h, explore.DominatorOptions{Part: 0.05}, explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := s[0].Tables[0].Rows
	if len(rows) != 1 || rows[0][5].Text().String() != "java.lang.Object[]" || rows[0][3].Int() < 500 {
		t.Errorf("%v", rows)
	}
}
