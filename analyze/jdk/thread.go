package jdk

import (
	"fmt"

	"heapcause/graph"
	"heapcause/hprof"
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
	s, _ := c.Text(c.Ref(f), 500)
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

// ThreadStatus reads Thread.threadStatus as a Thread.State (JVMTI thread states, see jdk.internal.misc.VM.toThreadState).
func ThreadStatus(h *graph.Heap, o graph.Object) string {
	s, ok := threadField(h, o, "threadStatus")
	if !ok {
		return ""
	}
	switch {
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

// VirtualStates turns VirtualThread.state into the names of Thread.State. The numbers change from release to release; the dump has them
// as constants of the class.
type VirtualStates struct {
	field graph.Field
	names map[int64]string
}

// virtualStateNames follows VirtualThread.threadState of JDK 21 to 25, by the names of the constants.
var virtualStateNames = map[string]string{
	"NEW": "NEW", "STARTED": "RUNNABLE", "RUNNABLE": "RUNNABLE", "RUNNING": "RUNNABLE", "UNPARKED": "RUNNABLE", "YIELDED": "RUNNABLE",
	"UNBLOCKED": "RUNNABLE", "PARKING": "RUNNABLE", "TIMED_PARKING": "RUNNABLE", "WAITING": "RUNNABLE", "TIMED_WAITING": "RUNNABLE",
	"YIELDING": "RUNNABLE", "PARKED": "WAITING", "PINNED": "WAITING", "WAIT": "WAITING", "TIMED_PARKED": "TIMED_WAITING",
	"TIMED_PINNED": "TIMED_WAITING", "TIMED_WAIT": "TIMED_WAITING", "BLOCKING": "BLOCKED", "BLOCKED": "BLOCKED", "TERMINATED": "TERMINATED",
}

// suspendedBit is set in the state of a virtual thread that a debugger suspended.
const suspendedBit = 1 << 8

// NewVirtualStates learns the numbers of the states from the dump.
func NewVirtualStates(h *graph.Heap) VirtualStates {
	v := VirtualStates{names: map[int64]string{}}
	v.field, _ = h.Bind("java.lang.VirtualThread", "state")
	for _, c := range h.ClassesByName("java.lang.VirtualThread") {
		for _, s := range h.Class(c).Statics {
			if name := virtualStateNames[s.Name]; name != "" && s.Type == hprof.Int {
				v.names[int64(int32(s.Value))] = name
			}
		}
	}
	return v
}

// Of returns the state of a virtual thread, "" when it is not known.
func (v VirtualStates) Of(c *graph.Cursor, o graph.Object) string {
	if !v.field.Ok() || !c.Load(o) {
		return ""
	}
	return v.names[c.Int(v.field)&^suspendedBit]
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
