package compare

import (
	"cmp"
	"slices"

	"heapcause/report"
)

// about is the part by which what a finding retains may differ without a word.
const about = 0.05

// findings lines findings up by signature: those that are new first, then those that grew.
func (c *Comparison) findings(reports []*report.Report) {
	at := map[string]int{}
	for i, r := range reports {
		for _, f := range r.Findings {
			k, ok := at[f.Signature]
			if !ok {
				k = len(c.Findings)
				at[f.Signature] = k
				c.Findings = append(c.Findings, FindingGrowth{Signature: f.Signature, Points: make([]FindingPoint, len(reports))})
			}
			g := &c.Findings[k]
			g.Rule, g.Severity, g.Title, g.Anchor = f.Rule, f.Severity, f.Title, f.Anchor // as the last dump tells it
			p := &g.Points[i]
			p.Found = true
			p.Retained += f.Retained
			p.Objects += f.Objects
		}
	}
	for i := range c.Findings {
		c.Findings[i].Change = change(c.Findings[i].Points)
	}
	rank := map[Change]int{New: 0, Grown: 1, Same: 2, Shrunk: 3, Passed: 4, Gone: 5}
	slices.SortFunc(c.Findings, func(a, b FindingGrowth) int {
		return cmp.Or(cmp.Compare(rank[a.Change], rank[b.Change]), b.Severity.Compare(a.Severity),
			cmp.Compare(lastRetained(b), lastRetained(a)), cmp.Compare(a.Signature, b.Signature))
	})
}

func lastRetained(f FindingGrowth) int64 { return f.Points[len(f.Points)-1].Retained }

// change says what became of a finding.
func change(points []FindingPoint) Change {
	a, b := points[0], points[len(points)-1]
	d := float64(b.Retained - a.Retained)
	switch {
	case !a.Found && !b.Found:
		return Passed
	case !a.Found:
		return New
	case !b.Found:
		return Gone
	case d > about*float64(a.Retained):
		return Grown
	case d < -about*float64(a.Retained):
		return Shrunk
	}
	return Same
}

// figures lines up the figures by name and drops those that stay.
func (c *Comparison) figures(reports []*report.Report) {
	at := map[string]int{}
	var all []FigureGrowth
	for i, r := range reports {
		for _, f := range r.Figures {
			k, ok := at[f.Name]
			if !ok {
				k = len(all)
				at[f.Name] = k
				all = append(all, FigureGrowth{Name: f.Name, Unit: f.Unit, Values: make([]*int64, len(reports))})
			}
			v := f.Value
			all[k].Values[i] = &v
		}
	}
	for _, f := range all {
		for _, v := range f.Values {
			if (v == nil) != (f.Values[0] == nil) || v != nil && *v != *f.Values[0] {
				c.Figures = append(c.Figures, f)
				break
			}
		}
	}
	slices.SortFunc(c.Figures, func(a, b FigureGrowth) int { return cmp.Compare(a.Name, b.Name) })
}
