package main

import (
	"fmt"
	"os"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"heapcause/graph"
)

// timing collects how long each phase of a command took, for --verbose.
type timing struct{ phases []graph.Phase }

// phase begins a phase; the function it returns ends it.
func (t *timing) phase(name string) func() {
	begun := time.Now()
	return func() { t.phases = append(t.phases, graph.Phase{Name: name, Wall: time.Since(begun)}) }
}

// merge adds up phases of one name, in the order of their first times.
func (t *timing) merge() {
	var out []graph.Phase
	for _, p := range t.phases {
		i := slices.IndexFunc(out, func(o graph.Phase) bool { return o.Name == p.Name })
		if i < 0 {
			out = append(out, p)
			continue
		}
		out[i].Wall += p.Wall
	}
	t.phases = out
}

// printTiming prints the time of each phase and the peak memory, when asked to.
func (a *app) printTiming() {
	if !a.f.verbose {
		return
	}
	total := time.Duration(0)
	for _, p := range a.timing.phases {
		fmt.Fprintf(a.stderr, "%-20s %8.2f s\n", p.Name, p.Wall.Seconds())
		total += p.Wall
	}
	fmt.Fprintf(a.stderr, "%-20s %8.2f s\n", "all phases", total.Seconds())
	fmt.Fprintf(a.stderr, "%-20s %8.2f s of processor time\n", "garbage collection", collecting())
	if n := peakMemory(); n > 0 {
		fmt.Fprintf(a.stderr, "%-20s %10s\n", "peak memory", humanize.IBytes(uint64(n)))
	}
}

// collecting returns the processor time that the garbage collector has taken from the program so far, in seconds: without what
// it does while processors are idle.
func collecting() float64 {
	s := []metrics.Sample{
		{Name: "/cpu/classes/gc/mark/assist:cpu-seconds"}, {Name: "/cpu/classes/gc/mark/dedicated:cpu-seconds"}, {Name: "/cpu/classes/gc/pause:cpu-seconds"},
	}
	metrics.Read(s)
	sum := 0.0
	for _, x := range s {
		if x.Value.Kind() == metrics.KindFloat64 {
			sum += x.Value.Float64()
		}
	}
	return sum
}

// peakMemory returns the peak resident size of this process in bytes, 0 where the system does not tell.
func peakMemory() int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}
