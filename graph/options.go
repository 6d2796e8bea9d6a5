package graph

import (
	"runtime"
	"time"
)

// Options of Build.
type Options struct {
	References References
	Sizes      Sizes
	TempDir    string                                // "" is the system's
	NoInbound  bool                                  // leave the inbound references out: In and Path then find nothing
	MaxMemory  int64                                 // bytes; what needs more is refused with a *MemoryError; 0 is no limit
	Reads      *Reads                                // where to note what is asked of contents; may be nil
	Workers    int                                   // processors to use; 0 is all
	Progress   func(phase string, done, total int64) // bytes or objects done; may be nil; called from any goroutine
}

// Sizes chooses where object sizes come from.
type Sizes uint8

const (
	// MeasuredSizes are what addresses show, with the packing rules: those of the JVM that wrote the dump.
	MeasuredSizes Sizes = iota
	// ComputedSizes are what the packing rules give for the JVM's version and the identifier size alone.
	ComputedSizes
)

func (o *Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func (o *Options) inbound() bool { return !o.NoInbound }

// phase times one step.
func (h *Heap) phase(name string) func() {
	if h.opt.Progress != nil {
		h.opt.Progress(name, 0, 0)
	}
	t := time.Now()
	return func() { h.Timing = append(h.Timing, Phase{name, time.Since(t)}) }
}
