package unreachable_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/inspect/unreachable"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// row returns the first row of a table that begins with the text, nil for none.
func row(s *report.Section, table, first string) []report.Value {
	for _, r := range s.Table(table).Rows {
		if r[0].Text().String() == first {
			return r
		}
	}
	return nil
}

// TestZoo has 300 × permille single objects, a tree, and a list of arrays that nothing reaches.
func TestZoo(t *testing.T) {
	for dump, want := range map[string]struct{ nodes, arrays, globals int64 }{"zoo/zoo-small.hprof": {3255, 1000, 10}, "zoo/zoo.hprof": {365_535, 100_000, 1000}} {
		t.Run(dump, func(t *testing.T) {
			h := analyzetest.RealHeap(t, dump)
			s := analyzetest.Inspect(t, h, unreachable.Inspection)
			nodes := row(s, "classes", "zoo.GarbageNode")
			if nodes == nil || nodes[1].Int() != want.nodes {
				t.Errorf("nodes %v, want %d", nodes, want.nodes)
			}
			// the singles, and the tree as one
			singles := want.nodes * 3000 / 3255
			if want.nodes == 365_535 {
				singles = 300_000
			}
			if tops := row(s, "islands", "zoo.GarbageNode"); tops == nil || tops[1].Int() != singles+1 {
				t.Errorf("islands %v, want %d", tops, singles+1)
			}
			// Arrays that the list outgrew hold most of its elements, too.
			root := row(s, "islands", "zoo.GarbageRoot")
			if root == nil || root[1].Int() != 1 || root[2].Int() < want.arrays*8 {
				t.Errorf("root %v, over %d arrays", root, want.arrays)
			}
			if jni := row(s, "jni-globals", "zoo.JniHeld"); jni != nil && jni[1].Int() != want.globals { // nil where no compiler was there
				t.Errorf("globals %v, want %d", jni, want.globals)
			}
			var shallow, retained int64
			for _, r := range s.Table("classes").Rows {
				shallow += r[2].Int()
			}
			for _, r := range s.Table("islands").Rows {
				retained += r[2].Int()
			}
			if total := h.Totals()[graph.Unreachable].Bytes; shallow != total || retained > total || retained < total/2 {
				t.Errorf("%d bytes by class, %d in islands, %d unreachable", shallow, retained, total)
			}
			if v, _ := s.Fact("collected before the dump"); v.Text().String()[:2] != "no" {
				t.Errorf("collected %v", v)
			}
		})
	}
}

func TestCollected(t *testing.T) {
	for dump, want := range map[string]string{"variants/variant-live.hprof": "yes", "variants/variant-jdk25.hprof": "yes", "variants/variant-all.hprof": "no:"} {
		s := analyzetest.Inspect(t, analyzetest.RealHeap(t, dump), unreachable.Inspection)
		if v, _ := s.Fact("collected before the dump"); v.Text().String()[:3] != want {
			t.Errorf("%s: %v, %v", dump, v, s.Summary)
		}
		if r := row(s, "classes", "Variants$Dropped"); want != "yes" && (r == nil || r[1].Int() != 20_000) {
			t.Errorf("%s: dropped %v", dump, r)
		}
	}
}

func TestRoots(t *testing.T) {
	d := hproftest.New(4)
	c := d.Class("com.acme.Held", hproftest.Fields("Object next"))
	for range 7 {
		d.Root(hprof.RootJNIGlobal, d.Instance(c, d.Instance(c)))
	}
	ring := d.Instance(c)
	ring.Set("next", d.Instance(c, ring))
	s := analyzetest.Inspect(t, analyzetest.Build(t, d), unreachable.Inspection)
	if r := row(s, "jni-globals", "com.acme.Held"); r == nil || r[1].Int() != 7 || r[2].Int() != 14*16 {
		t.Errorf("globals %v", r)
	}
	if r := row(s, "islands", "com.acme.Held"); r == nil || r[1].Int() != 1 || r[2].Int() != 32 {
		t.Errorf("islands %v", s.Table("islands").Rows)
	}
	if r := row(s, "roots", "JNI global"); r == nil || r[1].Int() != 7 || r[3].Int() != 14*16 {
		t.Errorf("roots %v", s.Table("roots").Rows)
	}
}
