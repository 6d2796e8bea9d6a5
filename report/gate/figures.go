package gate

import (
	"cmp"
	"slices"
	"strings"

	"heapcause/report"
)

// FigureInfo describes a named figure that can be limited.
type FigureInfo struct {
	Name, Unit string
	// Rule makes the figure, "" where every report has it.
	Rule string
	// Zero says that a report without the figure, in which the rule ran, has none of what it counts.
	Zero bool
	Doc  string
}

// KnownFigures are the figures of a report, by name.
var KnownFigures = []FigureInfo{
	{"arrays.wasted", "bytes", "duplicate-strings", true, "surplus copies of arrays of numbers"},
	{"buffers.slack", "bytes", "buffer-slack", true, "unused capacity of buffers that grow, such as StringBuilder"},
	{"classes", "classes", "", false, "loaded classes"},
	{"classes.generated", "classes", "generated-class-explosion", true, "classes made at run time"},
	{"cleaners.registered", "cleaners", "cleaner-backlog", true, "cleaners that have not run"},
	{"collections.waste", "bytes", "collection-waste", true, "empty collections, and arrays longer than their elements need"},
	{"direct.bytes", "bytes", "direct-memory", true, "capacity of direct buffers, outside of the heap"},
	{"direct.reserved", "bytes", "direct-memory", false, "what java.nio.Bits counts as reserved"},
	{"executor.cancelled", "tasks", "executor-cancelled-tasks", true, "cancelled tasks in the queues of executors"},
	{"executor.waiting", "tasks", "executor-backlog", true, "tasks in the queues of executors"},
	{"finalizer.pending", "objects", "finalizer-backlog", true, "unreachable objects with finalize() that are not queued yet"},
	{"finalizer.queued", "objects", "finalizer-backlog", true, "objects that wait for the Finalizer thread"},
	{"finalizer.registered", "objects", "finalizer-registered", true, "objects of classes with finalize()"},
	{"heap.finalizer", "bytes", "", false, "held by the finalizer list alone"},
	{"heap.objects", "objects", "", false, "instances and arrays"},
	{"heap.phantom", "bytes", "", false, "held by phantom references alone"},
	{"heap.soft", "bytes", "", false, "held by soft references alone"},
	{"heap.strong", "bytes", "", false, "strongly reachable"},
	{"heap.total", "bytes", "", false, "all objects of the dump"},
	{"heap.unreachable", "bytes", "", false, "held by nothing"},
	{"heap.weak", "bytes", "", false, "held by weak references alone"},
	{"jdbc.connections.open", "connections", "jdbc-connections-unpooled", true, "open connections of known drivers"},
	{"jdbc.result.rows", "rows", "jdbc-result-set-huge", true, "rows in result sets"},
	{"jdbc.statement.cache", "entries", "jdbc-statement-cache", true, "entries of statement caches"},
	{"jdbc.statements", "statements", "jdbc-statement-retained", true, "statements of known drivers"},
	{"jdbc.statements.open", "statements", "jdbc-statement-retained", true, "statements that are not closed"},
	{"loaders", "class loaders", "", false, "class loaders that have instances of their classes, the boot loader included"},
	{"loaders.stopped", "class loaders", "class-loader-leak", true, "class loaders of stopped web applications"},
	{"logging.waiting", "events", "logging-backlog", true, "events in the queues of asynchronous loggers"},
	{"mapped.bytes", "bytes", "direct-memory", true, "capacity of mapped files"},
	{"netty.unsent", "bytes", "netty-outbound", true, "bytes in the outbound buffers of Netty channels"},
	{"overhead", "bytes", "object-overhead", true, "what headers, boxes and fields that are always empty take"},
	{"pool.borrowed", "connections", "connection-pool-exhausted", true, "connections out of their pool"},
	{"pool.leaked", "connections", "connection-pool-exhausted", true, "borrowed connections that nobody can return"},
	{"roots", "roots", "", false, "GC roots"},
	{"sessions", "sessions", "http-session-retention", true, "HTTP sessions"},
	{"sessions.never-expiring", "sessions", "http-session-retention", true, "HTTP sessions without a time limit"},
	{"strings.wasted", "bytes", "duplicate-strings", true, "surplus copies of strings"},
	{"threadlocal.live", "values", "thread-local-leak", true, "values of thread locals"},
	{"threadlocal.stale", "values", "thread-local-leak", true, "values of thread locals that are gone"},
	{"threads", "threads", "", false, "threads"},
	{"threads.blocked", "threads", "threads-blocked", true, "threads that wait for a lock"},
	{"threads.deadlocked", "threads", "threads-blocked", true, "threads in a deadlock"},
	{"threads.pinned", "threads", "virtual-thread-pileup", true, "virtual threads pinned to their carrier"},
	{"threads.platform", "threads", "thread-explosion", true, "platform threads"},
	{"threads.virtual", "threads", "virtual-thread-pileup", true, "virtual threads"},
	{"timer.cancelled", "tasks", "timer-queue-backlog", true, "cancelled tasks in the queues of timers"},
	{"timer.dead", "timers", "dead-timer", true, "timers whose thread has ended"},
	{"timer.queued", "tasks", "timer-queue-backlog", true, "tasks in the queues of timers"},
}

// Figures are numbers by name.
type Figures map[string]int64

// FiguresOf returns the named figures of a report, with those that are made of its other parts.
func FiguresOf(r *report.Report) Figures {
	f := Figures{
		"heap.total": r.Counts.Bytes, "heap.objects": r.Counts.Objects, "classes": r.Counts.Classes, "roots": r.Counts.Roots,
		"threads": r.Counts.Threads, "loaders": r.Consumers.Loaders.Total(),
	}
	for _, c := range r.Retention.Classes() {
		f["heap."+c.Name] = c.Bytes
	}
	for _, x := range r.Figures {
		f[x.Name] = x.Value
	}
	return f
}

// base is what a percentage of a figure in bytes is of: the dump for parts of the heap, else what is strongly reachable.
func (f Figures) base(name string) (int64, bool) {
	of := "heap.strong"
	if strings.HasPrefix(name, "heap.") {
		of = "heap.total"
	}
	n, ok := f[of]
	return n, ok
}

// findFigure looks a figure up.
func findFigure(list []FigureInfo, name string) (FigureInfo, bool) {
	for _, f := range list {
		if f.Name == name {
			return f, true
		}
	}
	return FigureInfo{}, false
}

func figureNames(list []FigureInfo) (names []string) {
	for _, f := range list {
		names = append(names, f.Name)
	}
	slices.SortFunc(names, cmp.Compare)
	return names
}
