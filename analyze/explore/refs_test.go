package explore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/hprof/hproftest"
)

// sums are references by "class label".
type sums map[string]*sum

type sum struct {
	references, objects, bytes int64
	first                      graph.Object
}

func (m sums) of(key string) *sum {
	if m[key] == nil {
		m[key] = &sum{first: graph.NoObject}
	}
	return m[key]
}

func (m sums) texts() (out []string) {
	for k, s := range m {
		out = append(out, fmt.Sprintf("%s: %d references, %d objects of %d bytes from %d on", k, s.references, s.objects, s.bytes, s.first))
	}
	slices.Sort(out)
	return out
}

// naiveGroups groups references by looking at the edges of every object.
func naiveGroups(h *graph.Heap, s *explore.Selection) (in, out []string) {
	inbound, outbound := sums{}, sums{}
	seen := map[string]bool{}
	add := func(m sums, way string, other graph.Object, l graph.EdgeLabel) {
		label := h.EdgeText(l)
		if l.Kind == graph.ElementEdge {
			label = "[]"
		}
		k := h.ClassName(other) + " " + label
		g := m.of(k)
		g.references++
		if id := fmt.Sprint(way, k, other); !seen[id] {
			seen[id] = true
			g.objects++
			g.bytes += h.Shallow(other)
		}
		g.first = min(g.first, other)
	}
	for o := range graph.Object(h.NumObjects()) {
		h.EachEdge(o, func(e graph.Edge) bool {
			if e.Label.Kind != graph.ClassEdge {
				if s.Has(e.To) {
					add(inbound, "in ", o, e.Label)
				}
				if s.Has(o) {
					add(outbound, "out ", e.To, e.Label)
				}
			}
			return true
		})
	}
	return inbound.texts(), outbound.texts()
}

// groupTexts adds up the groups of classes of one name.
func groupTexts(h *graph.Heap, groups []explore.EdgeGroup) []string {
	m := sums{}
	for _, g := range groups {
		s := m.of(h.Class(g.Class).Name + " " + g.Label)
		s.references += g.References
		s.objects += g.Objects
		s.bytes += g.Shallow
		s.first = min(s.first, g.First)
	}
	return m.texts()
}

// twins is a dump in which objects refer to each other by several fields and elements, a thread holds one, and a loader defines a class.
func twins(idSize int) *hproftest.Dump {
	d, first := orders(idSize)
	pair := d.Class("com.acme.Pair", hproftest.Fields("Object a", "Object b"))
	sub := d.Class("com.acme.Special", hproftest.Super(pair), hproftest.Loader(d.ClassLoader("app")), hproftest.Fields("Object a"))
	for range 3 {
		p := d.Instance(pair, first, first)
		d.Instance(sub, p).Set("com.acme.Pair::a", first)
		d.Array("com.acme.Pair", p, nil, p, first)
	}
	d.Weak(first)
	d.Thread("holder", "com.acme.Main.run(Main.java:12)").Local(0, first)
	return d
}

// TestRefsNaive: references in groups are those that looking at each object finds, read one by one or all at once.
func TestRefsNaive(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		h := analyzetest.Build(t, twins(idSize))
		refsNaive(t, h, "com.acme.Order", "com.acme.Order#1", "com.acme.Pair", "com.acme.Special", "java.lang.Thread", "java.lang.Class", "java.lang.Object[]", "@class:com.acme.Special", "java.net.URLClassLoader", "java.lang.String")
	}
}

// TestRefsNaiveReal is TestRefsNaive on a real dump.
func TestRefsNaiveReal(t *testing.T) {
	h := analyzetest.RealHeap(t, "zoo/zoo-small.hprof")
	refsNaive(t, h, "java.lang.String", "java.lang.Class", "java.lang.Thread", "java.util.HashMap$Node", "java.lang.ref.Finalizer")
}

func refsNaive(t *testing.T, h *graph.Heap, selectors ...string) {
	t.Helper()
	for _, selector := range selectors {
		s, err := explore.Resolve(context.Background(), h, selector, explore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		wantIn, wantOut := naiveGroups(h, &s)
		for _, all := range []bool{false, true} {
			restore := func() {}
			if all {
				restore = explore.ReadAll()
			}
			in, err := explore.Inbound(context.Background(), h, &s)
			if err != nil {
				t.Fatal(err)
			}
			out, err := explore.Outbound(context.Background(), h, &s)
			if err != nil {
				t.Fatal(err)
			}
			restore()
			same(t, fmt.Sprintf("%s inbound, all at once: %v", selector, all), groupTexts(h, in), wantIn)
			same(t, fmt.Sprintf("%s outbound, all at once: %v", selector, all), groupTexts(h, out), wantOut)
		}
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("%s: unexpected %s", what, g)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s: lacks %s", what, w)
		}
	}
}

// TestShowReferrers: who refers to an object, each read and in a sample.
func TestShowReferrers(t *testing.T) {
	h := analyzetest.Build(t, twins(8))
	s, err := explore.Resolve(context.Background(), h, "com.acme.Order#1", explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := func() (out []string) {
		section, err := explore.Show(context.Background(), h, &s, explore.ShowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range section.Table("referrers").Rows {
			out = append(out, fmt.Sprint(r[0].Int(), " ", r[1].Text(), " ", r[2].Text()))
		}
		return out
	}
	same(t, "each read", rows(), []string{
		"3 com.acme.Pair a", "3 com.acme.Pair[] []", "3 com.acme.Special Pair::a", "1 com.acme.Order next",
		"1 java.lang.Thread <Java local>", "1 java.lang.ref.WeakReference Reference::referent",
	})
	defer explore.ReadAll()()
	same(t, "a sample", rows(), []string{
		"3 com.acme.Pair a", "3 com.acme.Pair[] []", "3 com.acme.Special Pair::a", "1 com.acme.Order next",
		"1 java.lang.Thread <Java local>", "1 java.lang.ref.WeakReference Reference::referent",
	})
	section, _ := explore.Show(context.Background(), h, &s, explore.ShowOptions{})
	if len(section.Notes) != 1 || !strings.Contains(section.Notes[0], "sample") {
		t.Errorf("notes %q", section.Notes)
	}
}
