package references_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/inspect/references"
	"heapcause/graph"
	"heapcause/report"
)

// row returns the first row of a table that has the texts in its columns.
func row(t *testing.T, s *report.Section, table string, want map[int]string) []report.Value {
	t.Helper()
	for _, r := range s.Table(table).Rows {
		all := true
		for i, w := range want {
			all = all && r[i].Text().String() == w
		}
		if all {
			return r
		}
	}
	t.Fatalf("%s has no row %v: %v", table, want, s.Table(table).Rows)
	return nil
}

func fact(t *testing.T, s *report.Section, label string) int64 {
	t.Helper()
	v, ok := s.Fact(label)
	if !ok {
		t.Errorf("no fact %q", label)
	}
	return v.Int()
}

func TestZoo(t *testing.T) {
	for dump, permille := range map[string]int64{"zoo/zoo-small.hprof": 10, "zoo/zoo.hprof": 1000, "zoo/zoo-live.hprof": 1000} {
		t.Run(dump, func(t *testing.T) {
			h := analyzetest.RealHeap(t, dump)
			s := analyzetest.Inspect(t, h, references.Inspection)
			soft := row(t, s, "classes", map[int]string{0: "java.lang.ref.SoftReference", 2: "zoo.SoftPayload"})
			if soft[3].Int() != 10*permille || soft[5].Int() != 10*permille {
				t.Errorf("soft references %v", soft)
			}
			weak := row(t, s, "classes", map[int]string{0: "java.lang.ref.WeakReference", 2: "zoo.WeakTarget"})
			if weak[3].Int() != 10*permille || weak[5].Int() != 0 {
				t.Errorf("weak references %v", weak)
			}
			phantom := row(t, s, "classes", map[int]string{0: "java.lang.ref.PhantomReference", 2: "zoo.PhantomTarget"})
			if phantom[3].Int() != 5*permille {
				t.Errorf("phantom references %v", phantom)
			}
			queue := row(t, s, "queues", map[int]string{1: "static zoo.Refs.QUEUE"})
			if queue[2].Int() != 5*permille || queue[3].Int() != 5*permille || queue[4].Int() != 5*permille {
				t.Errorf("queue %v", queue)
			}
			clean := row(t, s, "cleaners", map[int]string{0: "zoo.Refs$CleanAction"})
			if clean[2].Int() != permille || clean[3].Int() != 0 {
				t.Errorf("cleaners %v", clean)
			}
			if got := zooCleared(h); got != 5*permille {
				t.Errorf("%d cleared references in zoo.Refs.WEAK_CLEARED", got)
			}
			tallies(t, h, s)
		})
	}
}

// zooCleared counts, without the inspection, the references of zoo.Refs.WEAK_CLEARED that have no referent.
func zooCleared(h *graph.Heap) (n int64) {
	referent, _ := h.Bind("java.lang.ref.Reference", "referent")
	list, c := h.Cursor(), h.Cursor()
	if list.Load(h.StaticRef("zoo.Refs", "WEAK_CLEARED")) {
		list.EachRef(func(_ int, o graph.Object) bool {
			if c.Load(o) && !c.IsSet(referent) {
				n++
			}
			return true
		})
	}
	return n
}

// tallies counts all references one by one, without the scan.
func tallies(t *testing.T, h *graph.Heap, s *report.Section) {
	t.Helper()
	referent, _ := h.Bind("java.lang.ref.Reference", "referent")
	for name, class := range map[string]string{"soft": "java.lang.ref.SoftReference", "weak": "java.lang.ref.WeakReference", "phantom": "java.lang.ref.PhantomReference"} {
		is := h.Subclasses(class)
		var all, set int64
		c := h.Cursor()
		for o := range graph.Object(h.NumObjects()) {
			if _, isClass := h.AsClass(o); !isClass && is[h.ClassOf(o)] && c.Load(o) {
				if all++; c.IsSet(referent) {
					set++
				}
			}
		}
		r := row(t, s, "strengths", map[int]string{0: name})
		if r[1].Int() != all || r[2].Int() != set || r[3].Int() != all-set || fact(t, s, name+" references") != all {
			t.Errorf("%s: %v, counted %d of which %d have a referent", name, r, all, set)
		}
	}
}

// TestRetention has objects of every strength, by class.
func TestRetention(t *testing.T) {
	h := analyzetest.RealHeap(t, "retention/retention.hprof")
	s := analyzetest.Inspect(t, h, references.Inspection)
	for class, want := range map[string]struct {
		strength string
		only     int64
	}{
		"Retention$SoftOnly": {"soft", 300}, "Retention$SoftAndWeak": {"soft", 110}, "Retention$SoftHolder": {"soft", 60}, "Retention$SoftAndFinalizable": {"soft", 80},
		"Retention$WeakOnly": {"weak", 400}, "Retention$WeakAndPhantom": {"weak", 130}, "Retention$WeakHolder": {"weak", 70}, "Retention$StrongAndWeak": {"weak", 0},
		"Retention$PhantomOnly": {"phantom", 150},
	} {
		if got := row(t, s, "classes", map[int]string{1: want.strength, 2: class}); got[5].Int() != want.only {
			t.Errorf("%s: %v, want %d held only so", class, got, want.only)
		}
	}
	// What two referents share belongs to no class.
	for i, k := range []graph.Strength{graph.Soft, graph.Weak, graph.Phantom} {
		var bytes int64
		for _, r := range s.Table("classes").Rows {
			if r[1].Text().String() == k.String() {
				bytes += r[6].Int()
			}
		}
		if total := h.Totals()[k]; bytes > total.Bytes || bytes < total.Bytes*9/10 || s.Table("strengths").Rows[i][6].Int() != total.Bytes {
			t.Errorf("%s: classes retain %d bytes of %d", k, bytes, total.Bytes)
		}
	}
}
