package graph_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// object finds the number of an object or class of a test dump.
func object(t *testing.T, h *graph.Heap, id hprof.ID) graph.Object {
	t.Helper()
	o, ok := h.Lookup(id)
	if !ok {
		t.Fatalf("no object at 0x%x", id)
	}
	return o
}

// rootsBetween moves the last n records, which are roots, to where the objects are.
func rootsBetween(n int) hproftest.Order {
	return func(rs []hproftest.Record) {
		at := len(rs) / 4
		tail := slices.Clone(rs[len(rs)-n:])
		copy(rs[at+n:], rs[at:len(rs)-n])
		copy(rs[at:], tail)
	}
}

// TestLoad finds the record of every object, in whatever order the dump has them.
func TestLoad(t *testing.T) {
	for name, order := range map[string]hproftest.Order{
		"ascending":     func([]hproftest.Record) {},
		"reversed":      hproftest.Reversed,
		"shuffled":      hproftest.Shuffled(5),
		"two runs":      hproftest.Interleaved(2),
		"7 runs":        hproftest.Interleaved(7),
		"100 runs":      hproftest.Interleaved(100),
		"roots between": rootsBetween(3000),
	} {
		t.Run(name, func(t *testing.T) {
			d := hproftest.New(8, hproftest.Records(order), hproftest.Segments(200_000))
			node := d.Class("com.acme.Node", hproftest.Fields("int n", "Object self"))
			var ids []hprof.ID
			for i := range 4000 {
				if i%50 == 0 {
					d.ByteArray(1, 2, 3)
				}
				o := d.Instance(node, i)
				ids = append(ids, o.Set("self", o).ID)
				d.Root(hprof.RootJNIGlobal, o)
			}
			h := build(t, d.Open(t), graph.Options{Workers: 2})
			number, _ := h.Bind("com.acme.Node", "n")
			self, _ := h.Bind("com.acme.Node", "self")
			c := h.Cursor()
			for i := range ids {
				i = i * 1231 % len(ids) // not in order
				o := object(t, h, ids[i])
				if !c.Load(o) || c.Int(number) != int64(i) || c.Ref(self) != o || c.RefAddr(self) != ids[i] || c.Object != o {
					t.Fatalf("node %d: loaded %v, n %d, self %d, want %d", i, c.Object != graph.NoObject, c.Int(number), int64(c.Ref(self)), o)
				}
			}
			if c.Load(graph.NoObject) || c.Load(graph.Object(h.NumObjects())) || c.Load(object(t, h, node.ID)) {
				t.Error("what has no record was loaded")
			}
		})
	}
}

