package query

import (
	"context"
	"fmt"
	"slices"
	"time"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Section answers a query with a table of at most opt.MaxRows rows.
func Section(ctx context.Context, h *graph.Heap, text string, opt Options) (*report.Section, error) {
	p, err := Prepare(ctx, h, text, opt)
	if err != nil {
		return nil, err
	}
	t := report.Table{Name: "rows", Title: "Rows", Columns: p.Columns}
	res, err := p.Run(ctx, func(row []report.Value) error {
		t.Rows = append(t.Rows, slices.Clone(row))
		return nil
	})
	if err != nil {
		return nil, err
	}
	t.Omitted = res.Left
	s := TableSection(t, res)
	return &s, nil
}

// TableSection is the section that a query's rows are shown in.
func TableSection(t report.Table, res Result) report.Section {
	return report.Section{
		Name: "query", Title: "Query", Summary: res.Sentence(),
		Facts: report.Rows[report.Fact]{}, Tables: report.Rows[report.Table]{t}, Notes: report.Rows[string]{},
	}
}

// Sentence says how many rows there are.
func (r Result) Sentence() string {
	switch {
	case r.Left == 0:
		return analyze.Plural(r.Rows, "row") + "."
	case r.AtLeast:
		return fmt.Sprintf("%s of at least %s.", analyze.Number(r.Rows), analyze.Plural(r.Rows+r.Left, "row"))
	}
	return fmt.Sprintf("%s of %s.", analyze.Number(r.Rows), analyze.Plural(r.Rows+r.Left, "row"))
}
