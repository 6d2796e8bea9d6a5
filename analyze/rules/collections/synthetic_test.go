package collections_test

import (
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// each runs a test for both widths of identifiers.
func each(t *testing.T, fn func(t *testing.T, d *hproftest.Dump)) {
	t.Helper()
	for _, idSize := range []int{4, 8} {
		t.Run(fmt.Sprint(idSize), func(t *testing.T) { fn(t, hproftest.New(idSize)) })
	}
}

// none checks that no rule of a report speaks at warning or above, and the named one not at all.
func none(t *testing.T, r *report.Report, rule string) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Rule == rule || f.Severity.AtLeast(report.Warning) {
			t.Errorf("%s %s: %s", f.Severity, f.Rule, f.Title)
		}
	}
}

// payloads makes n arrays of that many bytes.
func payloads(d *hproftest.Dump, n, bytes int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = d.ByteArray(make([]byte, bytes)...)
	}
	return out
}

// list is an ArrayList of some places.
func list(d *hproftest.Dump, places int, values ...any) *hproftest.Object {
	array := d.ArrayOf("java.lang.Object", places)
	for i, v := range values {
		array.SetElem(i, v)
	}
	return d.Instance(d.JDK("java.util.ArrayList"), hproftest.With("elementData", array), hproftest.With("size", len(values)), hproftest.With("modCount", len(values)))
}

func TestCollectionWaste(t *testing.T) {
	each(t, func(t *testing.T, d *hproftest.Dump) {
		order := d.Class("com.acme.Order", hproftest.Fields("java.util.List lines"))
		orders := make([]any, 3000)
		for i := range orders {
			orders[i] = d.Instance(order, list(d, 100))
		}
		d.Class("com.acme.Shop", hproftest.Static("Order[] orders", d.Array("com.acme.Order", orders...)), hproftest.Sticky())
		f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "collection-waste"), "collection-waste", report.Warning)
		analyzetest.WantTitle(t, f, "3,000 java.util.ArrayLists in com.acme.Order.lines", "3,000 were never used")
		analyzetest.WantCount(t, f, "empty, never used", 3000)
		analyzetest.WantCount(t, f, "capacity", 300_000)
	})
}

func TestCollectionsInUse(t *testing.T) {
	d := hproftest.New(8)
	order := d.Class("com.acme.Order", hproftest.Fields("java.util.List lines"))
	orders := make([]any, 3000)
	line := d.ByteArray(1)
	for i := range orders {
		lines := make([]any, 100)
		for k := range lines {
			lines[k] = line
		}
		orders[i] = d.Instance(order, list(d, 110, lines...))
	}
	d.Class("com.acme.Shop", hproftest.Static("Order[] orders", d.Array("com.acme.Order", orders...)), hproftest.Sticky())
	none(t, analyzetest.Analyzed(t, d, "collection-waste"), "collection-waste")
}

// hashMap puts keys into a HashMap at bins, with hash codes.
func hashMap(d *hproftest.Dump, slots int, keys []any, at func(i int) (bin, hash int)) *hproftest.Object {
	node := d.JDK("java.util.HashMap$Node")
	table := d.ArrayOf("java.util.HashMap$Node", slots)
	first := map[int]*hproftest.Object{}
	for i, k := range keys {
		bin, hash := at(i)
		n := d.Instance(node, hproftest.With("key", k), hproftest.With("hash", hash))
		if f := first[bin]; f != nil {
			n.Set("next", f)
		}
		first[bin] = n
		table.SetElem(bin, n)
	}
	return d.Instance(d.JDK("java.util.HashMap"), hproftest.With("table", table), hproftest.With("size", len(keys)), hproftest.With("modCount", len(keys)))
}

