package jdbc

import (
	"fmt"

	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// handleKind says who has a borrowed connection.
type handleKind int

const (
	handleInThread handleKind = iota // it lies on the stack of a thread
	handleKept                       // fields hold it
	handleLeaked                     // nobody has it: only the pool still counts it
)

// holderOfHandle is who has a borrowed connection.
type holderOfHandle struct {
	kind   handleKind
	text   string // thread "report-1", static com.acme.Session.current
	frame  string // the innermost frame of the application, of a thread
	thread graph.Object
}

func (o holderOfHandle) String() string {
	if o.frame == "" {
		return o.text
	}
	return o.text + ", " + o.frame
}

// Bounds of looking for who has a connection.
const (
	nearThread = 3   // references between a handle and a local of a thread
	nearNodes  = 200 // objects that are looked at
	maxHandles = 500 // connections that are looked for; more are not told apart
)

// findHolders looks for who has each of the connections.
func (p pass) findHolders(pools []*pool) {
	busy := 0
	for _, q := range pools {
		busy += len(q.busy)
	}
	if busy == 0 {
		return
	}
	locals := p.threadsOfLocals()
	left := maxHandles
	for _, q := range pools {
		for _, b := range q.busy {
			if left--; left < 0 {
				b.holder = holderOfHandle{kind: handleKept, text: "not looked for"}
				continue
			}
			b.holder = p.holderOf(b, locals)
		}
	}
}

// threadsOfLocals maps what lies on stacks to its thread. Objects of the platform are left out: no handle is one, but for proxies.
func (p pass) threadsOfLocals() map[graph.Object]*graph.Thread {
	h := p.Heap
	threads := h.Threads()
	out := map[graph.Object]*graph.Thread{}
	of := map[graph.Class]bool{}
	for i := range threads {
		for _, l := range h.Locals(threads[i].Object) {
			c := h.ClassOf(l.Object)
			wanted, ok := of[c]
			if !ok {
				name := p.ClassName(c)
				wanted = ofPool(name) || hasPrefix(name, driverPackages) || p.isProxy(c)
				of[c] = wanted
			}
			if wanted && out[l.Object] == nil {
				out[l.Object] = &threads[i]
			}
		}
	}
	return out
}

// isProxy reports whether a class was made by java.lang.reflect.Proxy.
func (p pass) isProxy(c graph.Class) bool {
	for _, base := range p.Heap.ClassesByName("java.lang.reflect.Proxy") {
		if p.Heap.IsA(c, base) {
			return true
		}
	}
	return false
}

func (p pass) holderOf(b *borrowed, locals map[graph.Object]*graph.Thread) holderOfHandle {
	h := p.Heap
	skip := map[graph.Object]bool{}
	for _, o := range b.skip {
		skip[o] = true
	}
	if t := p.nearestThread(b, skip, locals); t != nil {
		return holderOfHandle{handleInThread, fmt.Sprintf("thread %q", jdk.ThreadName(h, t.Object)), shortFrame(t.Frames), t.Object}
	}
	avoid := func(o graph.Object) bool {
		return skip[o] || hasPrefix(h.ClassName(o), []string{"com.sun.jmx.", "javax.management."})
	}
	for _, handle := range b.handles {
		if h.Strength(handle) > graph.Soft && !p.Incomplete() {
			continue
		}
		path := p.Holding(handle, avoid)
		if len(path) < 2 {
			continue
		}
		holder := holderOfHandle{kind: handleKept, text: p.applicationHolder(path)}
		if t, ok := h.ThreadOf(path[0].Object); ok {
			holder.frame, holder.thread = shortFrame(t.Frames), t.Object
		}
		return holder
	}
	return holderOfHandle{kind: handleLeaked, text: "nothing: leaked", thread: graph.NoObject}
}

// nearestThread looks for a thread that has the handle, or what refers to it, on its stack; or the driver's connection, which a
// thread has that executes.
func (p pass) nearestThread(b *borrowed, skip map[graph.Object]bool, locals map[graph.Object]*graph.Thread) *graph.Thread {
	h := p.Heap
	level := append([]graph.Object{}, b.handles...)
	seen := map[graph.Object]bool{}
	for depth := 0; depth <= nearThread && len(level) > 0; depth++ {
		var next []graph.Object
		for _, o := range level {
			if skip[o] || seen[o] || len(seen) > nearNodes {
				continue
			}
			seen[o] = true
			if t := locals[o]; t != nil {
				return t
			}
			if depth < nearThread && h.InDegree(o) <= nearNodes {
				next = append(next, h.In(o, nil)...)
			}
		}
		level = next
	}
	if b.physical != graph.NoObject {
		return locals[b.physical]
	}
	return nil
}

// applicationHolder names the field of the application that is nearest to a handle.
func (p pass) applicationHolder(path []graph.Step) string {
	for i := len(path) - 1; i > 0; i-- {
		e := path[i].Edge
		if (e.Kind == graph.FieldEdge || e.Kind == graph.StaticEdge) && ofApplication(p.ClassName(e.Class)) {
			return p.Heap.EdgeText(e)
		}
	}
	return p.HolderText(path)
}

// applicationFrame is the innermost frame of a stack that is of the application.
func applicationFrame(frames []graph.Frame) string {
	for _, f := range frames {
		if ofApplication(f.Class) && f.Source != "" { // a lambda's class has none
			return jdk.FrameText(f)
		}
	}
	return ""
}

// shortFrame is applicationFrame for a cell of a table.
func shortFrame(frames []graph.Frame) string {
	for _, f := range frames {
		if ofApplication(f.Class) && f.Source != "" {
			return fmt.Sprintf("%s.%s:%d", f.Class, f.Method, f.Line)
		}
	}
	return ""
}

// borrower is the innermost frame of the application in a recorded stack.
func borrower(stack []jdk.TraceFrame) string {
	for _, f := range stack {
		if ofApplication(f.Class) {
			return f.String()
		}
	}
	return ""
}
