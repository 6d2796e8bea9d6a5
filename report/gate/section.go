package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"heapcause/report"
)

// headline is the outcome in a sentence.
func (r *Result) headline() string {
	all := r.Counts.OK + r.Counts.Broken + r.Counts.Suppressed + r.Counts.Unknown
	parts := []string{fmt.Sprintf("%d of %s hold", r.Counts.OK, plural(all, "limit"))}
	for _, x := range []struct {
		n    int
		what string
	}{{r.Counts.Broken, "broken"}, {r.Counts.Suppressed, "suppressed"}, {r.Counts.Unknown, "could not be judged"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	word := map[Outcome]string{Passed: "PASSED", Failed: "BROKEN", Undecided: "UNDECIDED"}[r.Outcome]
	text := word + ": " + strings.Join(parts, ", ") + "."
	if r.Why != "" {
		text = word + ": " + r.Why + ". " + strings.Join(parts, ", ") + "."
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// title names what was judged by what.
func (r *Result) title() string {
	text := "Gate: " + r.Dump
	if r.Budget != "" {
		text += " by " + r.Budget
	}
	if r.Baseline != "" {
		text += ", against " + r.Baseline
	}
	return text
}

// Section is the result for people: a table of verdicts, the findings that matter, the suppressions, and in the notes what is broken.
func (r *Result) Section() *report.Section {
	s := &report.Section{Name: "gate", Title: r.title(), Summary: r.headline()}
	s.Tables = append(s.Tables, r.verdictTable())
	if len(r.Suppressions) > 0 {
		s.Tables = append(s.Tables, r.suppressionTable())
	}
	for _, v := range r.Verdicts {
		if v.State != OK {
			s.Notes = append(s.Notes, strings.ToUpper(string(v.State))+" "+r.place(v.Line)+v.Text+".")
		}
	}
	for _, f := range r.Findings {
		if f.Breaks {
			s.Notes = append(s.Notes, fmt.Sprintf("%s %s %.12s: %s.", strings.ToUpper(string(f.Severity)), f.Rule, f.Signature, f.Title))
		}
	}
	for _, f := range r.Findings {
		if f.SuppressedUntil != "" {
			s.Notes = append(s.Notes, fmt.Sprintf("Suppressed until %s: %s %s %.12s: %s.", f.SuppressedUntil, f.Severity, f.Rule, f.Signature, f.Title))
		}
	}
	for _, x := range r.Suppressions {
		if x.Standing != Used {
			s.Notes = append(s.Notes, r.standing(x))
		}
	}
	s.Notes = append(s.Notes, r.Notes...)
	return s
}

// place says where a limit is.
func (r *Result) place(line int) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d ", r.Budget, line)
}

// standing says what is to be done about a suppression.
func (r *Result) standing(x Suppressing) string {
	text := fmt.Sprintf("%sthe suppression of %s", r.place(x.Line), x.of())
	switch {
	case x.Standing == Unused:
		return text + " is unused: nothing like it is in this dump. Remove it once the problem is solved."
	case len(x.Of) > 0:
		return text + fmt.Sprintf(" expired after %s and no longer suppresses: %s.", x.Until, strings.Join(x.Of, "; "))
	}
	return text + fmt.Sprintf(" expired after %s, and nothing like it is in this dump: remove it.", x.Until)
}

// of names what a suppression is of.
func (x Suppressing) of() string {
	if x.Budget != "" {
		return x.Budget
	}
	return x.Signature
}

func (r *Result) verdictTable() report.Table {
	t := report.Table{Name: "verdicts", Title: "Limits", Columns: []string{"verdict", "limit", "of", "baseline", "value", "at most"}}
	growth, subjects := false, false
	for _, v := range r.Verdicts {
		growth = growth || v.Baseline.Kind() != report.KindNone
		subjects = subjects || v.Subject != ""
		t.Rows = append(t.Rows, []report.Value{
			report.Name(v.shown()), report.Name(v.Limit), report.Name(v.Subject), v.Baseline, v.cell(), v.most(),
		})
	}
	if !growth {
		drop(&t, 3)
	}
	if !subjects {
		drop(&t, 2)
	}
	return t
}

// drop takes a column out of a table.
func drop(t *report.Table, column int) {
	t.Columns = slices.Delete(t.Columns, column, column+1)
	for i, row := range t.Rows {
		t.Rows[i] = slices.Delete(row, column, column+1)
	}
}

// shown marks what is broken, and what is only known to be no more than the value.
func (v *Verdict) shown() string {
	switch {
	case v.State == Broken || v.State == Unknown:
		return strings.ToUpper(string(v.State))
	case v.State == OK && v.Bound:
		return "ok, at most"
	}
	return string(v.State)
}

// cell is the value where it is known.
func (v *Verdict) cell() report.Value {
	if v.State == Unknown {
		return report.Value{}
	}
	return v.Value
}

// most is a limit in one cell; of growth it has a sign.
func (v *Verdict) most() report.Value {
	growth := v.Baseline.Kind() != report.KindNone
	if len(v.AtMost) == 1 && !growth {
		return v.AtMost[0]
	}
	var parts []string
	for _, x := range v.AtMost {
		if growth {
			parts = append(parts, "+"+plain(x))
		} else {
			parts = append(parts, plain(x))
		}
	}
	return report.Name(strings.Join(parts, " or "))
}

func (r *Result) suppressionTable() report.Table {
	t := report.Table{Name: "suppressions", Title: "Suppressions as of " + r.AsOf, Columns: []string{"standing", "until", "of", "reason"}}
	for _, x := range r.Suppressions {
		t.Rows = append(t.Rows, []report.Value{report.Name(string(x.Standing)), report.Name(x.Until), report.Name(x.of()), report.Name(x.Reason)})
	}
	return t
}

// Report is the result in the form of a report, for formats that list rules and what they found: each limit is a rule, what breaks
// it or could not be judged a finding; the findings of the dump that break a limit come behind, whole. The rest is the report's.
func (r *Result) Report() *report.Report {
	out := *r.report
	out.Rules, out.Findings, out.Notes = nil, nil, r.Notes
	out.Sections = report.Rows[report.Section]{*r.Section()}
	seen := map[string]bool{}
	for _, v := range r.Verdicts {
		if v.State == Broken || v.State == Unknown {
			out.Findings = append(out.Findings, r.finding(v))
		}
		if seen[v.Limit] {
			continue
		}
		seen[v.Limit] = true
		run := report.RuleRun{Name: v.Limit, Title: v.Text}
		if v.State == Suppressed {
			run.Skipped = v.Text
		}
		out.Rules = append(out.Rules, run)
	}
	for _, f := range r.Findings {
		if !f.Breaks {
			continue
		}
		out.Findings = append(out.Findings, *f.of)
		for _, run := range r.report.Rules {
			if run.Name == f.Rule && !slices.ContainsFunc(out.Rules, func(x report.RuleRun) bool { return x.Name == f.Rule }) {
				out.Rules = append(out.Rules, run)
			}
		}
	}
	return &out
}

// finding is a verdict in the form of a finding. Its signature is made of the limit and its subject, so that it is the same in the next build.
func (r *Result) finding(v Verdict) report.Finding {
	severity := report.Error
	if v.State == Unknown && r.Outcome == Passed {
		severity = report.Warning
	}
	title := "Limit " + v.Limit + " is broken: " + v.Text
	if v.State == Unknown {
		title = "Limit " + v.Limit + " could not be judged: " + v.Text
	}
	sum := sha256.Sum256([]byte("gate\x00" + v.Limit + "\x00" + v.Subject))
	f := report.Finding{
		Rule: v.Limit, Doc: v.Limit, Severity: severity, Confidence: report.Certain, Title: title, Anchor: v.Subject, Signature: hex.EncodeToString(sum[:]),
	}
	if v.Line > 0 {
		f.Story = append(f.Story, fmt.Sprintf("The limit is in %s, line %d.", r.Budget, v.Line))
	}
	return f
}
