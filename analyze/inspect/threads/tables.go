package threads

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/signature"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

func (s *subject) virtualName(o graph.Object) string {
	if n := jdk.ThreadName(s.Heap, o); n != "" {
		return n
	}
	if jdk.IsVirtual(s.Heap, o) {
		return "(virtual thread without a name)"
	}
	return "(thread without a name)"
}

func (s *subject) names() report.Table {
	t := report.Table{Name: "names", Title: "Threads by name, its numbers left out", Columns: []string{"threads named", "threads", "daemon", "virtual", "states", "retained"}}
	for _, x := range s.sums(s.name) {
		s.add(&t, x.retained, report.Name(x.text), report.Count(x.count), report.Count(x.daemon), report.Count(x.virtual), report.Name(stateText(x.states)), report.Bytes(x.retained))
	}
	return t
}

// stateText lists states with their numbers of threads.
func stateText(states map[string]int64) string {
	var parts []string
	for _, k := range analyze.ByCount(states, analyze.Same, analyze.Same) {
		name := k
		if name == "" {
			name = "unknown"
		}
		if len(states) > 1 {
			name += " " + analyze.Number(states[k])
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, ", ")
}

func (s *subject) states() report.Table {
	t := report.Table{Name: "states", Title: "Threads by state", Columns: []string{"state", "threads", "virtual", "retained"}}
	for _, x := range s.sums(func(g *analyze.ThreadGroup) string { return g.State }) {
		s.add(&t, x.retained, report.Name(stateText(map[string]int64{x.text: 0})), report.Count(x.count), report.Count(x.virtual), report.Bytes(x.retained))
	}
	return t
}

func (s *subject) stacks() report.Table {
	t := report.Table{Name: "stacks", Title: "Threads by stack", Columns: []string{"in the application", "innermost frame", "frames", "threads", "states", "retained", "one of them"}}
	var b strings.Builder
	key := func(g *analyze.ThreadGroup) string {
		b.Reset()
		for _, f := range g.Thread.Frames {
			fmt.Fprintf(&b, "%s\x00%s\x00%d\n", signature.Name(f.Class), f.Method, f.Line)
		}
		return b.String()
	}
	sums := s.sums(key)
	slices.SortStableFunc(sums, func(a, b *sum) int { return cmp.Compare(b.count, a.count) })
	for _, x := range sums {
		if s.full(&t) {
			t.Omitted++
			t.OmittedBytes += x.retained
			continue
		}
		frames := x.sample.Thread.Frames
		inner := "(no stack)"
		if len(frames) > 0 {
			inner = jdk.FrameText(frames[0])
		}
		s.add(&t, x.retained, report.Name(signature.Name(analyze.AppFrame(frames))), report.Name(signature.Name(inner)), report.Count(int64(len(frames))), report.Count(x.count),
			report.Name(stateText(x.states)), report.Bytes(x.retained), report.Name(s.ThreadName(x.sample.Thread.Object)))
	}
	return t
}

// retaining lists the threads that retain most, of virtual ones a group in a row.
func (s *subject) retaining() report.Table {
	t := report.Table{Name: "retained", Title: "Threads that retain most", Columns: []string{"thread", "threads", "state", "retained", "by locals", "by thread locals", "at"}}
	for _, g := range s.largest() {
		if s.full(&t) {
			t.Omitted++
			t.OmittedBytes += g.Retained
			continue
		}
		o := g.Thread.Object
		s.add(&t, g.Retained, report.Name(s.ThreadName(o)), report.Count(g.Count), report.Name(stateText(map[string]int64{g.State: 0})), report.Bytes(g.Retained),
			report.Bytes(s.localsRetained(o)), report.Bytes(s.inLocals[o]), report.Name(signature.Name(analyze.AppFrame(g.Thread.Frames))))
	}
	return t
}

// largest returns the groups of threads, those that retain most first.
func (s *subject) largest() []*analyze.ThreadGroup {
	groups := slices.Clone(s.groups)
	slices.SortStableFunc(groups, func(a, b *analyze.ThreadGroup) int { return cmp.Compare(b.Retained, a.Retained) })
	return groups
}

// attributes lists the platform threads with what their fields say.
func (s *subject) attributes() report.Table {
	t := report.Table{Name: "attributes", Title: "Platform threads", Columns: []string{"thread", "class", "state", "daemon", "priority", "context class loader"}}
	for _, g := range s.largest() {
		p := s.byObject[g.Thread.Object]
		if p == nil {
			continue
		}
		daemon, loader := "no", report.Value{}
		if p.Daemon {
			daemon = "yes"
		}
		if p.Loader != graph.NoObject {
			loader = report.Name(s.Heap.ClassName(p.Loader))
		}
		s.add(&t, 0, report.Name(p.Name), report.Name(s.Heap.ClassName(p.Object)), report.Name(stateText(map[string]int64{p.State: 0})), report.Name(daemon), report.Number(int64(p.Priority)), loader)
	}
	return t
}

// localsRetained is what the stack of a thread alone holds.
func (s *subject) localsRetained(thread graph.Object) int64 {
	var n int64
	last := graph.NoObject
	seen := map[graph.Object]bool{}
	for _, l := range s.Heap.Locals(thread) {
		if l.Object != last && !seen[l.Object] && s.Heap.Idom(l.Object) == thread {
			n += s.Heap.Retained(l.Object)
			seen[l.Object] = true
		}
		last = l.Object
	}
	return n
}

// jniLocals counts the JNI locals of a thread.
func jniLocals(h *graph.Heap, thread graph.Object) (n int64) {
	for _, l := range h.Locals(thread) {
		if l.Kind == hprof.RootJNILocal {
			n++
		}
	}
	return n
}

// local are the objects of one class in one frame of a thread.
type local struct {
	thread   *graph.Thread
	frame    int32
	class    graph.Class
	jni      bool
	objects  int64
	retained int64 // of those that only the thread holds
}

// frameLocals lists the locals of the threads, of virtual ones those of one of each group.
func (s *subject) frameLocals() report.Table {
	t := report.Table{Name: "locals", Title: "Locals by frame", Columns: []string{"thread", "frame", "class", "objects", "retained", "JNI"}}
	var all []local
	for _, g := range s.groups {
		all = s.localsOf(all, &g.Thread)
	}
	slices.SortStableFunc(all, func(a, b local) int { return cmp.Compare(b.retained, a.retained) })
	for _, l := range all {
		if s.full(&t) {
			t.Omitted++
			t.OmittedBytes += l.retained
			continue
		}
		frame, jni := "", report.Value{}
		if l.frame >= 0 && int(l.frame) < len(l.thread.Frames) {
			frame = signature.Name(jdk.FrameText(l.thread.Frames[l.frame]))
		}
		if l.jni {
			jni = report.Name("yes")
		}
		s.add(&t, l.retained, report.Name(s.ThreadName(l.thread.Object)), report.Name(frame), report.Name(s.ClassName(l.class)), report.Count(l.objects), report.Bytes(l.retained), jni)
	}
	return t
}

// localsOf appends the locals of a thread. They are in the order of frames, and in each in that of their addresses.
func (s *subject) localsOf(all []local, t *graph.Thread) []local {
	h := s.Heap
	first := len(all)
	last := graph.Local{Object: graph.NoObject}
	for _, l := range h.Locals(t.Object) {
		if l == last {
			continue
		}
		if l.Frame != last.Frame {
			first = len(all)
		}
		last = l
		x := local{thread: t, frame: l.Frame, class: h.ClassOf(l.Object), jni: l.Kind == hprof.RootJNILocal}
		i := first
		for i < len(all) && (all[i].class != x.class || all[i].jni != x.jni) {
			i++
		}
		if i == len(all) {
			all = append(all, x)
		}
		all[i].objects++
		if h.Idom(l.Object) == t.Object {
			all[i].retained += h.Retained(l.Object)
		}
	}
	return all
}

func (s *subject) threadLocals() report.Table {
	t := report.Table{Name: "thread-locals", Title: "Values of thread locals", Columns: []string{"class of the value", "thread local", "values", "threads", "stale", "retained"}}
	for _, l := range s.locals {
		key, stale := l.Key, int64(0)
		if l.Stale {
			key, stale = "(gone)", int64(len(l.Entries))
		}
		s.add(&t, l.Retained, report.Name(s.ClassName(l.Value)), report.Name(key), report.Count(int64(len(l.Entries))), report.Count(int64(len(l.Threads))), report.Count(stale), report.Bytes(l.Retained))
	}
	return t
}
