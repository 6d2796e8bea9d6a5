package analyze

import (
	"fmt"
	"slices"
	"strings"
)

// Rules returns all rules, by name.
func Rules() []*Rule {
	return []*Rule{FinalizerBacklog, FinalizerRegistered, JDBCStatementRetained, LeakSuspect, TimerQueueBacklog}
}

// Validate checks a registry: names, texts, order, and that no rule requires itself.
func Validate(rules []*Rule) error {
	last := ""
	for _, r := range rules {
		switch {
		case r.Name == "" || strings.ToLower(r.Name) != r.Name || strings.ContainsAny(r.Name, " _,"):
			return fmt.Errorf("rule %q: a name is lower case words with dashes", r.Name)
		case r.Name == "all" || r.Name == "none":
			return fmt.Errorf("rule %s: the name has a meaning of its own", r.Name)
		case r.Name == last:
			return fmt.Errorf("rule %s: registered twice", r.Name)
		case r.Name < last:
			return fmt.Errorf("rule %s: not in the order of names", r.Name)
		case r.Title == "" || strings.Contains(r.Title, "\n") || strings.HasSuffix(r.Title, "."):
			return fmt.Errorf("rule %s: the title is one line without a full stop", r.Name)
		case strings.Count(r.Doc, "\n\n") < 2:
			return fmt.Errorf("rule %s: the text tells meaning, recognition and fix in three paragraphs or more", r.Name)
		case r.Run == nil || !r.Max.Valid():
			return fmt.Errorf("rule %s: it has no Run or no valid Max", r.Name)
		}
		for _, s := range r.Scans {
			if s == nil || s.Name == "" || s.Start == nil {
				return fmt.Errorf("rule %s: a scan is incomplete", r.Name)
			}
		}
		last = r.Name
	}
	for _, r := range rules {
		for _, q := range r.Requires {
			if !slices.Contains(rules, q) {
				return fmt.Errorf("rule %s: requires a rule that is not registered", r.Name)
			}
		}
	}
	_, err := order(rules)
	return err
}

// order returns the rules, each behind those of them that it requires.
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
		if slices.Contains(rules, r) {
			out = append(out, r)
		}
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
	all := Rules()
	switch arg {
	case "none":
		return nil, nil
	case "", "all":
		return slices.DeleteFunc(all, func(r *Rule) bool { return r.Experimental }), nil
	}
	var out []*Rule
	for name := range strings.SplitSeq(arg, ",") {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(all, func(r *Rule) bool { return r.Name == name })
		if i < 0 {
			return nil, unknownRule(name, all)
		}
		if !slices.Contains(out, all[i]) {
			out = append(out, all[i])
		}
	}
	return out, nil
}

func unknownRule(name string, all []*Rule) error {
	if name == "all" || name == "none" {
		return fmt.Errorf("%q stands alone, not among names of rules", name)
	}
	best, least := "", len(name)/2+1
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.Name
		if d := editDistance(name, r.Name); d < least {
			best, least = r.Name, d
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
