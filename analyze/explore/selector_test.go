package explore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/explore"
	"heapcause/analyze/rules"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// orders is a dump with a cache of three orders, two classes of one simple name, and two threads of one name.
func orders(idSize int) (d *hproftest.Dump, first *hproftest.Object) {
	d = hproftest.New(idSize)
	order := d.Class("com.acme.Order", hproftest.Fields("String sql", "Order next", "int state"))
	d.Class("org.other.Entry")
	d.Class("com.acme.Entry")
	first = d.Instance(order, d.String("select 1"), nil, 3)
	second := d.Instance(order).Set("next", first)
	third := d.Instance(order).Set("next", second)
	cache := d.Class("com.acme.Cache", hproftest.Static("Object[] entries", d.Array("java.lang.Object", third)),
		hproftest.Static("Object none", nil), hproftest.Static("long hits", 7))
	d.Root(hprof.RootStickyClass, cache)
	d.Thread("main", "com.acme.Main.run(Main.java:12)")
	d.Thread("worker")
	d.Thread("worker")
	return d, first
}

func TestResolve(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d, first := orders(idSize)
		h := analyzetest.Build(t, d)
		at := fmt.Sprintf("0x%x", first.ID)
		for _, c := range []struct {
			selector string
			kind     explore.Kind
			count    int64
			text     string
		}{
			{at, explore.OneObject, 1, "com.acme.Order @ " + at},
			{strings.ToUpper(at[:2]) + at[2:], explore.OneObject, 1, "com.acme.Order @ " + at},
			{"com.acme.Order#1", explore.OneObject, 1, "com.acme.Order @ " + at},
			{"com.acme.Order", explore.AllInstances, 3, "3 instances of com.acme.Order"},
			{"com/acme/Order", explore.AllInstances, 3, "3 instances of com.acme.Order"},
			{"Order", explore.AllInstances, 3, "3 instances of com.acme.Order"},
			{"[Ljava.lang.Object;", explore.AllInstances, 1, "1 instance of java.lang.Object[]"},
			{"java.lang.Object[]", explore.AllInstances, 1, "1 instance of java.lang.Object[]"},
			{"@static:com.acme.Cache.entries", explore.OneObject, 1, "java.lang.Object[] @ 0x"},
			{"@static:Cache::entries", explore.OneObject, 1, "java.lang.Object[] @ 0x"},
			{"@class:com.acme.Cache", explore.OneObject, 1, "class com.acme.Cache @ 0x"},
			{"@thread:main", explore.OneObject, 1, "java.lang.Thread @ 0x"},
			{"@thread:worker", explore.Several, 2, `2 threads "worker"`},
		} {
			s, err := explore.Resolve(context.Background(), h, c.selector, explore.Options{})
			if err != nil {
				t.Errorf("%s: %v", c.selector, err)
				continue
			}
			if s.Kind != c.kind || s.Count() != c.count || !strings.HasPrefix(s.Text, c.text) {
				t.Errorf("%s: kind %d, %d objects, %q; want %d, %d, %q", c.selector, s.Kind, s.Count(), s.Text, c.kind, c.count, c.text)
			}
			all := slices.Collect(s.Each())
			if int64(len(all)) != c.count || !slices.IsSorted(all) {
				t.Errorf("%s: objects %v", c.selector, all)
			}
			for _, o := range all {
				if !s.Has(o) {
					t.Errorf("%s: has not its own object %d", c.selector, o)
				}
			}
			if s.Has(graph.Object(h.NumObjects()-1)) != slices.Contains(all, graph.Object(h.NumObjects()-1)) {
				t.Errorf("%s: has the last object", c.selector)
			}
			if one, ok := s.One(); ok != (c.count == 1) || ok && one != all[0] {
				t.Errorf("%s: one object %d, %v", c.selector, one, ok)
			}
		}
	}
}

