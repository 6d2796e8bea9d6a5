package buffers

import (
	"heapcause/analyze"
	"heapcause/graph"
)

// Sum counts objects and adds a figure of theirs up.
type Sum struct{ Objects, Bytes int64 }

// SumKey is what objects are added up by: their class, and a state of it.
type SumKey struct {
	Class graph.Class
	State int64
}

// sums is a scanner that adds figures up and keeps no rows.
type sums struct {
	read  []func(*graph.View) (state, bytes int64) // by class
	parts []map[SumKey]Sum
}

// Wants implements analyze.Scanner.
func (s *sums) Wants(c graph.Class) bool { return s.read[c] != nil }

// Worker implements analyze.Scanner.
func (s *sums) Worker() func(*graph.View) {
	part := map[SumKey]Sum{}
	s.parts = append(s.parts, part)
	return func(v *graph.View) {
		state, bytes := s.read[v.Class](v)
		k := SumKey{v.Class, state}
		sum := part[k]
		part[k] = Sum{sum.Objects + 1, sum.Bytes + bytes}
	}
}

// Finish implements analyze.Scanner.
func (s *sums) Finish() any {
	all := map[SumKey]Sum{}
	for _, p := range s.parts {
		for k, v := range p {
			all[k] = Sum{all[k].Objects + v.Objects, all[k].Bytes + v.Bytes}
		}
	}
	s.parts = nil
	return all
}

// Closed and Open are the states of streams of zlib.
const (
	Closed = 0
	Open   = 1
)

// heapBuffers are the classes of buffers that are arrays of the heap.
var heapBuffers = []string{
	"java.nio.HeapByteBuffer", "java.nio.HeapCharBuffer", "java.nio.HeapShortBuffer", "java.nio.HeapIntBuffer", "java.nio.HeapLongBuffer",
	"java.nio.HeapFloatBuffer", "java.nio.HeapDoubleBuffer",
}

// zlibStreams are the classes that hold a stream of zlib, JDK 8 and later.
var zlibStreams = []string{"java.util.zip.Inflater$InflaterZStreamRef", "java.util.zip.Deflater$DeflaterZStreamRef", "java.util.zip.ZStreamRef"}

// foreignCleanups free what a session of the foreign memory API allocated, JDK 21 and later.
var foreignCleanups = []string{"jdk.internal.foreign.SegmentFactories$1", "jdk.internal.foreign.NativeMemorySegmentImpl$1"}

// SumScan adds up what has no row of its own: capacities of buffers in the heap, open streams of zlib, memory of the foreign memory API
// and its sessions by their state.
var SumScan = &analyze.Scan{Name: "native memory", Start: func(b *analyze.Binder) analyze.Scanner {
	s := &sums{read: make([]func(*graph.View) (int64, int64), b.NumClasses())}
	add := func(class string, field graph.Field, ok bool, fn func(*graph.View, graph.Field) (int64, int64)) {
		for c, is := range b.Subclasses(class) {
			if is && ok {
				s.read[c] = func(v *graph.View) (int64, int64) { return fn(v, field) }
			}
		}
	}
	capacity, ok := b.Bind("java.nio.Buffer", "capacity")
	for _, class := range heapBuffers {
		add(class, capacity, ok, func(v *graph.View, f graph.Field) (int64, int64) { return 0, v.Int(f) })
	}
	for _, class := range zlibStreams {
		address, ok := b.Bind(class, "address")
		add(class, address, ok, func(v *graph.View, f graph.Field) (int64, int64) {
			if v.Bool(f) {
				return Open, 0
			}
			return Closed, 0
		})
	}
	for _, class := range foreignCleanups {
		size, ok := b.Bind(class, "val$allocationSize")
		add(class, size, ok, func(v *graph.View, f graph.Field) (int64, int64) { return 0, v.Int(f) })
	}
	state, ok := b.Bind("jdk.internal.foreign.MemorySessionImpl", "state")
	add("jdk.internal.foreign.MemorySessionImpl", state, ok, func(v *graph.View, f graph.Field) (int64, int64) { return v.Int(f), 0 })
	return s
}}
