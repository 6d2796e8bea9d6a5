package graph_test

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"

	"heapcause/graph"
	"heapcause/graph/index"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// benchDump returns the dump named by HEAPCAUSE_BENCH_DUMP, or a synthetic one of 200,000 objects.
func benchDump(b *testing.B) string {
	if path := os.Getenv("HEAPCAUSE_BENCH_DUMP"); path != "" {
		return path
	}
	d := hproftest.New(8)
	class := d.Class("com.acme.Node", hproftest.Fields("Object a", "Object b"))
	r := rand.New(rand.NewPCG(1, 1))
	var all []*hproftest.Object
	for range 200_000 {
		o := d.Instance(class)
		if n := len(all); n > 0 {
			all[r.IntN(n)].Set("a", o)
			o.Set("b", all[r.IntN(n)])
		}
		all = append(all, o)
	}
	d.Root(hprof.RootJNIGlobal, all[0])
	return d.WriteFile(b, "d.hprof")
}

// BenchmarkIndex measures writing an index, opening it, and first and later answers of an open one. Bytes per object are those of
// the file.
func BenchmarkIndex(b *testing.B) {
	dump := benchDump(b)
	f := openDump(b, dump)
	h := build(b, f, graph.Options{})
	h.Classes() // counted with building
	key, err := index.KeyOf(dump, "")
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	path, _ := keep(b, h, dir)
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			var size int64
			if _, size, err = h.WriteIndex(context.Background(), dir, key); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(size)/float64(h.NumObjects()), "bytes/object")
		}
	})
	n := uint64(h.NumObjects())
	_ = h.Close()
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			openBench(b, path, key)
		}
	})
	opened := openBench(b, path, key)
	r := rand.New(rand.NewPCG(2, 2))
	each := func(name string, fn func(o graph.Object)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				fn(graph.Object(r.Uint64N(n)))
			}
			if err := opened.Err(); err != nil {
				b.Fatal(err)
			}
		})
	}
	var buf []graph.Object
	each("retained", func(o graph.Object) { opened.Retained(o) })
	each("idom", func(o graph.Object) { opened.Idom(o) })
	each("in", func(o graph.Object) { buf = opened.In(o, buf[:0]) })
	each("dominated", func(o graph.Object) { buf = opened.Dominated(o, buf[:0]) })
	each("lookup", func(o graph.Object) { opened.Lookup(opened.Addr(o)) })
	each("path", func(o graph.Object) { opened.Path(o) })
}

// openBench opens an index as a command does.
func openBench(b *testing.B, path string, key index.Key) *graph.Heap {
	f, err := hprof.Open(context.Background(), key.Dump, hprof.Options{HeaderOnly: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	now, err := index.KeyOf(key.Dump, "")
	if err != nil {
		b.Fatal(err)
	}
	x, err := index.Open(path, &now)
	if err != nil {
		b.Fatal(err)
	}
	h, err := graph.OpenIndex(x, f, graph.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = h.Close() })
	return h
}

// BenchmarkPathOfChain finds the path to the end of a list of a million links.
func BenchmarkPathOfChain(b *testing.B) {
	d := hproftest.New(4)
	node := d.Class("com.acme.Node", hproftest.Sticky(), hproftest.Fields("Object next"))
	head, tail := chain(d, node, 1_000_000)
	d.Root(hprof.RootJNIGlobal, head)
	h := build(b, d.Open(b), graph.Options{})
	last, _ := h.Lookup(tail)
	b.ReportAllocs()
	for b.Loop() {
		if p, ok := h.Path(last); !ok || len(p) != 1_000_000 {
			b.Fatalf("%d steps", len(p))
		}
	}
}