// TestResolveErrors: each error says what is wrong and what was meant.
func TestResolveErrors(t *testing.T) {
	d, _ := orders(8)
	h := analyzetest.Build(t, d)
	for _, c := range []struct{ selector, text, hint string }{
		{"", "the selector is empty", "an address"},
		{"0x12", "no object at 0x12", "addresses are those of one dump"},
		{"0xzz", `"0xzz" is no address`, "hexadecimal"},
		{"com.acme.Ordre", `no class "com.acme.Ordre"`, "did you mean com.acme.Order?"},
		{"Ordr", `no class "Ordr"`, "did you mean com.acme.Order?"},
		{"Entry", `no class "Entry"`, "there are org.other.Entry, com.acme.Entry"},
		{"com.acme.Order#4", "com.acme.Order#4: there are 3 instances of com.acme.Order", "com.acme.Order#3 is the last"},
		{"com.acme.Order#0", "instances count from 1", "com.acme.Order#1 is the first"},
		{"com.acme.Order#x", "instances count from 1", ""},
		{"@static:com.acme.Cache.entriez", `class com.acme.Cache has no static "entriez"`, "did you mean entries?"},
		{"@static:com.acme.Cache.none", "static com.acme.Cache.none is null", ""},
		{"@static:com.acme.Cache.hits", "static com.acme.Cache.hits is no reference", "@class:com.acme.Cache"},
		{"@static:entries", "names no static field", "@static:com.acme"},
		{"@thread:mian", `no thread "mian"`, "did you mean @thread:main?"},
		{"@nothing:1", "of no known form", "@class:, @finding:"},
		{"@finding:1", "the report has no findings", "heapcause DUMP"},
	} {
		_, err := explore.Resolve(context.Background(), h, c.selector, explore.Options{})
		var s *explore.SelectorError
		if !errors.As(err, &s) {
			t.Errorf("%s: %v", c.selector, err)
			continue
		}
		if !strings.Contains(s.Text, c.text) || !strings.Contains(s.Hint, c.hint) {
			t.Errorf("%s: %q, hint %q; want %q, %q", c.selector, s.Text, s.Hint, c.text, c.hint)
		}
	}
}

// TestResolveFinding: findings are numbered as in the report, and stand for the objects that they speak of.
func TestResolveFinding(t *testing.T) {
	d := hproftest.New(8)
	var tasks []any
	class := d.Class("com.acme.Task", hproftest.Super(d.JDK("java.util.TimerTask")))
	for range 3000 {
		tasks = append(tasks, d.Instance(class, hproftest.With("state", 3)))
	}
	d.Timer("Timer-0", tasks...)
	h := analyzetest.Build(t, d)
	all := func() ([]*analyze.Rule, error) { return rules.Select("timer-queue-backlog", false) }
	r := analyzetest.RunRules(t, h, "timer-queue-backlog")
	if len(r.Findings) != 1 {
		t.Fatalf("%d findings", len(r.Findings))
	}
	for _, which := range []string{"1", r.Findings[0].Signature[:8]} {
		s, err := explore.Resolve(context.Background(), h, "@finding:"+which, explore.Options{Rules: all})
		if err != nil {
			t.Fatal(err)
		}
		if s.Kind != explore.OfFinding || s.Finding.Rule != "timer-queue-backlog" || s.Count() != 1 || h.ClassName(s.Objects[0]) != "java.util.TaskQueue" {
			t.Errorf("%s: %d objects (%s) of kind %d", which, s.Count(), s.Text, s.Kind)
		}
	}
	for _, which := range []string{"2", "0", "abcdef0123", "x"} {
		if _, err := explore.Resolve(context.Background(), h, "@finding:"+which, explore.Options{Rules: all}); err == nil {
			t.Errorf("@finding:%s: no error", which)
		}
	}
}

// TestFindingsKept: the rules run once for all who ask, at once or later; who is stopped leaves it to the next.
func TestFindingsKept(t *testing.T) {
	d := hproftest.New(8)
	var tasks []any
	class := d.Class("com.acme.Task", hproftest.Super(d.JDK("java.util.TimerTask")))
	for range 3000 {
		tasks = append(tasks, d.Instance(class, hproftest.With("state", 3)))
	}
	d.Timer("Timer-0", tasks...)
	h := analyzetest.Build(t, d)
	var runs atomic.Int32
	opt := explore.Options{Findings: explore.NewFindings(), Rules: func() ([]*analyze.Rule, error) {
		runs.Add(1)
		return rules.Select("timer-queue-backlog", false)
	}}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if _, err := explore.Resolve(stopped, h, "@finding:1", opt); err == nil {
		t.Error("stopped: no error")
	}
	runs.Store(0)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s, err := explore.Resolve(context.Background(), h, "@finding:1", opt)
			if err != nil || s.Count() != 1 || h.ClassName(s.Objects[0]) != "java.util.TaskQueue" {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
	all.Wait()
	if n := runs.Load(); n != 1 {
		t.Errorf("the rules ran %d times", n)
	}
}
