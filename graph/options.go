package graph

import (
	"runtime"
	"time"
)

// Options of Build.
type Options struct {
	References References
	TempDir    string                                // "" is the system's
	NoInbound  bool                                  // leave the inbound references out: In and Path then find nothing
	MaxMemory  int64                                 // bytes; what needs more is refused with a *MemoryError; 0 is no limit
	Workers    int                                   // processors to use; 0 is all
	Progress   func(phase string, done, total int64) // bytes or objects done; may be nil; called from any goroutine
}

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