func TestHashCollisions(t *testing.T) {
	each(t, func(t *testing.T, d *hproftest.Dump) {
		key := d.Class("com.acme.Key", hproftest.Fields("int id"))
		keys := make([]any, 1200)
		for i := range keys {
			keys[i] = d.Instance(key, i)
		}
		// 1,000 in bin 7 with one hash code, the others spread.
		bad := hashMap(d, 2048, keys, func(i int) (bin, hash int) {
			if i < 1000 {
				return 7, 4242
			}
			return i, i
		})
		good := hashMap(d, 2048, keys, func(i int) (bin, hash int) { return i, i })
		d.Class("com.acme.Shop", hproftest.Static("java.util.Map bad", bad), hproftest.Static("java.util.Map good", good), hproftest.Sticky())
		f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "hash-collisions"), "hash-collisions", report.Warning)
		analyzetest.WantTitle(t, f, "1,000 of the 1,200 keys of java.util.HashMap com.acme.Shop.bad", "all these com.acme.Key have one hash code")
		analyzetest.WantCount(t, f, "tables", 1)
		analyzetest.WantCount(t, f, "bins used", 201)
	})
}

// TestHashInOneBin has hash codes that differ, but not in the bits that the table uses.
func TestHashInOneBin(t *testing.T) {
	d := hproftest.New(8)
	key := d.Class("com.acme.Key", hproftest.Fields("int id"))
	keys := make([]any, 150)
	for i := range keys {
		keys[i] = d.Instance(key, i)
	}
	m := hashMap(d, 256, keys, func(i int) (bin, hash int) { return 1, i*256 + 1 })
	d.Class("com.acme.Shop", hproftest.Static("java.util.Map m", m), hproftest.Sticky())
	f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "hash-collisions"), "hash-collisions", report.Info)
	analyzetest.WantTitle(t, f, "differ only in bits that the table does not use")
	analyzetest.WantCount(t, f, "different hash codes in it", 150)
}

func TestStaticGrowth(t *testing.T) {
	each(t, func(t *testing.T, d *hproftest.Dump) {
		d.Class("com.acme.Shop", hproftest.Static("java.util.List log", list(d, 2000, payloads(d, 2000, 1000)...)), hproftest.Sticky())
		r := analyzetest.Analyzed(t, d, "all")
		f := analyzetest.Only(t, r, "static-collection-growth", report.Warning)
		analyzetest.WantTitle(t, f, "com.acme.Shop.log holds a java.util.ArrayList of 2,000 byte[]")
		analyzetest.WantRelated(t, f, "leak-suspect")
		if got := analyzetest.Labels(f); got != "sticky class > com.acme.Shop.log" {
			t.Errorf("path %s", got)
		}
	})
}

// TestStaticsThatDoNotGrow has few large elements, little in many, and a static of the platform's.
func TestStaticsThatDoNotGrow(t *testing.T) {
	d := hproftest.New(8)
	d.Class("com.acme.Shop", hproftest.Static("java.util.List few", list(d, 10, payloads(d, 10, 400_000)...)), hproftest.Static("java.util.List little", list(d, 500, payloads(d, 500, 10)...)), hproftest.Sticky())
	d.Class("java.util.Platform", hproftest.Static("java.util.List all", list(d, 2000, payloads(d, 2000, 1000)...)), hproftest.Sticky())
	none(t, analyzetest.Analyzed(t, d, "all"), "static-collection-growth")
}

// screens makes n anonymous listeners, each of which refers to a screen of its own.
func screens(d *hproftest.Dump, n, bytes int) []any {
	screen := d.Class("com.acme.Screen", hproftest.Fields("byte[] pixels"))
	listener := d.Class("com.acme.Screen$1", hproftest.Fields("com.acme.Screen this$0"))
	out := make([]any, n)
	for i := range out {
		out[i] = d.Instance(listener, d.Instance(screen, d.ByteArray(make([]byte, bytes)...)))
	}
	return out
}

