package rules

import (
	"fmt"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/rules/buffers"
	"heapcause/analyze/rules/collections"
	"heapcause/analyze/rules/executors"
	"heapcause/analyze/rules/finalizers"
	"heapcause/analyze/rules/hibernate"
	"heapcause/analyze/rules/hoards"
	"heapcause/analyze/rules/httpclients"
	"heapcause/analyze/rules/jdbc"
	"heapcause/analyze/rules/leak"
	"heapcause/analyze/rules/loaders"
	"heapcause/analyze/rules/logging"
	"heapcause/analyze/rules/messaging"
	"heapcause/analyze/rules/netty"
	"heapcause/analyze/rules/references"
	"heapcause/analyze/rules/serializers"
	"heapcause/analyze/rules/sessions"
	"heapcause/analyze/rules/threads"
	"heapcause/analyze/rules/timers"
	"heapcause/analyze/rules/waste"
	"heapcause/analyze/userrules"
	"heapcause/report/suggest"
)

// All returns all rules, by name.
func All() []*analyze.Rule {
	all := slices.Concat(
		executors.Rules(),
		collections.Rules(),
		buffers.Rules(),
		finalizers.Rules(),
		hibernate.Rules(),
		hoards.Rules(),
		jdbc.Rules(),
		leak.Rules(),
		loaders.Rules(),
		sessions.Rules(),
		threads.Rules(),
		logging.Rules(),
		netty.Rules(),
		references.Rules(),
		httpclients.Rules(),
		messaging.Rules(),
		serializers.Rules(),
		timers.Rules(),
		userrules.Shipped(),
		waste.Rules(),
	)
	slices.SortFunc(all, func(a, b *analyze.Rule) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Select returns the rules that a --rules argument names: "none", "all" (those that are stable, and the experimental ones too
// when these are asked for), or names with commas.
func Select(arg string, experimental bool) ([]*analyze.Rule, error) {
	return SelectFrom(All(), arg, experimental)
}

// With returns all rules and those of a user, by name.
func With(user []*analyze.Rule) ([]*analyze.Rule, error) {
	own := All()
	for _, r := range user {
		if slices.ContainsFunc(own, func(q *analyze.Rule) bool { return q.Name == r.Name }) {
			return nil, fmt.Errorf("%s: there is a rule %s already", r.Source, r.Name)
		}
	}
	all := append(own, user...)
	slices.SortFunc(all, func(a, b *analyze.Rule) int { return strings.Compare(a.Name, b.Name) })
	return all, analyze.Validate(all)
}

// SelectFrom is Select of other rules than All.
func SelectFrom(all []*analyze.Rule, arg string, experimental bool) ([]*analyze.Rule, error) {
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
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.Name
	}
	if best := suggest.Nearest(name, names); best != "" {
		return fmt.Errorf("unknown rule %q: did you mean %s?", name, best)
	}
	return fmt.Errorf("unknown rule %q: there are %s", name, strings.Join(names, ", "))
}
