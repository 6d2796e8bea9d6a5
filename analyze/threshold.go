package analyze

import (
	"fmt"
	"strconv"
	"strings"
)

// Threshold is a number at which a rule begins to speak, or speaks louder. Users may set it.
type Threshold struct {
	Name    string  // lower case words with dashes, unique in its rule
	Default float64 // with where it comes from in Doc
	Unit    string  // a plural noun, "bytes", or "share" for fractions from 0 to 1
	Doc     string  // what happens from there on, one line
}

// Value returns a threshold of the rule at work, as the user set it.
func (p *Pass) Value(t *Threshold) float64 {
	if v, ok := p.Options.Thresholds[p.rule.Name+"."+t.Name]; ok {
		return v
	}
	return t.Default
}

// Count is Value for a threshold that counts.
func (p *Pass) Count(t *Threshold) int64 { return int64(p.Value(t)) }

// ParseThreshold reads a setting such as "timer-queue-backlog.tasks=500" for one of the rules.
func ParseThreshold(setting string, rules []*Rule) (key string, value float64, err error) {
	key, text, ok := strings.Cut(setting, "=")
	rule, name, dot := strings.Cut(key, ".")
	if !ok || !dot {
		return "", 0, fmt.Errorf("%q: a threshold is set as RULE.NAME=NUMBER", setting)
	}
	for _, r := range rules {
		if r.Name != rule {
			continue
		}
		var names []string
		for _, t := range r.Thresholds {
			if names = append(names, t.Name); t.Name == name {
				if value, err = strconv.ParseFloat(text, 64); err != nil || value < 0 || value != value {
					return "", 0, fmt.Errorf("%q: %q is no number of %s", setting, text, t.Unit)
				}
				return key, value, nil
			}
		}
		if len(names) == 0 {
			return "", 0, fmt.Errorf("%q: rule %s has no thresholds", setting, rule)
		}
		return "", 0, fmt.Errorf("%q: rule %s has the thresholds %s", setting, rule, strings.Join(names, ", "))
	}
	return "", 0, fmt.Errorf("%q: there is no rule %s", setting, rule)
}

// validateThresholds checks names and texts.
func validateThresholds(r *Rule) error {
	names := map[string]bool{}
	for _, t := range r.Thresholds {
		if t.Name == "" || names[t.Name] || strings.ToLower(t.Name) != t.Name || strings.ContainsAny(t.Name, " .=_") || t.Unit == "" || t.Doc == "" {
			return fmt.Errorf("rule %s: threshold %q has no name of its own, unit or text", r.Name, t.Name)
		}
		names[t.Name] = true
	}
	return nil
}
