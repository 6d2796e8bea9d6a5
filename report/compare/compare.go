package compare

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"heapcause/report"
)

// Options of Compare.
type Options struct {
	Top  int         // rows per list; below 0 all
	Tool report.Tool // that compares
}

// shortest is the time between the first and the last dump from which a rate says something, in hours: a minute.
const shortest = 1.0 / 60

// Slim drops what a comparison does not need, so that a long series takes little memory.
func Slim(r *report.Report) *report.Report {
	s := *r
	s.Consumers.Objects, s.Threads, s.Tree, s.Sections, s.Rules = report.List[report.ObjectRow]{}, report.List[report.ThreadRow]{}, report.List[report.TreeNode]{}, nil, nil
	s.Findings = slices.Clone(s.Findings)
	for i, f := range s.Findings {
		s.Findings[i] = report.Finding{Rule: f.Rule, Severity: f.Severity, Title: f.Title, Anchor: f.Anchor, Signature: f.Signature, Retained: f.Retained, Objects: f.Objects}
	}
	return &s
}

// Compare compares at least two reports, in the order of time. It refuses reports that count references in different ways.
func Compare(reports []*report.Report, opt Options) (*Comparison, error) {
	if len(reports) < 2 {
		return nil, errors.New("comparing takes two reports or more")
	}
	for _, r := range reports[1:] {
		if first := reports[0]; r.Settings.References != first.Settings.References {
			return nil, fmt.Errorf("%s was analysed with --references=%s, %s with --references=%s: what they retain cannot be compared",
				first.Dump.File, first.Settings.References, r.Dump.File, r.Settings.References)
		}
	}
	c := &Comparison{SchemaVersion: SchemaVersion, Tool: opt.Tool}
	for _, r := range reports {
		d := &r.Dump
		s := Step{File: d.File, Bytes: r.Counts.Bytes, Strong: r.Retention.Strong.Bytes, Objects: r.Counts.Objects, Findings: len(r.Findings), Incomplete: d.Incomplete}
		if report.Writable(d.Taken) {
			s.Taken = d.Taken
		}
		c.Steps = append(c.Steps, s)
	}
	c.Hours = hours(c.Steps)
	c.notes(reports)
	c.paths(reports, opt.Top)
	c.findings(reports)
	c.figures(reports)
	c.groups(reports, opt.Top)
	return c, nil
}

// hours is the time from the first dump to the last, 0 where it is not known, too short, or not in order.
func hours(steps []Step) float64 {
	for i, s := range steps {
		if s.Taken.IsZero() || i > 0 && s.Taken.Before(steps[i-1].Taken) {
			return 0
		}
	}
	if h := steps[len(steps)-1].Taken.Sub(steps[0].Taken).Hours(); h >= shortest {
		return h
	}
	return 0
}

// GrowthOfHeap is how much more is strongly reachable in the last dump than in the first.
func (c *Comparison) GrowthOfHeap() int64 { return c.Steps[len(c.Steps)-1].Strong - c.Steps[0].Strong }

// Incomplete reports whether a dump of the series is.
func (c *Comparison) Incomplete() bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Incomplete })
}

// notes say what limits the comparison.
func (c *Comparison) notes(reports []*report.Report) {
	note := func(format string, args ...any) { c.Notes = append(c.Notes, fmt.Sprintf(format, args...)) }
	if len(reports) == 2 {
		note("Two dumps cannot tell growth from fluctuation: what grew here may shrink in the next. Three dumps or more can.")
	}
	first := reports[0]
	for i, r := range reports {
		if r.Dump.Incomplete {
			note("%s is incomplete: what is missing looks like shrinking.", r.Dump.File)
		}
		if len(r.Paths.Rows) == 0 {
			note("The report of %s has no paths: growth by path leaves it out of account. A newer heapcause analyze saves them.", r.Dump.File)
		}
		if i == 0 {
			continue
		}
		if a, b := c.Steps[i-1].Taken, c.Steps[i].Taken; !a.IsZero() && b.Before(a) {
			note("%s was taken before %s: the order given counts, not the time, and growth per hour is not computed.", r.Dump.File, reports[i-1].Dump.File)
		}
		if r.Settings.Threshold != first.Settings.Threshold {
			note("%s was analysed with another --threshold than %s: leak suspects may come and go by that.", r.Dump.File, first.Dump.File)
		}
		if layout(r) != layout(first) {
			note("Object sizes of %s follow another layout than those of %s: bytes differ for that alone.", r.Dump.File, first.Dump.File)
		}
		if r.Dump.JVM != first.Dump.JVM {
			note("%s is of another JVM (%s) than %s (%s).", r.Dump.File, r.Dump.JVM, first.Dump.File, first.Dump.JVM)
		}
	}
}

// layout is what a size model says before its evidence.
func layout(r *report.Report) string {
	s, _, _ := strings.Cut(r.Sizes.Line, ";")
	return s
}
