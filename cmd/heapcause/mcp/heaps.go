package mcp

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/report"
)

// heaps keeps the graphs of a bounded number of dumps. Those in use are never closed.
type heaps struct {
	ctx  context.Context // of the server: a graph is built for all who wait for it
	open Opener
	max  int

	mu    sync.Mutex
	all   map[string]*kept
	clock uint64
}

// kept is a graph, or one that is being built.
type kept struct {
	path     string
	size     int64
	modified time.Time
	ready    chan struct{} // closed once h or err is set
	cancel   context.CancelFunc
	users    int // that wait for it or ask it
	used     uint64
	gone     bool // no longer in the map: the last user closes it
	h        *graph.Heap
	close    func()
	err      error

	subs     map[*Progress]bool
	findings *explore.Findings
	analysis chan struct{} // taken by who makes the report
	report   *report.Report
}

func newHeaps(ctx context.Context, open Opener, most int) *heaps {
	return &heaps{ctx: ctx, open: open, max: most, all: map[string]*kept{}}
}

// get returns the graph of a dump and what is to be called once it is no longer used. fresh asks for one that does not come from an index.
func (s *heaps) get(ctx context.Context, path string, fresh bool, p Progress) (*kept, func(), error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	k := s.all[path]
	if k != nil && (k.size != st.Size() || !k.modified.Equal(st.ModTime()) || fresh && k.h != nil && k.h.FromIndex()) {
		s.drop(k)
		k = nil
	}
	if k == nil {
		k = s.start(path, st, fresh)
	}
	s.clock++
	k.used = s.clock
	k.users++
	k.subs[&p] = true
	s.mu.Unlock()
	release := func() { s.release(k) }
	select {
	case <-k.ready:
	case <-ctx.Done():
	}
	s.mu.Lock()
	delete(k.subs, &p)
	s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		release()
		return nil, nil, err
	}
	if k.err != nil {
		release()
		return nil, nil, k.err
	}
	return k, release, nil
}

// start begins to build a graph, for all who wait for it. The lock is held.
func (s *heaps) start(path string, st os.FileInfo, fresh bool) *kept {
	ctx, cancel := context.WithCancel(s.ctx)
	k := &kept{
		path: path, size: st.Size(), modified: st.ModTime(), ready: make(chan struct{}), cancel: cancel,
		subs: map[*Progress]bool{}, findings: explore.NewFindings(), analysis: make(chan struct{}, 1),
	}
	s.all[path] = k
	s.shrink(s.max)
	go func() {
		h, done, err := s.open(ctx, path, fresh, func(phase string, n, total int64) { s.tell(k, phase, n, total) })
		s.mu.Lock()
		k.h, k.close, k.err = h, done, err
		if err != nil {
			s.drop(k)
		}
		close(k.ready)
		if k.gone && k.users == 0 {
			k.end()
		}
		s.mu.Unlock()
	}()
	return k
}

// tell passes progress on to those who wait.
func (s *heaps) tell(k *kept, phase string, done, total int64) {
	s.mu.Lock()
	var subs []Progress
	for p := range k.subs {
		if *p != nil {
			subs = append(subs, *p)
		}
	}
	s.mu.Unlock()
	for _, p := range subs {
		p(phase, done, total)
	}
}

// release ends a use. Where nobody waits for a graph any more, its building ends too.
func (s *heaps) release(k *kept) {
	s.mu.Lock()
	k.users--
	idle := k.users == 0
	ready := false
	select {
	case <-k.ready:
		ready = true
	default:
	}
	if idle && !ready {
		s.drop(k)
	}
	if idle && ready && k.gone {
		k.end()
	}
	s.shrink(s.max)
	s.mu.Unlock()
}

// drop forgets a graph; who uses it goes on. The lock is held.
func (s *heaps) drop(k *kept) {
	if s.all[k.path] == k {
		delete(s.all, k.path)
	}
	k.gone = true
	if k.users > 0 {
		return
	}
	select {
	case <-k.ready:
		k.end()
	default:
		k.cancel()
	}
}

// shrink closes graphs that nobody uses, those used longest ago first, until no more than most are kept. The lock is held.
func (s *heaps) shrink(most int) {
	for len(s.all) > most {
		var oldest *kept
		for _, k := range s.all {
			if k.users == 0 && k.h != nil && (oldest == nil || k.used < oldest.used) {
				oldest = k
			}
		}
		if oldest == nil {
			return
		}
		s.drop(oldest)
	}
}

// closeAll closes what nobody uses and leaves the rest to its users.
func (s *heaps) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.all {
		s.drop(k)
	}
}

// paths returns the dumps whose graphs are there.
func (s *heaps) paths() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]bool{}
	for path, k := range s.all {
		if k.h != nil {
			out[path] = true
		}
	}
	return out
}

// end releases the graph. The lock is held, so that it happens once.
func (k *kept) end() {
	k.cancel()
	if k.close != nil {
		k.close()
		k.close = nil
	}
}

// reportOf returns the report of the dump, which is made once. Who is first makes it; when he is stopped, the next does.
func (k *kept) reportOf(ctx context.Context, analyze func(context.Context, *graph.Heap) (*report.Report, error)) (*report.Report, error) {
	select {
	case k.analysis <- struct{}{}:
		defer func() { <-k.analysis }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if k.report != nil {
		return k.report, nil
	}
	r, err := analyze(ctx, k.h)
	if err == nil && k.h.Err() != nil {
		err = k.h.Err()
	}
	if err == nil {
		k.report = r
	}
	return r, err
}

// void says why answers of a graph are not to be trusted: its index is damaged, or the dump has changed.
func void(h *graph.Heap) error {
	return errors.Join(h.Err(), h.File().Changed())
}
