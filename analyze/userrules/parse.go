package userrules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"heapcause/analyze"
	"heapcause/report"
)

// defaultExamples are shown of the matches; maxExamples at most.
const (
	defaultExamples = 3
	maxExamples     = 20
)

// Parse reads the rules of one file: a YAML document each. The error names every mistake with its place.
func Parse(name string, data []byte) ([]*Rule, error) {
	f := &rulesFile{name: name, lines: strings.Split(string(data), "\n")}
	if len(data) > maxFileBytes {
		f.fail(1, 1, "a file of rules has at most %d bytes", maxFileBytes)
		return nil, f.err()
	}
	var out []*Rule
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			f.syntax(err)
			break
		}
		if len(doc.Content) != 1 || doc.Content[0].Kind == yaml.ScalarNode && doc.Content[0].Tag == "!!null" {
			continue
		}
		if len(out) == maxRules {
			f.fail(doc.Line, doc.Column, "a file has at most %d rules", maxRules)
			break
		}
		out = append(out, &Rule{spec: f.rule(node{doc.Content[0], f}), File: name})
	}
	if len(out) == 0 && len(f.errs) == 0 {
		f.fail(1, 1, "there is no rule in this file")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	return out, nil
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntax notes what the YAML parser says, which knows lines alone.
func (f *rulesFile) syntax(err error) {
	text, line := err.Error(), 1
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	f.fail(line, 1, "no valid YAML: %s", text)
}

// rule reads one rule. Sections are read in the order in which they depend on each other, whatever that in the file.
func (f *rulesFile) rule(n node) *spec {
	s := &spec{examples: defaultExamples, confidence: report.Likely}
	at := map[string]node{}
	known := map[string]func(node){}
	for _, k := range []string{
		"rule", "title", "doc", "max", "confidence", "experimental", "after", "match", "follow", "held_by", "let", "where", "thresholds",
		"aggregates", "when", "severity", "message", "story", "fix", "falsifier", "facts", "tables", "evidence", "tests",
	} {
		known[k] = func(v node) { at[k] = v }
	}
	n.keys("rule", known)
	if n.Kind != yaml.MappingNode {
		return s
	}
	for _, k := range []string{"rule", "title", "match", "message", "fix", "falsifier"} {
		if _, ok := at[k]; !ok {
			n.fail("rule: the key %q is missing", k)
		}
	}
	p := &specReader{spec: s, at: at}
	p.texts()
	p.matching()
	p.finding()
	p.read("tests", func(n node) { n.each(func(n node) { s.tests = append(s.tests, readExpectation(n)) }) })
	return s
}

// specReader fills a spec.
type specReader struct {
	*spec
	at      map[string]node
	objects *scope // of expressions on one object
	all     *scope // of expressions on the finding
}

func (p *specReader) read(key string, fn func(node)) {
	if n, ok := p.at[key]; ok {
		fn(n)
	}
}

var ruleName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func (p *specReader) texts() {
	p.read("rule", func(n node) {
		p.name = n.text("rule")
		if !ruleName.MatchString(p.name) || p.name == "all" || p.name == "none" {
			n.fail("rule: a name is lower case words with dashes, such as streams-left-open")
		}
	})
	p.read("title", func(n node) {
		if p.title = n.line("title"); strings.HasSuffix(p.title, ".") {
			n.fail("title: has no full stop")
		}
	})
	p.read("doc", func(n node) { p.doc = n.text("doc") })
	p.read("falsifier", func(n node) { p.falsifier = n.line("falsifier") })
	p.read("experimental", func(n node) { p.experimental = n.yes("experimental") })
	p.read("after", func(n node) { p.after = n.texts("after") })
	p.read("max", func(n node) { p.max = report.Severity(n.oneOf("severity", severities...)) })
	p.read("confidence", func(n node) {
		p.confidence = report.Confidence(n.oneOf("confidence", string(report.Certain), string(report.Likely), string(report.Possible)))
	})
}

var severities = []string{string(report.Info), string(report.Warning), string(report.Error)}

// matching reads what says which objects match.
func (p *specReader) matching() {
	p.objects = &scope{names: map[string]bool{"this": false}, lets: map[string]int{}, functions: sortedKeys(objectFunctions)}
	p.all = &scope{names: map[string]bool{"count": false, "retained": false, "shallow": false, "share": false}, functions: sortedKeys(findingFunctions)}
	p.read("thresholds", p.readThresholds)
	p.read("match", func(n node) {
		n.keys("match", map[string]func(node){
			"class":       func(n node) { p.match.classes = n.texts("class") },
			"subclasses":  func(n node) { p.match.subclasses = n.yes("subclasses") },
			"unreachable": func(n node) { p.match.unreachable = n.yes("unreachable") },
		})
		if len(p.match.classes) == 0 {
			n.fail("match: the key \"class\" is missing")
		}
	})
	p.read("follow", func(n node) {
		n.entries("follow", func(key, value node) {
			if x := p.objects.compile(value, "follow "+key.Value); x != nil {
				p.follow = append(p.follow, named{key.Value, x})
				p.declare(key, p.objects, x.content)
			}
		})
	})
	p.read("held_by", func(n node) { n.each(p.readHolder) })
	p.read("let", func(n node) {
		n.entries("let", func(key, value node) {
			if x := p.objects.compile(value, "let "+key.Value); x != nil && p.declare(key, p.objects, x.content) {
				p.objects.lets[key.Value] = len(p.lets)
				p.lets = append(p.lets, named{key.Value, x})
			}
		})
	})
	p.read("where", func(n node) {
		n.each(func(n node) {
			if x := p.objects.compile(n, "where"); x != nil {
				p.where = append(p.where, x)
			}
		})
	})
}

// declare makes a name known to the expressions that follow.
func (p *specReader) declare(n node, s *scope, content bool) bool {
	name := n.Value
	_, taken := s.names[name]
	switch {
	case !identifier(name):
		n.fail("%q is no name: letters, digits and underscores, not at the end", name)
	case taken:
		n.fail("the name %s is taken", name)
	case slices.Contains(s.functions, name) || slices.Contains(builtins, name):
		n.fail("%s is the name of a function", name)
	default:
		s.add(name, content)
		return true
	}
	return false
}

func (p *specReader) readThresholds(n node) {
	n.entries("thresholds", func(key, value node) {
		t := &analyze.Threshold{Name: key.Value}
		if !ruleName.MatchString(t.Name) {
			key.fail("thresholds: a name is lower case words with dashes")
			return
		}
		hasDefault := false
		value.keys("threshold "+t.Name, map[string]func(node){
			"default": func(n node) { t.Default, hasDefault = n.number("default"), true },
			"unit":    func(n node) { t.Unit = n.line("unit") },
			"doc":     func(n node) { t.Doc = n.line("doc") },
		})
		if !hasDefault || t.Unit == "" || t.Doc == "" {
			key.fail("threshold %s: default, unit and doc are wanted", t.Name)
		}
		name := node{&yaml.Node{Kind: yaml.ScalarNode, Value: variable(t.Name), Line: key.Line, Column: key.Column}, key.f}
		if p.declare(name, p.objects, false) && p.declare(name, p.all, false) {
			p.thresholds = append(p.thresholds, t)
		}
	})
}

// variable is the name of a threshold in expressions, where dashes are minus signs.
func variable(threshold string) string { return strings.ReplaceAll(threshold, "-", "_") }

func (p *specReader) readHolder(n node) {
	h := holder{name: "holder"}
	n.keys("held_by", map[string]func(node){
		"class":      func(n node) { h.classes = n.texts("class") },
		"subclasses": func(n node) { h.subclasses = n.yes("subclasses") },
		"field":      func(n node) { h.field = n.line("field") },
		"as":         func(n node) { h.name = n.text("as") },
		"absent":     func(n node) { h.absent = n.yes("absent") },
	})
	if len(h.classes) == 0 {
		n.fail("held_by: the key \"class\" is missing")
	}
	if len(p.heldBy) > 0 && p.heldBy[len(p.heldBy)-1].absent {
		n.fail("held_by: nothing can hold what must be absent")
	}
	p.heldBy = append(p.heldBy, h)
	if !h.absent {
		p.declare(node{&yaml.Node{Kind: yaml.ScalarNode, Value: h.name, Line: n.Line, Column: n.Column}, n.f}, p.objects, false)
	}
}

// finding reads what is said of the matches.
func (p *specReader) finding() {
	p.read("aggregates", func(n node) {
		for _, a := range p.readAggregates(n) {
			if p.declare(a.value.node.named(a.name), p.all, false) {
				p.aggregates = append(p.aggregates, a)
			}
		}
	})
	p.read("when", func(n node) { p.when = p.all.compile(n, "when") })
	p.severity = []judgement{{}}
	p.read("severity", p.readSeverity)
	if _, ok := p.at["max"]; !ok {
		p.max = p.highest()
	}
	p.read("message", func(n node) { p.message = p.all.template(n, "message", n.line("message")) })
	p.read("story", func(n node) { p.story = p.templates(n, "story") })
	p.read("fix", func(n node) { p.fix = p.templates(n, "fix") })
	p.read("facts", func(n node) { p.facts = p.labelled(n, "facts", p.all) })
	p.read("tables", func(n node) { n.each(p.readTable) })
	p.read("evidence", func(n node) {
		n.keys("evidence", map[string]func(node){
			"examples": func(n node) { p.examples = int(min(n.number("examples"), maxExamples)) },
			"show":     func(n node) { p.evidence = p.labelled(n, "show", p.objects) },
		})
	})
}

// named returns a node at the same place with another text.
func (n node) named(text string) node {
	return node{&yaml.Node{Kind: yaml.ScalarNode, Value: text, Line: n.Line, Column: n.Column}, n.f}
}

func (p *specReader) labelled(n node, what string, s *scope) (out []named) {
	n.entries(what, func(key, value node) {
		if x := s.compile(value, what+" "+key.Value); x != nil {
			out = append(out, named{key.Value, x})
		}
	})
	return out
}

func (p *specReader) templates(n node, what string) (out []*template) {
	n.each(func(n node) {
		if t := p.all.template(n, what, n.text(what)); t != nil {
			out = append(out, t)
		}
	})
	return out
}

func (p *specReader) readAggregates(n node) (out []aggregate) {
	n.entries("aggregates", func(key, value node) {
		known := map[string]func(node){}
		n := 0
		for _, how := range []reduction{countOf, sumOf, maxOf, minOf} {
			known[string(how)] = func(v node) {
				n++
				x := p.objects.compile(v, key.Value)
				if x == nil {
					return
				}
				if x.content && how != countOf {
					v.fail("%s: a %s of what strings contain would give them away; len(text(…)) is a number that does not", key.Value, how)
				}
				out = append(out, aggregate{named{key.Value, x}, how})
			}
		}
		if value.keys("aggregate "+key.Value, known); n != 1 {
			value.fail("aggregate %s: one of count, sum, max and min is wanted", key.Value)
		}
	})
	return out
}

func (p *specReader) readSeverity(n node) {
	p.severity = nil
	n.each(func(n node) {
		var j judgement
		if n.Kind == yaml.ScalarNode {
			j.level = severityOf(n)
		} else {
			n.keys("severity", map[string]func(node){
				"level": func(n node) { j.level = severityOf(n) },
				"when":  func(n node) { j.when = p.all.compile(n, "when") },
			})
		}
		p.severity = append(p.severity, j)
	})
}

// bySize is the severity that depends on what is retained.
const bySize = "by-size"

func severityOf(n node) report.Severity {
	s := n.oneOf("severity", append(slices.Clone(severities), bySize)...)
	if s == bySize {
		s = ""
	}
	return report.Severity(s)
}

// highest is the worst of the severities that a rule names.
func (s *spec) highest() report.Severity {
	worst := report.Info
	for _, j := range s.severity {
		level := j.level
		if level == "" {
			level = report.Warning
		}
		if level.Compare(worst) > 0 {
			worst = level
		}
	}
	return worst
}

func (p *specReader) readTable(n node) {
	t := table{column: "value"}
	n.keys("table", map[string]func(node){
		"title":  func(n node) { t.title = n.line("title") },
		"column": func(n node) { t.column = n.line("column") },
		"by":     func(n node) { t.by = p.objects.compile(n, "by") },
		"show":   func(n node) { t.show = p.readAggregates(n) },
	})
	if t.title == "" {
		n.fail("table: the key \"title\" is missing")
	}
	if t.by == nil && len(n.f.errs) == 0 {
		n.fail("table: the key \"by\" is missing")
	}
	p.tables = append(p.tables, t)
}

func readExpectation(n node) expectation {
	e := expectation{node: n, findings: -1, objects: -1}
	n.keys("test", map[string]func(node){
		"dump": func(n node) {
			if e.dump = n.line("dump"); e.dump != "" {
				if _, err := path.Match(e.dump, ""); err != nil {
					n.fail("dump: %q is no pattern of file names", e.dump)
				}
			}
		},
		"findings": func(n node) { e.findings = int(n.number("findings")) },
		"objects":  func(n node) { e.objects = int(n.number("objects")) },
		"severity": func(n node) { e.severity = report.Severity(n.oneOf("severity", severities...)) },
		"title":    func(n node) { e.title = n.texts("title") },
		"abstains": func(n node) { e.abstains = n.text("abstains") },
	})
	if e.dump == "" {
		n.fail("test: the key \"dump\" is missing")
	}
	return e
}

// check returns why a test is not met.
func (e *expectation) check(o *Outcome) []string {
	var out []string
	miss := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if e.abstains != "" && !strings.Contains(o.Skipped, e.abstains) {
		miss("abstains because of %q, not of %q", o.Skipped, e.abstains)
	}
	found := 0
	if o.Finding != nil {
		found = 1
	}
	if e.findings >= 0 && e.findings != found {
		miss("%s, not %d", plural(found, "finding"), e.findings)
	}
	if o.Finding == nil {
		if e.severity != "" || e.objects >= 0 || len(e.title) > 0 {
			miss("there is no finding")
		}
		return out
	}
	if e.severity != "" && e.severity != o.Finding.Severity {
		miss("the severity is %s, not %s", o.Finding.Severity, e.severity)
	}
	if e.objects >= 0 && int64(e.objects) != o.Finding.Objects {
		miss("%d objects, not %d", o.Finding.Objects, e.objects)
	}
	for _, t := range e.title {
		if !strings.Contains(o.Finding.Title, t) {
			miss("the title %q lacks %q", o.Finding.Title, t)
		}
	}
	return out
}
