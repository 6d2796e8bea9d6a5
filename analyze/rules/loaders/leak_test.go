package loaders_test

import (
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// tomcat makes dumps of a Tomcat's class loaders.
type tomcat struct {
	*hproftest.Dump
	loader *hproftest.Class
	states map[string]*hproftest.Object
}

func newTomcat(idSize int) *tomcat {
	d := &tomcat{Dump: hproftest.New(idSize), states: map[string]*hproftest.Object{}}
	enum := d.Class("java.lang.Enum", hproftest.Fields("int ordinal", "String name"), hproftest.Sticky())
	state := d.Class("org.apache.catalina.LifecycleState", hproftest.Super(enum))
	for _, name := range []string{"STARTED", "STOPPED", "DESTROYED"} {
		d.states[name] = d.Instance(state, hproftest.With("name", d.String(name)))
	}
	base := d.Class("org.apache.catalina.loader.WebappClassLoaderBase", hproftest.Super(d.JDK("java.net.URLClassLoader")), hproftest.Fields("LifecycleState state"))
	d.loader = d.Class("org.apache.catalina.loader.ParallelWebappClassLoader", hproftest.Super(base))
	return d
}

// deploy adds the loader of a web application with a class whose instances hold 300 KB each.
func (d *tomcat) deploy(state string) (loader *hproftest.Object, app *hproftest.Class) {
	loader = d.Instance(d.loader, hproftest.With("state", d.states[state]))
	return loader, d.Class("shop.App", hproftest.Loader(loader), hproftest.Fields("byte[] data"), hproftest.Static("byte[] CACHE", d.ByteArray(make([]byte, 300_000)...)))
}

func TestStoppedWebApplication(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		t.Run(fmt.Sprint(idSize), func(t *testing.T) {
			d := newTomcat(idSize)
			live, _ := d.deploy("STARTED")
			_, old := d.deploy("DESTROYED")
			listener := d.Instance(old)
			pinned, _ := d.deploy("STOPPED")
			d.Class("server.Registry", hproftest.Static("List listeners", d.ArrayList(listener)), hproftest.Static("ClassLoader loader", live), hproftest.Sticky())
			d.Thread("worker-7").Object.Set("java.lang.Thread::contextClassLoader", pinned)

			f := analyzetest.Only(t, analyzetest.Analyzed(t, d.Dump, "class-loader-leak"), "class-loader-leak", report.Warning)
			analyzetest.WantTitle(t, f, "2 class loaders", "stopped web applications", "a context class loader of a thread", "a static field of another loader's class")
			analyzetest.WantCount(t, f, "class loaders left behind", 2)
			analyzetest.WantCount(t, f, "class loaders of that class and URLs", 3)
			if f.Confidence != report.Certain || f.Retained < 600_000 || f.Retained > 610_000 {
				t.Errorf("%s, %d bytes", f.Confidence, f.Retained)
			}
			if fix := strings.Join(f.Fix, "\n"); !strings.Contains(fix, `context class loader of thread "worker-7"`) || !strings.Contains(fix, "static server.Registry.listeners") {
				t.Error(fix)
			}
			if got := analyzetest.Labels(f); got != "thread > java.lang.Thread::contextClassLoader" {
				t.Errorf("path %s", got)
			}
		})
	}
}

// TestStoppedAndGone has a stopped loader that only a weak reference and its own objects refer to.
func TestStoppedAndGone(t *testing.T) {
	d := newTomcat(8)
	live, _ := d.deploy("STARTED")
	gone, _ := d.deploy("DESTROYED")
	d.Class("server.Registry", hproftest.Static("ClassLoader live", live), hproftest.Static("WeakReference old", d.Weak(gone)), hproftest.Sticky())
	if r := analyzetest.Analyzed(t, d.Dump, "class-loader-leak"); len(r.Findings) != 0 {
		t.Errorf("%s", r.Findings[0].Title)
	}
}

// TestInnerReferencesAreNoPins has an object of the platform that only the application itself holds: it is no holder.
func TestInnerReferencesAreNoPins(t *testing.T) {
	d := newTomcat(8)
	old, app := d.deploy("STOPPED")
	one, two := d.Instance(app), d.Instance(app)
	app.SetStatic("List mine", d.ArrayList(one, two))
	d.Root(hprof.RootJNIGlobal, old)
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d.Dump, "class-loader-leak"), "class-loader-leak", report.Warning)
	analyzetest.WantCount(t, f, "kept by: JNI global reference", 1)
	if n := len(analyzetest.Table(t, f, "What keeps them").Rows); n != 1 {
		t.Errorf("%d pins", n)
	}
}

