package graph_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// damage cuts, zeroes, flips, inserts or deletes somewhere behind the header.
func damage(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	at := 31 + r.IntN(len(b)-31)
	n := min(1+r.IntN(64), len(b)-at)
	switch r.IntN(5) {
	case 0:
		return b[:at]
	case 1:
		clear(b[at : at+n])
	case 2:
		for i := range b[at : at+n] {
			b[at+i] ^= byte(r.Uint32())
		}
	case 3:
		return slices.Insert(b, at, bytes.Repeat([]byte{byte(r.Uint32())}, n)...)
	default:
		return slices.Delete(b, at, at+n)
	}
	return b
}

// TestDamagedDumps builds what is left of damaged dumps: never more objects than the good one has, and answers that agree.
func TestDamagedDumps(t *testing.T) {
	n := uint64(500)
	if testing.Short() {
		n = 100
	}
	var good []byte
	var whole int64
	for seed := range n {
		r := rand.New(rand.NewPCG(seed, 5))
		if seed%20 == 0 {
			d := wildDump(r, 8-4*int(seed/20%2))
			for range 50 {
				d.Soft(d.String("some text"))
			}
			good = d.Bytes()
			whole = build(t, open(t, good), graph.Options{}).NumObjects()
		}
		b := damage(r, good)
		f, err := hprof.OpenBytes(b)
		if err != nil {
			continue
		}
		h := build(t, f, graph.Options{Workers: 2})
		if h.NumObjects() > whole {
			t.Errorf("seed %d: %d objects, the good dump has %d", seed, h.NumObjects(), whole)
		}
		sum := int64(0)
		for _, s := range h.Totals() {
			sum += s.Objects
		}
		if sum != h.NumObjects() {
			t.Errorf("seed %d: totals have %d objects of %d", seed, sum, h.NumObjects())
		}
		for o := range graph.Object(h.NumObjects()) {
			h.Out(o, nil)
			h.Text(o, 20)
			if path, ok := h.Path(o); ok != (h.Strength(o) != graph.Unreachable) {
				t.Errorf("seed %d: %s is %v, path %v", seed, h.Name(o), h.Strength(o), path)
			}
		}
	}
}

func open(t *testing.T, b []byte) *hprof.File {
	t.Helper()
	f, err := hprof.OpenBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestTruncatedKeepsWholeRecords cuts a dump at places all over: each whole record of the rest is an object.
func TestTruncatedKeepsWholeRecords(t *testing.T) {
	d := hproftest.New(8, hproftest.Segments(700))
	node := d.Class("com.acme.Node", hproftest.Fields("Object next"))
	var last *hproftest.Object
	for range 100 {
		last = d.Instance(node, last)
		d.Array("java.lang.Object", last)
	}
	d.Root(hprof.RootJNIGlobal, last)
	whole := d.Bytes()
	for n := 100; n < len(whole); n += 37 {
		f := open(t, whole[:n])
		want := int64(0)
		c := hprof.NewCursor(f, true)
		for _, s := range f.Segments {
			for c.Reset(s.Offset, s.Length); c.Next(); {
				switch c.Rec.Tag {
				case hprof.ClassDump, hprof.InstanceDump, hprof.ObjectArray, hprof.PrimitiveArray:
					want++
				}
			}
		}
		h := build(t, f, graph.Options{})
		if h.NumObjects() != want || len(h.Problems()) == 0 {
			t.Fatalf("cut at %d: %d objects, %d records, problems %v", n, h.NumObjects(), want, h.Problems())
		}
	}
}

// TestDamagedRealDumps builds what is left of real dumps that were damaged in known ways.
func TestDamagedRealDumps(t *testing.T) {
	good := build(t, openDump(t, dumps(t, "variants/variant-live.hprof")[0]), graph.Options{NoInbound: true}).NumObjects()
	for _, path := range dumps(t, "damaged/*.hprof*") {
		if filepath.Ext(path) != ".hprof" && filepath.Ext(path) != ".gz" {
			continue
		}
		f, err := hprof.Open(context.Background(), path, hprof.Options{TempDir: t.TempDir()})
		if err != nil {
			t.Logf("%s: %v", filepath.Base(path), err)
			continue
		}
		h, err := graph.Build(context.Background(), f, graph.Options{TempDir: t.TempDir()})
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
			continue
		}
		t.Logf("%s: %d of %d objects, %d references into nothing, problems %v", filepath.Base(path), h.NumObjects(), good, h.Dangling(), h.Problems())
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		_ = f.Close()
	}
}

// TestCancelled leaves nothing behind.
func TestCancelled(t *testing.T) {
	steps := 0
	d := sampleHeap()
	for range 12 {
		ctx, cancel := context.WithCancel(context.Background())
		left := steps
		steps++
		h, err := graph.Build(ctx, d.Open(t), graph.Options{TempDir: t.TempDir(), Progress: func(string, int64, int64) {
			if left--; left < 0 {
				cancel()
			}
		}, Workers: 1})
		cancelled := ctx.Err() != nil
		cancel()
		if err == nil {
			_ = h.Close()
			continue
		}
		if h != nil || !cancelled {
			t.Errorf("after %d steps: %v", steps, err)
		}
	}
}

func sampleHeap() *hproftest.Dump { return randomDump(rand.New(rand.NewPCG(1, 1)), 8) }

// TestRepeatedIdentifiers takes the first of two records of one identifier, whatever the number of workers.
func TestRepeatedIdentifiers(t *testing.T) {
	d := hproftest.New(8, hproftest.Segments(4000))
	a, b := d.Class("com.acme.A", hproftest.Fields("Object x")), d.Class("com.acme.B", hproftest.Fields("Object y", "Object z"))
	const n = 1000
	for _, c := range []*hproftest.Class{a, b} {
		for i := range n {
			d.Goto(0x7_0000_0000 + hprof.ID(i*32))
			d.Instance(c)
		}
	}
	f := d.Open(t)
	for range 10 {
		h := build(t, f, graph.Options{Workers: 4})
		if first := h.Class(h.ClassesByName("com.acme.A")[0]).Instances; first != n {
			t.Fatalf("%d objects of the first records, want %d", first, n)
		}
	}
}
