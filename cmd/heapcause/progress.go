package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
)

// progress shows one line on a terminal: phase, share, time left.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	on    bool
	phase string
	begun time.Time
	last  time.Time
	shown bool
	also  func(phase string, done, total int64) // may be nil; told whether there is a terminal or not
}

func (a *app) progress() *progress {
	_, tty := terminal(a.stderr)
	return &progress{w: a.stderr, on: tty && !a.f.quiet}
}

const progressEvery = 200 * time.Millisecond

// phaseHook is told of progress first; nil but in tests.
var phaseHook func(phase string)

// update is called from any goroutine, often.
func (p *progress) update(phase string, done, total int64) {
	if phaseHook != nil {
		phaseHook(phase)
	}
	if p.also != nil {
		p.also(phase, done, total)
	}
	if !p.on {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if phase != p.phase {
		p.phase, p.begun, p.last = phase, now, time.Time{}
	}
	if now.Sub(p.last) < progressEvery {
		return
	}
	p.last, p.shown = now, true
	line := phase
	if total == 0 && done > 0 { // nobody knows how much there is
		line += "  " + humanize.IBytes(uint64(done))
	}
	if total > 0 {
		line += fmt.Sprintf("  %d %%  %s of %s", 100*done/total, humanize.IBytes(uint64(done)), humanize.IBytes(uint64(total)))
		if spent := now.Sub(p.begun); done > 0 && spent > time.Second {
			left := time.Duration(float64(spent) * float64(total-done) / float64(done))
			line += fmt.Sprintf("  %s left", left.Round(time.Second))
		}
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
}

// say prints a line of its own.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	fmt.Fprintf(p.w, "heapcause: "+format+"\n", args...)
}

// clear removes the line for good.
func (p *progress) clear() {
	p.pause()
	p.on = false
}

// pause removes the line, so that something else can be printed.
func (p *progress) pause() {
	if !p.on {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.shown = false
}