func TestListeners(t *testing.T) {
	each(t, func(t *testing.T, d *hproftest.Dump) {
		bus := d.Class("com.acme.Bus", hproftest.Fields("java.util.List listeners"))
		d.Class("com.acme.Shop", hproftest.Static("Bus bus", d.Instance(bus, list(d, 1000, screens(d, 1000, 2000)...))), hproftest.Sticky())
		f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "all"), "listener-accumulation", report.Warning)
		analyzetest.WantTitle(t, f, "1,000 listeners of class com.acme.Screen$1", "com.acme.Bus.listeners", "keep 1,000 com.acme.Screen")
		analyzetest.WantRelated(t, f, "inner-class-back-reference", "static-collection-growth", "leak-suspect")
	})
}

// TestListenersInUse has fewer listeners, and as many elements that are no listeners.
func TestListenersInUse(t *testing.T) {
	d := hproftest.New(8)
	d.Class("com.acme.Shop", hproftest.Static("java.util.List some", list(d, 999, screens(d, 999, 10)...)), hproftest.Static("java.util.List data", list(d, 2000, payloads(d, 2000, 10)...)), hproftest.Sticky())
	none(t, analyzetest.Analyzed(t, d, "listener-accumulation"), "listener-accumulation")
}

func TestInnerClass(t *testing.T) {
	each(t, func(t *testing.T, d *hproftest.Dump) {
		d.Class("com.acme.Shop", hproftest.Static("java.lang.Object[] callbacks", d.Array("java.lang.Object", screens(d, 100, 20_000)...)), hproftest.Sticky())
		f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "all"), "inner-class-back-reference", report.Warning)
		analyzetest.WantCount(t, f, "outer objects", 100)
		if got := analyzetest.Labels(f); got != "sticky class > com.acme.Shop.callbacks > [0] > com.acme.Screen$1::this$0" {
			t.Errorf("path %s", got)
		}
	})
}

// TestOuterHeldOtherwise has inner objects whose outer ones live for other reasons.
func TestOuterHeldOtherwise(t *testing.T) {
	d := hproftest.New(8)
	all := screens(d, 100, 20_000)
	outer := make([]any, len(all))
	for i, o := range all {
		outer[i] = o.(*hproftest.Object).Get("this$0")
	}
	d.Class("com.acme.Shop", hproftest.Static("java.lang.Object[] callbacks", d.Array("java.lang.Object", all...)), hproftest.Static("java.lang.Object[] screens", d.Array("java.lang.Object", outer...)), hproftest.Sticky())
	none(t, analyzetest.Analyzed(t, d, "inner-class-back-reference"), "inner-class-back-reference")
}

// weakMap makes a WeakHashMap whose values refer to the keys that pair chooses.
func weakMap(d *hproftest.Dump, n int, pair func(i int) int) (m *hproftest.Object, keys []any) {
	key := d.Class("com.acme.Session", hproftest.Fields("byte[] data"))
	value := d.Class("com.acme.Info", hproftest.Fields("com.acme.Session session"))
	for range n {
		keys = append(keys, d.Instance(key, d.ByteArray(make([]byte, 1000)...)))
	}
	entry := d.JDK("java.util.WeakHashMap$Entry")
	table := d.ArrayOf("java.util.WeakHashMap$Entry", n)
	for i, k := range keys {
		var held any
		if p := pair(i); p >= 0 {
			held = keys[p]
		}
		table.SetElem(i, d.Reference(entry, k, hproftest.With("value", d.Instance(value, held))))
	}
	return d.Instance(d.JDK("java.util.WeakHashMap"), hproftest.With("table", table), hproftest.With("size", n), hproftest.With("modCount", n)), keys
}

func TestWeakMap(t *testing.T) {
	for name, pair := range map[string]func(int) int{
		"its own":   func(i int) int { return i },
		"the other": func(i int) int { return i ^ 1 },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, d *hproftest.Dump) {
				m, _ := weakMap(d, 200, pair)
				d.Class("com.acme.Shop", hproftest.Static("java.util.Map info", m), hproftest.Sticky())
				f := analyzetest.Only(t, analyzetest.Analyzed(t, d, "weak-map-value-holds-key"), "weak-map-value-holds-key", report.Warning)
				analyzetest.WantCount(t, f, "entries that stay", 200)
			})
		})
	}
}

