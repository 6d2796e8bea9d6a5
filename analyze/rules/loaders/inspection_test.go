package loaders_test

import (
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/rules/loaders"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// row returns the first row of a table that begins with these names, nil when there is none.
func row(t *report.Table, names ...string) []report.Value {
	for _, r := range t.Rows {
		ok := true
		for i, n := range names {
			ok = ok && r[i].Text().String() == n
		}
		if ok {
			return r
		}
	}
	return nil
}

// TestZoo holds the figures to what the program wrote down of its loaders and generated classes.
func TestZoo(t *testing.T) {
	for _, dump := range []string{"zoo/zoo-small.hprof", "zoo/zoo.hprof", "zoo/zoo-live.hprof"} {
		t.Run(dump, func(t *testing.T) {
			want := analyzetest.ExpectedOf(t, dump)
			s := analyzetest.Inspect(t, analyzetest.RealHeap(t, dump), loaders.Inspection)
			if r := row(s.Table("duplicates"), "zoo.Plugin"); r == nil || r[1].Int() != want.Counts["loaders.classes_named_zoo.Plugin"] || r[2].Int() != want.Counts["loaders.classes_named_zoo.Plugin"] {
				t.Errorf("zoo.Plugin: %v", r)
			}
			if r := row(s.Table("loader-classes"), "zoo.Loaders$PluginLoader"); r == nil || r[1].Int() != want.Counts["loaders.classes_named_zoo.Plugin"] || r[4].Int() != 3 {
				t.Errorf("zoo.Loaders$PluginLoader: %v", r)
			}
			origins := s.Table("origins")
			if r := row(origins, "hidden class", "zoo.HiddenAndLambda$Template"); r == nil || r[2].Int() != want.Counts["hidden.classes_from_Template"] {
				t.Errorf("hidden classes: %v", r)
			}
			// one more: the handler of the proxies
			if r := row(origins, "lambda", "zoo.HiddenAndLambda$$Lambda"); r == nil || r[4].Int() != want.Counts["hidden.capturing_lambda_instances"]+1 {
				t.Errorf("lambdas: %v", r)
			}
			if r := row(origins, "dynamic proxy", "zoo.$Proxy"); r == nil || r[2].Int() != 1 || r[4].Int() != want.Counts["hidden.proxy_instances"] {
				t.Errorf("proxies: %v", r)
			}
			depths := map[string]int64{}
			for _, r := range s.Table("loaders").Rows {
				depths[r[1].Text().String()+r[3].Text().String()] = r[0].Int()
			}
			if depths["zoo.Loaders$PluginLoaderplugin-v2"] != depths["jdk.internal.loader.ClassLoaders$AppClassLoaderapp"]+1 {
				t.Errorf("depths %v", depths)
			}
			r := analyzetest.RunRules(t, analyzetest.RealHeap(t, dump), "class-loader-leak,generated-class-explosion")
			if len(r.Findings) != 0 {
				t.Errorf("%s", r.Findings[0].Title)
			}
		})
	}
}

func TestStoppedApplicationIsShown(t *testing.T) {
	s := analyzetest.Inspect(t, analyzetest.RealHeap(t, "leaks/loader-tomcat9.hprof"), loaders.Inspection)
	if v, _ := s.Fact("class loaders of stopped web applications"); v.Int() != 4 {
		t.Errorf("%d stopped", v.Int())
	}
	states := map[string]int{}
	for _, r := range s.Table("web-applications").Rows {
		states[r[3].Text().String()+" "+r[2].Text().String()]++
	}
	if states["DESTROYED "] != 4 || states["STARTED /shop"] != 1 {
		t.Errorf("%v", states)
	}
	if n := len(s.Table("holders").Rows); n != 4 {
		t.Errorf("%d holders", n)
	}
}

// TestParentsInARing must not loop, nor lose a loader.
func TestParentsInARing(t *testing.T) {
	d := hproftest.New(8)
	a, b := d.ClassLoader("a"), d.ClassLoader("b")
	a.Set("java.lang.ClassLoader::parent", b)
	b.Set("java.lang.ClassLoader::parent", a)
	d.Class("shop.App", hproftest.Loader(a), hproftest.Static("Object other", b))
	s := analyzetest.Inspect(t, analyzetest.Build(t, d), loaders.Inspection)
	if v, _ := s.Fact("class loaders"); v.Int() != 2 || len(s.Table("loaders").Rows) != 3 {
		t.Errorf("%d loaders, %d rows", v.Int(), len(s.Table("loaders").Rows))
	}
	if !strings.Contains(s.Summary, "class loaders") {
		t.Error(s.Summary)
	}
}
