package main

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// dumps are the small dumps that the script command `dump NAME FILE` writes.
var dumps = map[string]func() []byte{
	"cache":   func() []byte { return cacheDump(8) },
	"cache-4": func() []byte { return cacheDump(4) },
	"other":   otherDump,
	"gzip":    func() []byte { return cacheDump(8, hproftest.Gzip()) },
	"blocks":  func() []byte { return cacheDump(8, hproftest.GzipBlocks(32<<10)) },
	"zstd":    func() []byte { return cacheDump(8, hproftest.Zstd()) },
	"shapes":  shapesDump,
	"names":   namesDump,
	"many":    func() []byte { return manyDump(125_000) },
	"cut": func() []byte {
		b := cacheDump(8)
		return b[:len(b)-100]
	},
	"two":    func() []byte { return append(cacheDump(8), shapesDump()...) },
	"base":   func() []byte { b, _ := interruptedDump(); return b },
	"part":   func() []byte { _, p := interruptedDump(); return p },
	"header": func() []byte { return cacheDump(8)[:31] },
	"half":   func() []byte { return cacheDump(8)[:20] },
}

func writeDump(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || dumps[args[0]] == nil {
		ts.Fatalf("usage: dump NAME FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), dumps[args[0]](), 0o600))
}

// cacheDump has a static that holds an array of 100 entries, each with a byte[1000].
func cacheDump(idSize int, opts ...hproftest.Option) []byte {
	d := hproftest.New(idSize, opts...)
	entry := d.Class("com.acme.Entry", hproftest.Fields("Object value"))
	var entries []any
	for range 100 {
		entries = append(entries, d.Instance(entry, d.ByteArray(make([]byte, 1000)...)))
	}
	d.Class("com.acme.Cache", hproftest.Static("Object[] entries", d.Array("com.acme.Entry", entries...)), hproftest.Sticky())
	d.Thread("main", "com.acme.Main.run(Main.java:12)").Local(0, entries[0])
	return d.Bytes()
}

// otherDump has the size of cacheDump and another content.
func otherDump() []byte {
	b := cacheDump(8)
	b[25]++ // of the time in its header
	return b
}

// shapesDump has, from address 700000000 on, each behind the other: a diamond top → left, right → shared; a weak reference
// whose referent nothing else holds; and garbage. A node has 24 bytes.
func shapesDump() []byte {
	d := hproftest.New(8)
	class := d.Class("com.acme.Node", hproftest.Fields("Object a", "Object b"), hproftest.ClassAt(0x7ffd00000), hproftest.Sticky())
	d.Goto(0x700000000)
	node := func() *hproftest.Object { return d.Instance(class) }
	top, left, right, shared, referent, _ := node(), node(), node(), node(), node(), node()
	weak := d.Weak(referent)
	top.Set("a", left).Set("b", right)
	left.Set("a", shared)
	right.Set("a", shared)
	d.Root(hprof.RootJNIGlobal, top)
	d.Root(hprof.RootJNIGlobal, weak)
	return d.Bytes()
}

// namesDump has a class whose name would steer a terminal and break a table, and one with a very long name.
func namesDump() []byte {
	d := hproftest.New(8)
	evil := d.Class("com.acme.\x1b[31mEvil\tName\n")
	d.Root(hprof.RootJNIGlobal, d.Instance(evil))
	long := d.Class("com.acme." + strings.Repeat("very.", 40) + "Long")
	d.Root(hprof.RootJNIGlobal, d.Instance(long))
	return d.Bytes()
}

// manyDump has a chain of pairs of objects. The graph of 125,000 pairs takes more than 64 MiB of memory.
func manyDump(pairs int) []byte {
	d := hproftest.New(8)
	class := d.Class("com.acme.Node", hproftest.Fields("Object a", "Object b"), hproftest.Sticky())
	var last *hproftest.Object
	for range pairs {
		last = d.Instance(class, last, d.Instance(class, last))
	}
	d.Root(hprof.RootJNIGlobal, last)
	return d.Bytes()
}

// interruptedDump is what a JVM leaves that was killed while it dumped.
func interruptedDump() (base, part []byte) {
	b := cacheDump(8, hproftest.Segments(4000))
	f, err := hprof.OpenBytes(b)
	if err != nil {
		panic(err)
	}
	at := f.Segments[0].Offset - 9
	return b[:at:at], b[at : len(b)-9]
}