// TestWeakMapAtWork has keys that others hold too, and values that do not refer to their keys.
func TestWeakMapAtWork(t *testing.T) {
	d := hproftest.New(8)
	m, keys := weakMap(d, 200, func(i int) int { return i })
	d.Class("com.acme.Shop", hproftest.Static("java.util.Map info", m), hproftest.Static("java.lang.Object[] open", d.Array("java.lang.Object", keys...)), hproftest.Sticky())
	none(t, analyzetest.Analyzed(t, d, "weak-map-value-holds-key"), "weak-map-value-holds-key")
	d = hproftest.New(8)
	m, _ = weakMap(d, 200, func(int) int { return -1 })
	d.Class("com.acme.Shop", hproftest.Static("java.util.Map info", m), hproftest.Sticky())
	none(t, analyzetest.Analyzed(t, d, "weak-map-value-holds-key"), "weak-map-value-holds-key")
}

// TestUnknownCache has a cache of a version that nobody knows.
func TestUnknownCache(t *testing.T) {
	d := hproftest.New(8)
	c := d.Class("com.google.common.cache.LocalCache", hproftest.Fields("long maxWeight", "java.lang.Object segments"))
	d.Class("com.acme.Shop", hproftest.Static("java.lang.Object cache", d.Instance(c, int64(-1), d.Array("java.lang.Object", payloads(d, 2000, 1000)...))), hproftest.Sticky())
	r := analyzetest.Analyzed(t, d, "unbounded-cache")
	if len(r.Findings) != 0 || !strings.Contains(r.Rules[0].Skipped, "unknown version of com.google.common.cache.LocalCache: it has no field expireAfterAccessNanos") {
		t.Errorf("%+v", r.Rules)
	}
}

// TestDamagedCollections has sizes and chains that no program makes.
func TestDamagedCollections(t *testing.T) {
	d := hproftest.New(8)
	key := d.Instance(d.Class("com.acme.Key"))
	node := d.JDK("java.util.HashMap$Node")
	ring := d.Instance(node, hproftest.With("key", key))
	ring.Set("next", ring)
	table := d.ArrayOf("java.util.HashMap$Node", 64).SetElem(0, ring)
	huge := d.Instance(d.JDK("java.util.HashMap"), hproftest.With("table", table), hproftest.With("size", 1<<31-1))
	minus := d.Instance(d.JDK("java.util.ArrayList"), hproftest.With("elementData", d.ArrayOf("java.lang.Object", 10)), hproftest.With("size", -5))
	beyond := d.Instance(d.JDK("java.util.ArrayList"), hproftest.With("elementData", d.ArrayOf("java.lang.Object", 10)), hproftest.With("size", 1<<30))
	queue := d.Class("java.util.concurrent.ConcurrentLinkedQueue", hproftest.Fields("java.lang.Object tail", "java.lang.Object head"))
	link := d.Class("java.util.concurrent.ConcurrentLinkedQueue$Node", hproftest.Fields("java.lang.Object next", "java.lang.Object item"))
	a := d.Instance(link, hproftest.With("item", key))
	b := d.Instance(link, a, key)
	a.Set("next", b)
	set := d.Class("java.util.HashSet", hproftest.Fields("java.util.HashMap map"))
	loop := d.Instance(set)
	loop.Set("map", loop)
	d.Class("com.acme.Shop", hproftest.Static("java.lang.Object[] all", d.Array("java.lang.Object", huge, minus, beyond, d.Instance(queue, a, a), loop)), hproftest.Sticky())
	analyzetest.Analyzed(t, d, "all")
}
