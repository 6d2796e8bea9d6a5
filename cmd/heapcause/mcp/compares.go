package mcp

import (
	"context"
	"os"
	"slices"
	"time"

	"heapcause/report"
)

// compares keeps the reports of the last comparison, so that its pages, or the next dump of a series, do not cost an analysis of all.
type compares struct {
	turn chan struct{} // taken by who compares
	last []madeReport
}

// madeReport is the report of a file as it was.
type madeReport struct {
	path     string
	size     int64
	modified time.Time
	report   *report.Report
}

func newCompares() *compares { return &compares{turn: make(chan struct{}, 1)} }

// of returns the reports of files, from the last comparison where they are the same files.
func (c *compares) of(ctx context.Context, paths []string, analyse func(path string) (*report.Report, error)) ([]*report.Report, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var now []madeReport
	var out []*report.Report
	for _, path := range paths {
		st, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		m := madeReport{path: path, size: st.Size(), modified: st.ModTime()}
		for _, known := range slices.Concat(c.last, now) {
			if known.path == path && known.size == m.size && known.modified.Equal(m.modified) {
				m.report = known.report
			}
		}
		if m.report == nil {
			if m.report, err = analyse(path); err != nil {
				return nil, err
			}
		}
		now, out = append(now, m), append(out, m.report)
	}
	c.last = now
	return out, nil
}
