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

// DefaultThreshold is the share of the strongly reachable bytes from which an object is a leak suspect.
const DefaultThreshold = 0.10

// Options of Run.
type Options struct {
	Rules       []*Rule            // without a name twice
	Inspections []*Inspection      // their sections come with the report
	Thresholds  map[string]float64 // by "rule.name", as ParseThreshold returns them; others have their defaults
	Top         int                // rows per table; below 0 all
	NoPaths     bool               // leaves Report.Paths empty: its names need inbound references
	AllGroups   bool               // list every class, package and loader among the consumers, whatever Top says
	Threshold   float64            // share of the strongly reachable bytes, 0 to 1; 0 is DefaultThreshold
	ShowValues  bool               // do not mask the contents of strings
	References  string             // "default" or "all": how the heap was built, for the report
	Workers     int                // processors to use besides the scan; 0 is all
	ToolVersion string
	Progress    func(phase string, done, total int64) // may be nil; called from any goroutine
	Claimed     func(finding int, c Claim)            // may be nil; called for each claim with the index of its finding in the report
}

// run is the state of one analysis.
type run struct {
	heap     *graph.Heap
	opt      *Options
	policy   redact.Policy
	findings []*report.Finding
	figures  []report.Figure
	claims   []Claim
	counts   map[*Rule]int
	skipped  map[*Rule]string
	results  map[*Scan]any
	unknown  map[*Scan]string
	shared   map[string]any
	links    int // of chains, followed for the tree
}