func TestFieldsOfInstances(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize)
		base := d.Class("com.acme.Base", hproftest.Fields("int n", "Object held", "byte b"))
		leaf := d.Class("com.acme.Leaf", hproftest.Super(base),
			hproftest.Fields("long n", "boolean z", "char c", "float f", "double g", "short s", "Object held"))
		x, y := d.ByteArray(7), d.String("y")
		o := d.Instance(leaf, int64(math.MinInt64), true, 'ä', float32(1.5), -2.25, int16(-3), x, -4, y, int8(-5))
		d.Root(hprof.RootJNIGlobal, o)
		h := build(t, d.Open(t), graph.Options{})
		c := h.Cursor()
		if !c.Load(object(t, h, o.ID)) {
			t.Fatal("not loaded")
		}
		field := func(class, name string) graph.Field {
			f, ok := h.Bind(class, name)
			if !ok || !f.Ok() {
				t.Fatalf("%s::%s is not bound", class, name)
			}
			return f
		}
		got := []any{
			c.Int(field("com.acme.Leaf", "n")), c.Bool(field("com.acme.Leaf", "z")), c.Int(field("com.acme.Leaf", "c")), c.Float(field("com.acme.Leaf", "f")),
			c.Float(field("com.acme.Leaf", "g")), c.Int(field("com.acme.Leaf", "s")), c.Ref(field("com.acme.Leaf", "held")),
			c.Int(field("com.acme.Base", "n")), c.Ref(field("com.acme.Base", "held")), c.Int(field("com.acme.Base", "b")),
		}
		want := []any{int64(math.MinInt64), true, int64('ä'), 1.5, -2.25, int64(-3), object(t, h, x.ID), int64(-4), object(t, h, y.ID), int64(-5)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ids of %d bytes: %s", idSize, diff)
		}
		var names []string
		for _, f := range h.Fields(c.Object) {
			names = append(names, h.Class(f.Class).Name+"::"+f.Name+" "+f.Type.String())
		}
		if want := []string{
			"com.acme.Leaf::n long", "com.acme.Leaf::z boolean", "com.acme.Leaf::c char", "com.acme.Leaf::f float", "com.acme.Leaf::g double",
			"com.acme.Leaf::s short", "com.acme.Leaf::held object", "com.acme.Base::n int", "com.acme.Base::held object", "com.acme.Base::b byte",
		}; !slices.Equal(names, want) {
			t.Errorf("fields %v", names)
		}
		leafClass := h.ClassesByName("com.acme.Leaf")[0]
		if f, ok := h.FindField(leafClass, "b"); !ok || c.Int(f) != -5 {
			t.Error("the superclass's field is not found from the subclass")
		}
		if _, ok := h.Bind("com.acme.Leaf", "b"); ok {
			t.Error("Bind searches superclasses")
		}
		if f, ok := h.Bind("com.acme.None", "b"); ok || f.Ok() || c.Int(f) != 0 || c.Ref(f) != graph.NoObject {
			t.Error("a field of no class is bound")
		}
		var edges []string
		h.EachEdge(c.Object, func(e graph.Edge) bool { edges = append(edges, h.EdgeText(e.Label)); return true })
		if want := []string{"com.acme.Leaf::held", "com.acme.Base::held", "<class>"}; !slices.Equal(edges, want) {
			t.Errorf("edges %v, want %v", edges, want)
		}
	}
}

// TestFinalizerNext tells Finalizer.next, the list of the registered, from Reference.next, the list of the enqueued.
func TestFinalizerNext(t *testing.T) {
	d := hproftest.New(8)
	thing := d.Class("com.acme.Thing", hproftest.Fields("Object part"))
	part := d.ByteArray(1)
	registered, queued := d.Instance(thing), d.Instance(thing, part)
	a := d.Finalizer(registered)
	b := d.Finalizer(queued)
	d.Enqueue(b, d.FinalizerQueue())
	h := build(t, d.Open(t), graph.Options{})
	own, _ := h.Bind("java.lang.ref.Finalizer", "next")
	base, _ := h.Bind("java.lang.ref.Reference", "next")
	c := h.Cursor()
	c.Load(object(t, h, b.ID))
	if c.Ref(own) != object(t, h, a.ID) || c.Ref(base) != object(t, h, b.ID) {
		t.Errorf("Finalizer.next %d, Reference.next %d", int64(c.Ref(own)), int64(c.Ref(base)))
	}
	for _, x := range []struct {
		o    *hproftest.Object
		want graph.Strength
	}{{a, graph.Strong}, {b, graph.Strong}, {registered, graph.Finalizer}, {queued, graph.Strong}, {part, graph.Strong}} {
		if got := h.Strength(object(t, h, x.o.ID)); got != x.want {
			t.Errorf("%s: %v, want %v", h.Name(object(t, h, x.o.ID)), got, x.want)
		}
	}
	if got := h.Dominated(object(t, h, b.ID), nil); !slices.Equal(got, []graph.Object{object(t, h, queued.ID), object(t, h, a.ID)}) {
		t.Errorf("the enqueued Finalizer dominates %v", got)
	}
	if e, ok := h.Label(object(t, h, a.ID), object(t, h, registered.ID)); !ok || e.Strength != graph.Finalizer || h.EdgeText(e.Label) != "java.lang.ref.Reference::referent" {
		t.Errorf("the edge to the registered: %+v", e)
	}
}

