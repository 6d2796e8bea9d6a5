//go:build unix

package graph_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// BenchmarkShapes builds each extreme shape at a tenth of its size and at its size, with everything that a report asks of a
// heap as a whole, and reports CPU seconds. Ten times the input must cost about ten times as much: the table of
// docs/performance.md has the ratios. HEAPCAUSE_SHAPES=100 divides the sizes by that, -short by 100.
func BenchmarkShapes(b *testing.B) {
	shrink := 1
	if testing.Short() {
		shrink = 100
	}
	if s := os.Getenv("HEAPCAUSE_SHAPES"); s != "" {
		k, err := strconv.Atoi(s)
		if err != nil || k < 1 {
			b.Fatalf("HEAPCAUSE_SHAPES=%s is no divisor", s)
		}
		shrink = k
	}
	for _, s := range hproftest.Shapes {
		for _, n := range []int{s.N / shrink / 10, s.N / shrink} {
			b.Run(fmt.Sprintf("%s/%d", s.Name, n), func(b *testing.B) {
				path := filepath.Join(b.TempDir(), "shape.hprof")
				if err := s.WriteFile(path, n); err != nil {
					b.Fatal(err)
				}
				runtime.GC() // what writing left is not to be collected at the measured one's cost
				var objects int64
				began := cpuSeconds()
				for b.Loop() {
					objects = buildShape(b, path)
				}
				spent := (cpuSeconds() - began) / float64(b.N)
				b.ReportMetric(spent, "cpu-s/op")
				b.ReportMetric(spent*1e9/float64(objects), "cpu-ns/object")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// buildShape asks of a heap what a report does and returns its number of objects.
func buildShape(b *testing.B, path string) int64 {
	b.Helper()
	f, err := hprof.Open(context.Background(), path, hprof.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	h, err := graph.Build(context.Background(), f, graph.Options{TempDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	h.Classes()
	for _, t := range h.Threads() {
		if _, ok := h.ThreadOf(t.Object); !ok {
			b.Fatal("a thread is lost")
		}
		h.Locals(t.Object)
	}
	for i := range 1000 {
		o := graph.Object(int64(i) * h.NumObjects() / 1000)
		h.RootsOf(o)
		h.InDegree(o)
		h.AsClass(o)
	}
	h.RetainedOf(h.Dominated(graph.NoObject, nil))
	return h.NumObjects()
}

// cpuSeconds returns the processor time of this process so far.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
