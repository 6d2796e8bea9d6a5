package graph

import (
	"cmp"
	"slices"

	"heapcause/hprof"
)

// Root is one reason for which the JVM keeps an object. An object may have several.
type Root struct {
	Object Object
	Kind   hprof.Tag
	Serial uint32 // thread serial, 0 when none
	Frame  int32  // frame number in that thread's trace, -1 when none
}

// Local is a Java or JNI local that a thread holds.
type Local struct {
	Object Object
	Kind   hprof.Tag
	Frame  int32 // index into the thread's frames, -1 when the dump names none
}

// Thread is a thread with a stack in the dump.
type Thread struct {
	Object Object
	Serial uint32
	Frames []Frame
}

// Frame is one stack frame with its names.
type Frame struct {
	Class, Method, Source string
	Line                  int32 // > 0 a line, -1 unknown, -2 compiled, -3 native
}

// Roots returns all roots, ascending by object.
func (h *Heap) Roots() []Root { return h.roots }

// RootsOf returns the roots of one object.
func (h *Heap) RootsOf(o Object) []Root {
	i, _ := slices.BinarySearchFunc(h.roots, o, func(r Root, o Object) int { return cmp.Compare(r.Object, o) })
	j := i
	for j < len(h.roots) && h.roots[j].Object == o {
		j++
	}
	return h.roots[i:j]
}

// Threads returns the threads that have an object in the dump, by serial.
func (h *Heap) Threads() []Thread {
	if h.kept != nil {
		h.kept.threadsOnce.Do(h.keptThreads)
	}
	return h.threads
}

// ThreadOf returns the thread whose object is o.
func (h *Heap) ThreadOf(o Object) (*Thread, bool) {
	all := h.Threads()
	h.threadOnce.Do(func() {
		h.threadAt = make(map[Object]int32, len(all))
		for i := range slices.Backward(all) { // of two serials of one object the lower counts
			h.threadAt[all[i].Object] = int32(i)
		}
	})
	i, ok := h.threadAt[o]
	if !ok {
		return nil, false
	}
	return &h.threads[i], true
}

// Locals returns the locals of a thread object, by frame. They are edges of the thread, not roots of their own.
func (h *Heap) Locals(thread Object) []Local { return h.locals[thread] }

// DefinedClasses returns the classes a class loader defined, in table order.
func (h *Heap) DefinedClasses(loader Object) []Class { return h.defined[loader] }

func localTag(t hprof.Tag) bool {
	switch t {
	case hprof.RootJavaFrame, hprof.RootJNILocal, hprof.RootNativeStack, hprof.RootThreadBlock:
		return true
	}
	return false
}

// threadRoot is the object of a live thread and the serial of its stack trace.
type threadRoot struct {
	object Object
	trace  uint32
}

// threadRoots returns the live threads by serial; of two objects of one serial the lower counts.
func (h *Heap) threadRoots(raw []rawRoot) map[uint32]threadRoot {
	n := 0
	for _, r := range raw {
		if r.tag == hprof.RootThreadObject {
			n++
		}
	}
	threads := make(map[uint32]threadRoot, n)
	for _, r := range raw {
		if r.tag != hprof.RootThreadObject {
			continue
		}
		if o := h.object(r.id); o != NoObject {
			if old, ok := threads[r.serial]; !ok || o < old.object {
				threads[r.serial] = threadRoot{o, r.frame}
			}
		}
	}
	return threads
}

// makeRoots sorts roots from locals and finds the threads.
func (h *Heap) makeRoots(raw []rawRoot) {
	h.roots = nil // the first guess at the core may have been wrong
	threads := h.threadRoots(raw)
	var locals []threadLocal
	h.noRoots = len(raw) == 0
	sticky := false
	for _, r := range raw {
		o := h.object(r.id)
		if r.tag == hprof.RootStickyClass {
			sticky = true
		}
		if o == NoObject || r.tag == hprof.RootUnreachable {
			continue
		}
		if localTag(r.tag) {
			if t, ok := threads[r.serial]; ok {
				locals = append(locals, threadLocal{t.object, Local{o, r.tag, int32(r.frame)}})
				continue
			}
		}
		h.roots = append(h.roots, Root{o, r.tag, r.serial, int32(r.frame)})
	}
	if !sticky { // agents and other VMs: the boot loader's classes are roots all the same
		for i := range h.classes {
			if k := &h.classes[i]; k.Object != NoObject && k.loaderID == 0 {
				h.roots = append(h.roots, Root{k.Object, hprof.RootStickyClass, 0, -1})
			}
		}
	}
	slices.SortFunc(h.roots, func(a, b Root) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Serial, b.Serial), cmp.Compare(a.Frame, b.Frame))
	})
	h.roots = slices.Compact(h.roots)
	h.locals = byThread(locals)
	h.makeThreads(threads)
}

// threadLocal is a local with the thread object that holds it.
type threadLocal struct {
	thread Object
	local  Local
}

// byThread gives each thread object its locals, by frame. All lie in one array: threads may be a hundred thousand.
func byThread(all []threadLocal) map[Object][]Local {
	slices.SortFunc(all, func(a, b threadLocal) int {
		return cmp.Or(cmp.Compare(a.thread, b.thread), cmp.Compare(a.local.Frame, b.local.Frame), cmp.Compare(a.local.Object, b.local.Object),
			cmp.Compare(a.local.Kind, b.local.Kind))
	})
	locals := make([]Local, len(all))
	out := map[Object][]Local{}
	first := 0
	for i, l := range all {
		locals[i] = l.local
		if i == len(all)-1 || all[i+1].thread != l.thread {
			out[l.thread] = locals[first : i+1 : i+1]
			first = i + 1
		}
	}
	return out
}

func (h *Heap) makeThreads(live map[uint32]threadRoot) {
	if len(live) == 0 {
		return
	}
	nameBySerial := make(map[uint32]hprof.ID, len(h.file.Classes))
	for _, l := range h.file.Classes {
		nameBySerial[l.Serial] = l.Name
	}
	names := map[hprof.ID]string{} // of symbol: threads share most of their frames
	className := func(serial uint32) string {
		id := nameBySerial[serial]
		n, ok := names[id]
		if !ok {
			n = javaName(h.file.Symbol(id))
			names[id] = n
		}
		return n
	}
	byThread := map[uint32]hprof.Trace{}
	for _, t := range h.file.Traces {
		if old, ok := byThread[t.Thread]; t.Thread != 0 && (!ok || t.Serial < old.Serial) {
			byThread[t.Thread] = t
		}
	}
	h.threads = make([]Thread, 0, len(live))
	for serial, l := range live {
		t := Thread{Object: l.object, Serial: serial}
		tr, ok := h.file.Traces[l.trace]
		if !ok {
			tr = byThread[serial]
		}
		t.Frames = slices.Grow(t.Frames, len(tr.Frames)) // nil where there are none
		for _, id := range tr.Frames {
			f := h.file.Frames[id]
			t.Frames = append(t.Frames, Frame{className(f.Class), h.file.Symbol(f.Method), h.file.Symbol(f.Source), f.Line})
		}
		h.threads = append(h.threads, t)
	}
	slices.SortFunc(h.threads, func(a, b Thread) int { return cmp.Compare(a.Serial, b.Serial) })
}
