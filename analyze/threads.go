package analyze

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"

	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

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
			Address: report.Address(h.Addr(t.Object)), Class: h.ClassName(t.Object), Name: jdk.ThreadName(h, t.Object), State: g.state,
			Daemon: jdk.IsDaemon(h, t.Object), Virtual: jdk.IsVirtual(h, t.Object), Retained: h.Retained(t.Object), Alike: g.n, AlikeRetained: g.retained,
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
	virtual := jdk.NewVirtualStates(h)
	c := h.Cursor()
	for _, t := range h.Threads() {
		g := &threadGroup{thread: t}
		if !jdk.IsVirtual(h, t.Object) {
			g.state = jdk.ThreadStatus(h, t.Object)
			groups = append(groups, g)
		} else {
			g.state = virtual.Of(c, t.Object)
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
