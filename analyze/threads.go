package analyze

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"io"
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

// ThreadGroup is a row of the threads: a platform thread, or the virtual threads of one class, state and stack.
type ThreadGroup struct {
	Thread   graph.Thread // that retains most
	State    string       // as Thread.State has it
	Virtual  bool
	Count    int64
	Retained int64        // by all
	Pinned   int64        // virtual threads that wait and keep their carrier
	Blocker  graph.Object // what all of them wait for, as Thread.parkBlocker tells; NoObject where that differs or is not known
}

// threads lists the threads that retain most.
func (r *run) threads(out *report.Report) {
	h := r.heap
	groups := slices.Clone(r.groupThreads())
	slices.SortStableFunc(groups, func(a, b *ThreadGroup) int {
		return cmp.Or(cmp.Compare(b.Retained, a.Retained), cmp.Compare(a.Thread.Serial, b.Thread.Serial))
	})
	shown := groups
	if r.opt.Top >= 0 {
		shown = groups[:min(r.opt.Top, len(groups))]
	}
	for _, g := range shown {
		t := g.Thread
		row := report.ThreadRow{
			Address: report.Address(h.Addr(t.Object)), Class: h.ClassName(t.Object), Name: jdk.ThreadName(h, t.Object), State: g.State,
			Daemon: jdk.IsDaemon(h, t.Object), Virtual: g.Virtual, Retained: h.Retained(t.Object), Alike: g.Count, AlikeRetained: g.Retained,
		}
		row.Frames = report.Cap(r.frames(t), maxFrames, nil)
		out.Threads.Rows = append(out.Threads.Rows, row)
	}
	out.Threads.Omitted = int64(len(groups) - len(shown))
	for _, g := range groups[len(shown):] {
		out.Threads.OmittedBytes += g.Retained
	}
}

// ThreadGroups returns the threads of the dump, by serial: each platform thread, and virtual threads that do the same together, for
// there may be a million of them.
func (p *Pass) ThreadGroups() []*ThreadGroup { return p.run.groupThreads() }

// Frames returns the stack of a thread with what its locals retain.
func (p *Pass) Frames(t graph.Thread) []report.Frame { return p.run.frames(t) }

// threadGroups is the key of the shared groups.
const threadGroups = "thread groups"

func (r *run) groupThreads() []*ThreadGroup {
	if v, ok := r.shared[threadGroups]; ok {
		return v.([]*ThreadGroup)
	}
	groups := r.makeThreadGroups()
	r.shared[threadGroups] = groups
	return groups
}

func (r *run) makeThreadGroups() []*ThreadGroup {
	h := r.heap
	var groups []*ThreadGroup
	alike := map[[16]byte]*ThreadGroup{}
	states := jdk.NewThreadStates(h)
	c := h.Cursor()
	for _, t := range h.Threads() {
		s := states.Of(c, t.Object)
		g := &ThreadGroup{Thread: t, State: s.State, Virtual: s.Virtual, Blocker: s.Blocker}
		if !s.Virtual {
			groups = append(groups, g)
		} else {
			key := threadKey(h.ClassOf(t.Object), s.State, t.Frames)
			if old := alike[key]; old != nil {
				g = old
			} else {
				alike[key] = g
				groups = append(groups, g)
			}
		}
		g.add(h, t, s)
	}
	return groups
}

func (g *ThreadGroup) add(h *graph.Heap, t graph.Thread, s jdk.ThreadState) {
	size := h.Retained(t.Object)
	g.Count++
	g.Retained += size
	if size > h.Retained(g.Thread.Object) {
		g.Thread = t
	}
	if s.Pinned {
		g.Pinned++
	}
	if s.Blocker != g.Blocker {
		g.Blocker = graph.NoObject
	}
}

// threadKey is the same for threads of one class, state and stack.
func threadKey(class graph.Class, state string, frames []graph.Frame) (key [16]byte) {
	sum := fnv.New128a()
	var line [4]byte
	put := func(s string) {
		_, _ = io.WriteString(sum, s)
		_, _ = sum.Write([]byte{0})
	}
	binary.BigEndian.PutUint32(line[:], uint32(class))
	_, _ = sum.Write(line[:])
	put(state)
	for _, f := range frames {
		put(f.Class)
		put(f.Method)
		put(f.Source)
		binary.BigEndian.PutUint32(line[:], uint32(f.Line))
		_, _ = sum.Write(line[:])
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

// AppFrame returns the innermost frame of an application's class, else the innermost; "" where there is no stack.
func AppFrame(frames []graph.Frame) string {
	for _, f := range frames {
		if !Platform(f.Class) {
			return jdk.FrameText(f)
		}
	}
	if len(frames) == 0 {
		return ""
	}
	return jdk.FrameText(frames[0])
}
