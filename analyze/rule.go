package analyze

import (
	"slices"
	"time"

	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
)

// Rule recognises one pattern.
type Rule struct {
	Name         string          // lower case words with dashes
	Title        string          // one line
	Doc          string          // what it means, how it is recognised, what to do: a paragraph or more each
	Max          report.Severity // no finding of this rule is more severe
	Experimental bool            // no real dump proves it yet: off by default, never above info
	After        []string        // names of rules that run before this one when they are selected: it may join their findings
	Last         bool            // runs after all rules that are not: it joins whatever finding explains its objects
	Thresholds   []*Threshold    // what may be set
	Scans        []*Scan         // what it needs from the shared read, see Result
	Source       string          // the YAML file it was read from, "" for a rule in Go
	Run          func(*Pass) error
}

// Pass is what a rule may read, and where its findings go.
type Pass struct {
	Heap    *graph.Heap
	Options *Options
	Policy  redact.Policy // masks what is content of the dump
	Taken   time.Time     // when the dump was written, zero when it does not tell

	rule *Rule
	run  *run
}

// Report hands a finding in and returns it as it will be shown, so that it can be claimed for or added to.
func (p *Pass) Report(f report.Finding) *report.Finding {
	f.Rule, f.Doc, f.Experimental = p.rule.Name, p.rule.Name, p.rule.Experimental
	if f.Severity.Compare(p.rule.Max) > 0 {
		f.Severity = p.rule.Max
	}
	if p.rule.Experimental {
		f.Severity = report.Info
	}
	if f.RetainedShare == 0 {
		f.RetainedShare = p.Share(f.Retained)
	}
	f.RetainedShare = report.RoundShare(f.RetainedShare)
	p.run.findings = append(p.run.findings, &f)
	p.run.counts[p.rule]++
	return &f
}

// Join adds what this rule knows to a finding that speaks of the same objects already.
func (p *Pass) Join(f *report.Finding, text string, facts ...report.Fact) {
	f.Related = append(f.Related, report.Related{Rule: p.rule.Name, Text: text, Facts: facts})
	p.run.counts[p.rule]++
}

// Abstain says why the rule cannot judge: a class of an unknown shape is no proof that all is well.
func (p *Pass) Abstain(why string) {
	if p.run.skipped[p.rule] == "" {
		p.run.skipped[p.rule] = why
	}
}

// Figure adds a named number to the report, for monitoring and comparison.
func (p *Pass) Figure(name, unit string, value int64) {
	p.run.figures = append(p.run.figures, report.Figure{Name: name, Unit: unit, Value: value})
}

// Share returns a size as a fraction of the strongly reachable bytes; of all bytes where part of the dump is missing, and with
// it what holds the rest.
func (p *Pass) Share(bytes int64) float64 { return p.run.share(bytes, graph.Strong) }

// ShareAt returns a size as a fraction of what is held at least as strongly as s.
func (p *Pass) ShareAt(bytes int64, s graph.Strength) float64 { return p.run.share(bytes, s) }

// Incomplete reports whether part of the dump is missing.
func (p *Pass) Incomplete() bool { return p.run.incomplete() }

// Findings are those reported so far.
func (p *Pass) Findings() []*report.Finding { return p.run.findings }

// share returns a size as a fraction of what is held at least as strongly as s.
func (r *run) share(bytes int64, s graph.Strength) float64 {
	if r.incomplete() {
		s = graph.Unreachable
	}
	whole := r.heap.Total(s).Bytes
	if whole == 0 {
		return 0
	}
	return float64(bytes) / float64(whole)
}

func (r *run) incomplete() bool { return len(r.heap.Problems()) > 0 }

// Shares and sizes from which what a known pattern retains is a warning or an error. A small heap is full at a share, a large
// one is in trouble before; and what is only large in megabytes may be little in gigabytes.
const (
	warnBytes  = 32 << 20
	warnShare  = 0.01 // at warnBytes or more; Options.Threshold below
	errorBytes = 64 << 20
	errorShare = 0.25
)

// Severity judges what a known pattern retains; share is of what is held as strongly.
func (p *Pass) Severity(retained int64, share float64) report.Severity {
	switch {
	case retained >= errorBytes && share >= errorShare:
		return report.Error
	case retained >= warnBytes && share >= warnShare, share >= p.Options.Threshold:
		return report.Warning
	}
	return report.Info
}

// Shared returns what build makes of the dump, once for all rules of a run.
func Shared[T any](p *Pass, key string, build func() T) T {
	if v, ok := p.run.shared[key]; ok {
		return v.(T)
	}
	v := build()
	p.run.shared[key] = v
	return v
}

// IsA reports whether o is an instance of a class of that name, or of a subclass.
func (p *Pass) IsA(o graph.Object, class string) bool {
	return slices.ContainsFunc(p.Heap.ClassesByName(class), func(c graph.Class) bool { return p.Heap.IsA(p.Heap.ClassOf(o), c) })
}
