package jdbc

import (
	"strings"
	"time"

	"heapcause/analyze/jdk"
	"heapcause/graph"
)

// poolReader reads the state of pools.
type poolReader struct {
	*jdk.Reader
	p pass
}

// elements returns those of a collection, maxBorrowed at most.
func (r *poolReader) elements(collection graph.Object) []graph.Object {
	var out []graph.Object
	r.Elements(collection, func(o graph.Object) bool {
		out = append(out, o)
		return len(out) < maxBorrowed
	})
	return out
}

// need notes an unknown version where an object lacks a field.
func (r *poolReader) need(q *pool, o graph.Object, field string) bool {
	if o == graph.NoObject || r.Has(o, field) {
		return o != graph.NoObject
	}
	q.unknown = "unknown version of " + r.Heap.ClassName(o) + ": it has no field " + field
	return false
}

// hikari: the entries of the bag have a state; the handles are the proxies that refer to an entry.
func (r *poolReader) hikari(q *pool) {
	const notInUse, inUse, shutdown = 0, 1, 2
	bag := r.Ref(q.object, "connectionBag")
	if state, _ := r.Int(q.object, "poolState"); state == shutdown || !r.need(q, bag, "sharedList") {
		q.alien = q.unknown == ""
		return
	}
	config := r.Ref(q.object, "config")
	q.max, _ = r.Int(config, "maxPoolSize")
	q.name, _ = r.Text(config, maxSQL, "poolName")
	q.url, _ = r.TextAs(graph.URLText, config, maxSQL, "jdbcUrl")
	leakAfter, _ := r.Int(config, "leakDetectionThreshold")
	q.detects = leakAfter > 0
	q.waiting, _ = r.Int(bag, "waiters", "value")
	tasks := map[graph.Object]bool{} // of handles that are there
	for _, e := range r.elements(r.Ref(bag, "sharedList")) {
		if !r.need(q, e, "state") {
			return
		}
		switch state, _ := r.Int(e, "state"); state {
		case notInUse:
			q.idle++
		case inUse:
			b := &borrowed{entry: e, physical: r.Ref(e, "connection"), skip: []graph.Object{e}}
			b.handles = r.referrers(e, "com.zaxxer.hikari.pool.ProxyConnection")
			for _, handle := range b.handles {
				task := r.Ref(handle, "leakTask")
				tasks[task] = true
				b.stack = r.StackTrace(r.Ref(task, "exception"))
				b.by, _ = r.Name(task, 500, "threadName")
			}
			q.busy = append(q.busy, b)
		}
	}
	r.hikariLeakTasks(q, tasks)
}

// hikariLeakTasks reads the stacks of those that borrowed what nobody has any more: their tasks wait in the pool's executor.
func (r *poolReader) hikariLeakTasks(q *pool, known map[graph.Object]bool) {
	for _, t := range r.elements(r.Ref(q.object, "houseKeepingExecutorService", "workQueue")) {
		task := r.Ref(t, "callable", "task")
		if task == graph.NoObject || known[task] || !r.p.IsA(task, "com.zaxxer.hikari.pool.ProxyLeakTask") {
			continue
		}
		s := leakStack{stack: r.StackTrace(r.Ref(task, "exception"))}
		s.thread, _ = r.Name(task, 500, "threadName")
		q.stacks = append(q.stacks, s)
	}
}

// dbcp2: the pooled objects have a state; the handles are the wrappers around a PoolableConnection.
func (r *poolReader) dbcp2(q *pool, dbcp string) {
	q.max, _ = r.Int(q.object, "maxTotal")
	q.detects = r.Ref(q.object, "abandonedConfig") != graph.NoObject
	all := r.elements(r.Ref(q.object, "allObjects"))
	q.alien = len(all) == 0 || r.Bool(q.object, "closed")
	for _, e := range all {
		object := r.Ref(e, "object")
		if object == graph.NoObject || !r.p.IsA(object, dbcp+"PoolableConnection") {
			q.alien = true // a pool of something else
			return
		}
		if !r.need(q, e, "state") {
			return
		}
		switch state, _ := r.Enum(e, "state"); state {
		case "IDLE":
			q.idle++
		case "ALLOCATED":
			b := &borrowed{entry: e, handles: []graph.Object{object}, skip: append(r.referrersBut(object, "DelegatingConnection"), e)}
			b.physical = r.physical(r.Ref(object, "connection"))
			b.stack = r.StackTrace(r.Ref(e, "borrowedBy", "snapshot"))
			if s, ok := r.Int(e, "lastBorrowInstant", "seconds"); ok {
				ns, _ := r.Int(e, "lastBorrowInstant", "nanos")
				b.since = time.Unix(s, ns)
			} else if ms, ok := r.Int(e, "lastBorrowTime"); ok { // before 2.11
				b.since = time.UnixMilli(ms)
			}
			q.busy = append(q.busy, b)
		}
	}
	q.waiting = r.waiters(r.Ref(q.object, "idleObjects", "notEmpty"))
	for _, source := range r.referrers(q.object, dbcp+"BasicDataSource") {
		q.url, _ = r.TextAs(graph.URLText, source, maxSQL, "url")
	}
}

