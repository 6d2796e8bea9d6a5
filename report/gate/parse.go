package gate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"heapcause/report"
)

// The keys of a budget file, and of its parts.
var (
	topKeys      = []string{"baseline", "classes", "figures", "findings", "growth", "heap", "loaders", "packages", "suppress"}
	growthKeys   = []string{"classes", "figures", "findings", "heap", "loaders", "packages"}
	findingKeys  = []string{"error", "info", "rules", "warning"}
	ruleKeys     = []string{"count", "objects", "retained"}
	grownKeys    = []string{"new", "objects", "retained"}
	severityKeys = []string{"error", "info", "warning"}
	suppressKeys = []string{"budget", "reason", "signature", "until"}
)

// groups are the lists whose rows can be limited by name, and what can be limited of them.
var groups = map[string]struct {
	subject subject
	metrics []string
}{
	"classes":  {ofClass, []string{"instances", "retained", "shallow"}},
	"packages": {ofPackage, []string{"classes", "instances", "retained", "shallow"}},
	"loaders":  {ofLoader, []string{"classes", "instances", "retained", "shallow"}},
}

// parser fills a budget.
type parser struct {
	*Budget
	r       *reader
	figures []FigureInfo
}

// Parse reads a budget file; name is for messages. The error names every mistake with its place. Figures may be limited that are
// known, or among those of extra.
func Parse(name string, data []byte, extra ...FigureInfo) (*Budget, error) {
	p := parser{Budget: &Budget{File: name}, r: &reader{name: name}, figures: slices.Concat(KnownFigures, extra)}
	if root, ok := p.r.document(data); ok {
		root.keys("budget", topKeys, func(key, value node) {
			switch key.Value {
			case "baseline":
				p.Baseline = value.text("baseline")
			case "growth":
				value.keys("growth", growthKeys, func(key, value node) { p.section(key, value, true) })
			case "suppress":
				p.suppressions(value)
			default:
				p.section(key, value, false)
			}
		})
		p.checkSuppressed()
	}
	if err := p.r.err(); err != nil {
		return nil, err
	}
	return p.Budget, nil
}

// section reads one part of the file, or of its growth.
func (p *parser) section(key, value node, growth bool) {
	where := key.Value
	if growth {
		where = "growth." + where
	}
	switch key.Value {
	case "heap", "figures":
		p.named(where, key.Value, value, growth)
	case "findings":
		if growth {
			p.grown(where, value)
		} else {
			p.findings(where, value)
		}
	default:
		p.rows(where, key.Value, value, growth)
	}
}

// add keeps a limit whose bound could be read.
func (p *parser) add(l limit, value node, share bool) {
	if l.at = value.bounds(l.name, l.unit, l.growth, share || l.growth); len(l.at) > 0 {
		p.limits = append(p.limits, l)
	}
}

// named reads limits on figures; those of the section heap lack the word.
func (p *parser) named(where, section string, value node, growth bool) {
	prefix := ""
	if section == "heap" {
		prefix = "heap."
	}
	value.entries(where, func(key, value node) {
		info, ok := findFigure(p.figures, prefix+key.Value)
		if !ok {
			var names []string
			for _, n := range figureNames(p.figures) {
				if rest, ok := strings.CutPrefix(n, prefix); ok {
					names = append(names, rest)
				}
			}
			key.fail("%s: there is no figure %q%s", where, key.Value, meant(key.Value, names))
			return
		}
		l := limit{name: where + "." + key.Value, line: key.Line, subject: ofFigure, of: info.Name, unit: info.Unit, growth: growth}
		p.add(l, value, info.Unit == bytesUnit && info.Name != "heap.total")
	})
}

// rows reads limits on classes, packages or loaders.
func (p *parser) rows(where, section string, value node, growth bool) {
	g := groups[section]
	value.entries(where, func(key, value node) {
		if strings.TrimSpace(key.Value) == "" {
			key.fail("%s: a name is wanted here", where)
			return
		}
		pattern, name := newPattern(key.Value), where+"."+key.Value
		value.keys(name, g.metrics, func(key, value node) {
			m := metric(key.Value)
			unit := key.Value
			if m.bytes() {
				unit = bytesUnit
			}
			l := limit{name: name + "." + key.Value, line: key.Line, subject: g.subject, of: pattern.text, pattern: pattern, metric: m, unit: unit, growth: growth}
			p.add(l, value, m.bytes())
		})
	})
}

