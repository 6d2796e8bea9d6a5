package analyze

import (
	"fmt"
	"slices"
	"strings"

	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
)

// Rule recognises one pattern.
type Rule struct {
	Name         string // lower case words with dashes
	Title        string // one line
	Doc          string // what it means, how it is recognised, what to do
	Max          report.Severity
	Experimental bool // no real dump proves it yet: off by default, never above info
	// Requires names rules that run before this one and whose findings it may join.
	Requires []*Rule
	Run      func(*Pass) error
}

// Pass is what a rule may read, and where its findings go.
type Pass struct {
	Heap    *graph.Heap
	Options *Options
	Policy  redact.Policy
	Facts   *Facts
	rule    *Rule
	run     *run
}

// Report hands a finding in. The objects it is about may be claimed with Claim, so that other rules join it.
func (p *Pass) Report(f report.Finding) *report.Finding {
	f.Rule, f.Doc, f.Experimental = p.rule.Name, p.rule.Name, p.rule.Experimental
	if f.Severity.Compare(p.rule.Max) > 0 {
		f.Severity = p.rule.Max
	}
	if p.rule.Experimental {
		f.Severity = report.Info
	}
	strong := p.Heap.Totals()[graph.Strong].Bytes
	if strong > 0 {
		f.RetainedShare = report.RoundShare(float64(f.Retained) / float64(strong))
	}
	p.run.findings = append(p.run.findings, &f)
	p.run.counts[p.rule.Name]++
	return &f
}

// Join adds a fact to another rule's finding instead of reporting the same objects twice.
func (p *Pass) Join(f *report.Finding, text string, facts ...report.Fact) {
	f.Related = append(f.Related, report.Related{Rule: p.rule.Name, Text: text, Facts: facts})
	p.run.counts[p.rule.Name]++
}

// Share returns a size as a fraction of the strongly reachable bytes.
func (p *Pass) Share(bytes int64) float64 {
	if t := p.Heap.Totals()[graph.Strong].Bytes; t > 0 {
		return float64(bytes) / float64(t)
	}
	return 0
}

// Rules returns all rules, by name.
func Rules() []*Rule {
	return []*Rule{FinalizerBacklog, FinalizerRegistered, JDBCStatementRetained, LeakSuspect, TimerQueueBacklog}
}

// Validate checks the registry: names, texts and the order of requirements.
func Validate(rules []*Rule) error {
	seen := map[string]bool{}
	last := ""
	for _, r := range rules {
		switch {
		case r.Name == "" || strings.ToLower(r.Name) != r.Name || strings.ContainsAny(r.Name, " _,"):
			return fmt.Errorf("rule %q: a name is lower case words with dashes", r.Name)
		case seen[r.Name]:
			return fmt.Errorf("rule %s: registered twice", r.Name)
		case r.Name < last:
			return fmt.Errorf("rule %s: not in the order of names", r.Name)
		case r.Title == "" || r.Doc == "" || r.Run == nil || !r.Max.Valid():
			return fmt.Errorf("rule %s: incomplete", r.Name)
		}
		seen[r.Name], last = true, r.Name
	}
	_, err := order(rules)
	return err
}

// order returns the rules and what they require, each behind its requirements.
func order(rules []*Rule) ([]*Rule, error) {
	var out []*Rule
	state := map[*Rule]int{} // 1 being visited, 2 done
	var visit func(r *Rule) error
	visit = func(r *Rule) error { // as deep as rules require each other: a handful
		switch state[r] {
		case 1:
			return fmt.Errorf("rule %s: requires itself", r.Name)
		case 2:
			return nil
		}
		state[r] = 1
		for _, q := range r.Requires {
			if err := visit(q); err != nil {
				return err
			}
		}
		state[r] = 2
		out = append(out, r)
		return nil
	}
	for _, r := range rules {
		if err := visit(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Select returns the rules that a --rules argument names: "none", "all" (those that are stable), or names with commas.
func Select(arg string) ([]*Rule, error) {
	var out []*Rule
	switch arg {
	case "none":
		return nil, nil
	case "", "all":
		for _, r := range Rules() {
			if !r.Experimental {
				out = append(out, r)
			}
		}
		return out, nil
	}
	for name := range strings.SplitSeq(arg, ",") {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(Rules(), func(r *Rule) bool { return r.Name == name })
		if i < 0 {
			return nil, unknownRule(name)
		}
		out = append(out, Rules()[i])
	}
	return out, nil
}

func unknownRule(name string) error {
	best, distance := "", 4
	var names []string
	for _, r := range Rules() {
		names = append(names, r.Name)
		if d := editDistance(name, r.Name); d < distance {
			best, distance = r.Name, d
		}
	}
	if best != "" {
		return fmt.Errorf("unknown rule %q: did you mean %s?", name, best)
	}
	return fmt.Errorf("unknown rule %q: there are %s", name, strings.Join(names, ", "))
}

// editDistance is Levenshtein's.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			prev, row[j+1] = row[j+1], min(prev+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Names of the rules.
const (
	backlogRule    = "finalizer-backlog"
	registeredRule = "finalizer-registered"
	statementRule  = "jdbc-statement-retained"
	suspectRule    = "leak-suspect"
	timerRule      = "timer-queue-backlog"
)