// physical unwraps the connections of DBCP.
func (r *poolReader) physical(o graph.Object) graph.Object {
	for range 4 {
		if o == graph.NoObject || !strings.HasSuffix(r.Heap.ClassName(o), ".PoolingConnection") {
			break
		}
		o = r.Ref(o, "connection")
	}
	return o
}

// c3p0: what is managed and not unused is borrowed; the handle is the proxy that the pooled connection exposes.
func (r *poolReader) c3p0(q *pool) {
	q.max, _ = r.Int(q.object, "max")
	unused := map[graph.Object]bool{}
	for _, o := range r.elements(r.Ref(q.object, "unused")) {
		unused[o] = true
	}
	cards := map[graph.Object]graph.Object{}
	var managed []graph.Object
	r.Entries(r.Ref(q.object, "managed"), func(k, v graph.Object) bool {
		managed = append(managed, k)
		cards[k] = v
		return len(managed) < maxBorrowed
	})
	q.alien = len(managed) == 0
	q.detects = r.Bool(q.object, "destroy_unreturned_resc_time")
	for _, e := range managed {
		if e == graph.NoObject || !r.p.IsA(e, "com.mchange.v2.c3p0.impl.AbstractC3P0PooledConnection") {
			q.alien = true
			return
		}
		if unused[e] {
			q.idle++
			continue
		}
		b := &borrowed{entry: e, physical: r.Ref(e, "physicalConnection"), skip: []graph.Object{e}}
		if proxy := r.Ref(e, "exposedProxy"); proxy != graph.NoObject {
			b.handles = []graph.Object{proxy}
		}
		if ms, ok := r.Int(cards[e], "checkout_time"); ok && ms > 0 {
			b.since = time.UnixMilli(ms)
		}
		b.stack = r.StackTrace(r.Ref(cards[e], "checkoutStackTraceException"))
		q.busy = append(q.busy, b)
	}
	q.waiting, _ = r.Size(r.Ref(q.object, "acquireWaiters"))
}

// tomcat: the pool has a queue of what is busy; the handle is the chain of interceptors that a proxy of the JDK leads to.
func (r *poolReader) tomcat(q *pool) {
	properties := r.Ref(q.object, "poolProperties")
	if q.alien = r.Bool(q.object, "closed"); q.alien || !r.need(q, properties, "maxActive") {
		return
	}
	q.max, _ = r.Int(properties, "maxActive")
	q.name, _ = r.Text(properties, maxSQL, "name")
	q.url, _ = r.TextAs(graph.URLText, properties, maxSQL, "url")
	q.detects = r.Bool(properties, "removeAbandoned")
	q.waiting, _ = r.Int(q.object, "waitcount", "value")
	q.idle = int64(len(r.elements(r.Ref(q.object, "idle"))))
	for _, e := range r.elements(r.Ref(q.object, "busy")) {
		if !r.need(q, e, "handler") {
			return
		}
		b := &borrowed{entry: e, physical: r.Ref(e, "connection"), skip: []graph.Object{e}}
		if handler := r.Ref(e, "handler"); handler != graph.NoObject {
			b.handles = []graph.Object{handler}
		}
		if ms, ok := r.Int(e, "timestamp"); ok && ms > 0 {
			b.since = time.UnixMilli(ms)
		}
		text, _ := r.Name(e, 16<<10, "abandonTrace")
		b.stack = parseTrace(text)
		q.busy = append(q.busy, b)
	}
}

// referrers are what refers to o and is of a class.
func (r *poolReader) referrers(o graph.Object, class string) (out []graph.Object) {
	for _, u := range r.Heap.In(o, nil) {
		if r.p.IsA(u, class) {
			out = append(out, u)
		}
	}
	return out
}

// referrersBut are what refers to o and is of the pool's library, but for classes with a part of their name: its handles.
func (r *poolReader) referrersBut(o graph.Object, handle string) (out []graph.Object) {
	for _, u := range r.Heap.In(o, nil) {
		name := r.Heap.ClassName(u)
		if ofPool(name) && !r.p.IsA(u, graph.Package(name)+"."+handle) {
			out = append(out, u)
		}
	}
	return out
}

// waiters counts the threads in the queue of a Condition.
func (r *poolReader) waiters(condition graph.Object) (n int64) {
	for node := r.Ref(condition, "firstWaiter"); node != graph.NoObject && n < maxQueue; node = r.Ref(node, "nextWaiter") {
		n++
	}
	return n
}

// parseTrace reads the lines of a printed stack trace.
func parseTrace(text string) (out []jdk.TraceFrame) {
	for line := range strings.SplitSeq(text, "\n") {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "at ")
		method, source, parens := strings.Cut(line, "(")
		dot := strings.LastIndexByte(method, '.')
		if !ok || !parens || dot < 0 || strings.ContainsAny(method, " \"'=") {
			continue
		}
		class := method[:dot]
		if slash := strings.LastIndexByte(class, '/'); slash >= 0 { // the loader and module
			class = class[slash+1:]
		}
		out = append(out, jdk.TraceFrame{Class: class, Method: method[dot+1:], Source: strings.TrimSuffix(source, ")")})
	}
	return out
}
