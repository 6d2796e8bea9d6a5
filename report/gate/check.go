package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"heapcause/report"
	"heapcause/report/suggest"
)

// Options of Check.
type Options struct {
	// Baseline is what growth is measured from, nil for none: limits on growth are then not judged and say so.
	Baseline *report.Report
	// FirstRun says that there is no baseline because this run is to become it: growth is left out.
	FirstRun bool
	// AsOf is the day by which suppressions are judged.
	AsOf time.Time
	// FailOn is the severity from which a finding breaks the gate, besides what the budget says; "" or "never" for none.
	FailOn report.Severity
	// AllowIncomplete lets an incomplete dump be judged.
	AllowIncomplete bool
	// AllowUnknown lets the gate pass where limits could not be judged.
	AllowUnknown bool
}

// FailsOn reports whether the budget limits the number of findings itself.
func (b *Budget) FailsOn() bool {
	return slices.ContainsFunc(b.limits, func(l limit) bool { return l.subject == ofSeverity && !l.growth })
}

// maxRows of a limit that are broken are listed.
const maxRows = 20

// checker judges one report.
type checker struct {
	*Result
	budget   *Budget
	opt      Options
	now, old *heap // old is nil without a baseline
}

// heap is a report with what is looked up in it.
type heap struct {
	*report.Report
	figures Figures
	rules   map[string]report.RuleRun
	groups  map[subject]*rows
}

func newHeap(r *report.Report) *heap {
	h := &heap{Report: r, figures: FiguresOf(r), rules: map[string]report.RuleRun{}, groups: map[subject]*rows{}}
	for _, x := range r.Rules {
		h.rules[x.Name] = x
	}
	return h
}

// whole is what shares of sizes are of: what is strongly reachable, or all bytes where part of the dump is missing.
func (h *heap) whole() int64 {
	if h.Dump.Incomplete {
		return h.Counts.Bytes
	}
	return h.Retention.Strong.Bytes
}

// Check judges a report.
func Check(b *Budget, r *report.Report, opt Options) *Result {
	c := &checker{budget: b, opt: opt, now: newHeap(r)}
	c.Result = &Result{SchemaVersion: SchemaVersion, Tool: r.Tool, Dump: r.Dump.File, Budget: b.File, report: r}
	if opt.Baseline != nil {
		c.old = newHeap(opt.Baseline)
		c.Baseline = opt.Baseline.Dump.File
	}
	c.findings()
	limits := b.limits
	if opt.FailOn.Valid() {
		limits = append([]limit{{name: "fail-on." + string(opt.FailOn), subject: ofSeverity, of: string(opt.FailOn), metric: count, unit: "findings", at: []bound{{}}}}, limits...)
	}
	for i := range limits {
		c.limit(&limits[i])
	}
	c.suppressLimits()
	c.finish()
	return c.Result
}

// limit judges one limit.
func (c *checker) limit(l *limit) {
	if l.growth && c.old == nil {
		if !c.opt.FirstRun {
			c.unknown(l, "there is no baseline to measure growth from")
		}
		return
	}
	switch l.subject {
	case ofFigure:
		c.figure(l)
	case ofClass, ofPackage, ofLoader:
		c.rows(l)
	case ofSeverity:
		c.severity(l)
	case ofRule:
		c.rule(l)
	case ofFindings:
		c.grownFindings(l)
	}
}

func (c *checker) unknown(l *limit, why string) {
	v := Verdict{State: Unknown, Limit: l.name, Line: l.line, Text: l.what() + ": " + why}
	for _, b := range l.at {
		v.AtMost = append(v.AtMost, b.value(l.unit))
	}
	c.Verdicts = append(c.Verdicts, v)
}

func (c *checker) figure(l *limit) {
	now, why := c.now.figure(l.of)
	if why != "" {
		c.unknown(l, why)
		return
	}
	var old *amount
	if l.growth {
		n, why := c.old.figure(l.of)
		if why != "" {
			c.unknown(l, "in the baseline, "+why)
			return
		}
		was := exactly(n)
		old = &was
	}
	whole, _ := c.now.figures.base(l.of)
	c.Verdicts = append(c.Verdicts, l.judge("", exactly(now), old, whole))
}

// figure returns a figure, or why it is not known.
func (h *heap) figure(name string) (n int64, why string) {
	if n, ok := h.figures[name]; ok {
		return n, ""
	}
	info, _ := findFigure(KnownFigures, name)
	run, ran := h.rules[info.Rule]
	switch {
	case info.Rule == "":
		return 0, "the report does not have it"
	case !ran:
		return 0, fmt.Sprintf("the rule %s, which counts it, did not run", info.Rule)
	case run.Skipped != "":
		return 0, fmt.Sprintf("the rule %s, which counts it, could not judge: %s", info.Rule, run.Skipped)
	case info.Zero:
		return 0, ""
	}
	return 0, "the dump does not tell"
}

