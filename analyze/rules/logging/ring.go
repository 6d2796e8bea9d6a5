package logging

import (
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
)

const ringEvent = "org.apache.logging.log4j.core.async.RingBufferLogEvent"

// slot is one event of a ring buffer.
type slot struct {
	object    graph.Object
	populated bool
}

var ringScan = &analyze.Scan{Name: "Log4j 2's ring buffers", Start: func(b *analyze.Binder) analyze.Scanner {
	populated, ok := b.Need(ringEvent, "populated")
	if !ok {
		return nil
	}
	return &analyze.Rows[slot]{
		Wanted: b.Subclasses(ringEvent),
		Read:   func(v *graph.View) slot { return slot{v.Object, v.Bool(populated)} },
		Object: func(s slot) graph.Object { return s.object },
	}
}}

// rings counts the populated slots of each ring buffer.
func (p pass) rings() []*backlog {
	byArray := map[graph.Object]*backlog{}
	var all []*backlog
	for _, s := range analyze.Result[[]slot](p.Pass, ringScan) {
		array := p.Heap.Idom(s.object)
		if array == graph.NoObject || p.Heap.ClassName(array) != "java.lang.Object[]" {
			continue
		}
		b := byArray[array]
		if b == nil {
			b = &backlog{
				what: "Log4j 2's ring buffer", base: "org.apache.logging.log4j.core.async.AsyncLogger", point: array, blocks: true, setting: "asynchronous loggers",
				fix: "Decide what happens when the ring buffer is full: log4j2.asyncQueueFullPolicy=Discard drops events of INFO and below instead of having threads wait.",
			}
			byArray[array] = b
			all = append(all, b)
		}
		b.capacity++
		if s.populated {
			if b.events++; len(b.sample) < maxSample {
				b.sample = append(b.sample, s.object)
			}
		}
	}
	slices.SortFunc(all, func(a, b *backlog) int { return cmp.Compare(a.point, b.point) })
	return all
}
