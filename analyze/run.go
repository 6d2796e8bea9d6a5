package analyze

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
)

// Options of Run.
type Options struct {
	Rules       []*Rule // as Select returns them
	Top         int     // rows per table
	Threshold   float64 // share of the strongly reachable bytes from which an object is a suspect, 0 to 1
	ShowValues  bool
	References  string // "default" or "all", for the report
	ToolVersion string
	Progress    func(phase string, done, total int64)
}

// run is the state of one analysis.
type run struct {
	heap     *graph.Heap
	opt      *Options
	policy   redact.Policy
	facts    *Facts
	findings []*report.Finding
	counts   map[string]int
	skipped  map[string]string
}

// Run analyses the heap.
func Run(ctx context.Context, h *graph.Heap, opt Options) (*report.Report, error) {
	if err := Validate(Rules()); err != nil {
		return nil, err
	}
	r := &run{heap: h, opt: &opt, policy: redact.Policy{ShowValues: opt.ShowValues}, counts: map[string]int{}, skipped: map[string]string{}}
	rules, err := order(opt.Rules)
	if err != nil {
		return nil, err
	}
	if len(rules) > 0 {
		if opt.Progress != nil {
			opt.Progress("rules", 0, 0)
		}
		if r.facts, err = collect(ctx, h); err != nil {
			return nil, err
		}
		for _, rule := range rules {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			p := &Pass{Heap: h, Options: &opt, Policy: r.policy, Facts: r.facts, rule: rule, run: r}
			if err := rule.Run(p); err != nil {
				return nil, fmt.Errorf("rule %s: %w", rule.Name, err)
			}
		}
	}
	return r.report(rules), nil
}

func (r *run) report(rules []*Rule) *report.Report {
	h := r.heap
	f := h.File()
	out := &report.Report{
		SchemaVersion: report.SchemaVersion,
		Tool:          report.Tool{Name: "heapcause", Version: r.opt.ToolVersion},
		Settings:      report.Settings{References: r.opt.References, Threshold: r.opt.Threshold, ShowValues: r.opt.ShowValues, Top: r.opt.Top},
		Dump: report.Dump{
			File: filepath.Base(f.Path), Format: "JAVA PROFILE " + f.Version, IDSize: f.IDSize,
			Taken: f.Time, Bytes: f.DiskSize, JVM: r.jvm(), Incomplete: len(h.Problems()) > 0,
		},
		Counts:    r.objectCounts(),
		Retention: retention(h),
		Sizes:     sizeModel(h),
	}
	if f.Unpacked != "" {
		out.Dump.Compression = "gzip"
	}
	for _, p := range h.Problems() {
		out.Dump.Problems.Rows = append(out.Dump.Problems.Rows, report.Problem{Offset: p.Offset, Text: p.What})
	}
	if len(h.Problems()) > 0 {
		out.Notes = append(out.Notes, "The dump is incomplete: retained sizes are lower bounds where references lead into what is missing.")
	}
	if n := h.Dangling(); n > 0 && out.Dump.Incomplete {
		out.Notes = append(out.Notes, fmt.Sprintf("%s references point at objects that the dump does not have.", number(n)))
	}
	for _, g := range r.facts.unknown() {
		out.Notes = append(out.Notes, g)
	}
	slices.SortStableFunc(r.findings, func(a, b *report.Finding) int {
		return cmp.Or(b.Severity.Compare(a.Severity), cmp.Compare(b.Retained, a.Retained), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Signature, b.Signature))
	})
	for _, f := range r.findings {
		out.Findings = append(out.Findings, *f)
	}
	slices.SortFunc(rules, func(a, b *Rule) int { return cmp.Compare(a.Name, b.Name) })
	for _, rule := range rules {
		out.Rules = append(out.Rules, report.RuleRun{Name: rule.Name, Title: rule.Title, Experimental: rule.Experimental, Findings: r.counts[rule.Name], Skipped: r.skipped[rule.Name]})
	}
	r.tables(out)
	r.threads(out)
	r.figures(out)
	return out
}

// jvm describes the virtual machine as far as its own classes hold it as strings.
func (r *run) jvm() string {
	h := r.heap
	v := h.JavaVersion()
	if v == "" {
		return ""
	}
	bits := "64-bit"
	if h.File().IDSize == 4 {
		bits = "32-bit"
	}
	return "Java " + v + ", " + bits
}

func (r *run) objectCounts() report.Counts {
	h := r.heap
	var c report.Counts
	for i := range h.NumClasses() {
		k := h.Class(graph.Class(i))
		switch {
		case k.IsArray:
			c.Arrays += k.Instances
		default:
			c.Instances += k.Instances
		}
		if k.Object != graph.NoObject {
			c.Classes++
		}
	}
	c.Instances -= c.Classes // class objects are counted apart
	c.Objects = c.Instances + c.Arrays
	c.Roots = int64(len(h.Roots()))
	c.Threads = int64(len(h.Threads()))
	for _, t := range h.Totals() {
		c.Bytes += t.Bytes
	}
	return c
}

func retention(h *graph.Heap) report.Retention {
	t := h.Totals()
	a := func(s graph.Strength) report.Amount { return report.Amount{Objects: t[s].Objects, Bytes: t[s].Bytes} }
	return report.Retention{Strong: a(graph.Strong), Soft: a(graph.Soft), Finalizer: a(graph.Finalizer), Weak: a(graph.Weak), Phantom: a(graph.Phantom), Unreachable: a(graph.Unreachable)}
}

func sizeModel(h *graph.Heap) report.SizeModel {
	m := h.Layout()
	return report.SizeModel{Line: m.String(), Estimated: m.Estimated, ConfirmedClasses: int64(m.Confirmed), UnconfirmedClasses: int64(m.Unconfirmed)}
}
