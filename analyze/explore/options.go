package explore

import (
	"heapcause/analyze"
	"heapcause/report"
	"heapcause/report/redact"
)

const (
	// DefaultTop is the number of rows of a table unless Options say otherwise.
	DefaultTop = 20
	// MaxRows is how many rows a table has at most, whatever Options say: an answer is held in memory before it is printed.
	MaxRows = 100_000
)

// Options are what all answers share.
type Options struct {
	Policy   redact.Policy                         // masks contents of strings, SQL literals and URLs
	Top      int                                   // rows per table; 0 is DefaultTop, below 0 and above MaxRows are MaxRows
	Analysis analyze.Options                       // of the analysis whose findings @finding:N numbers
	Rules    func() ([]*analyze.Rule, error)       // of that analysis, asked for when they are needed; nil for none
	Findings *Findings                             // keeps that analysis for the next selector; nil makes it each time
	Progress func(phase string, done, total int64) // may be nil; called from any goroutine
}

// Rows is how many rows a table may have.
func (o *Options) Rows() int {
	switch {
	case o.Top == 0:
		return DefaultTop
	case o.Top < 0:
		return MaxRows
	}
	return min(o.Top, MaxRows)
}

// add appends a row, or counts it, with the bytes it speaks of, where the table is full.
func (o *Options) add(t *report.Table, bytes int64, row ...report.Value) {
	if len(t.Rows) >= o.Rows() {
		t.Omitted++
		t.OmittedBytes += bytes
		return
	}
	t.Rows = append(t.Rows, row)
}

// phase is Progress for one phase.
func (o *Options) phase(name string) func(done, total int64) {
	return func(done, total int64) {
		if o.Progress != nil {
			o.Progress(name, done, total)
		}
	}
}
