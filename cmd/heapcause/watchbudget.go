package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"heapcause/analyze/watch"
	"heapcause/hprof/live"
	"heapcause/report/gate"
)

// watchBudget judges samples by a budget file.
type watchBudget struct {
	budget  *gate.Budget
	first   gate.Figures // of the first sample: growth is measured from it
	broken  []string     // limits, in the order in which they broke
	capture string       // a dump to take when the first breaks, "" for none
}

// readWatchBudget reads the file of --budget; nil without one.
func readWatchBudget(path, capture string) (*watchBudget, error) {
	if path == "" {
		if capture != "" {
			return nil, &hintError{fmt.Errorf("--capture-on %s: there is no limit that could break", capture), "add --budget heapcause.yaml"}
		}
		return nil, nil
	}
	if err := checkOutput(capture); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--budget: %w", fileError(path, err))
	}
	var extra []gate.FigureInfo
	for _, f := range watch.Figures {
		if !slices.ContainsFunc(gate.KnownFigures, func(k gate.FigureInfo) bool { return k.Name == f.Name }) {
			extra = append(extra, gate.FigureInfo{Name: f.Name, Unit: f.Unit, Doc: f.Doc})
		}
	}
	b, err := gate.Parse(path, data, extra...)
	if err != nil {
		return nil, &hintError{err, "docs/live.md lists the figures of running JVMs"}
	}
	return &watchBudget{budget: b, capture: capture}, nil
}

// judge says which limits a sample breaks that none before it has broken.
func (b *watchBudget) judge(figures map[string]int64) (broke []string) {
	if b.first == nil {
		b.first = figures
	}
	for _, v := range b.budget.Figures(figures, b.first) {
		if v.State == gate.Broken && !slices.Contains(b.broken, v.Limit) {
			b.broken = append(b.broken, v.Limit)
			broke = append(broke, v.Text)
		}
	}
	return broke
}

// check judges a sample, tells what broke, and takes the dump that was asked for, once.
func (w *watching) check(ctx context.Context, now time.Time) {
	if w.budget == nil {
		return
	}
	before := len(w.budget.broken)
	for _, text := range w.budget.judge(w.figures) {
		w.say("%s: %s", now.Format("15:04:05"), text)
	}
	if before > 0 || len(w.budget.broken) == 0 || w.budget.capture == "" {
		return
	}
	done, err := w.jvm.Capture(ctx, live.CaptureOptions{Path: w.budget.capture, Timeout: max(w.opt.timeout, 30*time.Second)})
	if err != nil {
		w.say("warning: no dump was taken: %v", err)
		return
	}
	w.say("dump taken: %s, %s", w.budget.capture, humanize.IBytes(uint64(done.Bytes)))
}

// gate is the error of limits that broke.
func (b *watchBudget) gate() error {
	if b == nil || len(b.broken) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", errGate, strings.Join(b.broken, ", "))
}
