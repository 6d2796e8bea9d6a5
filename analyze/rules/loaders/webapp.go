package loaders

import (
	"strconv"

	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

// The class loaders of web applications, and where Jetty keeps the state of one.
const (
	tomcatLoader = "org.apache.catalina.loader.WebappClassLoaderBase"
	jettyLoader  = "org.eclipse.jetty.webapp.WebAppClassLoader"
	jettyState   = "org.eclipse.jetty.util.component.AbstractLifeCycle"
)

// webapp is what the class loader of a web application says of it.
type webapp struct {
	state   string // in the server's words, "" where it does not say
	context string // its path, "" where the loader no longer knows
	stopped bool
}

// webapps reads the loaders of web applications. A server's class may be there in several versions.
type webapps struct {
	h              *graph.Heap
	r              *jdk.Reader
	tomcat, jetty  []bool
	jettyStopped   int64
	hasJettyStates bool
}

func newWebapps(h *graph.Heap, r *jdk.Reader) *webapps {
	w := &webapps{h: h, r: r, tomcat: h.Subclasses(tomcatLoader), jetty: h.Subclasses(jettyLoader)}
	for _, c := range h.ClassesByName(jettyState) {
		if v, t, ok := h.Static(c, "STATE_STOPPED"); ok && t == hprof.Int {
			w.jettyStopped, w.hasJettyStates = int64(int32(v)), true
		}
	}
	return w
}

// unknown says which class of a server lacks the field that tells whether its application runs, "" when none does.
func (w *webapps) unknown() string {
	for _, k := range [][2]string{{tomcatLoader, "state"}, {jettyLoader, "_context"}} {
		for _, c := range w.h.ClassesByName(k[0]) {
			if _, ok := w.h.BindClass(c, k[1]); !ok && !w.h.Class(c).Missing {
				return "unknown version of " + k[0] + ": it has no field " + k[1]
			}
		}
	}
	return ""
}

// of returns the web application of a loader, nil when it is no loader of one.
func (w *webapps) of(o graph.Object) *webapp {
	if o == graph.NoObject {
		return nil
	}
	switch c := w.h.ClassOf(o); {
	case w.tomcat[c]:
		return w.tomcatApp(o)
	case w.jetty[c]:
		return w.jettyApp(o)
	}
	return nil
}

// tomcatApp reads WebappClassLoaderBase.state. A stopped loader has forgotten its context.
func (w *webapps) tomcatApp(o graph.Object) *webapp {
	a := &webapp{}
	a.state, _ = w.r.Enum(o, "state")
	a.context, _ = w.r.Name(o, nameLimit, "resources", "context", "path")
	a.stopped = a.state == "STOPPED" || a.state == "DESTROYING" || a.state == "DESTROYED"
	return a
}

// jettyApp asks the context: it is stopped, or has another loader by now.
func (w *webapps) jettyApp(o graph.Object) *webapp {
	a := &webapp{}
	context := w.r.Ref(o, "_context")
	if context == graph.NoObject {
		return a
	}
	a.context, _ = w.r.Name(context, nameLimit, "_contextPath")
	if n, ok := w.r.Int(context, "_state"); ok && w.hasJettyStates {
		a.state = w.stateName(n)
		a.stopped = n == w.jettyStopped
	}
	if w.r.Has(context, "_classLoader") && w.r.Ref(context, "_classLoader") != o {
		a.stopped = true
		a.state = "REPLACED"
	}
	return a
}

// stateName finds the constant of AbstractLifeCycle with that number.
func (w *webapps) stateName(n int64) string {
	for _, c := range w.h.ClassesByName(jettyState) {
		for _, s := range w.h.Class(c).Statics {
			if len(s.Name) <= 6 || s.Name[:6] != "STATE_" || s.Type != hprof.Int {
				continue
			}
			if v, _, _ := w.h.Static(c, s.Name); int64(int32(v)) == n {
				return s.Name[6:]
			}
		}
	}
	return strconv.FormatInt(n, 10)
}
