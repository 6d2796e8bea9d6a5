package jdk

import (
	"strings"

	"heapcause/graph"
	"heapcause/hprof"
)

// ThreadState is what a thread is at.
type ThreadState struct {
	State   string // as Thread.State has it, "" when it is not known
	Virtual bool
	Pinned  bool         // a virtual thread that waits and keeps its carrier
	Blocker graph.Object // Thread.parkBlocker: the lock, semaphore, queue … that it waits for; NoObject for none
}

// ThreadStates reads the states of many threads.
type ThreadStates struct {
	h                      *graph.Heap
	virtual                []bool // by class
	names                  VirtualStates
	status, holder, inside graph.Field // of Thread, of Thread, of Thread$FieldHolder
	blocker                graph.Field
	hasStatus, hasHolder   bool
}

// NewThreadStates binds the fields.
func NewThreadStates(h *graph.Heap) *ThreadStates {
	s := &ThreadStates{h: h, virtual: h.Subclasses("java.lang.BaseVirtualThread"), names: NewVirtualStates(h)}
	s.status, s.hasStatus = h.Bind("java.lang.Thread", "threadStatus")
	s.holder, s.hasHolder = h.Bind("java.lang.Thread", "holder")
	s.inside, _ = h.Bind("java.lang.Thread$FieldHolder", "threadStatus")
	s.blocker, _ = h.Bind("java.lang.Thread", "parkBlocker")
	return s
}

// Of reads the state of a thread.
func (s *ThreadStates) Of(c *graph.Cursor, o graph.Object) ThreadState {
	t := ThreadState{Virtual: s.virtual[s.h.ClassOf(o)], Blocker: graph.NoObject}
	if !c.Load(o) {
		return t
	}
	t.Blocker = c.Ref(s.blocker)
	switch {
	case t.Virtual:
		name := s.names.constant(c)
		t.State, t.Pinned = virtualStateNames[name], strings.HasSuffix(name, "PINNED")
	case s.hasStatus:
		t.State = StateOf(c.Int(s.status))
	case s.hasHolder && s.inside.Ok() && c.Load(c.Ref(s.holder)):
		t.State = StateOf(c.Int(s.inside))
	}
	return t
}

// VirtualStates turns VirtualThread.state into the names of Thread.State. The numbers change from release to release; the dump has them
// as constants of the class.
type VirtualStates struct {
	field graph.Field
	names map[int64]string // of the constants
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
			if virtualStateNames[s.Name] != "" && s.Type == hprof.Int {
				value, _, _ := h.Static(c, s.Name)
				v.names[int64(int32(value))] = s.Name
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
	return virtualStateNames[v.constant(c)]
}

// constant returns the name of the constant that the state of the current object has.
func (v VirtualStates) constant(c *graph.Cursor) string {
	if !v.field.Ok() {
		return ""
	}
	return v.names[c.Int(v.field)&^suspendedBit]
}