func TestText(t *testing.T) {
	n := 3 << 20
	if hproftest.Race {
		n = 64 << 10
	}
	long := strings.Repeat("x", n)
	for _, java := range []int{6, 8, 17} {
		for _, c := range []struct {
			text  string
			limit int
			want  string
		}{
			{"", 10, ""},
			{"select 1", 10, "select 1"},
			{"select 1", 8, "select 1"},
			{"select 1", 3, "sel…"},
			{"Käse", 10, "Käse"},
			{"\u20ac 5, \u4f60\u597d, \U0001f600", 50, "\u20ac 5, \u4f60\u597d, \U0001f600"},
			{"\u20acuro", 2, "\u20acu…"},
			{long, 5, "xxxxx…"},
			{"\u20ac" + long, 2, "\u20acx…"},
		} {
			d := hproftest.New(8, hproftest.Java(java))
			s := d.String(c.text)
			h := build(t, d.Open(t), graph.Options{NoInbound: true})
			if got, ok := h.Text(object(t, h, s.ID), c.limit); !ok || got != c.want {
				t.Errorf("JDK %d, %.20q: %q, want %q", java, c.text, got, c.want)
			}
		}
	}
}

// TestTextOfParts reads strings of JDK 6, which share arrays, and what is no string, or a damaged one.
func TestTextOfParts(t *testing.T) {
	d := hproftest.New(4, hproftest.Java(6))
	all := d.Chars([]uint16{'a', 'b', 'c', 'd', 'e'}...)
	huge := d.ArrayOf("char", 1<<20)
	huge.SetElem(1<<20-1, 'z')
	for _, c := range []struct {
		o    *hproftest.Object
		want string
		ok   bool
	}{
		{d.Substring(all, 1, 3), "bcd", true},
		{d.Substring(all, 4, 9), "e", true},
		{d.Substring(all, 5, 1), "", true},
		{d.Substring(all, 6, 1), "", true},
		{d.Substring(all, -1, 2), "", true},
		{d.Substring(huge, -1<<31, 2), "", true},
		{d.Substring(huge, 1<<20-1, 1), "z", true},
		{d.Substring(huge, 1<<31-1, 1), "", true},
		{d.Substring(d.Ints(1), 0, 1), "", false},
		{d.Substring(nil, 0, 1), "", false},
		{all, "abcde", true},
		{d.ByteArray('a'), "", false},
		{d.Boxed(5), "", false},
	} {
		h := build(t, d.Open(t), graph.Options{NoInbound: true})
		if got, ok := h.Text(object(t, h, c.o.ID), 10); got != c.want || ok != c.ok {
			t.Errorf("0x%x: %q, %v, want %q, %v", c.o.ID, got, ok, c.want, c.ok)
		}
	}
}

func TestStatics(t *testing.T) {
	d := hproftest.New(8)
	x := d.ByteArray(1)
	d.Class("com.acme.Cache", hproftest.Static("int max", -7), hproftest.Static("Object held", x), hproftest.Static("Object none", nil))
	h := build(t, d.Open(t), graph.Options{})
	c := h.ClassesByName("com.acme.Cache")[0]
	if v, typ, ok := h.Static(c, "max"); !ok || typ != hprof.Int || int32(uint32(v)) != -7 {
		t.Errorf("max: %d, %v, %v", v, typ, ok)
	}
	if got := h.StaticRef("com.acme.Cache", "held"); got != object(t, h, x.ID) {
		t.Errorf("held: %d", int64(got))
	}
	for _, n := range []string{"none", "max", "unknown"} {
		if got := h.StaticRef("com.acme.Cache", n); got != graph.NoObject {
			t.Errorf("%s: %d", n, int64(got))
		}
	}
	cacheObject := h.Class(c).Object
	if e, ok := h.Label(cacheObject, object(t, h, x.ID)); !ok || h.EdgeText(e.Label) != "static com.acme.Cache.held" {
		t.Errorf("edge %q", h.EdgeText(e.Label))
	}
	if k, ok := h.AsClass(cacheObject); !ok || k != c || !strings.HasPrefix(h.Name(cacheObject), "class com.acme.Cache @ 0x") {
		t.Errorf("the class object is called %s", h.Name(cacheObject))
	}
}

