package export

import (
	"cmp"
	"context"
	"slices"

	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

// roots writes the GC roots, locals of threads included, in the order of addresses.
func (e *exporter) roots(context.Context) error {
	if !e.wants(Roots) {
		return nil
	}
	h := e.h
	all := slices.Clone(h.Roots())
	for _, t := range h.Threads() {
		for _, l := range h.Locals(t.Object) {
			all = append(all, graph.Root{Object: l.Object, Kind: l.Kind, Serial: t.Serial, Frame: l.Frame})
		}
	}
	slices.SortFunc(all, func(a, b graph.Root) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Serial, b.Serial), cmp.Compare(a.Frame, b.Frame))
	})
	return small(e, Roots, func(add func(rootRow)) {
		for _, r := range all {
			row := rootRow{Address: int64(h.Addr(r.Object)), Kind: r.Kind.String()}
			if r.Serial != 0 {
				row.Thread = new(int32(r.Serial))
			}
			if r.Frame >= 0 && r.Kind != hprof.RootThreadObject {
				row.Frame = new(r.Frame)
			}
			add(row)
		}
	})
}

// threads writes the threads and their frames.
func (e *exporter) threads(context.Context) error {
	h := e.h
	err := small(e, Threads, func(add func(threadRow)) {
		states, c, r := jdk.NewThreadStates(h), h.Cursor(), jdk.NewReader(h)
		for _, t := range h.Threads() {
			name, _ := r.Name(t.Object, maxName, "name")
			row := threadRow{
				Serial: int32(t.Serial), Address: int64(h.Addr(t.Object)), Name: valid(name), Daemon: jdk.IsDaemon(h, t.Object),
				State: states.Of(c, t.Object).State, Retained: h.Retained(t.Object), StackDepth: int32(len(t.Frames)),
			}
			if n, ok := priority(r, t.Object); ok {
				row.Priority = new(int32(n))
			}
			add(row)
		}
	})
	if err != nil {
		return err
	}
	return small(e, Frames, func(add func(frameRow)) {
		for _, t := range h.Threads() {
			locals := make([]int32, len(t.Frames))
			for _, l := range h.Locals(t.Object) {
				if l.Frame >= 0 && int(l.Frame) < len(locals) {
					locals[l.Frame]++
				}
			}
			for i, f := range t.Frames {
				add(frameRow{
					Serial: int32(t.Serial), Depth: int32(i), Class: valid(f.Class), Method: valid(f.Method), Source: valid(f.Source),
					Line: max(f.Line, 0), Locals: locals[i],
				})
			}
		}
	})
}

// priority reads Thread.priority, which JDK 19 moved into Thread.holder; virtual threads have none.
func priority(r *jdk.Reader, o graph.Object) (int64, bool) {
	if n, ok := r.Int(o, "priority"); ok {
		return n, true
	}
	return r.Int(o, "holder", "priority")
}