// Run analyses a heap. The same heap and options give the same report, whatever the number of workers.
func Run(ctx context.Context, h *graph.Heap, opt Options) (*report.Report, error) {
	if opt.Threshold <= 0 {
		opt.Threshold = DefaultThreshold
	}
	if opt.References == "" {
		opt.References = "default"
	}
	if opt.Progress == nil {
		opt.Progress = func(string, int64, int64) {}
	}
	r := &run{
		heap: h, opt: &opt, policy: redact.Policy{ShowValues: opt.ShowValues}, counts: map[*Rule]int{}, skipped: map[*Rule]string{},
		results: map[*Scan]any{}, unknown: map[*Scan]string{}, shared: map[string]any{},
	}
	err := r.rules(ctx)
	var out *report.Report
	if err == nil {
		opt.Progress("tables", 0, 0)
		out = r.report()
		err = r.inspect(ctx, out)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if changed := h.File().Changed(); changed != nil { // whatever else came of it
		return nil, changed
	}
	return out, err
}

// rules runs the selected rules.
func (r *run) rules(ctx context.Context) error {
	rules, err := order(r.opt.Rules)
	if err != nil {
		return err
	}
	r.opt.Progress("reading for the rules", 0, 0)
	if err := r.scan(ctx, rules); err != nil {
		return err
	}
	for i, rule := range rules {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.opt.Progress("rules", int64(i), int64(len(rules)))
		if err := rule.Run(r.pass(rule)); err != nil {
			return fmt.Errorf("rule %s: %w", rule.Name, err)
		}
	}
	return nil
}

func (r *run) pass(rule *Rule) *Pass {
	return &Pass{Heap: r.heap, Options: r.opt, Policy: r.policy, Taken: r.heap.File().Time, rule: rule, run: r}
}

// Header returns a report that describes the dump and the tool and says nothing of its contents: what single answers come in.
func Header(h *graph.Heap, opt Options) *report.Report {
	if opt.References == "" {
		opt.References = "default"
	}
	r := &run{heap: h, opt: &opt}
	return r.header()
}

func (r *run) header() *report.Report {
	h := r.heap
	out := &report.Report{
		SchemaVersion: report.SchemaVersion,
		Tool:          report.Tool{Name: "heapcause", Version: r.opt.ToolVersion},
		Settings:      report.Settings{References: r.opt.References, Threshold: r.opt.Threshold, ShowValues: r.opt.ShowValues, Top: r.opt.Top},
		Dump:          r.dump(),
		Counts:        r.objectCounts(),
		Retention:     retention(h),
		Sizes:         sizeModel(h),
	}
	r.notes(out)
	return out
}

func (r *run) report() *report.Report {
	out := r.header()
	r.addFindings(out)
	r.tables(out)
	r.threads(out)
	out.Tree = r.tree()
	if !r.opt.NoPaths {
		out.Paths = r.paths()
	}
	r.addFigures(out)
	return out
}

func (r *run) dump() report.Dump {
	f := r.heap.File()
	d := report.Dump{
		File: filepath.Base(f.Path), Format: "JAVA PROFILE " + f.Version, IDSize: f.IDSize,
		Taken: f.Time, Bytes: f.DiskSize, JVM: r.jvm(), Incomplete: r.incomplete(),
		Compression: f.Compression,
	}
	var all []report.Problem
	for _, p := range r.heap.Problems() {
		all = append(all, report.Problem{Offset: p.Offset, Bytes: p.Bytes, Text: p.What})
	}
	d.Problems = report.Cap(all, maxProblems, func(p report.Problem) int64 { return p.Bytes })
	return d
}

// maxProblems of a dump are listed.
const maxProblems = 100

// jvm describes the virtual machine as far as its own classes hold it as strings.
func (r *run) jvm() string {
	v := r.heap.JavaVersion()
	if v == "" {
		return ""
	}
	return fmt.Sprintf("Java %s, %d-bit", v, 8*r.heap.File().IDSize)
}

func (r *run) notes(out *report.Report) {
	if f := r.heap.File(); f.Dumps > 1 {
		out.Notes = append(out.Notes, fmt.Sprintf("The file holds %d dumps, one behind the other; this report is of number %d.", f.Dumps, f.Dump))
	}
	if out.Dump.Incomplete {
		lost := int64(0)
		for _, p := range r.heap.Problems() {
			lost += p.Bytes
		}
		out.Notes = append(out.Notes, fmt.Sprintf("The dump is incomplete: %s bytes of it are lost. Retained sizes are lower bounds where references lead into what is missing.", Number(lost)))
		if r.heap.NoRoots() {
			out.Notes = append(out.Notes, "The dump has no GC roots: the JVM writes them last, and they are among what is missing. The classes of the boot loader stand for them. What only threads, JNI or other loaders held counts as unreachable.")
		}
		if n := r.heap.Dangling(); n > 0 {
			out.Notes = append(out.Notes, fmt.Sprintf("%s references point at objects that the dump does not have.", Number(n)))
		}
	}
	for _, rule := range r.opt.Rules {
		if why := r.skipped[rule]; why != "" {
			out.Notes = append(out.Notes, fmt.Sprintf("%s abstains: %s.", rule.Name, why))
		}
	}
}

// addFindings orders the findings by severity, retained size and name.
func (r *run) addFindings(out *report.Report) {
	slices.SortStableFunc(r.findings, func(a, b *report.Finding) int {
		return cmp.Or(b.Severity.Compare(a.Severity), cmp.Compare(b.Retained, a.Retained), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Signature, b.Signature))
	})
	at := map[*report.Finding]int{}
	for i, f := range r.findings {
		out.Findings = append(out.Findings, *f)
		at[f] = i
	}
	for _, c := range r.claims {
		if i, ok := at[c.Finding]; ok && r.opt.Claimed != nil {
			r.opt.Claimed(i, c)
		}
	}
	rules := slices.Clone(r.opt.Rules)
	slices.SortFunc(rules, func(a, b *Rule) int { return cmp.Compare(a.Name, b.Name) })
	for _, rule := range rules {
		out.Rules = append(out.Rules, report.RuleRun{Name: rule.Name, Title: rule.Title, Experimental: rule.Experimental, Findings: r.counts[rule], Skipped: r.skipped[rule]})
	}
}

func (r *run) objectCounts() report.Counts {
	h := r.heap
	var c report.Counts
	for i := range h.NumClasses() {
		k := h.Class(graph.Class(i))
		if k.IsArray {
			c.Arrays += k.Instances
		} else {
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
	c.Bytes = h.Total(graph.Unreachable).Bytes
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

// addFigures adds the numbers that every report has, and orders all by name.
func (r *run) addFigures(out *report.Report) {
	out.Figures = r.figures
	for _, c := range out.Retention.Classes() {
		out.Figures = append(out.Figures, report.Figure{Name: "heap." + c.Name, Unit: "bytes", Value: c.Bytes})
	}
	out.Figures = append(out.Figures,
		report.Figure{Name: "heap.total", Unit: "bytes", Value: out.Counts.Bytes},
		report.Figure{Name: "heap.objects", Unit: "objects", Value: out.Counts.Objects},
		report.Figure{Name: "classes", Unit: "classes", Value: out.Counts.Classes},
		report.Figure{Name: "loaders", Unit: "class loaders", Value: out.Consumers.Loaders.Total()},
		report.Figure{Name: "roots", Unit: "roots", Value: out.Counts.Roots},
		report.Figure{Name: "threads", Unit: "threads", Value: out.Counts.Threads},
	)
	slices.SortFunc(out.Figures, func(a, b report.Figure) int { return cmp.Compare(a.Name, b.Name) })
}
