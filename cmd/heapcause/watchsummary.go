package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"heapcause/analyze"
	"heapcause/analyze/watch"
)

// watchSummary is what all samples come to.
type watchSummary struct {
	number       int
	begun, ended time.Time
	first, last  map[string]int64 // figures
	most         map[string]int64
	counted      bool // some sample had counters
}

func (w *watchSummary) add(now time.Time, s *watch.Sample, figures map[string]int64) {
	w.number++
	if w.first == nil {
		w.begun, w.first, w.most = now, map[string]int64{}, map[string]int64{}
	}
	w.ended, w.last, w.counted = now, figures, w.counted || s.Counters != nil
	for name, n := range figures {
		if _, known := w.first[name]; !known {
			w.first[name], w.most[name] = n, n
		}
		w.most[name] = max(w.most[name], n)
	}
}

// lines say how the figures that matter went from the first sample to the last: in one line, or in one each where that is too wide.
func (w *watchSummary) lines(width int) []string {
	span := func(name string, show func(int64) string) string {
		first, last := show(w.first[name]), show(w.last[name])
		if most := show(w.most[name]); most != first && most != last {
			return fmt.Sprintf("%s to %s, at most %s", first, last, most)
		}
		if first == last {
			return first
		}
		return first + " to " + last
	}
	head := fmt.Sprintf("%d samples in %s", w.number, seconds(w.ended.Sub(w.begun)))
	if w.number == 1 {
		head = "1 sample"
	}
	parts := []string{}
	if w.counted {
		parts = append(parts, "heap used "+span("heap.used", humanBytes),
			fmt.Sprintf("%s in %s", analyze.Plural(w.last["gc.collections"]-w.first["gc.collections"], "collection"), seconds(time.Duration(w.last["gc.time"]-w.first["gc.time"])*time.Millisecond)),
			"threads "+span("threads", humanize.Comma))
	}
	if _, known := w.last["finalizer.queued"]; known {
		parts = append(parts, "queued "+span("finalizer.queued", humanize.Comma))
	}
	if len(parts) == 0 {
		return []string{head + "."}
	}
	if line := head + ": " + strings.Join(parts, "; ") + "."; width == 0 || len(line) < width {
		return []string{line}
	}
	return append([]string{head + ":"}, parts...)
}
