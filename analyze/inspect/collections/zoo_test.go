package collections_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/inspect/collections"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report"
)

// facts are what the program that was dumped wrote down.
func facts(t *testing.T, dump string) map[string]int64 {
	t.Helper()
	b, err := os.ReadFile(strings.TrimSuffix(dump, ".hprof") + ".expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var x struct{ Facts map[string]any }
	if err := json.Unmarshal(b, &x); err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for k, v := range x.Facts {
		if n, ok := v.(float64); ok {
			out[k] = int64(n)
		}
	}
	return out
}

// rows are the cells of a table by class and owner, under the names of the columns.
func rows(t *report.Table) map[string]map[string]int64 {
	out := map[string]map[string]int64{}
	for _, r := range t.Rows {
		m := map[string]int64{}
		for i, c := range t.Columns {
			m[c] = r[i].Int()
		}
		out[r[0].Text().String()+" "+r[1].Text().String()] = m
	}
	return out
}

// TestZoo holds the figures to what the program wrote down of its collections.
func TestZoo(t *testing.T) {
	for _, dump := range []string{"zoo/zoo-small.hprof", "zoo/zoo.hprof", "zoo/zoo-live.hprof"} {
		t.Run(dump, func(t *testing.T) {
			want := facts(t, analyzetest.RealPath(t, dump))
			h := analyzetest.RealHeap(t, dump)
			s := analyzetest.Inspect(t, h, collections.Inspection)
			held, states := rows(s.Table("by-owner")), rows(s.Table("states-by-owner"))
			checked := 0
			check := func(what string, got, want int64) {
				t.Helper()
				if checked++; got != want {
					t.Errorf("%s: %d, want %d", what, got, want)
				}
			}
			for name, n := range want {
				rest, ok := strings.CutPrefix(name, "collections.java.util.")
				if !ok {
					continue
				}
				i := strings.LastIndexByte(rest, '.')
				class, state := "java.util."+rest[:i], rest[i+1:]
				in := func(field string) (held_, state map[string]int64) {
					k := class + " zoo.Collections_$Holder." + field
					return held[k], states[k]
				}
				switch state {
				case "never_filled":
					g, e := in("empty")
					check(name, g["collections"], n)
					check(name+" empty", e["empty"], n)
					check(name+" emptied", e["emptied"], 0)
				case "size_1":
					g, e := in("one")
					check(name, g["collections"], n)
					check(name+" one", e["one"], n)
				case "size_10":
					g, _ := in("ten")
					check(name, g["collections"], n)
					check(name+" elements", g["elements"], 10*n)
				case "big_size":
					g, _ := in("big")
					check(name, g["elements"], n)
					check(name+" collections", g["collections"], 1)
				default: // filled_to_1000_then_cleared
					g, e := in("cleared")
					check(name, g["collections"], n)
					check(name+" empty", e["empty"], n)
					check(name+" unused", e["unused"], 0)
				}
			}
			if checked < 28*11 {
				t.Errorf("only %d facts were checked", checked)
			}
			over := want["collections.oversized.each_of_ArrayList_HashMap_ArrayDeque"]
			for class, places := range map[string]int64{"java.util.ArrayList": 10000, "java.util.HashMap": 16384, "java.util.ArrayDeque": 10001} {
				k := class + " zoo.Collections_.OVERSIZED"
				check(k, states[k]["oversized"], over)
				check(k+" capacity", held[k]["capacity"], over*places)
				check(k+" elements", held[k]["elements"], over*3)
				needs := map[string]int64{"java.util.ArrayList": 3, "java.util.HashMap": 4, "java.util.ArrayDeque": 4}[class]
				check(k+" waste", held[k]["waste"], over*(array(places)-array(needs)))
			}
			checkImmutable(t, h, want["collections.immutable_and_wrappers"])
			checkCollisions(t, s, want)
			checkDeepList(t, h, want)
		})
	}
}

// array is the size of an array of references of a small heap.
func array(slots int64) int64 { return (16 + 4*slots + 7) &^ 7 }

// checkImmutable counts the elements of wrappers and of collections that do not change; a BitSet is among them, which is none.
func checkImmutable(t *testing.T, h *graph.Heap, n int64) {
	r := jdk.NewReader(h)
	want := []int64{0, 1, 3, 4, 1, 2, 3, 2, 1, 1, -1, 5}
	if int64(len(want)) != n {
		t.Fatalf("%d immutable collections", n)
	}
	var all []graph.Object
	r.EachElement(h.StaticRef("zoo.Collections_", "IMMUTABLE"), func(_ int, o graph.Object) bool { all = append(all, o); return true })
	for i, o := range all {
		size, ok := r.Size(o)
		count := int64(0)
		r.Entries(o, func(_, _ graph.Object) bool { count++; return true })
		if ok != (want[i] >= 0) || ok && (size != want[i] || count != want[i]) {
			t.Errorf("%s: size %d (%v), %d elements, want %d", h.ClassName(o), size, ok, count, want[i])
		}
	}
}

func checkCollisions(t *testing.T, s *report.Section, want map[string]int64) {
	got := map[string]string{}
	for _, r := range s.Table("collisions").Rows {
		got[r[2].Text().String()] = fmt.Sprintf("%d entries, %d bins, longest %d, %s, %d hashes", r[3].Int(), r[5].Int(), r[6].Int(), r[7].Text().String(), r[8].Int())
	}
	for owner, x := range map[string]struct {
		n   int64
		key string
	}{
		"zoo.Collisions.STRINGS":   {want["collisions.string_keys_same_hash"], "java.lang.String"},
		"zoo.Collisions.HASHMAP":   {want["collisions.HashMap_bad_keys_one_bucket"], "zoo.Collisions$BadKey"},
		"zoo.Collisions.CHM":       {want["collisions.ConcurrentHashMap_bad_keys_one_bucket"], "zoo.Collisions$BadKey"},
		"zoo.Collisions.HASHTABLE": {want["collisions.Hashtable_bad_keys_one_bucket"], "zoo.Collisions$BadKey"},
	} {
		if w := fmt.Sprintf("%d entries, 1 bins, longest %d, %s, 1 hashes", x.n, x.n, x.key); got[owner] != w {
			t.Errorf("%s: %q, want %q", owner, got[owner], w)
		}
	}
	if len(got) != 4 {
		t.Errorf("collisions: %v", got)
	}
}

// checkDeepList has a list of an application's own, millions of nodes long.
func checkDeepList(t *testing.T, h *graph.Heap, want map[string]int64) {
	head := h.StaticRef("zoo.DeepList", "HOLD")
	if got := h.Retained(head); got != want["deep_list.retained_bytes_compressed_oops"] {
		t.Errorf("the deep list retains %d", got)
	}
	if got := h.Class(h.ClassOf(head)).Instances; got != want["deep_list.nodes"] {
		t.Errorf("the deep list has %d nodes", got)
	}
}
