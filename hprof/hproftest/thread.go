package hproftest

import (
	"fmt"
	"regexp"
	"strconv"

	"heapcause/hprof"
)

type root struct {
	tag           hprof.Tag
	id            ID
	serial, frame uint32
}

// frame is a stack frame record.
type frame struct {
	method, signature, source ID
	class                     uint32
	line                      int32
}

// Root adds a root of any kind for an object or class. Kinds that name a thread name none; see Thread for those that do.
func (d *Dump) Root(tag hprof.Tag, o any) { d.RootAt(tag, o, 0, 0) }

// RootAt adds a root that names a thread serial and, depending on the kind, a frame number (or a trace serial).
func (d *Dump) RootAt(tag hprof.Tag, o any, serial, frame uint32) {
	d.roots = append(d.roots, root{tag, address(o), serial, frame})
}

// Thread is a thread with a stack.
type Thread struct {
	Object *Object
	Serial uint32
	Trace  uint32 // serial of the stack trace

	d      *Dump
	frames []ID
}

// Thread adds a live java.lang.Thread with that name and stack, innermost frame first: "com.acme.Main.run(Main.java:12)"; the
// place may also be "Native Method" or "Unknown Source".
func (d *Dump) Thread(name string, frames ...string) *Thread {
	o := d.Instance(d.JDK("java.lang.Thread"))
	return d.AsThread(d.NameThread(o, name), frames...)
}

// NameThread gives an instance of java.lang.Thread or a subclass its name, identifier and a runnable state.
func (d *Dump) NameThread(o *Object, name string) *Object {
	if d.java == 6 {
		text := utf16Of(name)
		o.Set("java.lang.Thread::name", d.Chars(text...))
	} else {
		o.Set("java.lang.Thread::name", d.String(name))
	}
	return o.Set("java.lang.Thread::tid", len(d.threads)+1).Set("java.lang.Thread::threadStatus", 5).Set("java.lang.Thread::priority", 5)
}

// AsThread makes an object a live thread with that stack.
func (d *Dump) AsThread(o *Object, frames ...string) *Thread {
	n := uint32(len(d.threads))
	t := &Thread{Object: o, Serial: n + 3, Trace: n + 2, d: d}
	for _, f := range frames {
		d.frames = append(d.frames, d.parseFrame(f))
		t.frames = append(t.frames, ID(len(d.frames)))
	}
	d.threads = append(d.threads, t)
	d.RootAt(hprof.RootThreadObject, o, t.Serial, t.Trace)
	return t
}

// Local makes o a Java local of a frame.
func (t *Thread) Local(frame int, o any) *Thread { return t.root(hprof.RootJavaFrame, frame, o) }

// JNILocal makes o a JNI local of a frame.
func (t *Thread) JNILocal(frame int, o any) *Thread { return t.root(hprof.RootJNILocal, frame, o) }

// Native makes o held by the thread's native stack.
func (t *Thread) Native(o any) *Thread { return t.root(hprof.RootNativeStack, 0, o) }

// Block makes o held by the thread's block.
func (t *Thread) Block(o any) *Thread { return t.root(hprof.RootThreadBlock, 0, o) }

func (t *Thread) root(tag hprof.Tag, frame int, o any) *Thread {
	t.d.RootAt(tag, o, t.Serial, uint32(int32(frame)))
	return t
}

var frameForm = regexp.MustCompile(`^(.+)\.([^.(]+)\(([^:)]*)(?::(-?\d+))?\)$`)

func (d *Dump) parseFrame(s string) frame {
	m := frameForm.FindStringSubmatch(s)
	if m == nil {
		panic(fmt.Sprintf("hproftest: frame %q is not Class.method(File.java:12)", s))
	}
	c := d.byName[m[1]]
	if c == nil {
		c = d.Class(m[1])
	}
	f := frame{method: d.Symbol(m[2]), signature: d.Symbol("()V"), class: c.Serial, line: -1}
	switch m[3] {
	case "Native Method":
		f.line = -3
	case "Unknown Source", "":
	default:
		f.source = d.Symbol(m[3])
		if n, err := strconv.Atoi(m[4]); err == nil {
			f.line = int32(n)
		}
	}
	return f
}
