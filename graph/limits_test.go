package graph_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// giants writes a dump with one HEAP_DUMP record that holds arrays of longs of that length, whose elements are a hole in the
// file, and after them one more object. A holder refers to all. It returns the file, the identifiers of the holder and of the
// last object.
func giants(t *testing.T, arrays, length int) (path string, holder, last hprof.ID) {
	t.Helper()
	d := hproftest.New(8, hproftest.Segments(0))
	d.ByteArray(1)
	class := d.Class("com.acme.Node", hproftest.Sticky(), hproftest.Fields("Object next"))
	all := d.ArrayOf("java.lang.Object", arrays+1)
	d.Root(hprof.RootJNIGlobal, all)
	d.ArrayClass("long")
	first := hprof.ID(0x10_0000_0000)
	size := (hprof.ID(16+8*length) + 7) &^ 7
	for i := range arrays {
		all.SetElem(i, first+hprof.ID(i)*size)
	}
	last = first + hprof.ID(arrays)*size
	all.SetElem(arrays, last)
	b := d.Bytes()
	f, err := hprof.OpenBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	begin := f.Segments[0].Offset
	path = filepath.Join(t.TempDir(), "giants.hprof")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	put := func(at int64, b []byte) int64 {
		t.Helper()
		if _, err := out.WriteAt(b, at); err != nil {
			t.Skipf("no sparse files here: %v", err)
		}
		return at + int64(len(b))
	}
	be := binary.BigEndian
	at := put(0, b)
	for i := range arrays {
		head := append(be.AppendUint64([]byte{byte(hprof.PrimitiveArray)}, first+hprof.ID(i)*size), 0, 0, 0, 1)
		at = put(at, append(be.AppendUint32(head, uint32(length)), byte(hprof.Long))) + 8*int64(length)
	}
	record := append(be.AppendUint64([]byte{byte(hprof.InstanceDump)}, last), 0, 0, 0, 1)
	record = be.AppendUint32(be.AppendUint64(record, class.ID), 8)
	at = put(at, be.AppendUint64(record, all.ID))
	put(begin-4, be.AppendUint32(nil, uint32(at-begin))) // wraps
	return path, all.ID, last
}

// TestGiantRecords counts and builds heaps in HEAP_DUMP records of more than 4 GiB, and of more than 32 GiB of objects.
func TestGiantRecords(t *testing.T) {
	for _, c := range []struct{ arrays, length int }{
		{1, 600_000_000},   // an array of more than 4 GiB
		{3, 200_000_000},   // a record of more, no array
		{3, 1<<31 - 1},     // sums beyond 32 GiB
		{1, 1<<29 + 1<<20}, // the record wraps to little more than nothing
	} {
		path, holder, last := giants(t, c.arrays, c.length)
		f := openDump(t, path)
		name := fmt.Sprintf("%d arrays of %d", c.arrays, c.length)
		if len(f.Segments) != 1 || len(f.Problems) > 0 || f.Segments[0].Length < 8*int64(c.arrays)*int64(c.length) {
			t.Fatalf("%s: segments %v, problems %v", name, f.Segments, f.Problems)
		}
		want := int64(c.arrays) * (int64(c.length)*8 + 16)
		hist, err := graph.CountClasses(context.Background(), f, graph.Options{TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(name, err)
		}
		for _, k := range hist.Classes {
			if k.Name == "long[]" && (k.Instances != int64(c.arrays) || k.Bytes != want) || k.Name == "com.acme.Node" && k.Instances != 1 {
				t.Errorf("%s: %+v, want %d bytes", name, k, want)
			}
		}
		if len(hist.Problems) > 0 || hist.Classes[0].Name != "long[]" {
			t.Errorf("%s: problems %v, first class %s", name, hist.Problems, hist.Classes[0].Name)
		}
		h := build(t, f, graph.Options{TempDir: t.TempDir()})
		o, end := object(t, h, holder), object(t, h, last)
		const classes = 1000 // the class objects of arrays are retained too
		if got := h.Retained(o) - h.Shallow(o) - h.Shallow(end); got < want || got > want+classes {
			t.Errorf("%s: the holder retains %d, want %d and class objects", name, got, want)
		}
		if got := h.Out(end, nil); len(got) != 2 || got[0] != o { // read beyond 4 GiB
			t.Errorf("%s: the last object refers to %v", name, got)
		}
	}
}

// TestTooManyObjects: more objects than numbers are refused with an error that says so, dense or sparse.
func TestTooManyObjects(t *testing.T) {
	d := hproftest.New(8)
	for range 3000 {
		d.ByteArray(1)
		d.Skip(4 << 20)
	}
	sparse := d.Open(t)
	d = hproftest.New(8)
	for range 3000 {
		d.ByteArray(1)
	}
	dense := d.Open(t)
	defer graph.SetMaxObjects(3000)()
	for _, f := range []*hprof.File{sparse, dense} {
		if _, err := graph.Build(context.Background(), f, graph.Options{}); !errors.Is(err, graph.ErrTooLarge) || !strings.Contains(err.Error(), "4,294,967,280") {
			t.Errorf("too many objects: %v", err)
		}
		if h, err := graph.CountClasses(context.Background(), dense, graph.Options{}); err != nil || h.Total.Objects < 3000 {
			t.Errorf("counting them: %v", err)
		}
	}
	graph.SetMaxObjects(4000)
	if _, err := graph.Build(context.Background(), dense, graph.Options{}); err != nil {
		t.Errorf("as many as fit: %v", err)
	}
}

// TestAdjacencyBeyond4GiB builds random heaps whose adjacency lists lie on both sides of 4 GiB: as after 2³² bytes of other
// lists.
func TestAdjacencyBeyond4GiB(t *testing.T) {
	for seed := range uint64(20) {
		d := wildDump(rand.New(rand.NewPCG(seed, 5)), 8-4*int(seed%2))
		low := build(t, d.Open(t), graph.Options{})
		restore := graph.SetAdjacencyStart(1<<32 - 100)
		high := build(t, d.Open(t), graph.Options{})
		restore()
		for o := range graph.Object(low.NumObjects()) {
			if low.Strength(o) != high.Strength(o) || low.Idom(o) != high.Idom(o) || low.Retained(o) != high.Retained(o) {
				t.Fatalf("seed %d: object %d differs", seed, o)
			}
		}
	}
}

// TestManyClasses has more classes than 16 bits number.
func TestManyClasses(t *testing.T) {
	const n = 1<<16 + 100
	d := hproftest.New(8)
	var ids []hprof.ID
	for i := range n {
		o := d.Instance(d.Class(fmt.Sprint("com.acme.C", i), hproftest.Sticky()))
		d.Root(hprof.RootJNIGlobal, o)
		ids = append(ids, o.ID)
	}
	h := build(t, d.Open(t), graph.Options{})
	for i := 0; i < n; i += 777 {
		if got := h.ClassName(object(t, h, ids[i])); got != fmt.Sprint("com.acme.C", i) {
			t.Fatalf("object %d is a %s", i, got)
		}
	}
	for _, g := range h.Classes() {
		if strings.HasPrefix(g.Name, "com.acme.C") && g.Instances != 1 {
			t.Fatalf("%+v", g)
		}
	}
}
