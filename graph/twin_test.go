package graph_test

import (
	"cmp"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// reader finds the edges of a dump by the package comment, from the records alone.
type reader struct {
	h       *graph.Heap
	f       *hprof.File
	refs    graph.References
	classes map[hprof.ID]hprof.Class
	names   map[hprof.ID]string
	number  map[hprof.ID]graph.Class
	edges   [][]graph.Edge
}

// readEdges returns the outgoing edges of each object and verifies that EachEdge gives the same.
func readEdges(t *testing.T, h *graph.Heap, refs graph.References) [][]graph.Edge {
	t.Helper()
	r := &reader{
		h: h, f: h.File(), refs: refs, edges: make([][]graph.Edge, h.NumObjects()),
		classes: map[hprof.ID]hprof.Class{}, names: map[hprof.ID]string{}, number: map[hprof.ID]graph.Class{},
	}
	r.readClasses(t)
	r.readObjects()
	for o := range graph.Object(h.NumObjects()) {
		var got []graph.Edge
		h.EachEdge(o, func(e graph.Edge) bool { got = append(got, e); return true })
		want := slices.Clone(r.edges[o])
		sortEdges(got)
		sortEdges(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%s: edges\n%v, want\n%v", h.Name(o), got, want)
		}
	}
	return r.edges
}

func sortEdges(es []graph.Edge) {
	slices.SortFunc(es, func(a, b graph.Edge) int {
		return cmp.Or(cmp.Compare(a.To, b.To), cmp.Compare(a.Label.Kind, b.Label.Kind), cmp.Compare(a.Label.Class, b.Label.Class),
			strings.Compare(a.Label.Name, b.Label.Name), cmp.Compare(a.Label.Index, b.Label.Index), cmp.Compare(a.Label.Tag, b.Label.Tag), cmp.Compare(a.Strength, b.Strength))
	})
}

// records calls fn with every record of the heap part.
func (r *reader) records(fn func(c *hprof.Cursor)) {
	c := hprof.NewCursor(r.f, true)
	for _, s := range r.f.Segments {
		for c.Reset(s.Offset, s.Length); c.Next(); {
			fn(c)
		}
	}
}

func (r *reader) readClasses(t *testing.T) {
	t.Helper()
	for _, l := range r.f.Classes {
		r.names[l.Class] = r.f.Symbol(l.Name)
	}
	for c := range graph.Class(r.h.NumClasses()) {
		if a := r.h.Class(c).Addr; a != 0 {
			r.number[a] = c
		}
	}
	r.records(func(c *hprof.Cursor) {
		if c.Rec.Tag == hprof.ClassDump {
			if _, ok := r.classes[c.Rec.ID]; !ok {
				r.classes[c.Rec.ID] = c.DecodeClass()
			}
		}
	})
	for id := range r.classes {
		if _, ok := r.number[id]; !ok {
			t.Fatalf("class 0x%x is not in the table", id)
		}
	}
}

// named returns the identifier of the first class of a JVM name.
func (r *reader) named(name string) hprof.ID {
	best := hprof.ID(0)
	for id := range r.classes {
		if r.names[id] == name && (best == 0 || id < best) {
			best = id
		}
	}
	return best
}

func (r *reader) add(from, to hprof.ID, s graph.Strength, l graph.EdgeLabel) {
	u, ok1 := r.h.Lookup(from)
	v, ok2 := r.h.Lookup(to)
	if from != 0 && to != 0 && ok1 && ok2 {
		r.edges[u] = append(r.edges[u], graph.Edge{To: v, Label: l, Strength: s})
	}
}

// kind returns the strength that a class gives to referents, by its superclasses.
func (r *reader) kind(id hprof.ID) graph.Strength {
	for range 100 {
		switch r.names[id] {
		case "java/lang/ref/SoftReference":
			return graph.Soft
		case "java/lang/ref/FinalReference":
			return graph.Finalizer
		case "java/lang/ref/WeakReference":
			return graph.Weak
		case "java/lang/ref/PhantomReference":
			return graph.Phantom
		}
		id = r.classes[id].Super
	}
	return graph.Weak
}

var hidden = regexp.MustCompile(`[/+](0x)?[0-9a-f]+$`)

func (r *reader) readObjects() {
	modern := slices.ContainsFunc(r.classes[r.named("java/lang/Class")].Fields, func(f hprof.Field) bool { return r.f.Symbol(f.Name) == "classData" })
	mirror := r.named("java/lang/Class")
	plain := func(k graph.EdgeKind) graph.EdgeLabel { return graph.EdgeLabel{Kind: k} }
	strong := graph.Strong
	for id, c := range r.classes {
		me := r.number[id]
		for _, f := range c.Statics {
			if f.Type == hprof.Object {
				r.add(id, f.Value, strong, graph.EdgeLabel{Kind: graph.StaticEdge, Class: me, Name: r.f.Symbol(f.Name)})
			}
		}
		for _, f := range c.Constants {
			if f.Type == hprof.Object {
				r.add(id, f.Value, strong, plain(graph.ConstantEdge))
			}
		}
		r.add(id, c.Super, strong, plain(graph.SuperEdge))
		r.add(id, c.Loader, strong, plain(graph.LoaderEdge))
		r.add(id, mirror, strong, plain(graph.ClassEdge))
		if r.refs == graph.AllReferences {
			continue
		}
		r.add(id, c.Signers, strong, plain(graph.SignersEdge))
		r.add(id, c.ProtectionDomain, strong, plain(graph.DomainEdge))
		if name := r.names[id]; !hidden.MatchString(name) || modern && strings.Contains(name, "$$Lambda") {
			r.add(c.Loader, id, strong, graph.EdgeLabel{Kind: graph.DefinedEdge, Class: me})
		}
	}
	r.records(func(c *hprof.Cursor) {
		rec := &c.Rec
		switch rec.Tag {
		case hprof.InstanceDump:
			r.instance(rec)
			r.add(rec.ID, rec.Class, strong, plain(graph.ClassEdge))
		case hprof.ObjectArray:
			ids := r.f.IDSize
			for i := range int(rec.Count) {
				r.add(rec.ID, hprof.Value(rec.Body[i*ids:], hprof.Object, ids), strong, graph.EdgeLabel{Kind: graph.ElementEdge, Index: i})
			}
			r.add(rec.ID, rec.Class, strong, plain(graph.ClassEdge))
		case hprof.PrimitiveArray:
			code := map[hprof.Type]string{
				hprof.Boolean: "[Z", hprof.Char: "[C", hprof.Float: "[F", hprof.Double: "[D",
				hprof.Byte: "[B", hprof.Short: "[S", hprof.Int: "[I", hprof.Long: "[J",
			}[rec.Elem]
			r.add(rec.ID, r.named(code), strong, plain(graph.ClassEdge))
		}
	})
	r.locals()
}

func (r *reader) instance(rec *hprof.Record) {
	ids := r.f.IDSize
	type slot struct {
		class hprof.ID
		name  string
		bits  uint64
	}
	var refs []slot
	var next uint64
	base := r.named("java/lang/ref/Reference")
	at := 0
	id := rec.Class
	for range 1000 {
		c, ok := r.classes[id]
		if !ok {
			break
		}
		for _, f := range c.Fields {
			if at+f.Type.Size(ids) > len(rec.Body) {
				return
			}
			if f.Type == hprof.Object {
				s := slot{id, r.f.Symbol(f.Name), hprof.Value(rec.Body[at:], hprof.Object, ids)}
				refs = append(refs, s)
				if id == base && s.name == "next" {
					next = s.bits
				}
			}
			at += f.Type.Size(ids)
		}
		id = c.Super
	}
	for _, s := range refs {
		strength := graph.Strong
		if s.class == base && s.name == "referent" && r.refs == graph.DefaultReferences {
			strength = r.kind(rec.Class)
			if strength == graph.Finalizer && next != 0 {
				strength = graph.Strong
			}
		}
		r.add(rec.ID, s.bits, strength, graph.EdgeLabel{Kind: graph.FieldEdge, Class: r.number[s.class], Name: s.name})
	}
}

// locals hangs Java and JNI locals under their threads.
func (r *reader) locals() {
	thread := map[uint32]hprof.ID{}
	r.records(func(c *hprof.Cursor) {
		if c.Rec.Tag != hprof.RootThreadObject {
			return
		}
		if _, ok := r.h.Lookup(c.Rec.ID); ok && (thread[c.Rec.Serial] == 0 || c.Rec.ID < thread[c.Rec.Serial]) {
			thread[c.Rec.Serial] = c.Rec.ID
		}
	})
	r.records(func(c *hprof.Cursor) {
		switch c.Rec.Tag {
		case hprof.RootJavaFrame, hprof.RootJNILocal, hprof.RootNativeStack, hprof.RootThreadBlock:
			r.add(thread[c.Rec.Serial], c.Rec.ID, graph.Strong, graph.EdgeLabel{Kind: graph.LocalEdge, Index: int(int32(c.Rec.Frame)), Tag: c.Rec.Tag})
		}
	})
}

// wild is a random dump of shapes that a JVM would write only seldom, or never.
type wild struct {
	*rand.Rand
	d       *hproftest.Dump
	classes []*hproftest.Class
	objects []*hproftest.Object
	targets []any
}

func (w *wild) one(n int) bool { return w.IntN(n) == 0 }

func pick[T any](w *wild, s []T) T { return s[w.IntN(len(s))] }

func wildDump(r *rand.Rand, idSize int) *hproftest.Dump {
	w := &wild{Rand: r}
	var opts []hproftest.Option
	option := func(n int, o hproftest.Option) {
		if w.one(n) {
			opts = append(opts, o)
		}
	}
	option(3, hproftest.Records(hproftest.Shuffled(r.Uint64())))
	option(6, hproftest.Records(hproftest.Reversed))
	option(6, hproftest.Records(hproftest.Interleaved(3)))
	option(3, hproftest.Segments(int64(100+w.IntN(1000))))
	option(4, hproftest.HeapFirst())
	option(4, hproftest.NoSticky())
	option(4, hproftest.Java(8))
	option(8, hproftest.Bare())
	option(8, hproftest.Base(hproftest.ID(0x1000_0000+w.IntN(9))))
	w.d = hproftest.New(idSize, opts...)
	w.makeClasses()
	w.makeObjects()
	w.link()
	w.makeRoots()
	return w.d
}

// makeClasses makes loaders and classes with every relation between them.
func (w *wild) makeClasses() {
	d := w.d
	var loaders []*hproftest.Object
	for range w.IntN(3) {
		loaders = append(loaders, d.ClassLoader(""))
	}
	w.objects = append(w.objects, loaders...)
	names := []string{"com.acme.A", "com.acme.B", "org.other.C", "D", "com.acme.H/0x00000008000a1000", "com.acme.L$$Lambda$14/0x8", "com.acme.L$$Lambda+0x77"}
	for range 1 + w.IntN(6) {
		var parts []hproftest.ClassPart
		if len(loaders) > 0 && !w.one(3) {
			parts = append(parts, hproftest.Loader(pick(w, loaders)))
		}
		if len(w.classes) > 0 && w.one(2) {
			parts = append(parts, hproftest.Super(pick(w, w.classes)))
		}
		for _, f := range [][]string{{"Object a"}, {"int n"}, {"Object b", "Object a"}, {"long x", "Object next"}} {
			if w.one(2) {
				parts = append(parts, hproftest.Fields(f...))
			}
		}
		for i, p := range []hproftest.ClassPart{hproftest.Sticky(), hproftest.NoDump(), hproftest.NoLoad()} {
			if w.one([]int{3, 12, 12}[i]) {
				parts = append(parts, p)
			}
		}
		if d.Find("java.lang.Object") != nil && w.one(5) {
			parts = append(parts, hproftest.Super(d.JDK(pick(w, []string{"java.lang.ref.SoftReference", "java.lang.ref.WeakReference", "java.lang.ref.Finalizer", "java.lang.Thread", "java.lang.ClassLoader"}))))
		}
		w.classes = append(w.classes, d.Class(pick(w, names), parts...))
	}
}

func (w *wild) makeObjects() {
	d := w.d
	for range 2 + w.IntN(25) {
		if w.one(12) {
			d.Skip(int64(w.IntN(1 << 22)))
		}
		var o *hproftest.Object
		switch w.IntN(10) {
		case 0:
			o = pick(w, []func() *hproftest.Object{func() *hproftest.Object { return d.ByteArray(1) }, func() *hproftest.Object { return d.Longs() }, func() *hproftest.Object { return d.Chars(65, 66) }})()
		case 1, 2:
			o = d.ArrayOf(pick(w, []string{"java.lang.Object", "com.acme.A", "D", "com.acme.B[]"}), w.IntN(4))
		case 3:
			o = d.Soft(nil)
		case 4:
			o = d.Weak(nil)
		case 5:
			o = d.Phantom(nil)
		case 6:
			o = d.Finalizer(nil)
			if w.one(2) {
				d.Enqueue(o, d.FinalizerQueue())
			}
		default:
			o = d.Instance(pick(w, w.classes))
		}
		if w.one(20) {
			o.Omit()
		}
		w.objects = append(w.objects, o)
	}
	for _, o := range w.objects {
		w.targets = append(w.targets, o)
	}
	for _, c := range w.classes {
		w.targets = append(w.targets, c)
	}
	if w.one(6) {
		pick(w, []*hproftest.Class{d.ArrayClass("D"), d.ArrayClass("com.acme.A"), d.ArrayClass("byte")}).Omit()
	}
	w.targets = append(w.targets, nil, hproftest.ID(0x1008), d.ArrayClass("com.acme.A"), d.ArrayClass("java.lang.Object"))
}

// link sets references at random.
func (w *wild) link() {
	d := w.d
	for _, o := range w.objects {
		c := o.Class
		switch {
		case strings.HasSuffix(c.Name, "[]"):
			for i := range o.Len() {
				if strings.Contains(c.Name, ".") || c.Name == "D[]" {
					o.SetElem(i, pick(w, w.targets))
				}
			}
		default:
			for _, f := range []string{"a", "b", "next", "referent"} {
				if c.Has(f) && !w.one(3) {
					o.Set(f, pick(w, w.targets))
				}
			}
		}
	}
	for _, c := range w.classes {
		for range w.IntN(3) {
			c.SetStatic(pick(w, []string{"Object s", "Object <init_lock>"}), pick(w, w.targets))
		}
		if w.one(6) {
			hproftest.Constant(hprof.Object, pick(w, w.targets))(c)
		}
		if w.one(6) {
			hproftest.Signers(pick(w, w.objects))(c)
		}
		if w.one(6) {
			hproftest.Domain(pick(w, w.objects))(c)
		}
		if w.one(15) {
			c.SetSuper(pick(w, w.classes))
		}
		if w.one(15) {
			c.Loader = pick(w, w.objects)
		}
	}
	if o := d.Find("java.lang.ref.ReferenceQueue"); o != nil && w.one(3) {
		o.SetStatic("Object extra", pick(w, w.targets))
	}
}

func (w *wild) makeRoots() {
	d := w.d
	tags := []hprof.Tag{
		hprof.RootUnknown, hprof.RootJNIGlobal, hprof.RootJNILocal, hprof.RootJavaFrame, hprof.RootNativeStack, hprof.RootStickyClass, hprof.RootThreadBlock,
		hprof.RootMonitorUsed, hprof.RootThreadObject, hprof.RootInternedString, hprof.RootFinalizing, hprof.RootDebugger,
		hprof.RootReferenceCleanup, hprof.RootVMInternal, hprof.RootJNIMonitor, hprof.RootUnreachable,
	}
	for range w.IntN(4) {
		d.RootAt(pick(w, tags), pick(w, w.targets), uint32(1+w.IntN(4)), uint32(w.IntN(3)))
	}
	for range w.IntN(3) {
		t := d.AsThread(pick(w, w.objects))
		for range w.IntN(3) {
			pick(w, []func(){
				func() { t.Local(w.IntN(3)-1, pick(w, w.targets)) }, func() { t.JNILocal(0, pick(w, w.targets)) },
				func() { t.Native(pick(w, w.targets)) }, func() { t.Block(pick(w, w.targets)) },
			})()
		}
	}
}