// TestWeakReferencesAreNoPins has a loader that a static holds, and a weak reference of another one besides.
func TestWeakReferencesAreNoPins(t *testing.T) {
	d := newTomcat(8)
	old, _ := d.deploy("STOPPED")
	d.Class("server.Cache", hproftest.Static("WeakReference old", d.Weak(old)), hproftest.Sticky())
	d.Class("server.Registry", hproftest.Static("ClassLoader old", old), hproftest.Sticky())
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d.Dump, "class-loader-leak"), "class-loader-leak", report.Warning)
	if rows := analyzetest.Table(t, f, "What keeps them").Rows; len(rows) != 1 || rows[0][2].Text().String() != "static server.Registry.old" {
		t.Errorf("%v", rows)
	}
}

// TestInnerLoadersAreNoPins has a loader without a parent that the application made and alone holds: its statics hold nothing from without.
func TestInnerLoadersAreNoPins(t *testing.T) {
	d := newTomcat(8)
	_, app := d.deploy("STOPPED")
	inner, held := d.ClassLoader("scripts"), d.Instance(app)
	d.Class("shop.Script", hproftest.Loader(inner), hproftest.Static("App app", held))
	app.SetStatic("ClassLoader scripts", inner)
	d.Root(hprof.RootJNIGlobal, held)
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d.Dump, "class-loader-leak"), "class-loader-leak", report.Warning)
	if rows := analyzetest.Table(t, f, "What keeps them").Rows; len(rows) != 1 || rows[0][1].Text().String() != "JNI global reference" {
		t.Errorf("%v", rows)
	}
}

func TestUnknownTomcatAbstains(t *testing.T) {
	d := hproftest.New(8)
	d.Class("org.apache.catalina.loader.WebappClassLoaderBase", hproftest.Super(d.JDK("java.net.URLClassLoader")), hproftest.Fields("boolean started"))
	r := analyzetest.Analyzed(t, d, "class-loader-leak")
	if len(r.Findings) != 0 || !strings.Contains(r.Rules[0].Skipped, "has no field state") {
		t.Errorf("%+v", r.Rules)
	}
}

// TestRealRedeployment has an application that was deployed five times, and who keeps the first four.
func TestRealRedeployment(t *testing.T) {
	const loaders = "class loaders left behind"
	for _, c := range []struct {
		dump, class, title string
		confidence         report.Confidence
		pins               map[string]string // kind → by whom
	}{
		{"loader-redeploy", "java.net.URLClassLoader", "left behind", report.Likely, map[string]string{
			"running thread": `thread "shop-poller"`, "thread local": `thread "http-worker-1"`, "shutdown hook": `thread "shop-flush"`, "JDBC driver": "ShopApp$ShopDriver",
		}},
		{"loader-tomcat9", "org.apache.catalina.loader.ParallelWebappClassLoader", "stopped web applications", report.Certain, map[string]string{
			"running thread": `thread "shop-poller"`, "thread local": `thread "http-worker-1"`, "shutdown hook": `thread "shop-flush"`, "timer": `thread "shop-reindex"`,
		}},
		{"loader-tomcat10", "org.apache.catalina.loader.ParallelWebappClassLoader", "stopped web applications", report.Certain, map[string]string{
			"running thread": `thread "shop-poller"`, "thread local": `thread "http-worker-1"`, "shutdown hook": `thread "shop-flush"`, "timer": `thread "shop-reindex"`,
		}},
	} {
		t.Run(c.dump, func(t *testing.T) {
			r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+c.dump+".hprof"), "all")
			f := &r.Findings[0]
			if f.Rule != "class-loader-leak" || f.Severity != report.Warning || f.Confidence != c.confidence {
				t.Fatalf("%s %s (%s): %s", f.Severity, f.Rule, f.Confidence, f.Title)
			}
			analyzetest.WantTitle(t, f, "4 class loaders ("+c.class+")", c.title)
			analyzetest.WantCount(t, f, loaders, 4)
			analyzetest.WantCount(t, f, "class loaders of that class and URLs", 5)
			if f.Retained < 1_200_000 || f.Retained > 1_400_000 {
				t.Errorf("%d bytes retained, each holds 300,000", f.Retained)
			}
			got := map[string]string{}
			for _, row := range analyzetest.Table(t, f, "What keeps them").Rows {
				got[row[1].Text().String()] = row[2].Text().String()
			}
			if fmt.Sprint(got) != fmt.Sprint(c.pins) {
				t.Errorf("kept by %v, want %v", got, c.pins)
			}
			if len(f.Fix) != len(c.pins) {
				t.Errorf("%q", f.Fix)
			}
		})
		t.Run(c.dump+"-control", func(t *testing.T) {
			for _, f := range analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+c.dump+"-control.hprof"), "all").Findings {
				if f.Rule == "class-loader-leak" || f.Severity.AtLeast(report.Warning) {
					t.Errorf("%s %s: %s", f.Severity, f.Rule, f.Title)
				}
			}
		})
	}
}
