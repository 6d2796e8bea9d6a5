package references

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
)

// Numbers that stand for no object in the rows of this package, which hold objects in 32 bits: references may be millions.
const (
	none = ^uint32(0)     // null
	lost = ^uint32(0) - 1 // the dump lacks it
)

// ref is a soft, weak or phantom reference. Finalizers are another package's.
type ref struct {
	object, referent, queue, next uint32
}

func refObject(r ref) graph.Object { return graph.Object(r.object) }

// object returns what a number in a row stands for.
func object(n uint32) graph.Object {
	if n >= lost {
		return graph.NoObject
	}
	return graph.Object(n)
}

// number reads a reference field for a row.
func number(v *graph.View, f graph.Field) uint32 {
	if o := v.Ref(f); o != graph.NoObject {
		return uint32(o)
	}
	if v.IsSet(f) {
		return lost
	}
	return none
}

// RefScan collects soft, weak and phantom references.
var RefScan = &analyze.Scan{Name: "references", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.lang.ref.Reference"
	referent, ok1 := b.Need(class, "referent")
	queue, ok2 := b.Need(class, "queue")
	next, ok3 := b.Need(class, "next")
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	wanted := b.Subclasses(class)
	for c, final := range b.Subclasses("java.lang.ref.FinalReference") {
		wanted[c] = wanted[c] && !final
	}
	return &analyze.Rows[ref]{
		Wanted: wanted,
		Read: func(v *graph.View) ref {
			return ref{uint32(v.Object), number(v, referent), number(v, queue), number(v, next)}
		},
		Object: refObject,
	}
}}

// stamp is the last use of a soft reference, in milliseconds of the collector's clock.
type stamp struct {
	millis int64
	object uint32
}

func stampObject(s stamp) graph.Object { return graph.Object(s.object) }

// StampScan collects when soft references were last used.
var StampScan = &analyze.Scan{Name: "soft references", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.lang.ref.SoftReference"
	timestamp, ok := b.Bind(class, "timestamp")
	if !ok {
		return nil
	}
	return &analyze.Rows[stamp]{
		Wanted: b.Subclasses(class),
		Read:   func(v *graph.View) stamp { return stamp{v.Int(timestamp), uint32(v.Object)} },
		Object: stampObject,
	}
}}

// queueRow is a ReferenceQueue.
type queueRow struct {
	length       int64
	object, head uint32
}

// QueueScan collects reference queues.
var QueueScan = &analyze.Scan{Name: "reference queues", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "java.lang.ref.ReferenceQueue"
	head, ok1 := b.Need(class, "head")
	length, ok2 := b.Need(class, "queueLength")
	if !ok1 || !ok2 {
		return nil
	}
	return &analyze.Rows[queueRow]{
		Wanted: b.Subclasses(class),
		Read:   func(v *graph.View) queueRow { return queueRow{v.Int(length), uint32(v.Object), number(v, head)} },
		Object: func(q queueRow) graph.Object { return graph.Object(q.object) },
	}
}}

// cleaner is a jdk.internal.ref.Cleaner (sun.misc.Cleaner before JDK 9) or a Cleanable of a java.lang.ref.Cleaner.
type cleaner struct {
	object, action, list uint32
	linked               bool // it is registered and has not run yet
}

// cleanerFields are those of one class of cleaners.
type cleanerFields struct {
	action, list, link graph.Field
	node               bool // link is the node of a list of JDK 25, not the next cleaner
}

// CleanerScan collects cleaners.
var CleanerScan = &analyze.Scan{Name: "cleaners", Start: func(b *analyze.Binder) analyze.Scanner {
	fields := make([]*cleanerFields, b.NumClasses())
	wanted := make([]bool, b.NumClasses())
	some := false
	for _, class := range []string{"jdk.internal.ref.Cleaner", "sun.misc.Cleaner", "jdk.internal.ref.PhantomCleanable"} {
		f, ok := bindCleaner(b, class)
		for c, is := range b.Subclasses(class) {
			if is && ok {
				own := f
				own.action = actionOf(b, graph.Class(c))
				fields[c], wanted[c], some = &own, true, true
			}
		}
	}
	if !some {
		return nil
	}
	return &analyze.Rows[cleaner]{
		Wanted: wanted,
		Read: func(v *graph.View) cleaner {
			f := fields[v.Class]
			link := number(v, f.link)
			return cleaner{uint32(v.Object), number(v, f.action), number(v, f.list), link != none && f.node || !f.node && link != uint32(v.Object)}
		},
		Object: func(c cleaner) graph.Object { return graph.Object(c.object) },
	}
}}

// bindCleaner finds the link by which a class of cleaners hangs in its list.
func bindCleaner(b *analyze.Binder, class string) (cleanerFields, bool) {
	var f cleanerFields
	f.list, _ = b.Bind(class, "list")
	if node, ok := b.Bind(class, "node"); ok {
		f.link, f.node = node, true
		return f, true
	}
	next, ok := b.Need(class, "next")
	f.link = next
	return f, ok
}

// actionOf finds the field with what a cleaner runs; without one the class of the cleaner is what it does.
func actionOf(b *analyze.Binder, c graph.Class) graph.Field {
	for _, name := range []string{"thunk", "action"} {
		if f, ok := b.FindField(c, name); ok {
			return f
		}
	}
	return graph.Field{}
}

// implRow is the inside of a java.lang.ref.Cleaner.
type implRow struct {
	object, list, queue uint32
}

// ImplScan collects the insides of java.lang.ref.Cleaners.
var ImplScan = &analyze.Scan{Name: "cleaner threads", Start: func(b *analyze.Binder) analyze.Scanner {
	const class = "jdk.internal.ref.CleanerImpl"
	queue, ok := b.Need(class, "queue")
	list, ring := b.Bind(class, "phantomCleanableList")
	if !ring {
		var listed bool
		if list, listed = b.Bind(class, "activeList"); !listed {
			b.Unknown(class, "activeList")
			return nil
		}
	}
	if !ok {
		return nil
	}
	return &analyze.Rows[implRow]{
		Wanted: b.Subclasses(class),
		Read:   func(v *graph.View) implRow { return implRow{uint32(v.Object), number(v, list), number(v, queue)} },
		Object: func(r implRow) graph.Object { return graph.Object(r.object) },
	}
}}

// search finds the row of an object among rows in address order.
func search[T any](rows []T, o uint32, object func(*T) uint32) int {
	i, ok := slices.BinarySearchFunc(rows, o, func(r T, o uint32) int { return cmp.Compare(object(&r), o) })
	if !ok {
		return -1
	}
	return i
}
