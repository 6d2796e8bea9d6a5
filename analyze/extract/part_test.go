package extract_test

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"

	"heapcause/analyze/extract"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// shop is a dump with a cache that a static holds, and an object outside of it that the cache refers to.
func shop(ids int) (d *hproftest.Dump, cache, shared *hproftest.Object) {
	d = hproftest.New(ids)
	shared = d.Instance(d.Class("com.acme.Config", hproftest.Fields("String url", "int port")), d.String("https://shop.example"), 8443)
	d.Root(hprof.RootJNIGlobal, shared)
	order := d.Class("com.acme.Order", hproftest.Fields("Config config", "String name"))
	var items []any
	for i := range 50 {
		items = append(items, d.Instance(order, shared, d.String(fmt.Sprint("order ", i))))
	}
	cache = d.ArrayList(items...)
	d.Root(hprof.RootStickyClass, d.Class("com.acme.Shop", hproftest.Static("List cache", cache), hproftest.Static("Config config", shared)))
	return d, cache, shared
}

func TestOnlyRetainedBy(t *testing.T) {
	for _, ids := range []int{4, 8} {
		t.Run(fmt.Sprint(ids), func(t *testing.T) {
			d, cache, shared := shop(ids)
			var o graph.Object
			before, copied, sum := extracted(t, d.Open(t), func(h *graph.Heap) extract.Options {
				o, _ = h.Lookup(cache.ID)
				return extract.Options{Only: []graph.Object{o}}
			})
			after := reopened(t, copied)
			x, ok := after.Lookup(cache.ID)
			if !ok || after.Retained(x) != before.Retained(o) {
				t.Fatalf("retains %d in the copy (there: %v), want %d", after.Retained(x), ok, before.Retained(o))
			}
			if _, ok := after.Lookup(shared.ID); ok {
				t.Error("what others hold too is in the copy")
			}
			if sum.Objects != 152 || sum.Nulled < 50 {
				t.Errorf("%+v, want 152 objects and 50 nulls at least", sum)
			}
			if n := after.Dangling(); n != 0 {
				t.Errorf("%d references lead to nothing", n)
			}
			if path, ok := after.Path(x); !ok || after.EdgeText(path[len(path)-1].Edge) != "static com.acme.Shop.cache" {
				t.Errorf("the static that holds it is lost: %v", path)
			}
		})
	}
}

func TestKeep(t *testing.T) {
	d, _, shared := shop(8)
	_, copied, _ := extracted(t, d.Open(t), func(*graph.Heap) extract.Options {
		return extract.Options{Keep: regexp.MustCompile(`\.Config$`)}
	})
	if !bytes.Contains(copied, []byte("https://shop.example")) || bytes.Contains(copied, []byte("order 7")) {
		t.Error("what was to be kept is not in the copy, or what was not")
	}
	h := reopened(t, copied)
	o, _ := h.Lookup(shared.ID)
	if f, _ := h.FindField(h.ClassOf(o), "port"); sizeOf(h, o, f) != 8443 {
		t.Errorf("the port became %d", sizeOf(h, o, f))
	}
}

// TestDamaged: what is there of a dump that was cut is copied, and the copy is whole.
func TestDamaged(t *testing.T) {
	d, _, _ := shop(8)
	b := d.Bytes()
	f, err := hprof.OpenBytes(b[:len(b)*9/10])
	if err != nil {
		t.Fatal(err)
	}
	before, copied, _ := extracted(t, f, nil)
	if len(before.Problems()) == 0 {
		t.Fatal("the dump is not damaged")
	}
	sameGraph(t, before, reopened(t, copied))
}

// TestOrders: whatever the order of the records, of any writer.
func TestOrders(t *testing.T) {
	for name, opts := range map[string][]hproftest.Option{
		"one record": {hproftest.Segments(0), hproftest.Version("1.0.1")}, "heap first": {hproftest.HeapFirst()}, "shuffled": {hproftest.Records(hproftest.Shuffled(3))},
		"bare": {hproftest.Bare(), hproftest.NoSticky()}, "JDK 6": {hproftest.Java(6)}, "JDK 8": {hproftest.Java(8)},
	} {
		t.Run(name, func(t *testing.T) {
			d := hproftest.New(8, opts...)
			c := d.Class("com.acme.A", hproftest.Fields("A next", "int n"))
			var last *hproftest.Object
			for i := range 20 {
				last = d.Instance(c, last, i)
			}
			d.Root(hprof.RootJNILocal, last)
			d.RootAt(hprof.RootThreadBlock, last, 7, 0)
			before, copied, _ := extracted(t, d.Open(t), nil)
			sameGraph(t, before, reopened(t, copied))
		})
	}
}

// TestLongArrays: arrays that are read in pieces.
func TestLongArrays(t *testing.T) {
	d := hproftest.New(8)
	long := make([]byte, 9<<20)
	for i := range long {
		long[i] = byte(i * i >> 3)
	}
	copy(long[5<<20:], "opensesame")
	same, zeros := bytes.Repeat([]byte{7}, 5<<20), make([]byte, 5<<20)
	d.Root(hprof.RootJNIGlobal, d.Array("java.lang.Object", d.ByteArray(long...), d.ByteArray(long...), d.ByteArray(same...), d.ByteArray(zeros...)))
	before, copied, _ := extracted(t, d.Open(t), nil)
	after := reopened(t, copied)
	sameGraph(t, before, after)
	if bytes.Contains(copied, []byte("opensesame")) || bytes.Contains(copied, same) {
		t.Error("the contents are in the copy")
	}
	sameFindings(t, reportOf(t, before), reportOf(t, after))
}