// TestArrayRefs walks arrays that fit a cursor's window and such that do not.
func TestArrayRefs(t *testing.T) {
	for _, n := range []int{0, 1, 1000, 400_000} {
		d := hproftest.New(8)
		x := d.ByteArray(1)
		a := d.ArrayOf("java.lang.Object", n)
		var want []int
		for i := 0; i < n; i += max(1, n/5) {
			a.SetElem(i, x)
			want = append(want, i)
		}
		d.Root(hprof.RootJNIGlobal, a)
		h := build(t, d.Open(t), graph.Options{})
		c := h.Cursor()
		if !c.Load(object(t, h, a.ID)) || c.Len() != n || h.Length(c.Object) != int64(n) {
			t.Fatalf("array of %d: length %d", n, c.Len())
		}
		var got []int
		c.EachRef(func(i int, _ graph.Object) bool { got = append(got, i); return true })
		if !slices.Equal(got, want) {
			t.Errorf("array of %d: elements %v, want %v", n, got, want)
		}
		got = got[:0]
		c.EachRef(func(i int, _ graph.Object) bool { got = append(got, i); return len(got) < 2 })
		if len(got) > 2 {
			t.Errorf("array of %d: the walk went on after being told to stop", n)
		}
		if n > 0 {
			e, ok := h.Label(c.Object, object(t, h, x.ID))
			if !ok || h.EdgeText(e.Label) != "[0]" {
				t.Errorf("array of %d: edge %q", n, h.EdgeText(e.Label))
			}
		}
	}
}

// TestScan shows every instance of the wanted classes once, whatever the number of workers.
func TestScan(t *testing.T) {
	d := hproftest.New(8, hproftest.Segments(5000), hproftest.Records(hproftest.Shuffled(2)))
	base := d.Class("com.acme.Base", hproftest.Fields("int n"))
	sub := d.Class("com.acme.Sub", hproftest.Super(base))
	other := d.Class("com.acme.Other", hproftest.Fields("int n"))
	const n = 3000
	for i := range n {
		d.Instance([]*hproftest.Class{base, sub, other}[i%3], i)
	}
	for _, workers := range []int{1, 4} {
		h := build(t, d.Open(t), graph.Options{Workers: workers})
		f, _ := h.Bind("com.acme.Base", "n")
		var mu sync.Mutex
		var got []int64
		err := h.Scan(context.Background(), h.Subclasses("com.acme.Base"), func(int) func(*graph.View) {
			return func(v *graph.View) {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, v.Int(f))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if len(got) != n/3*2 || slices.ContainsFunc(got, func(x int64) bool { return x%3 == 2 }) || len(slices.Compact(got)) != n/3*2 {
			t.Errorf("%d workers: %d instances seen", workers, len(got))
		}
	}
}

func TestThreads(t *testing.T) {
	d := hproftest.New(8)
	x, y, z := d.ByteArray(1), d.ByteArray(2), d.ByteArray(3)
	main := d.Thread("main", "com.acme.Main.inner(Main.java:7)", "com.acme.Main.main(Main.java:3)", "java.lang.Thread.run(Native Method)")
	main.Local(1, x).JNILocal(0, y)
	d.RootAt(hprof.RootJavaFrame, z, 99, 0) // a thread that the dump lacks
	h := build(t, d.Open(t), graph.Options{})
	th, ok := h.ThreadOf(object(t, h, main.Object.ID))
	if !ok || len(h.Threads()) != 1 {
		t.Fatalf("threads %v", h.Threads())
	}
	if diff := cmp.Diff([]graph.Frame{
		{Class: "com.acme.Main", Method: "inner", Source: "Main.java", Line: 7},
		{Class: "com.acme.Main", Method: "main", Source: "Main.java", Line: 3},
		{Class: "java.lang.Thread", Method: "run", Line: -3},
	}, th.Frames); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]graph.Local{{object(t, h, y.ID), hprof.RootJNILocal, 0}, {object(t, h, x.ID), hprof.RootJavaFrame, 1}}, h.Locals(th.Object)); diff != "" {
		t.Error(diff)
	}
	if h.Idom(object(t, h, x.ID)) != th.Object || len(h.RootsOf(object(t, h, x.ID))) != 0 {
		t.Error("the local does not hang under its thread")
	}
	if r := h.RootsOf(object(t, h, z.ID)); len(r) != 1 || r[0].Kind != hprof.RootJavaFrame || r[0].Serial != 99 {
		t.Errorf("the local of a lost thread: %v", r)
	}
	path, _ := h.Path(object(t, h, x.ID))
	if len(path) != 2 || h.EdgeText(path[1].Edge) != "<Java local>" || path[1].Edge.Index != 1 {
		t.Errorf("path %+v", path)
	}
}

