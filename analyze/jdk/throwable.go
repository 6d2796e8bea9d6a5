package jdk

import (
	"fmt"

	"heapcause/graph"
)

// Bounds of reading a stack trace.
const (
	maxTrace  = 200 // frames
	maxChunks = 32  // of a backtrace, 32 frames each
	maxName   = 500 // UTF-16 units of a name
)

// TraceFrame is a frame of a stack trace that an exception keeps. Method is "" where the exception was never asked for its trace: the JVM
// then has the classes of the frames alone, in a form of its own.
type TraceFrame struct {
	Class, Method, Source string
	Line                  int64
}

// String is the frame on one line, as FrameText writes those of threads.
func (f TraceFrame) String() string {
	switch {
	case f.Method == "":
		return f.Class
	case f.Line > 0:
		return fmt.Sprintf("%s.%s(%s:%d)", f.Class, f.Method, f.Source, f.Line)
	}
	return fmt.Sprintf("%s.%s(%s)", f.Class, f.Method, f.Source)
}

// StackTrace reads where a Throwable was made, the innermost frame first.
func (r *Reader) StackTrace(throwable graph.Object) []TraceFrame {
	var elements []graph.Object
	r.EachElement(r.Ref(throwable, "stackTrace"), func(_ int, e graph.Object) bool {
		elements = append(elements, e)
		return len(elements) < maxTrace
	})
	var out []TraceFrame
	for _, e := range elements {
		out = append(out, r.Frame(e))
	}
	if len(out) == 0 {
		return r.backtrace(r.Ref(throwable, "backtrace"))
	}
	return out
}

// Frame reads a StackTraceElement.
func (r *Reader) Frame(e graph.Object) (f TraceFrame) {
	f.Class, _ = r.Name(e, maxName, "declaringClass")
	f.Method, _ = r.Name(e, maxName, "methodName")
	f.Source, _ = r.Name(e, maxName, "fileName")
	f.Line, _ = r.Int(e, "lineNumber")
	return f
}

// backtrace reads HotSpot's own form of a trace: arrays of methods, bytecode indices and classes, chained by chunks.
func (r *Reader) backtrace(chunk graph.Object) (out []TraceFrame) {
	for i := 0; chunk != graph.NoObject && i < maxChunks && len(out) < maxTrace; i++ {
		var arrays []graph.Object // of references: the classes, and the next chunk
		r.EachElement(chunk, func(_ int, e graph.Object) bool {
			if r.Heap.ClassName(e) == "java.lang.Object[]" {
				arrays = append(arrays, e)
			}
			return len(arrays) < 2
		})
		chunk = graph.NoObject
		for j, a := range arrays {
			if j > 0 {
				chunk = a
				break
			}
			r.EachElement(a, func(_ int, e graph.Object) bool {
				if c, ok := r.Heap.AsClass(e); ok {
					out = append(out, TraceFrame{Class: r.Heap.Class(c).Name})
				}
				return len(out) < maxTrace
			})
		}
	}
	return out
}