// Figures judges named figures alone: those of a sample of a running JVM, say. A figure that is limited and not among them is
// unknown. old are the figures that growth is measured from; with nil, limits on growth are left out.
func (b *Budget) Figures(now, old Figures) []Verdict {
	var out []Verdict
	for i := range b.limits {
		l := &b.limits[i]
		if l.subject != ofFigure || l.growth && old == nil {
			continue
		}
		n, ok := now[l.of]
		whole, based := now.base(l.of)
		var was *amount
		if l.growth {
			m, had := old[l.of]
			ok = ok && had
			w := exactly(m)
			was = &w
		} else if l.at[0].percent {
			ok = ok && based
		}
		if !ok {
			out = append(out, Verdict{State: Unknown, Limit: l.name, Line: l.line, Text: l.of + ": not among the figures"})
			continue
		}
		out = append(out, l.judge("", exactly(n), was, whole))
	}
	return out
}

// suppressLimits lets broken limits pass that a suppression names.
func (c *checker) suppressLimits() {
	for i := range c.budget.Suppressions {
		s := &c.budget.Suppressions[i]
		use := &c.Suppressions[i]
		for j := range c.Verdicts {
			v := &c.Verdicts[j]
			if !s.covers(v.Limit) || v.State != Broken && v.State != Suppressed {
				continue
			}
			use.Of = append(use.Of, strings.TrimSpace(v.Limit+" "+v.Subject))
			if use.Standing != Expired {
				use.Standing = Used
				v.State = Suppressed
				v.Text += fmt.Sprintf("; suppressed until %s: %s", use.Until, s.Reason)
			}
		}
	}
}

// finish counts and orders the verdicts, and decides.
func (c *checker) finish() {
	order := []State{Broken, Unknown, Suppressed, OK}
	slices.SortStableFunc(c.Verdicts, func(a, b Verdict) int { return slices.Index(order, a.State) - slices.Index(order, b.State) })
	seen := map[string]bool{}
	for _, v := range c.Verdicts { // the worst of a limit comes first
		if !seen[v.Limit] {
			seen[v.Limit] = true
			c.Counts.add(v.State)
		}
	}
	c.breaking()
	c.note()
	incomplete := c.now.Dump.Incomplete || c.now.Counts.Objects+c.now.Counts.Classes == 0
	switch {
	case incomplete && !c.opt.AllowIncomplete:
		c.Outcome, c.Why = Undecided, "the dump is incomplete"
	case c.old != nil && c.old.Dump.Incomplete && !c.opt.AllowIncomplete:
		c.Outcome, c.Why = Undecided, "the dump of the baseline is incomplete"
	case c.Counts.Broken > 0:
		c.Outcome = Failed
	case c.Counts.Unknown > 0 && !c.opt.AllowUnknown:
		c.Outcome = Undecided
	default:
		c.Outcome = Passed
	}
}

func (n *Counts) add(s State) {
	switch s {
	case OK:
		n.OK++
	case Broken:
		n.Broken++
	case Suppressed:
		n.Suppressed++
	case Unknown:
		n.Unknown++
	}
}

// breaking marks the findings that broken limits count.
func (c *checker) breaking() {
	for i := range c.Verdicts {
		if v := &c.Verdicts[i]; v.State == Broken {
			for j := range c.Findings {
				if slices.Contains(v.Signatures, c.Findings[j].Signature) {
					c.Findings[j].Breaks = true
				}
			}
		}
	}
}

// note adds what is to be known of the whole.
func (c *checker) note() {
	var abstained []string
	for _, r := range c.now.Rules {
		if r.Skipped != "" {
			abstained = append(abstained, r.Name)
		}
	}
	if len(abstained) > 0 {
		c.Notes = append(c.Notes, "Rules that could not judge this dump: "+strings.Join(abstained, ", ")+".")
	}
	if c.opt.FirstRun {
		if _, growth := c.budget.HasGrowth(); growth {
			c.Notes = append(c.Notes, "Growth was not judged: there is no baseline yet.")
		}
	}
	if c.old == nil {
		return
	}
	was, is := model(c.old), model(c.now)
	if was != is {
		c.Notes = append(c.Notes, fmt.Sprintf("Sizes were found by other rules than in the baseline (there %s; here %s): growth in bytes may come from that.", was, is))
	}
}

// near says which name was meant.
func near(word string, words []string) string {
	if w := suggest.Nearest(word, words); w != "" {
		return "; did you mean " + w + "?"
	}
	return ""
}

// model is how sizes were found, without how well it fits.
func model(h *heap) string {
	line, _, _ := strings.Cut(h.Sizes.Line, ";")
	return line
}