// TestPathPrefersStatics takes, of equally short paths, statics before threads before other roots, then the lowest address.
func TestPathPrefersStatics(t *testing.T) {
	for want := range 3 {
		d := hproftest.New(8)
		holder := d.Class("com.acme.Holder", hproftest.Fields("Object held"))
		x := d.ByteArray(1)
		for range 3 {
			d.Root(hprof.RootJNIGlobal, d.Instance(holder, x))
		}
		if want < 2 {
			d.Thread("main", "com.acme.Main.main(Main.java:3)").Local(0, x)
		}
		if want < 1 {
			d.Class("com.acme.Cache", hproftest.Static("Object held", x), hproftest.Sticky())
		}
		h := build(t, d.Open(t), graph.Options{})
		path, ok := h.Path(object(t, h, x.ID))
		if !ok || len(path) != 2 {
			t.Fatalf("path %+v", path)
		}
		got := fmt.Sprintf("%s %s", h.ClassName(path[0].Object), h.EdgeText(path[1].Edge))
		if w := []string{"java.lang.Class static com.acme.Cache.held", "java.lang.Thread <Java local>", "com.acme.Holder com.acme.Holder::held"}[want]; got != w {
			t.Errorf("%s, want %s", got, w)
		}
	}
}

// TestMissingClasses keeps the edges of objects whose class the dump does not describe.
func TestMissingClasses(t *testing.T) {
	d := hproftest.New(8)
	x := d.ByteArray(1)
	lost := d.Class("com.acme.Lost", hproftest.Fields("Object held"), hproftest.NoDump())
	d.ArrayClass("com.acme.Lost").Omit()
	o, a := d.Instance(lost, x), d.Array("com.acme.Lost", x)
	d.Root(hprof.RootJNIGlobal, o)
	d.Root(hprof.RootJNIGlobal, a)
	h := build(t, d.Open(t), graph.Options{})
	if !h.Class(h.ClassOf(object(t, h, o.ID))).Missing {
		t.Error("the class of the instance is not missing")
	}
	if got := h.Out(object(t, h, a.ID), nil); !slices.Equal(got, []graph.Object{object(t, h, x.ID)}) {
		t.Errorf("the array refers to %v", got)
	}
	if got := h.In(object(t, h, x.ID), nil); !slices.Equal(got, []graph.Object{object(t, h, a.ID)}) {
		t.Errorf("held by %v", got)
	}
}

// TestDangling counts references to what the dump lacks.
func TestDangling(t *testing.T) {
	d := hproftest.New(4)
	node := d.Class("com.acme.Node", hproftest.Fields("Object a", "Object b"))
	gone := d.Instance(node).Omit()
	o := d.Instance(node, gone, d.Array("java.lang.Object", gone, gone, nil))
	d.Root(hprof.RootJNIGlobal, o)
	d.Root(hprof.RootJNIGlobal, gone)
	h := build(t, d.Open(t), graph.Options{})
	if h.Dangling() != 3 {
		t.Errorf("%d references into nothing, want 3", h.Dangling())
	}
	if _, ok := h.Lookup(gone.ID); ok {
		t.Error("the lost object is found")
	}
}
