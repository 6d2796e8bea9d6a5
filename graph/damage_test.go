package graph_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
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
	n := uint64(1000)
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
	step := 37
	if hproftest.Race {
		step = 370
	}
	for n := 100; n < len(whole); n += step {
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

// goodDump returns the dump that the damaged ones were made of.
func goodDump(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(dumps(t, "damaged/trailing-rubbish.hprof")[0])
	if err != nil {
		t.Fatal(err)
	}
	return b[:len(b)-len("trailing rubbish")]
}

// wholeRecords counts the objects of whose records the first n bytes of a good dump have the whole.
func wholeRecords(t *testing.T, good []byte, n int64) (objects int64) {
	t.Helper()
	f := open(t, good)
	c := hprof.NewCursor(f, false)
	for _, s := range f.Segments {
		for c.Reset(s.Offset, s.Length); c.Next() && c.Offset() <= n; {
			switch c.Rec.Tag {
			case hprof.ClassDump, hprof.InstanceDump, hprof.ObjectArray, hprof.PrimitiveArray:
				objects++
			}
		}
	}
	return objects
}

// TestDamagedRealDumps builds what is left of a real dump that was damaged in known ways: the word on it says where, and few
// objects are lost.
func TestDamagedRealDumps(t *testing.T) {
	good := goodDump(t)
	size := int64(len(good))
	whole := wholeRecords(t, good, size)
	for _, c := range []struct {
		name     string
		at, most int64  // objects there are, and the most that may be lost of them
		word     string // on what is missing
	}{
		{"truncated-30", wholeRecords(t, good, size*30/100), 0, "the dump ends"},
		{"truncated-60", wholeRecords(t, good, size*60/100), 0, "bytes are missing"},
		{"truncated-95", wholeRecords(t, good, size*95/100), 0, "bytes are missing"},
		{"truncated-last-5-bytes", whole, 0, "ends inside the header"},
		{"zeroed-4k", whole, whole / 100, ""},
		{"random-64b", whole, whole / 100, ""},
		{"flipped-record-length", whole, 0, "skipped to the next record"},
		{"flipped-array-length", whole, 1, "claims 2147483647 elements"},
		{"flipped-id-size", whole, 0, "identifiers of 9 bytes"},
		{"trailing-rubbish", whole, 0, "16 bytes follow the end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := openDump(t, dumps(t, "damaged/"+c.name+".hprof")[0])
			h := build(t, f, graph.Options{TempDir: t.TempDir(), NoInbound: true})
			n, word := h.NumObjects(), fmt.Sprint(h.Problems())
			if n > c.at || n < c.at-c.most || !strings.Contains(word, c.word) {
				t.Errorf("%d of %d objects, problems %s", n, c.at, word)
			}
			counted, err := graph.CountClasses(context.Background(), f, graph.Options{TempDir: t.TempDir()})
			if err != nil || counted.Total.Objects != n || !slices.Equal(counted.Problems, h.Problems()) {
				t.Errorf("the histogram has %d objects, the graph %d; %v; %v", counted.Total.Objects, n, counted.Problems, err)
			}
			if strings.HasPrefix(c.name, "truncated-6") && !h.NoRoots() {
				t.Error("the roots, which come last, are not said to be missing")
			}
		})
	}
	for _, name := range []string{"half-header", "empty", "plain-text", "all-zero", "gzip-of-noise"} {
		path := dumps(t, "damaged/"+name+".hprof*")[0]
		if _, err := hprof.Open(context.Background(), path, hprof.Options{TempDir: t.TempDir()}); !errors.Is(err, hprof.ErrNotHPROF) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
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
