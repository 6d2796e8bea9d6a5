package analyze

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// threadName reads Thread.name, a String or (JDK 7 and before) a char[].
func threadName(h *graph.Heap, o graph.Object) string {
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

func isVirtual(h *graph.Heap, o graph.Object) bool {
	for _, base := range h.ClassesByName("java.lang.BaseVirtualThread") {
		if h.IsA(h.ClassOf(o), base) {
			return true
		}
	}
	return false
}

// isDaemon reads Thread.daemon; virtual threads are daemons.
func isDaemon(h *graph.Heap, o graph.Object) bool {
	d, ok := threadField(h, o, "daemon")
	return d != 0 || !ok && isVirtual(h, o)
}

// threadStatus reads Thread.threadStatus as a Thread.State (JVMTI thread states, see jdk.internal.misc.VM.toThreadState).
func threadStatus(h *graph.Heap, o graph.Object) string {
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

const (
	maxFrames = 40
	maxLocals = 10
)

// threadGroup is a row of the threads: a platform thread, or the virtual threads of one class, state and stack.
type threadGroup struct {
	thread   graph.Thread // that retains most
	state    string
	n        int64
	retained int64 // by all
}

// threads lists the threads that retain most.
func (r *run) threads(out *report.Report) {
	h := r.heap
	groups := r.groupThreads()
	slices.SortStableFunc(groups, func(a, b *threadGroup) int {
		return cmp.Or(cmp.Compare(b.retained, a.retained), cmp.Compare(a.thread.Serial, b.thread.Serial))
	})
	shown := groups
	if r.opt.Top >= 0 {
		shown = groups[:min(r.opt.Top, len(groups))]
	}
	for _, g := range shown {
		t := g.thread
		row := report.ThreadRow{
			Address: report.Address(h.Addr(t.Object)), Class: h.ClassName(t.Object), Name: threadName(h, t.Object), State: g.state,
			Daemon: isDaemon(h, t.Object), Virtual: isVirtual(h, t.Object), Retained: h.Retained(t.Object), Alike: g.n, AlikeRetained: g.retained,
		}
		row.Frames = report.Cap(r.frames(t), maxFrames, nil)
		out.Threads.Rows = append(out.Threads.Rows, row)
	}
	out.Threads.Omitted = int64(len(groups) - len(shown))
	for _, g := range groups[len(shown):] {
		out.Threads.OmittedBytes += g.retained
	}
}

// groupThreads puts virtual threads that do the same together: there may be a million of them.
func (r *run) groupThreads() []*threadGroup {
	h := r.heap
	var groups []*threadGroup
	alike := map[[16]byte]*threadGroup{}
	virtual := newVirtualStates(h)
	c := h.Cursor()
	for _, t := range h.Threads() {
		g := &threadGroup{thread: t}
		if !isVirtual(h, t.Object) {
			g.state = threadStatus(h, t.Object)
			groups = append(groups, g)
		} else {
			g.state = virtual.of(c, t.Object)
			key := threadKey(h.ClassOf(t.Object), g.state, t.Frames)
			if old := alike[key]; old != nil {
				g = old
			} else {
				alike[key] = g
				groups = append(groups, g)
			}
		}
		size := h.Retained(t.Object)
		g.n++
		g.retained += size
		if size > h.Retained(g.thread.Object) {
			g.thread = t
		}
	}
	return groups
}

// threadKey is the same for threads of one class, state and stack.
func threadKey(class graph.Class, state string, frames []graph.Frame) (key [16]byte) {
	sum := fnv.New128a()
	fmt.Fprintf(sum, "%d %s", class, state)
	for _, f := range frames {
		fmt.Fprintf(sum, "\n%s %s %s %d", f.Class, f.Method, f.Source, f.Line)
	}
	sum.Sum(key[:0])
	return key
}

// virtualStates turns VirtualThread.state into the names of Thread.State. The numbers change from release to release; the dump has them
// as constants of the class.
type virtualStates struct {
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

func newVirtualStates(h *graph.Heap) virtualStates {
	v := virtualStates{names: map[int64]string{}}
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

// of returns the state of a virtual thread, "" when it is not known.
func (v virtualStates) of(c *graph.Cursor, o graph.Object) string {
	if !v.field.Ok() || !c.Load(o) {
		return ""
	}
	return v.names[c.Int(v.field)&^suspendedBit]
}

func (r *run) frames(t graph.Thread) []report.Frame {
	h := r.heap
	locals := map[int32][]graph.Local{}
	for _, l := range h.Locals(t.Object) {
		locals[l.Frame] = append(locals[l.Frame], l)
	}
	var out []report.Frame
	for i, f := range t.Frames {
		fr := report.Frame{Class: f.Class, Method: f.Method, Source: f.Source, Line: int(max(f.Line, 0))}
		if f.Line == -3 {
			fr.Line = -1
		}
		var rows []report.Local
		seen := map[graph.Object]bool{}
		for _, l := range locals[int32(i)] {
			if seen[l.Object] {
				continue
			}
			seen[l.Object] = true
			row := report.Local{Address: report.Address(h.Addr(l.Object)), Class: h.ClassName(l.Object), JNI: l.Kind == hprof.RootJNILocal}
			if h.Idom(l.Object) == t.Object { // held by this thread alone
				row.Retained = h.Retained(l.Object)
				fr.LocalsRetained += row.Retained
			}
			rows = append(rows, row)
		}
		slices.SortStableFunc(rows, func(a, b report.Local) int {
			return cmp.Or(cmp.Compare(b.Retained, a.Retained), cmp.Compare(a.Address, b.Address))
		})
		fr.Locals = report.Cap(rows, maxLocals, func(l report.Local) int64 { return l.Retained })
		out = append(out, fr)
	}
	return out
}

// frameText is a frame on one line.
func frameText(f graph.Frame) string {
	where := f.Source
	switch {
	case f.Line > 0:
		where = fmt.Sprintf("%s:%d", f.Source, f.Line)
	case f.Line == -3:
		where = "native method"
	}
	return fmt.Sprintf("%s.%s(%s)", f.Class, f.Method, where)
}
