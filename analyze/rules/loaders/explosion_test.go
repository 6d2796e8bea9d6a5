package loaders_test

import (
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// generated adds n classes, each with a loader of its own where there is a class of loaders, and a static list of instances.
func generated(d *hproftest.Dump, n int, name func(int) string, loaders, super *hproftest.Class) {
	var made []any
	for i := range n {
		parts := []hproftest.ClassPart{hproftest.Super(super), hproftest.Fields("byte[] data")}
		if loaders != nil {
			parts = append(parts, hproftest.Loader(d.Instance(loaders)))
		}
		made = append(made, d.Instance(d.Class(name(i), parts...), d.ByteArray(make([]byte, 1000)...)))
	}
	d.Class("shop.Rules", hproftest.Static("List all", d.ArrayList(made...)), hproftest.Sticky())
}

func TestScriptsInLoaders(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		t.Run(fmt.Sprint(idSize), func(t *testing.T) {
			d := hproftest.New(idSize)
			script := d.Class("groovy.lang.Script", hproftest.Sticky())
			inner := d.Class("groovy.lang.GroovyClassLoader$InnerLoader", hproftest.Super(d.JDK("java.net.URLClassLoader")))
			generated(d, 300, func(i int) string { return fmt.Sprint("Script", i) }, inner, script)
			f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "generated-class-explosion"), "generated-class-explosion", report.Warning)
			analyzetest.WantTitle(t, f, "300 classes generated (Groovy script)", "Script#", "300 class loaders", "held by static shop.Rules.all")
			analyzetest.WantCount(t, f, "class loaders with nothing else", 300)
			if f.Confidence != report.Certain || f.Retained < 300_000 || !strings.Contains(f.Fix[0], "GroovyShell.parse") {
				t.Errorf("%s, %d bytes, %q", f.Confidence, f.Retained, f.Fix)
			}
		})
	}
}

// TestNormalNumbers has what every application has: many proxies in one loader, some lambdas of one host, classes of several loaders.
func TestNormalNumbers(t *testing.T) {
	for name, make := range map[string]func(d *hproftest.Dump){
		"proxies": func(d *hproftest.Dump) {
			generated(d, 2000, func(i int) string { return fmt.Sprint("jdk.proxy1.$Proxy", i) }, nil, d.Class("java.lang.reflect.Proxy", hproftest.Sticky()))
		},
		"lambdas": func(d *hproftest.Dump) {
			generated(d, 249, func(i int) string { return fmt.Sprintf("shop.App$$Lambda$%d/0x0000000800c9%04x", i, i) }, nil, d.JDK("java.lang.Object"))
		},
		"copies": func(d *hproftest.Dump) {
			generated(d, 60, func(int) string { return "shop.Library" }, d.JDK("java.net.URLClassLoader"), d.JDK("java.lang.Object"))
		},
		"accessors": func(d *hproftest.Dump) {
			generated(d, 2000, func(i int) string { return fmt.Sprint("jdk.internal.reflect.GeneratedMethodAccessor", i) }, d.Class("jdk.internal.reflect.DelegatingClassLoader", hproftest.Super(d.JDK("java.lang.ClassLoader"))), d.JDK("java.lang.Object"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := hproftest.New(8)
			make(d)
			if r := analyzetest.Analyzed(t, d, "generated-class-explosion"); len(r.Findings) != 0 {
				t.Error(r.Findings[0].Title)
			}
		})
	}
}

func TestCopiesOfOneClass(t *testing.T) {
	d := hproftest.New(8)
	generated(d, 250, func(int) string { return "shop.Library" }, d.JDK("java.net.URLClassLoader"), d.JDK("java.lang.Object"))
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "generated-class-explosion"), "generated-class-explosion", report.Warning)
	analyzetest.WantTitle(t, f, "250 classes of one name, shop.Library, in 250 class loaders")
}

func TestRealGeneratedClasses(t *testing.T) {
	for _, c := range []struct {
		dump, family, origin string
		classes, loaders     int64 // of that origin
		held, fix            string
		confidence           report.Confidence
	}{
		{"generated-groovy", "Groovy script", "Script#", 260, 260, "static GroovyScripts.RULES", "Script class", report.Certain},
		{"generated-cglib", "CGLIB class", "CglibProxies$OrderService$$EnhancerByCGLIB", 800, 1, "static CglibProxies.PROXIES", "Enhancer.setUseCache(true)", report.Likely},
		{"generated-bytebuddy", "Byte Buddy class", "ByteBuddyClasses$Invoice$ByteBuddy", 800, 800, "static ByteBuddyClasses.MADE", "TypeCache", report.Certain},
		{"generated-proxies", "dynamic proxy", "jdk.proxy#.$Proxy", 800, 800, "static ProxiesInLoaders.CLIENTS", "one class loader", report.Certain},
	} {
		t.Run(c.dump, func(t *testing.T) {
			r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+c.dump+".hprof"), "all")
			f := &r.Findings[0]
			if f.Rule != "generated-class-explosion" || f.Severity != report.Warning || f.Confidence != c.confidence {
				t.Fatalf("%s %s (%s): %s", f.Severity, f.Rule, f.Confidence, f.Title)
			}
			analyzetest.WantTitle(t, f, "("+c.family+")", "held by "+c.held)
			analyzetest.WantCount(t, f, "classes of the largest origin", c.classes)
			row := analyzetest.Table(t, f, "Where they come from").Rows[0]
			if row[0].Text().String() != c.origin || row[1].Int() != c.classes || row[2].Int() != c.loaders || row[3].Int() != c.classes {
				t.Errorf("%v", row)
			}
			if !strings.Contains(f.Fix[0], c.fix) {
				t.Errorf("%q", f.Fix)
			}
		})
		t.Run(c.dump+"-control", func(t *testing.T) {
			for _, f := range analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+c.dump+"-control.hprof"), "all").Findings {
				if f.Rule == "generated-class-explosion" || f.Severity.AtLeast(report.Warning) {
					t.Errorf("%s %s: %s", f.Severity, f.Rule, f.Title)
				}
			}
		})
	}
}
