package content

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/hprof"
)

// BufferScan looks at every StringBuilder, StringBuffer, ByteArrayOutputStream and CharArrayWriter, and their subclasses. Its
// outcome is a *Buffers.
var BufferScan = &analyze.Scan{Name: "buffers", Start: startBuffers}

// Buffers says how full buffers that grow by themselves are.
type Buffers struct {
	Classes  []BufferClass // the most slack first
	Slackest []Buffer      // single ones
	Capacity int64         // bytes
	Slack    int64         // bytes that are not used
	Count    int64
}

// BufferClass adds up the buffers of one class.
type BufferClass struct {
	Class                  graph.Class
	Count, Capacity, Slack int64
}

// Buffer is one buffer.
type Buffer struct {
	Object          graph.Object
	Capacity, Slack int64 // bytes
}

// bufferShape is a class with the fields of its buffer and of how much of that is used.
type bufferShape struct {
	class, array, count, coder string
}

var bufferShapes = []bufferShape{
	{"java.lang.AbstractStringBuilder", "value", "count", "coder"},
	{"java.io.ByteArrayOutputStream", "buf", "count", ""},
	{"java.io.CharArrayWriter", "buf", "count", ""},
}

type boundBuffer struct{ array, count, coder graph.Field }

type bufferScanner struct {
	h       *graph.Heap
	of      []*boundBuffer // by class
	workers []*bufferWorker
}

func startBuffers(b *analyze.Binder) analyze.Scanner {
	s := &bufferScanner{h: b.Heap, of: make([]*boundBuffer, b.NumClasses())}
	some := false
	for _, shape := range bufferShapes {
		array, ok := b.Need(shape.class, shape.array)
		count, also := b.Need(shape.class, shape.count)
		if !ok || !also {
			continue
		}
		bound := &boundBuffer{array: array, count: count}
		bound.coder, _ = b.Bind(shape.class, shape.coder)
		for c, is := range b.Subclasses(shape.class) {
			if is {
				s.of[c] = bound
				some = some || b.Class(graph.Class(c)).Instances > 0
			}
		}
	}
	if !some {
		return nil
	}
	return s
}

// Wants implements analyze.Scanner.
func (s *bufferScanner) Wants(c graph.Class) bool { return s.of[c] != nil }

type bufferWorker struct {
	classes map[graph.Class]*BufferClass
	top     top[Buffer]
}

// bySlack has the most slack first, equal ones in address order.
func bySlack(a, b Buffer) int {
	return cmp.Or(cmp.Compare(b.Slack, a.Slack), cmp.Compare(a.Object, b.Object))
}

// Worker implements analyze.Scanner.
func (s *bufferScanner) Worker() func(*graph.View) {
	k := &bufferWorker{classes: map[graph.Class]*BufferClass{}, top: top[Buffer]{n: maxLargest, compare: bySlack}}
	s.workers = append(s.workers, k)
	all := len(s.h.Problems()) > 0
	return func(v *graph.View) {
		if !all && s.h.Strength(v.Object) == graph.Unreachable {
			return
		}
		b, ok := s.buffer(v)
		if !ok {
			return
		}
		c := k.classes[v.Class]
		if c == nil {
			c = &BufferClass{Class: v.Class}
			k.classes[v.Class] = c
		}
		c.add(BufferClass{Count: 1, Capacity: b.Capacity, Slack: b.Slack})
		k.top.add(b)
	}
}

func (s *bufferScanner) buffer(v *graph.View) (Buffer, bool) {
	f := s.of[v.Class]
	a := v.Ref(f.array)
	if a == graph.NoObject {
		return Buffer{}, false
	}
	k := s.h.Class(s.h.ClassOf(a))
	if !k.IsArray || k.Elem == hprof.Object {
		return Buffer{}, false
	}
	width := int64(k.Elem.Size(8))
	used := max(v.Int(f.count), 0) * width
	if f.coder.Ok() && v.Int(f.coder) != 0 {
		used *= 2
	}
	capacity := s.h.Length(a) * width
	return Buffer{v.Object, capacity, max(capacity-used, 0)}, true
}

func (c *BufferClass) add(o BufferClass) {
	c.Count += o.Count
	c.Capacity += o.Capacity
	c.Slack += o.Slack
}

// Finish implements analyze.Scanner: a *Buffers.
func (s *bufferScanner) Finish() any {
	out := &Buffers{}
	sums := map[graph.Class]*BufferClass{}
	all := top[Buffer]{n: maxLargest, compare: bySlack}
	for _, k := range s.workers {
		for c, b := range k.classes {
			if sums[c] == nil {
				sums[c] = &BufferClass{Class: c}
			}
			sums[c].add(*b)
		}
		for _, b := range k.top.sorted() {
			all.add(b)
		}
	}
	for _, b := range sums {
		out.Classes = append(out.Classes, *b)
		out.Count += b.Count
		out.Capacity += b.Capacity
		out.Slack += b.Slack
	}
	slices.SortFunc(out.Classes, func(a, b BufferClass) int {
		return cmp.Or(cmp.Compare(b.Slack, a.Slack), cmp.Compare(s.h.Class(a.Class).Name, s.h.Class(b.Class).Name), cmp.Compare(a.Class, b.Class))
	})
	out.Slackest = all.sorted()
	return out
}
