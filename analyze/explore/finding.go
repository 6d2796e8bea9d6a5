package explore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// minSignature digits of a signature tell a finding from a number.
const minSignature = 6

// Findings keeps what a selector @finding: stands for in one heap, so that the rules run once and not for each question. It is for several
// goroutines; all have the same rules and options.
type Findings struct {
	turn chan struct{} // taken by who runs the rules
	made *findings     // nil before that
}

// findings are those of a report, each with the objects that it speaks of.
type findings struct {
	report  *report.Report
	objects []analyze.ObjectSet
}

// mostKeptObjects bounds the memory of Findings: 4 bytes each. Findings of more are made anew each time.
const mostKeptObjects = 16 << 20

// NewFindings returns an empty one.
func NewFindings() *Findings { return &Findings{turn: make(chan struct{}, 1)} }

// of returns the findings; a nil Findings keeps none.
func (f *Findings) of(ctx context.Context, h *graph.Heap, opt *Options) (*findings, error) {
	if f == nil {
		return findAll(ctx, h, opt)
	}
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if f.made != nil {
		return f.made, nil
	}
	made, err := findAll(ctx, h, opt)
	if err != nil || h.Err() != nil { // what a damaged index says is void
		return made, err
	}
	n := 0
	for _, o := range made.objects {
		n += len(o)
	}
	if n <= mostKeptObjects {
		f.made = made
	}
	return made, nil
}

// findAll runs the rules.
func findAll(ctx context.Context, h *graph.Heap, opt *Options) (*findings, error) {
	run := opt.Analysis
	run.Progress = opt.Progress
	if opt.Rules != nil {
		var err error
		if run.Rules, err = opt.Rules(); err != nil {
			return nil, err
		}
	}
	claims := map[int][]analyze.Claim{}
	run.Claimed = func(finding int, c analyze.Claim) { claims[finding] = append(claims[finding], c) }
	r, err := analyze.Run(ctx, h, run)
	if err != nil {
		return nil, err
	}
	out := &findings{r, make([]analyze.ObjectSet, len(r.Findings))}
	for i := range r.Findings {
		out.objects[i] = analyze.NewSet(objectsOf(h, &r.Findings[i], claims[i]))
	}
	return out, nil
}

// finding selects the objects that a finding speaks of: by its number in the report, or by the first digits of its signature.
func (s *Selection) finding(ctx context.Context, which string, opt Options) error {
	all, err := opt.Findings.of(ctx, s.heap, &opt)
	if err != nil {
		return err
	}
	i, err := chooseFinding(all.report, s.Selector, which)
	if err != nil {
		return err
	}
	f := &all.report.Findings[i]
	s.Kind, s.Finding, s.Objects = OfFinding, f, all.objects[i]
	s.Text = fmt.Sprintf("%s of finding %d (%s)", analyze.Plural(int64(len(s.Objects)), "object"), i+1, f.Rule)
	if len(s.Objects) == 0 {
		return &SelectorError{fmt.Sprintf("finding %d (%s) speaks of no objects of its own", i+1, f.Rule), ""}
	}
	return nil
}

func chooseFinding(r *report.Report, selector, which string) (int, error) {
	if len(r.Findings) == 0 {
		return 0, &SelectorError{fmt.Sprintf("%s: the report has no findings", selector), "heapcause DUMP prints the report"}
	}
	if n, err := strconv.Atoi(which); err == nil && len(which) < minSignature {
		if n < 1 || n > len(r.Findings) {
			return 0, &SelectorError{fmt.Sprintf("%s: the report has %s", selector, analyze.Plural(int64(len(r.Findings)), "finding")), "heapcause DUMP prints the report"}
		}
		return n - 1, nil
	}
	found := -1
	for i := range r.Findings {
		if len(which) >= minSignature && strings.HasPrefix(r.Findings[i].Signature, strings.ToLower(which)) {
			if found >= 0 {
				return 0, &SelectorError{fmt.Sprintf("%s: several signatures begin so", selector), "write more digits"}
			}
			found = i
		}
	}
	if found < 0 {
		return 0, &SelectorError{fmt.Sprintf("%s: no such finding", selector), fmt.Sprintf("a number from 1 to %d, or at least %d digits of a signature", len(r.Findings), minSignature)}
	}
	return found, nil
}

// objectsOf returns the objects that a finding claims: its members, or the point below which they pile up. A finding that claims none
// has those of its evidence.
func objectsOf(h *graph.Heap, f *report.Finding, claims []analyze.Claim) (out []graph.Object) {
	for _, c := range claims {
		if len(c.Members) > 0 {
			out = append(out, c.Members...)
		} else if c.Point != graph.NoObject {
			out = append(out, c.Point)
		}
	}
	if len(out) > 0 {
		return out
	}
	at := func(a report.Address) {
		if o, ok := h.Lookup(uint64(a)); ok && a != 0 {
			out = append(out, o)
		}
	}
	if f.Accumulation != nil {
		at(f.Accumulation.Address)
	}
	for _, e := range f.Evidence.Rows {
		at(e.Address)
	}
	if n := len(f.Path); len(out) == 0 && n > 0 {
		at(f.Path[n-1].Address)
	}
	return out
}
