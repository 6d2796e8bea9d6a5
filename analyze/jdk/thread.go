package jdk

import (
	"fmt"

	"heapcause/graph"
)

// ThreadName reads Thread.name, a String or (JDK 7 and before) a char[].
func ThreadName(h *graph.Heap, o graph.Object) string {
	f, ok := h.Bind("java.lang.Thread", "name")
	if !ok {
		return ""
	}
	c := h.Cursor()
	if !c.Load(o) {
		return ""
	}
	s, _ := c.TextAs(graph.NameText, c.Ref(f), 500)
	return s
}

// threadField reads a field that JDK 19 moved from Thread to its Thread$FieldHolder. Virtual threads have no holder.
func threadField(h *graph.Heap, o graph.Object, name string) (int64, bool) {
	c := h.Cursor()
	if !c.Load(o) {
		return 0, false
	}
	if f, ok := h.Bind("java.lang.Thread", name); ok {
		return c.Int(f), true
	}
	holder, ok := h.Bind("java.lang.Thread", "holder")
	f, bound := h.Bind("java.lang.Thread$FieldHolder", name)
	if !ok || !bound || !c.Load(c.Ref(holder)) {
		return 0, false
	}
	return c.Int(f), true
}

// IsVirtual reports whether a thread is a virtual one.
func IsVirtual(h *graph.Heap, o graph.Object) bool {
	for _, base := range h.ClassesByName("java.lang.BaseVirtualThread") {
		if h.IsA(h.ClassOf(o), base) {
			return true
		}
	}
	return false
}

// IsDaemon reads Thread.daemon; virtual threads are daemons.
func IsDaemon(h *graph.Heap, o graph.Object) bool {
	d, ok := threadField(h, o, "daemon")
	return d != 0 || !ok && IsVirtual(h, o)
}

// ThreadStatus reads Thread.threadStatus as a Thread.State.
func ThreadStatus(h *graph.Heap, o graph.Object) string {
	s, ok := threadField(h, o, "threadStatus")
	if !ok {
		return ""
	}
	return StateOf(s)
}

// StateOf names a Thread.threadStatus as Thread.State does (JVMTI thread states, see jdk.internal.misc.VM.toThreadState).
func StateOf(status int64) string {
	switch s := status; {
	case s&0x4 != 0:
		return "RUNNABLE"
	case s&0x400 != 0:
		return "BLOCKED"
	case s&0x10 != 0:
		return "WAITING"
	case s&0x20 != 0:
		return "TIMED_WAITING"
	case s&0x2 != 0:
		return "TERMINATED"
	case s&0x1 == 0:
		return "NEW"
	}
	return "RUNNABLE"
}

// FrameText is a frame on one line.
func FrameText(f graph.Frame) string {
	where := f.Source
	switch {
	case f.Line > 0:
		where = fmt.Sprintf("%s:%d", f.Source, f.Line)
	case f.Line == -3:
		where = "native method"
	}
	return fmt.Sprintf("%s.%s(%s)", f.Class, f.Method, where)
}
