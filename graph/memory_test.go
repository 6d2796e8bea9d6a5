package graph_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// near reports whether two figures are within a part of each other.
func near(got, want int64, part float64) bool {
	return math.Abs(float64(got-want)) <= part*float64(want)
}

// estimated compares an estimate with the heap itself.
func estimated(t *testing.T, name string, f *hprof.File, part float64) {
	t.Helper()
	e, err := graph.EstimateBuild(context.Background(), f, graph.Options{})
	if err != nil {
		t.Fatal(name, err)
	}
	h := build(t, f, graph.Options{TempDir: t.TempDir()})
	var refs, core int64
	for o := range graph.Object(h.NumObjects()) {
		n := int64(0)
		if k, ok := h.AsClass(o); !ok || k == graph.NoClass {
			for range h.Out(o, nil) {
				n++
			}
			n-- // its class
		}
		refs += n
		if n > 0 {
			core++
		}
	}
	if !near(e.Objects, h.NumObjects(), part) || !near(e.References, refs, part) || !near(e.Core, core, part) {
		t.Errorf("%s: about %d objects, %d of the core, %d references; there are %d, %d, %d", name, e.Objects, e.Core, e.References, h.NumObjects(), core, refs)
	}
	if e.Memory < 40<<20 || e.Disk <= 0 || e.BuildCPU <= 0 || e.ScanCPU <= 0 || e.ScanCPU > e.BuildCPU || e.Wall <= 0 {
		t.Errorf("%s: %+v", name, e)
	}
}

// TestEstimateCounts samples heaps in each form that a dump can have. Its parts differ.
func TestEstimateCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("builds many heaps")
	}
	for _, c := range []struct {
		name string
		opts []hproftest.Option
	}{
		{"segments", nil},
		{"one record", []hproftest.Option{hproftest.Segments(0)}},
		{"unordered", []hproftest.Option{hproftest.Records(hproftest.Unordered(3))}},
	} {
		d := hproftest.New(8, c.opts...)
		node := d.Class("com.acme.Node", hproftest.Sticky(), hproftest.Fields("Object a", "Object b", "Object c"))
		all := d.ArrayOf("java.lang.Object", 700_000)
		d.Root(hprof.RootJNIGlobal, all)
		for i := range 60_000 {
			all.SetElem(i, d.ByteArray(1, 2, 3))
		}
		last := d.Instance(node)
		for i := range 60_000 {
			last = d.Instance(node, last, all)
			all.SetElem(100_000+i, last)
		}
		f := d.Open(t)
		estimated(t, c.name+", as a whole", f, 0.08)
		restore := graph.SetSamplePieces(30)
		estimated(t, c.name, f, 0.3)
		restore()
	}
}

// TestEstimateOfShapes samples streamed shapes, which have giant arrays in segments of their own.
func TestEstimateOfShapes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds many heaps")
	}
	for _, s := range hproftest.Shapes {
		if !strings.HasPrefix(s.Name, "list, l") && s.Name != "array" {
			continue
		}
		path := filepath.Join(t.TempDir(), "shape.hprof")
		if err := s.WriteFile(path, 60_000); err != nil {
			t.Fatal(err)
		}
		restore := graph.SetSamplePieces(8)
		estimated(t, s.Name, openDump(t, path), 0.3)
		restore()
	}
}

// TestEstimateReadsLittle: the sample is bounded, whatever the size of the dump.
func TestEstimateReadsLittle(t *testing.T) {
	if hproftest.Race {
		t.Skip("150 MB, in one goroutine")
	}
	d := hproftest.New(8)
	big := make([]byte, 1<<20)
	for range 150 {
		d.Root(hprof.RootJNIGlobal, d.ByteArray(big...))
		for range 100 {
			d.ByteArray(1)
		}
	}
	b := d.Bytes()
	c := &hproftest.Reads{ReaderAt: bytes.NewReader(b)}
	f, err := hprof.OpenReaderAt(c, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	e, err := graph.EstimateBuild(context.Background(), f, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := c.Bytes(); n > 128<<20 || e.Sampled > 64<<20 || e.Sampled < 16<<20 {
		t.Errorf("%d bytes of %d read, sample %d", n, len(b), e.Sampled)
	}
}

// TestMaxMemory: what does not fit is refused before the dump is read, with the figure that is needed; with that it works.
func TestMaxMemory(t *testing.T) {
	d := hproftest.New(8)
	node := d.Class("com.acme.Node", hproftest.Sticky(), hproftest.Fields("Object next"))
	head, _ := chain(d, node, 400_000)
	d.Root(hprof.RootJNIGlobal, head)
	b := d.Bytes()
	c := &hproftest.Reads{ReaderAt: bytes.NewReader(b)}
	f, err := hprof.OpenReaderAt(c, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = graph.Build(context.Background(), f, graph.Options{MaxMemory: 50 << 20})
	var m *graph.MemoryError
	if !errors.As(err, &m) || m.Limit != 50<<20 || m.Need <= 50<<20 || m.Need > 80<<20 {
		t.Fatalf("with 50 MiB: %v", err)
	}
	if n := c.Bytes(); n > int64(len(b))*3 {
		t.Errorf("%d bytes were read of %d", n, len(b))
	}
	dir := t.TempDir()
	for _, limit := range []int64{m.Need, 8 << 30, 0} {
		h := build(t, f, graph.Options{MaxMemory: limit, TempDir: dir})
		if h.Retained(object(t, h, head)) != 400_000*h.Shallow(object(t, h, head)) {
			t.Errorf("with %d MiB the heap is another", limit>>20)
		}
	}
}

// TestEstimatesOfRealDumps holds the counts of an estimate to those of the heap.
func TestEstimatesOfRealDumps(t *testing.T) {
	for _, path := range someOf(dumps(t, "*/*.hprof")) {
		if strings.Contains(path, "damaged") {
			continue
		}
		f := openDump(t, path)
		if testing.Short() && f.Size > 20e6 || f.Size > 300e6 {
			continue
		}
		e, err := graph.EstimateBuild(context.Background(), f, graph.Options{})
		if err != nil {
			t.Fatal(path, err)
		}
		c, err := graph.CountClasses(context.Background(), f, graph.Options{TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(path, err)
		}
		if !near(e.Objects, c.Total.Objects, 0.25) {
			t.Errorf("%s: about %d objects, there are %d", filepath.Base(path), e.Objects, c.Total.Objects)
		}
	}
}
