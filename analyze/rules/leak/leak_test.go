package leak_test

import (
	"fmt"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

func leakDump(idSize int) (*hproftest.Dump, *hproftest.Class) {
	d := hproftest.New(idSize)
	return d, d.Class("com.acme.Entry", hproftest.Fields("Entry next", "byte[] body"))
}

func TestAccumulationPoint(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		for _, kib := range []int{1, 40} { // below and above the warning
			t.Run(fmt.Sprint(idSize, "/", kib), func(t *testing.T) {
				d, entry := leakDump(idSize)
				values := make([]any, 1000)
				for i := range values {
					values[i] = d.Instance(entry, nil, d.ByteArray(make([]byte, kib<<10)...))
				}
				d.Class("com.acme.Cache", hproftest.Static("List entries", d.ArrayList(values...)), hproftest.Sticky())
				want := report.Info
				if kib == 40 {
					want = report.Warning
				}
				f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "leak-suspect"), "leak-suspect", want)
				analyzetest.WantTitle(t, f, "java.lang.Object[] retains", "by 1,000 com.acme.Entry", "held by static com.acme.Cache.entries")
				if a := f.Accumulation; a.Class != "java.lang.Object[]" || a.ChildObjects != 1000 || a.ChildClass != "com.acme.Entry" {
					t.Errorf("accumulation %+v", a)
				}
				if f.Anchor != "static com.acme.Cache.entries" {
					t.Errorf("anchor %s", f.Anchor)
				}
			})
		}
	}
}

// TestGroupUnderTheRoot has objects that each have a root of their own.
func TestGroupUnderTheRoot(t *testing.T) {
	d, entry := leakDump(8)
	for range 500 {
		d.Root(hprof.RootJNIGlobal, d.Instance(entry, nil, d.ByteArray(make([]byte, 2000)...)))
	}
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "leak-suspect"), "leak-suspect", report.Info)
	analyzetest.WantTitle(t, f, "500 com.acme.Entry with owners of their own")
	if f.Objects != 500 || f.Accumulation != nil {
		t.Errorf("%d objects, accumulation %+v", f.Objects, f.Accumulation)
	}
}

// TestChain has a list of one class: what holds its head is the point, the chain is one step.
func TestChain(t *testing.T) {
	d, entry := leakDump(8)
	var head *hproftest.Object
	for range 100_000 {
		head = d.Instance(entry, head)
	}
	d.Class("com.acme.Log", hproftest.Static("Entry last", head), hproftest.Sticky())
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "leak-suspect"), "leak-suspect", report.Info)
	analyzetest.WantTitle(t, f, "100,000 com.acme.Entry, linked to each other under class com.acme.Log")
	if got := analyzetest.Labels(f); got != "sticky class > com.acme.Log.last" || f.Anchor != "static com.acme.Log.last" {
		t.Errorf("path %s, anchor %s", got, f.Anchor)
	}
}

// TestTree has a balanced binary tree of one class, where each of the upper nodes is large by itself.
func TestTree(t *testing.T) {
	d := hproftest.New(8)
	node := d.Class("com.acme.Node", hproftest.Fields("Node left", "Node right", "byte[] body"))
	level := []any{nil, nil}
	for n := 4096; n >= 1; n /= 2 {
		next := make([]any, n)
		for i := range next {
			l, r := any(nil), any(nil)
			if len(level) == 2*n {
				l, r = level[2*i], level[2*i+1]
			}
			next[i] = d.Instance(node, l, r, d.ByteArray(make([]byte, 100)...))
		}
		level = next
	}
	tree := d.Instance(d.Class("com.acme.Tree", hproftest.Fields("Node root")), level[0])
	d.Class("com.acme.Index", hproftest.Static("Tree tree", tree), hproftest.Sticky())
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "leak-suspect"), "leak-suspect", report.Info)
	analyzetest.WantTitle(t, f, "8,191 com.acme.Node, linked to each other under com.acme.Tree", "held by static com.acme.Index.tree")
}

// TestTwoCausesAreTwoFindings has two large collections under one class loader's classes.
func TestTwoCausesAreTwoFindings(t *testing.T) {
	d, entry := leakDump(8)
	for _, name := range []string{"A", "B"} {
		values := make([]any, 500)
		for i := range values {
			values[i] = d.Instance(entry, nil, d.ByteArray(make([]byte, 1000)...))
		}
		d.Class("com.acme."+name, hproftest.Static("Map map", d.HashMap(values...)), hproftest.Sticky())
	}
	r := analyzetest.Analyzed(t, d, "leak-suspect")
	if len(r.Findings) != 2 || r.Findings[0].Signature == r.Findings[1].Signature {
		t.Fatalf("findings %+v", r.Findings)
	}
	analyzetest.WantTitle(t, &r.Findings[0], "held by static com.acme.A.map")
	analyzetest.WantTitle(t, &r.Findings[1], "held by static com.acme.B.map")
}

// TestAddressesDoNotShow has two statics equally near to what they hold, in either order of addresses.
func TestAddressesDoNotShow(t *testing.T) {
	var signatures []string
	for _, names := range [][2]string{{"com.acme.A", "com.acme.B"}, {"com.acme.B", "com.acme.A"}} {
		d, entry := leakDump(8)
		values := make([]any, 500)
		for i := range values {
			values[i] = d.Instance(entry, nil, d.ByteArray(make([]byte, 1000)...))
		}
		list := d.ArrayList(values...)
		for _, n := range names {
			d.Class(n, hproftest.Static("List list", list), hproftest.Sticky())
		}
		f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "leak-suspect"), "leak-suspect", report.Info)
		if f.Anchor != "static com.acme.A.list" {
			t.Errorf("anchor %s", f.Anchor)
		}
		signatures = append(signatures, f.Signature)
	}
	if signatures[0] != signatures[1] {
		t.Error("the order of addresses changes the signature")
	}
}

// TestNothingSelected reads nothing and finds nothing, but has its tables.
func TestNothingSelected(t *testing.T) {
	d, entry := leakDump(8)
	d.Root(hprof.RootJNIGlobal, d.Instance(entry, nil, d.ByteArray(make([]byte, 9000)...)))
	r := analyzetest.Analyzed(t, d, "none")
	if len(r.Findings) != 0 || len(r.Rules) != 0 || len(r.Histogram.Rows) == 0 || len(r.Consumers.Objects.Rows) == 0 || r.Consumers.Objects.Rows[0].Class != "com.acme.Entry" {
		t.Errorf("report %+v", r)
	}
	total := r.Retention.Total()
	if total.Objects != r.Counts.Objects+r.Counts.Classes || total.Bytes != r.Counts.Bytes {
		t.Errorf("retention adds up to %+v, counts are %+v", total, r.Counts)
	}
}