// findings reads limits on the number of findings, and on those of rules.
func (p *parser) findings(where string, value node) {
	value.keys(where, findingKeys, func(key, value node) {
		if key.Value == "rules" {
			value.entries(where+".rules", func(key, value node) { p.rule(where+".rules."+key.Value, key, value) })
			return
		}
		p.add(limit{name: where + "." + key.Value, line: key.Line, subject: ofSeverity, of: key.Value, metric: count, unit: "findings"}, value, false)
	})
}

// rule reads the limits of one rule: a number of findings, or several limits.
func (p *parser) rule(name string, key, value node) {
	l := limit{name: name, line: key.Line, subject: ofRule, of: key.Value, metric: count, unit: "findings"}
	if value.Kind != yaml.MappingNode {
		p.add(l, value, false)
		return
	}
	value.keys(name, ruleKeys, func(key, value node) {
		l := l
		l.name, l.line, l.metric = name+"."+key.Value, key.Line, metric(key.Value)
		switch l.metric {
		case retained:
			l.unit = bytesUnit
		case objects:
			l.unit = "objects"
		}
		p.add(l, value, l.metric == retained)
	})
}

// grown reads limits on new findings and on the growth of each.
func (p *parser) grown(where string, value node) {
	value.keys(where, grownKeys, func(key, value node) {
		name := where + "." + key.Value
		switch key.Value {
		case "new":
			value.keys(name, severityKeys, func(key, value node) {
				l := limit{name: name + "." + key.Value, line: key.Line, subject: ofSeverity, of: key.Value, metric: count, unit: "findings", growth: true}
				if b, ok := value.bound(l.name, l.unit, false); ok {
					l.at = []bound{b}
					p.limits = append(p.limits, l)
				}
			})
		default:
			l := limit{name: name, line: key.Line, subject: ofFindings, metric: metric(key.Value), unit: "objects", growth: true}
			if l.metric == retained {
				l.unit = bytesUnit
			}
			p.add(l, value, true)
		}
	})
}

var signatureText = regexp.MustCompile(`^[0-9a-f]{12,64}$`)

// suppressions reads the list of what may pass.
func (p *parser) suppressions(value node) {
	if value.Kind != yaml.SequenceNode {
		value.fail("suppress: a list is wanted here")
		return
	}
	value.each(func(n node) {
		s := Suppression{Line: n.Line}
		given := map[string]bool{}
		before := len(p.r.errs)
		n.keys("suppress", suppressKeys, func(key, value node) {
			given[key.Value] = true
			text := value.text(key.Value)
			switch key.Value {
			case "signature":
				if s.Signature = strings.ToLower(text); text != "" && !signatureText.MatchString(s.Signature) {
					value.fail("signature: %q: 12 to 64 hexadecimal digits are wanted, as reports show them", text)
				}
			case "budget":
				s.Budget = text
			case "reason":
				s.Reason = text
			case "until":
				var err error
				if s.Until, err = time.Parse(time.DateOnly, text); text != "" && err != nil {
					value.fail("until: %q: a day such as 2027-01-31 is wanted", text)
				}
			}
		})
		if n.Kind != yaml.MappingNode {
			return
		}
		for _, k := range []string{"reason", "until"} {
			if !given[k] {
				n.fail("suppress: the key %q is missing", k)
			}
		}
		if given["signature"] == given["budget"] {
			n.fail("suppress: either the signature of a finding or the name of a budget is wanted")
		}
		if len(p.r.errs) == before {
			p.Suppressions = append(p.Suppressions, s)
		}
	})
}

// checkSuppressed finds suppressions of limits that the file does not have.
func (p *parser) checkSuppressed() {
	if len(p.r.errs) > 0 {
		return // a limit may be missing for that
	}
	var names []string
	for i := range p.limits {
		names = append(names, p.limits[i].name)
	}
	for _, s := range p.Suppressions {
		if s.Budget != "" && !slices.ContainsFunc(names, s.covers) {
			p.r.fail(s.Line, 1, "suppress: there is no budget %q%s", s.Budget, meant(s.Budget, names))
		}
	}
}

// covers reports whether the suppression is of a limit: by its name, or by that of a part of the file that it lies in.
func (s *Suppression) covers(limit string) bool {
	return s.Budget != "" && (limit == s.Budget || strings.HasPrefix(limit, s.Budget+"."))
}

// severity is the severity that a limit is on.
func (l *limit) severity() report.Severity { return report.Severity(l.of) }

func (l *limit) String() string { return fmt.Sprintf("%s (line %d)", l.name, l.line) }
