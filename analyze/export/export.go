package export

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"heapcause/analyze"
	"heapcause/analyze/export/dataset"
	"heapcause/graph"
)

// The names of the data sets.
const (
	Objects    = "objects"
	Dominators = "dominators"
	Strings    = "strings"
	References = "references"
	Classes    = "classes"
	Roots      = "roots"
	Threads    = "threads"
	Frames     = "frames"
	Findings   = "findings"
	Dumps      = "dumps"
)

// Tables are the names of the data sets, in the order in which they are written. The row of the dump is the last: it stands for all.
func Tables() []string {
	return []string{Objects, Dominators, Strings, References, Classes, Roots, Threads, Frames, Findings, Dumps}
}

// Options of Write.
type Options struct {
	Dir      string
	ID       string            // of the dump
	File     string            // its name in the data set of dumps
	Labels   map[string]string // of the dump
	Tables   []string          // data sets to write; nil is all
	Analysis analyze.Options   // Rules, ShowValues, Workers, ToolVersion, References and Progress count for the other data sets, too
}

// exporter is the state of one export.
type exporter struct {
	h       *graph.Heap
	opt     Options
	part    *dataset.Partition
	classes *classTable
	workers int
}

// Write writes the data sets of a heap and returns what each has. Nothing of it appears before all are whole.
func Write(ctx context.Context, h *graph.Heap, opt Options) ([]dataset.Sum, error) {
	e := &exporter{
		h: h, opt: opt, workers: opt.Analysis.Workers,
		part: dataset.New(opt.Dir, opt.ID, dataset.Creator{Name: "heapcause", Version: opt.Analysis.ToolVersion}),
	}
	defer e.part.Abort()
	if e.workers <= 0 {
		e.workers = runtime.GOMAXPROCS(0)
	}
	if e.opt.Analysis.Progress == nil {
		e.opt.Analysis.Progress = func(string, int64, int64) {}
	}
	for _, step := range []func(context.Context) error{
		e.findings, e.classRows, e.objects, e.dominators, e.strings, e.references, e.roots, e.threads, e.dump,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		debug.FreeOSMemory() // buffers of one data set are not left lying beside those of the next
	}
	if err := h.File().Changed(); err != nil {
		return nil, err
	}
	if err := h.Err(); err != nil {
		return nil, err
	}
	if err := e.part.Commit(); err != nil {
		return nil, err
	}
	sums := e.part.Sums()
	order := Tables()
	slices.SortFunc(sums, func(a, b dataset.Sum) int { return slices.Index(order, a.Table) - slices.Index(order, b.Table) })
	return sums, nil
}

// wants reports whether a data set is to be written.
func (e *exporter) wants(table string) bool {
	return e.opt.Tables == nil || slices.Contains(e.opt.Tables, table)
}

// inParallel has the portions 0 to n-1 made by all workers. They are begun in order, and end in order, as data sets want it.
func (e *exporter) inParallel(ctx context.Context, n int, worker func() func(portion int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range min(e.workers, n) {
		run := worker()
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				err := ctx.Err()
				if err == nil {
					err = run(i)
				}
				if err != nil {
					e.part.Fail(err)
					return err
				}
			}
		})
	}
	return g.Wait()
}

// open begins a data set, nil where it is not wanted.
func open[T any](e *exporter, table string) *dataset.Table[T] {
	if !e.wants(table) {
		return nil
	}
	return dataset.Open[T](e.part, table)
}

// small writes a data set of one portion.
func small[T any](e *exporter, table string, rows func(add func(T))) error {
	t := open[T](e, table)
	if t == nil {
		return nil
	}
	w := t.Writer()
	w.Begin(0)
	rows(w.Add)
	if err := w.End(); err != nil {
		return err
	}
	return t.Close()
}
