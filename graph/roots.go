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
func (h *Heap) Threads() []Thread { return h.threads }

// ThreadOf returns the thread whose object is o.
func (h *Heap) ThreadOf(o Object) (*Thread, bool) {
	for i := range h.threads {
		if h.threads[i].Object == o {
			return &h.threads[i], true
		}
	}
	return nil, false
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

// makeRoots sorts roots from locals and finds the threads.
func (h *Heap) makeRoots(raw []rawRoot) {
	bySerial := map[uint32]Object{}
	traceOf := map[uint32]uint32{}
	for _, r := range raw {
		if r.tag != hprof.RootThreadObject {
			continue
		}
		if o := h.object(r.id); o != NoObject {
			if old, ok := bySerial[r.serial]; !ok || o < old {
				bySerial[r.serial] = o
				traceOf[r.serial] = r.frame
			}
		}
	}
	h.roots, h.threads, h.locals = nil, nil, map[Object][]Local{} // the first guess at the core may have been wrong
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
			if t, ok := bySerial[r.serial]; ok {
				h.locals[t] = append(h.locals[t], Local{o, r.tag, int32(r.frame)})
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
	for _, l := range h.locals {
		slices.SortFunc(l, func(a, b Local) int {
			return cmp.Or(cmp.Compare(a.Frame, b.Frame), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Kind, b.Kind))
		})
	}
	h.makeThreads(bySerial, traceOf)
}

func (h *Heap) makeThreads(bySerial map[uint32]Object, traceOf map[uint32]uint32) {
	classBySerial := map[uint32]string{}
	for _, l := range h.file.Classes {
		classBySerial[l.Serial] = javaName(h.file.Symbol(l.Name))
	}
	byThread := map[uint32]hprof.Trace{}
	for _, t := range h.file.Traces {
		if old, ok := byThread[t.Thread]; t.Thread != 0 && (!ok || t.Serial < old.Serial) {
			byThread[t.Thread] = t
		}
	}
	for serial, o := range bySerial {
		t := Thread{Object: o, Serial: serial}
		tr, ok := h.file.Traces[traceOf[serial]]
		if !ok {
			tr = byThread[serial]
		}
		for _, id := range tr.Frames {
			f := h.file.Frames[id]
			t.Frames = append(t.Frames, Frame{classBySerial[f.Class], h.file.Symbol(f.Method), h.file.Symbol(f.Source), f.Line})
		}
		h.threads = append(h.threads, t)
	}
	slices.SortFunc(h.threads, func(a, b Thread) int { return cmp.Compare(a.Serial, b.Serial) })
}
