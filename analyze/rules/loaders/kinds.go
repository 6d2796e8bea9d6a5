package loaders

import (
	"fmt"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/hprof"
)

// pinKind says in what way something holds a loader that should be gone.
type pinKind int

// The kinds, in the order in which they are told.
const (
	pinThread pinKind = iota
	pinTimer
	pinThreadLocal
	pinContext
	pinHook
	pinDriver
	pinMBean
	pinBundle
	pinLevel
	pinLogging
	pinSerial
	pinAWT
	pinRMI
	pinJNI
	pinPlatform
	pinStatic
	pinLoader
	pinOther
	pinKinds
)

// kindTexts has the name of each kind, as in "kept by a running thread", and what to do about it; %s is who holds.
var kindTexts = [pinKinds]struct{ name, fix string }{
	pinThread:      {"running thread", "Stop %s when the application stops: interrupt and join it, shut its executor down."},
	pinTimer:       {"timer", "Call Timer.cancel() on the timer of %s when the application stops."},
	pinThreadLocal: {"thread local", "Call ThreadLocal.remove() in a finally block on the thread that set it (%s): a pool's threads outlive the application."},
	pinContext:     {"context class loader of a thread", "Set the context class loader of %s back in a finally block, and start long-lived threads with the server's: they inherit their creator's."},
	pinHook:        {"shutdown hook", "Call Runtime.removeShutdownHook() for %s when the application stops, or do the work in its own stop method."},
	pinDriver:      {"JDBC driver", "Call DriverManager.deregisterDriver() for %s when the application stops, or put the driver's jar into the server's library folder."},
	pinMBean:       {"MBean", "Unregister the MBeans of the application when it stops (%s)."},
	pinBundle:      {"resource bundle cache", "Call ResourceBundle.clearCache(loader) when the application stops (%s)."},
	pinLevel:       {"logging level", "Define no subclass of java.util.logging.Level in the application: the JDK keeps levels for good (%s). Put it into the server's library folder."},
	pinLogging:     {"logging framework", "Stop the logging context of the application, and remove its handlers and appenders, when it stops (%s)."},
	pinSerial:      {"serialization cache", "The cache of java.io.ObjectStreamClass (%s) lets go when memory is short on current JDKs; update the JDK or clear it as the server does (clearReferencesObjectStreamClassCaches)."},
	pinAWT:         {"AWT", "Start AWT from the server's class loader (JreMemoryLeakPreventionListener in Tomcat): %s took that of the first caller."},
	pinRMI:         {"RMI", "Unexport the remote objects of the application when it stops (UnicastRemoteObject.unexportObject): %s."},
	pinJNI:         {"JNI global reference", "A native library keeps a global reference (%s): it must delete it (DeleteGlobalRef) when the application stops."},
	pinPlatform:    {"static field of the Java platform", "Take what the application gave to %s back when it stops."},
	pinStatic:      {"static field of another loader's class", "Take what the application put into %s back when it stops: that class outlives it."},
	pinLoader:      {"another class loader", "%s refers to it: release that one, or let it forget this one."},
	pinOther:       {"another reference", "Release it when the application stops: %s."},
}

// staticKinds are the statics, by class (or a prefix that ends in a dot or $) that tell a kind.
var staticKinds = []struct {
	prefix string
	kind   pinKind
}{
	{"java.lang.ApplicationShutdownHooks", pinHook},
	{"java.lang.Shutdown", pinHook},
	{"java.sql.DriverManager", pinDriver},
	{"java.util.ResourceBundle", pinBundle},
	{"java.util.logging.Level", pinLevel},
	{"java.util.logging.", pinLogging},
	{"org.apache.logging.log4j.", pinLogging},
	{"org.apache.log4j.", pinLogging},
	{"org.apache.commons.logging.", pinLogging},
	{"ch.qos.logback.", pinLogging},
	{"org.slf4j.", pinLogging},
	{"java.lang.management.", pinMBean},
	{"javax.management.", pinMBean},
	{"com.sun.jmx.", pinMBean},
	{"java.io.ObjectStreamClass", pinSerial},
	{"java.io.ObjectInputStream", pinSerial},
	{"java.io.ObjectOutputStream", pinSerial},
	{"java.awt.", pinAWT},
	{"javax.swing.", pinAWT},
	{"sun.awt.", pinAWT},
	{"sun.java2d.", pinAWT},
	{"sun.rmi.", pinRMI},
	{"java.rmi.", pinRMI},
}

// matches reports whether a class is the one of a prefix, nested in it, or in its package.
func matches(class, prefix string) bool {
	rest, ok := strings.CutPrefix(class, prefix)
	return ok && (rest == "" || rest[0] == '$' || strings.HasSuffix(prefix, "."))
}

// kindOf says how a path holds what it ends at.
func (p pass) kindOf(path []graph.Step) pinKind {
	h := p.Heap
	first := path[0]
	if k, ok := p.passesThrough(path); ok {
		return k
	}
	if c, ok := h.AsClass(first.Object); ok {
		return staticKind(h.Class(c).Name, path)
	}
	if _, ok := h.ThreadOf(first.Object); ok {
		if len(path) > 1 && path[1].Edge.Kind == graph.FieldEdge && path[1].Edge.Name == "contextClassLoader" {
			return pinContext
		}
		return pinThread
	}
	for _, r := range first.Roots {
		if r.Kind == hprof.RootJNIGlobal {
			return pinJNI
		}
	}
	if _, ok := p.forest().at[first.Object]; ok {
		return pinLoader
	}
	return pinOther
}

// passesThrough knows kinds by an object on the way, whatever the root.
func (p pass) passesThrough(path []graph.Step) (pinKind, bool) {
	for _, s := range path[:len(path)-1] {
		switch name := p.Heap.ClassName(s.Object); {
		case name == "java.lang.ThreadLocal$ThreadLocalMap":
			return pinThreadLocal, true
		case name == "java.util.TaskQueue", name == "java.util.TimerThread":
			return pinTimer, true
		case strings.HasPrefix(name, "com.sun.jmx.mbeanserver."):
			return pinMBean, true
		case strings.HasPrefix(name, "ch.qos.logback."), strings.HasPrefix(name, "org.apache.logging.log4j."), strings.HasPrefix(name, "org.apache.log4j."):
			return pinLogging, true
		case name == "java.util.logging.Logger", name == "java.util.logging.LogManager":
			return pinLogging, true
		}
	}
	return 0, false
}

func staticKind(class string, path []graph.Step) pinKind {
	for _, k := range staticKinds {
		if matches(class, k.prefix) {
			return k.kind
		}
	}
	if analyze.Platform(class) {
		return pinPlatform
	}
	if len(path) > 1 && path[1].Edge.Kind == graph.StaticEdge {
		return pinStatic
	}
	return pinOther
}

// holderText names who holds.
func (p pass) holderText(kind pinKind, path []graph.Step) string {
	h := p.Heap
	if t, ok := h.ThreadOf(path[0].Object); ok {
		return fmt.Sprintf("thread %q", jdk.ThreadName(h, t.Object))
	}
	switch kind {
	case pinHook:
		for _, s := range path[1:] {
			if p.IsA(s.Object, "java.lang.Thread") {
				return fmt.Sprintf("thread %q", jdk.ThreadName(h, s.Object))
			}
		}
	case pinDriver:
		return signature.Name(h.ClassName(path[len(path)-1].Object))
	}
	return p.HolderText(path)
}
