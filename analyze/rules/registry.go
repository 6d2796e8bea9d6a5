package rules

import (
	"fmt"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/rules/collections"
	"heapcause/analyze/rules/executors"
	"heapcause/analyze/rules/finalizers"
	"heapcause/analyze/rules/hibernate"
	"heapcause/analyze/rules/jdbc"
	"heapcause/analyze/rules/leak"
	"heapcause/analyze/rules/loaders"
	"heapcause/analyze/rules/logging"
	"heapcause/analyze/rules/netty"
	"heapcause/analyze/rules/sessions"
	"heapcause/analyze/rules/threads"
	"heapcause/analyze/rules/timers"
)

// All returns all rules, by name.
func All() []*analyze.Rule {
	all := slices.Concat(
		executors.Rules(),
		collections.Rules(),
		finalizers.Rules(),
		hibernate.Rules(),
		jdbc.Rules(),
		leak.Rules(),
		loaders.Rules(),
		sessions.Rules(),
		threads.Rules(),
		logging.Rules(),
		netty.Rules(),
		timers.Rules(),
	)
	slices.SortFunc(all, func(a, b *analyze.Rule) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Select returns the rules that a --rules argument names: "none", "all" (those that are stable, and the experimental ones too
// when these are asked for), or names with commas.
func Select(arg string, experimental bool) ([]*analyze.Rule, error) {
	all := All()
	switch arg {
	case "none":
		return nil, nil
	case "", "all":
		return slices.DeleteFunc(all, func(r *analyze.Rule) bool { return r.Experimental && !experimental }), nil
	}
	var out []*analyze.Rule
	for name := range strings.SplitSeq(arg, ",") {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(all, func(r *analyze.Rule) bool { return r.Name == name })
		if i < 0 {
			return nil, unknownRule(name, all)
		}
		if !slices.Contains(out, all[i]) {
			out = append(out, all[i])
		}
	}
	return out, nil
}

func unknownRule(name string, all []*analyze.Rule) error {
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
