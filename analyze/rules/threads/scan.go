package threads

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// small keeps an object's number in 32 bits: there are fewer than 2³² − 16. The largest stands for NoObject.
type small uint32

func pack(o graph.Object) small { return small(o) }

func (s small) object() graph.Object {
	if s == ^small(0) {
		return graph.NoObject
	}
	return graph.Object(s)
}

// threadRow is a platform thread as its fields have it.
type threadRow struct {
	object, name, loader, locals, inherited, holder small
	status                                          int32
	priority                                        int8
	daemon                                          bool
}

func rowObject(r threadRow) graph.Object { return r.object.object() }

// ThreadScan collects the platform threads. Virtual ones may be a million: the graph's groups stand for them.
var ThreadScan = &analyze.Scan{Name: "threads", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.lang.Thread"
	name, ok := b.Need(class, "name")
	if !ok {
		return nil
	}
	loader, _ := b.Bind(class, "contextClassLoader")
	locals, _ := b.Bind(class, "threadLocals")
	inherited, _ := b.Bind(class, "inheritableThreadLocals")
	holder, _ := b.Bind(class, "holder") // since JDK 19
	status, _ := b.Bind(class, "threadStatus")
	priority, _ := b.Bind(class, "priority")
	daemon, _ := b.Bind(class, "daemon")
	s := &analyze.Rows[threadRow]{Wanted: b.Subclasses(class), Object: rowObject}
	for c, virtual := range b.Subclasses("java.lang.BaseVirtualThread") {
		s.Wanted[c] = s.Wanted[c] && !virtual
	}
	s.Read = func(v *graph.View) threadRow {
		return threadRow{
			pack(v.Object), pack(v.Ref(name)), pack(v.Ref(loader)), pack(v.Ref(locals)), pack(v.Ref(inherited)), pack(v.Ref(holder)),
			int32(v.Int(status)), int8(v.Int(priority)), v.Bool(daemon),
		}
	}
	return s
}}

// holderRow is what JDK 19 moved from Thread to Thread$FieldHolder.
type holderRow struct {
	object   small
	status   int32
	priority int8
	daemon   bool
}

func holderObject(r holderRow) graph.Object { return r.object.object() }

// HolderScan collects them.
var HolderScan = &analyze.Scan{Name: "fields of threads", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.lang.Thread$FieldHolder"
	status, ok1 := b.Need(class, "threadStatus")
	priority, ok2 := b.Need(class, "priority")
	daemon, ok3 := b.Need(class, "daemon")
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	return &analyze.Rows[holderRow]{
		Wanted: b.Subclasses(class), Object: holderObject,
		Read: func(v *graph.View) holderRow {
			return holderRow{pack(v.Object), int32(v.Int(status)), int8(v.Int(priority)), v.Bool(daemon)}
		},
	}
}}

// entryRow is a value of a thread local.
type entryRow struct {
	entry, key, value small
	stale             bool // the ThreadLocal is gone
}

func entryObject(r entryRow) graph.Object { return r.entry.object() }

// EntryScan collects the values of thread locals.
var EntryScan = &analyze.Scan{Name: "thread locals", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.lang.ThreadLocal$ThreadLocalMap$Entry"
	value, ok1 := b.Need(class, "value")
	key, ok2 := b.Need("java.lang.ref.Reference", "referent")
	if !ok1 || !ok2 {
		return nil
	}
	return &analyze.Rows[entryRow]{
		Wanted: b.Subclasses(class), Object: entryObject,
		Read: func(v *graph.View) entryRow {
			return entryRow{pack(v.Object), pack(v.Ref(key)), pack(v.Ref(value)), v.RefAddr(key) == 0}
		},
	}
}}
