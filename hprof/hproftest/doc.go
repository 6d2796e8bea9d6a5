// Package hproftest writes small synthetic heap dumps for tests.
//
//	d := hproftest.New(8)
//	order := d.Class("com.acme.Order", hproftest.Fields("String sql", "Order next", "int state"))
//	first := d.Instance(order, d.String("select 1"), nil, 3)
//	second := d.Instance(order).Set("next", first)
//	cache := d.Class("com.acme.Cache", hproftest.Static("Object[] entries", d.Array("java.lang.Object", second)))
//	d.Root(hprof.RootStickyClass, cache)
//	main := d.Thread("main", "com.acme.Main.run(Main.java:12)")
//	main.Local(0, first)
//	f, err := hprof.OpenBytes(d.Bytes())
//
// It knows the shapes that JDK 17 gives to the classes of java.lang, java.lang.ref and java.util ([Dump.JDK]), or JDK 8 or 6
// with the option [Java], and writes what HotSpot would: symbols, classes, stack traces, then class dumps, objects and roots.
// Options change identifier size, version, segments, packing and the order of records. Addresses ascend in the order of
// creation, as far apart as a 64-bit JVM with compressed references (32-bit for identifiers of 4 bytes) would place the objects.
//
// What makes no sense panics: a test that asks for it is wrong.
package hproftest
