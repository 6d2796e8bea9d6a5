package explore

import (
	"heapcause/analyze"
	"heapcause/report"
	"heapcause/report/redact"
)

// DefaultTop is the number of rows of a table unless Options say otherwise.
const DefaultTop = 20

// Options are what all answers share.
type Options struct {
	Policy   redact.Policy                         // masks contents of strings, SQL literals and URLs
	Top      int                                   // rows per table; 0 is DefaultTop, below 0 all
	Analysis analyze.Options                       // of the analysis whose findings @finding:N numbers
	Rules    func() ([]*analyze.Rule, error)       // of that analysis, asked for when they are needed; nil for none
	Progress func(phase string, done, total int64) // may be nil; called from any goroutine
}

// rows is how many rows a table may have.
func (o *Options) rows() int {
	if o.Top == 0 {
		return DefaultTop
	}
	return o.Top
}

// full reports whether a table has as many rows as it may.
func (o *Options) full(t *report.Table) bool { return o.rows() >= 0 && len(t.Rows) >= o.rows() }

// add appends a row, or counts it, with the bytes it speaks of, where the table is full.
func (o *Options) add(t *report.Table, bytes int64, row ...report.Value) {
	if o.full(t) {
		t.Omitted++
		t.OmittedBytes += bytes
		return
	}
	t.Rows = append(t.Rows, row)
}
