package mcp

import (
	"context"
	"io"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Progress is told how far work is; total 0 is not known. Called from any goroutine.
type Progress func(phase string, done, total int64)

// Opener makes the graph of a dump, with inbound references. fresh says that an index is not to be trusted.
type Opener func(ctx context.Context, path string, fresh bool, p Progress) (h *graph.Heap, release func(), err error)

// Options of New. All functions are wanted.
type Options struct {
	Version    string
	ShowValues bool     // do not mask contents of the dumps
	Dumps      []string // that are there from the beginning; the first is meant where a call names none
	Allow      []string // folders below which dumps are opened; none stands for the folders of Dumps
	MaxOpen    int      // graphs that are kept; 0 is DefaultMaxOpen
	MaxBytes   int      // of an answer's JSON unless the call says otherwise; 0 is DefaultMaxBytes
	Log        io.Writer

	Open     Opener
	Analysis func() (analyze.Options, error)                                             // of a report
	Report   func(ctx context.Context, path string, p Progress) (*report.Report, error)  // for comparing: of a dump or a saved report
	Estimate func(ctx context.Context, path string, p Progress) (*report.Section, error) // what an analysis costs
	Hint     func(error) string                                                          // what to do about an error, "" for nothing
}

// Bounds of what is kept and sent.
const (
	DefaultMaxOpen  = 3
	DefaultMaxBytes = 12 << 10
	LeastBytes      = 2 << 10
	MostBytes       = 256 << 10
	defaultLimit    = 20
	mostLimit       = 200
	mostOffset      = 90_000 // with the limit below explore.MaxRows
	mostText        = 4 << 10
	mostCalls       = 4 // that work side by side
)
