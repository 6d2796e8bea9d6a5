package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"heapcause/report"
)

// findings lists those of the report, with what suppresses them and whether they are new.
func (c *checker) findings() {
	known := map[string]bool{}
	if c.old != nil {
		for i := range c.old.Findings {
			known[identity(&c.old.Findings[i])] = true
		}
	}
	for i := range c.now.Findings {
		f := &c.now.Findings[i]
		c.Findings = append(c.Findings, Finding{
			Rule: f.Rule, Severity: f.Severity, Title: f.Title, Retained: f.Retained, Signature: f.Signature,
			New: c.old != nil && !known[identity(f)], of: f,
		})
	}
	c.suppress()
}

// identity is what a finding is known by in another dump.
func identity(f *report.Finding) string {
	if f.Signature != "" {
		return f.Signature
	}
	return f.Rule + "\x00" + f.Anchor
}

// suppress applies the suppressions of findings.
func (c *checker) suppress() {
	day := c.opt.AsOf.UTC().Truncate(24 * time.Hour)
	if len(c.budget.Suppressions) > 0 {
		c.AsOf = day.Format(time.DateOnly)
	}
	for _, s := range c.budget.Suppressions {
		use := Suppressing{
			Standing: Unused, Signature: s.Signature, Budget: s.Budget, Until: s.Until.Format(time.DateOnly), Reason: s.Reason, Line: s.Line,
		}
		if day.After(s.Until) {
			use.Standing = Expired
		}
		for i := range c.Findings {
			f := &c.Findings[i]
			if s.Signature == "" || !strings.HasPrefix(f.Signature, s.Signature) {
				continue
			}
			use.Of = append(use.Of, f.Title)
			if use.Standing != Expired {
				use.Standing = Used
				f.SuppressedUntil = max(f.SuppressedUntil, use.Until)
			}
		}
		c.Suppressions = append(c.Suppressions, use)
	}
}

// each yields the findings that are not suppressed.
func (c *checker) each(fn func(f *Finding)) {
	for i := range c.Findings {
		if c.Findings[i].SuppressedUntil == "" {
			fn(&c.Findings[i])
		}
	}
}

// severity judges the number of findings, or of new ones, at a severity or above.
func (c *checker) severity(l *limit) {
	var signatures []string
	n, uncertain := int64(0), int64(0)
	c.each(func(f *Finding) {
		if !f.Severity.AtLeast(l.severity()) || l.growth && !f.New {
			return
		}
		if _, ran := c.ranBefore(f.Rule); l.growth && !ran {
			uncertain++ // the baseline's program did not look for it
			return
		}
		n++
		signatures = append(signatures, f.Signature)
	})
	if uncertain > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%s: findings of rules that did not run for the baseline do not count as new: %d.", l.name, uncertain))
	}
	v := l.judge("", exactly(n), nil, 0)
	v.Signatures = signatures
	c.Verdicts = append(c.Verdicts, v)
}

// ranBefore looks a rule up in the baseline.
func (c *checker) ranBefore(rule string) (report.RuleRun, bool) {
	if c.old == nil {
		return report.RuleRun{}, false
	}
	r, ok := c.old.rules[rule]
	return r, ok && r.Skipped == ""
}

// rule judges the findings of a rule.
func (c *checker) rule(l *limit) {
	run, ran := c.now.rules[l.of]
	switch {
	case !ran:
		c.unknown(l, "this rule did not run"+near(l.of, slices.Sorted(maps.Keys(c.now.rules))))
		return
	case run.Skipped != "":
		c.unknown(l, "this rule could not judge: "+run.Skipped)
		return
	}
	if l.metric == count {
		c.ruleCount(l)
		return
	}
	c.judgeEach(l, func(f *Finding) (amount, *amount, bool) {
		return exactly(f.number(l.metric)), nil, f.Rule == l.of
	})
}

func (c *checker) ruleCount(l *limit) {
	var signatures []string
	c.each(func(f *Finding) {
		if f.Rule == l.of {
			signatures = append(signatures, f.Signature)
		}
	})
	v := l.judge("", exactly(int64(len(signatures))), nil, 0)
	v.Signatures = signatures
	c.Verdicts = append(c.Verdicts, v)
}

// number is what is limited of a finding.
func (f *Finding) number(m metric) int64 {
	if m == objects {
		return f.of.Objects
	}
	return f.of.Retained
}

// grownFindings judges the growth of each finding that the baseline has.
func (c *checker) grownFindings(l *limit) {
	was := map[string]*report.Finding{}
	for i := range c.old.Findings {
		was[identity(&c.old.Findings[i])] = &c.old.Findings[i]
	}
	c.judgeEach(l, func(f *Finding) (amount, *amount, bool) {
		o := was[identity(f.of)]
		if o == nil {
			return amount{}, nil, false
		}
		old := exactly((&Finding{of: o}).number(l.metric))
		return exactly(f.number(l.metric)), &old, true
	})
}

// judgeEach judges findings one by one.
func (c *checker) judgeEach(l *limit, of func(*Finding) (now amount, old *amount, ok bool)) {
	var list []Verdict
	c.each(func(f *Finding) {
		now, old, ok := of(f)
		if !ok {
			return
		}
		v := l.judge(fmt.Sprintf("%s %.12s", f.Rule, f.Signature), now, old, c.now.whole())
		v.Signatures = []string{f.Signature}
		list = append(list, v)
	})
	if len(list) == 0 {
		v := l.judge("", amount{}, nil, 0)
		v.State = OK
		v.Text = l.what() + ": there is none"
		list = append(list, v)
	}
	c.Verdicts = append(c.Verdicts, worst(l, list)...)
}
