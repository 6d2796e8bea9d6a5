package analyze

import (
	"cmp"
	"fmt"
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

// threads lists the threads that retain most.
func (r *run) threads(out *report.Report) {
	h := r.heap
	ts := slices.Clone(h.Threads())
	slices.SortStableFunc(ts, func(a, b graph.Thread) int {
		return cmp.Or(cmp.Compare(h.Retained(b.Object), h.Retained(a.Object)), cmp.Compare(a.Serial, b.Serial))
	})
	shown := ts
	if r.opt.Top >= 0 {
		shown = ts[:min(r.opt.Top, len(ts))]
	}
	for _, t := range shown {
		row := report.ThreadRow{
			Address: report.Address(h.Addr(t.Object)), Class: h.ClassName(t.Object), Name: threadName(h, t.Object),
			State: threadStatus(h, t.Object), Daemon: isDaemon(h, t.Object), Virtual: isVirtual(h, t.Object), Retained: h.Retained(t.Object),
		}
		row.Frames = report.Cap(r.frames(t), maxFrames, nil)
		out.Threads.Rows = append(out.Threads.Rows, row)
	}
	out.Threads.Omitted = int64(len(ts) - len(shown))
	for _, t := range ts[len(shown):] {
		out.Threads.OmittedBytes += h.Retained(t.Object)
	}
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
