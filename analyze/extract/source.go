package extract

import (
	"context"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

// Source is a dump of which is known what rules read.
type Source struct {
	Heap  *graph.Heap
	reads *graph.Reads
}

// Build builds the graph of a dump and notes what is read of it. Close it.
func Build(ctx context.Context, f *hprof.File, opt graph.Options) (*Source, error) {
	s := &Source{reads: graph.NewReads()}
	opt.Reads = s.reads
	var err error
	s.Heap, err = graph.Build(ctx, f, opt)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// rowsRead are the rows of a table for which texts are read: more than a report shows unless it is asked to.
const rowsRead = 200

// Learn runs rules and inspections, to know what they read.
func (s *Source) Learn(ctx context.Context, opt analyze.Options) error {
	opt.Top = rowsRead
	_, err := analyze.Run(ctx, s.Heap, opt)
	s.threads()
	return err
}

// longestName bounds the names of threads.
const longestName = 500

// threads reads the names of all threads, those that do not run, too.
func (s *Source) threads() {
	thread := s.Heap.Subclasses("java.lang.Thread")
	r := jdk.NewReader(s.Heap)
	for o := graph.Object(0); int64(o) < s.Heap.NumObjects(); o++ {
		if thread[s.Heap.ClassOf(o)] {
			r.Name(o, longestName, "name")
		}
	}
}

// Close releases the graph. The dump stays open.
func (s *Source) Close() error { return s.Heap.Close() }
