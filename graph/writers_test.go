package graph_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// strengths compares how objects are held.
func strengths(t *testing.T, h *graph.Heap, want map[*hproftest.Object]graph.Strength) {
	t.Helper()
	for o, s := range want {
		if got := h.Strength(object(t, h, o.ID)); got != s {
			t.Errorf("%s is %v, want %v", h.Name(object(t, h, o.ID)), got, s)
		}
	}
}

// TestAndroidDump reads what ART's writer adds: its roots, heap info records between objects, and arrays without data.
func TestAndroidDump(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize, hproftest.Version("1.0.3"))
		node := d.Class("com.acme.Node", hproftest.Fields("Object next"))
		want := map[*hproftest.Object]graph.Strength{}
		for _, tag := range []hprof.Tag{
			hprof.RootInternedString, hprof.RootFinalizing, hprof.RootDebugger, hprof.RootReferenceCleanup, hprof.RootVMInternal, hprof.RootJNIMonitor,
		} {
			held := d.Instance(node)
			d.RootAt(tag, d.Instance(node, held), 1, 0)
			want[held] = graph.Strong
		}
		gone := d.Instance(node)
		d.Root(hprof.RootUnreachable, gone)
		want[gone] = graph.Unreachable
		bare := hprof.ID(0x6_d000_0000)
		if idSize == 4 {
			bare = 0x2100_0000
		}
		id := func(x hprof.ID) []byte {
			if idSize == 4 {
				return binary.BigEndian.AppendUint32(nil, uint32(x))
			}
			return binary.BigEndian.AppendUint64(nil, x)
		}
		info := append([]byte{byte(hprof.HeapDumpInfo), 0, 0, 0, 'A'}, id(d.Symbol("app"))...)
		d.RawRecord(info...)
		d.RawRecord(append(append([]byte{byte(hprof.PrimitiveNoData)}, id(bare)...), 0, 0, 0, 1, 0, 0, 0, 99, byte(hprof.Int))...)
		d.RawRecord(info...)
		d.RawRecord(append([]byte{byte(hprof.RootVMInternal)}, id(bare)...)...)
		f := d.Open(t)
		h := build(t, f, graph.Options{})
		strengths(t, h, want)
		a := object(t, h, bare)
		if h.ClassName(a) != "int[]" || h.Length(a) != 99 || h.Strength(a) != graph.Strong || len(h.Problems()) > 0 {
			t.Errorf("%s of %d elements is %v; problems %v", h.Name(a), h.Length(a), h.Strength(a), h.Problems())
		}
		if got := h.RootsOf(a); len(got) != 1 || got[0].Kind != hprof.RootVMInternal {
			t.Errorf("roots %v", got)
		}
		c, err := graph.CountClasses(context.Background(), f, graph.Options{})
		if err != nil || c.Total.Objects != h.NumObjects() {
			t.Errorf("the histogram has %d objects, the graph %d; %v", c.Total.Objects, h.NumObjects(), err)
		}
	}
}

// TestAgentDump reads a dump as profiling agents write it: identifiers are numbers, no sticky class, no thread object, and traces of
// allocation that differ.
func TestAgentDump(t *testing.T) {
	d := hproftest.New(4, hproftest.Bare(), hproftest.NoSticky(), hproftest.Version("1.0.1"), hproftest.Base(200_003))
	next := hprof.ID(200_001)
	class := func(name string, parts ...hproftest.ClassPart) *hproftest.Class {
		next -= 7
		return d.Class(name, append(parts, hproftest.ClassAt(next))...)
	}
	object := class("java.lang.Object", hproftest.Super(nil))
	class("java.lang.Class")
	loaders := class("java.lang.ClassLoader", hproftest.Fields("Object parent"))
	node := class("com.acme.Node", hproftest.Super(object), hproftest.Fields("Object next", "int n"))
	var objects []*hproftest.Object
	instance := func(c *hproftest.Class, values ...any) *hproftest.Object {
		o := d.Instance(c, values...)
		objects = append(objects, o)
		d.Goto(o.ID + 1)
		return o
	}
	loader, dead := instance(loaders), instance(loaders)
	byBoot, byLoader, byDead, byRoot := instance(node, nil, 1), instance(node, nil, 2), instance(node, nil, 3), instance(node, nil, 4)
	class("sun.Boot", hproftest.Static("Object held", byBoot))
	class("com.acme.Held", hproftest.Loader(loader), hproftest.Static("Object held", byLoader))
	class("com.acme.Dead", hproftest.Loader(dead), hproftest.Static("Object held", byDead))
	d.Root(hprof.RootMonitorUsed, loader)
	d.Root(hprof.RootUnknown, byRoot)
	b := d.Bytes()
	for i, o := range objects { // each was allocated elsewhere
		at := bytes.Index(b, binary.BigEndian.AppendUint32([]byte{byte(hprof.InstanceDump)}, uint32(o.ID)))
		binary.BigEndian.PutUint32(b[at+5:], uint32(300+i))
	}
	f := open(t, b)
	h := build(t, f, graph.Options{})
	strengths(t, h, map[*hproftest.Object]graph.Strength{
		byBoot: graph.Strong, byLoader: graph.Strong, byDead: graph.Unreachable, byRoot: graph.Strong, dead: graph.Unreachable,
	})
	if len(h.Problems()) > 0 || h.NoRoots() || !h.Layout().Estimated {
		t.Errorf("problems %v, no roots %v, sizes %v", h.Problems(), h.NoRoots(), h.Layout())
	}
}

// TestNativeImageDump reads a dump that tells of no thread, no stack, no loader and no array class, and of classes only names and
// fields.
func TestNativeImageDump(t *testing.T) {
	d := hproftest.New(8, hproftest.Bare(), hproftest.NoSticky(), hproftest.Segments(500))
	d.Class("java.lang.Object", hproftest.Super(nil))
	text := d.Class("java.lang.String", hproftest.Fields("byte[] value", "int hash", "byte coder"))
	node := d.Class("com.acme.Node", hproftest.Fields("Object next", "String name"))
	bytesOf := d.ByteArray('h', 'i')
	d.ArrayClass("byte").Omit()
	last := d.Instance(node, nil, d.Instance(text, bytesOf))
	for range 50 {
		last = d.Instance(node, last)
	}
	free := d.Instance(node)
	d.Root(hprof.RootUnknown, last)
	h := build(t, d.Open(t), graph.Options{})
	strengths(t, h, map[*hproftest.Object]graph.Strength{last: graph.Strong, bytesOf: graph.Strong, free: graph.Unreachable})
	o := object(t, h, last.ID)
	if len(h.Threads()) > 0 || len(h.Problems()) > 0 || h.Retained(o) <= 50*h.Shallow(o) {
		t.Errorf("%d threads, problems %v, %d bytes retained", len(h.Threads()), h.Problems(), h.Retained(o))
	}
	in := h.In(object(t, h, bytesOf.ID), nil)
	if len(in) != 1 {
		t.Fatalf("the characters are held by %v", in)
	}
	if s, ok := h.Text(in[0], 10); !ok || s != "hi" || !slices.Contains(h.ClassesByName("byte[]"), h.ClassOf(object(t, h, bytesOf.ID))) {
		t.Errorf("text %q, %v", s, ok)
	}
}
