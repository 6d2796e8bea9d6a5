package analyze

import (
	"fmt"
	"slices"
	"strings"
)

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
		if err := validateThresholds(r); err != nil {
			return err
		}
		for _, s := range r.Scans {
			if s == nil || s.Name == "" || s.Start == nil {
				return fmt.Errorf("rule %s: a scan is incomplete", r.Name)
			}
		}
		last = r.Name
	}
	for _, r := range rules {
		for _, q := range r.After {
			if !slices.ContainsFunc(rules, func(r *Rule) bool { return r.Name == q }) {
				return fmt.Errorf("rule %s: is to run after %s, which is not registered", r.Name, q)
			}
		}
	}
	_, err := order(rules)
	return err
}

// order returns the rules, each behind those of them that are to run before it, the last ones at the end.
func order(rules []*Rule) ([]*Rule, error) {
	byName := make(map[string]*Rule, len(rules))
	for _, r := range rules {
		byName[r.Name] = r
	}
	var out []*Rule
	state := map[*Rule]int{} // 1 being visited, 2 done
	var visit func(r *Rule) error
	visit = func(r *Rule) error { // as deep as rules wait for each other: a handful
		switch state[r] {
		case 1:
			return fmt.Errorf("rule %s: is to run after itself", r.Name)
		case 2:
			return nil
		}
		state[r] = 1
		for _, name := range r.After {
			q := byName[name]
			if q == nil {
				continue // not selected
			}
			if q.Last && !r.Last {
				return fmt.Errorf("rule %s: is to run after %s, which is to be last", r.Name, name)
			}
			if err := visit(q); err != nil {
				return err
			}
		}
		state[r] = 2
		out = append(out, r)
		return nil
	}
	for _, last := range []bool{false, true} {
		for _, r := range rules {
			if r.Last != last {
				continue
			}
			if err := visit(r); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
