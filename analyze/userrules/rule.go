package userrules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Rule is a rule that was read from YAML.
type Rule struct {
	spec *spec
	File string // that it was read from
}

// Name is that of the rule.
func (r *Rule) Name() string { return r.spec.name }

// Rule makes a rule for the engine. It may be run any number of times.
func (r *Rule) Rule() *analyze.Rule { return r.rule(nil) }

// rule makes a rule that tells o, which may be nil, what it saw.
func (r *Rule) rule(o *Outcome) *analyze.Rule {
	s := r.spec
	scan := scanOf(s)
	return &analyze.Rule{
		Name: s.name, Title: s.title, Doc: s.text(), Max: s.max, Experimental: s.experimental, After: s.after, Thresholds: s.thresholds,
		Source: r.File, Scans: []*analyze.Scan{scan},
		Run: func(p *analyze.Pass) error {
			c := analyze.Result[*candidates](p, scan)
			if c != nil {
				(&judge{Pass: p, spec: s, out: o}).run(c)
			}
			return nil
		},
	}
}

// text is the rule's doc; what it lacks of meaning, recognition and fix is put together from the rest.
func (s *spec) text() string {
	if strings.Count(s.doc, "\n\n") >= 2 {
		return s.doc
	}
	recognised := "Recognised by objects of " + strings.Join(s.match.classes, ", ")
	if s.match.subclasses {
		recognised += " and subclasses"
	}
	for i, x := range s.where {
		recognised += []string{" where ", " and "}[min(i, 1)] + strings.TrimSpace(x.source)
	}
	var fix []string
	for _, t := range s.fix {
		fix = append(fix, t.source())
	}
	return strings.Join([]string{cmp.Or(s.doc, s.title+"."), recognised + ".", strings.Join(fix, " ")}, "\n\n")
}

// source is a template as it is written.
func (t *template) source() string {
	var b strings.Builder
	for _, p := range t.parts {
		if p.value != nil {
			b.WriteString("{" + p.value.source + "}")
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// judge is a rule at work on a dump.
type judge struct {
	*analyze.Pass
	spec    *spec
	out     *Outcome // nil when nobody asks
	m       *matcher
	matches []graph.Object
	totals  []total
	groups  []grouping
}

// run looks at the candidates and reports.
func (j *judge) run(c *candidates) {
	j.out.begin(c)
	switch {
	case c.err != nil:
		j.abstain(c.err)
		return
	case c.over:
		j.abstain(fmt.Errorf("more than %s objects are to be looked at: conditions on their own fields would leave less", analyze.Number(maxCandidates)))
		return
	}
	if err := j.collect(c.objects); err != nil {
		j.abstain(err)
		return
	}
	if len(j.matches) == 0 {
		return
	}
	if err := j.report(); err != nil {
		j.abstain(err)
	}
}

func (j *judge) abstain(err error) { j.Abstain(err.Error()) }

// thresholds makes the thresholds known to expressions.
func (j *judge) thresholds(env map[string]any) {
	for _, t := range j.spec.thresholds {
		v := j.Value(t)
		if v == float64(int(v)) {
			env[variable(t.Name)] = int(v)
		} else {
			env[variable(t.Name)] = v
		}
	}
}

// collect finds the matches and adds them up.
func (j *judge) collect(objects []uint32) error {
	j.m = &matcher{evaluator: newEvaluator(j.Heap, j.spec), trace: j.out}
	j.thresholds(j.m.env)
	j.totals = totals(j.spec.aggregates)
	j.groups = groupings(j.spec.tables)
	for _, n := range objects {
		o := graph.Object(n)
		ok, err := j.m.matches(o)
		if ok {
			err = j.count(o)
		}
		switch {
		case errors.Is(err, errLost):
			j.out.drop("what it refers to is in what is missing of the dump")
		case err != nil:
			return err
		}
	}
	return nil
}

// count adds the object at hand, all of it or nothing.
func (j *judge) count(o graph.Object) error {
	for i := range j.totals {
		if err := j.totals[i].add(j.m.evaluator); err != nil {
			return err
		}
	}
	for i := range j.groups {
		if err := j.groups[i].add(j.m.evaluator, o); err != nil {
			return err
		}
	}
	j.matches = append(j.matches, o)
	return nil
}

// report judges the matches and hands the finding in.
func (j *judge) report() error {
	e := j.summary()
	j.out.matched(len(j.matches), e.env)
	if j.spec.when != nil {
		if ok, err := e.holds(j.spec.when); err != nil || !ok {
			j.out.because(j.spec.when)
			return err
		}
	}
	f, err := j.finding(e)
	if err != nil {
		return err
	}
	if claim := j.claimed(); claim != nil {
		j.Join(claim.Finding, f.Title, f.Facts...)
		j.out.joined(f, claim.Finding)
		return nil
	}
	path := j.path(f)
	f.Path = j.Steps(path)
	reported := j.Report(*f)
	j.out.found(reported)
	j.Claim(analyze.Claim{Finding: reported, Point: graph.NoObject, Members: j.matches})
	return nil
}

// summary is the evaluator of expressions on all matches.
func (j *judge) summary() *evaluator {
	e := &evaluator{heap: j.Heap, rule: j.spec, env: map[string]any{}}
	e.machine.MemoryBudget = maxMemory
	retained := j.Heap.RetainedOf(j.matches)
	shallow := 0
	for _, o := range j.matches {
		shallow += int(j.Heap.Shallow(o))
	}
	e.env["count"], e.env["retained"], e.env["shallow"], e.env["share"] = len(j.matches), int(retained), shallow, j.Share(retained)
	for i := range j.totals {
		e.env[j.totals[i].name] = j.totals[i].result()
	}
	j.thresholds(e.env)
	for name, fn := range findingFunctions {
		e.env[name] = func(args ...any) any { return fn(j.Pass, args) }
	}
	return e
}

// maxAsked of the matches are asked whose they are.
const maxAsked = 1000

// claimed returns the claim of an earlier rule that explains most of the matches.
func (j *judge) claimed() *analyze.Claim {
	counts := map[*report.Finding]int{}
	step := max(len(j.matches)/maxAsked, 1)
	asked := 0
	for i := 0; i < len(j.matches); i += step {
		asked++
		if c := j.MemberOf(j.matches[i]); c != nil {
			if counts[c.Finding]++; counts[c.Finding]*2 > min(len(j.matches), maxAsked) {
				return c
			}
		}
	}
	return nil
}

// maxPaths of the matches are followed to their roots.
const maxPaths = 5

// path chooses the path that says most often who holds a match, and signs the finding with it.
func (j *judge) path(f *report.Finding) []graph.Step {
	type candidate struct {
		path              []graph.Step
		anchor, signature string
		n                 int
	}
	byName := map[string]*candidate{}
	for _, o := range j.largest(maxPaths) {
		path := j.Holding(o, nil)
		signed := *f
		j.Sign(&signed, path, j.Heap.ClassName(o))
		c := byName[signed.Signature]
		if c == nil {
			c = &candidate{path: path, anchor: signed.Anchor, signature: signed.Signature}
			byName[signed.Signature] = c
		}
		c.n++
	}
	var best *candidate
	for _, k := range sortedKeys(byName) {
		if c := byName[k]; best == nil || cmp.Or(cmp.Compare(c.n, best.n), strings.Compare(best.anchor, c.anchor)) > 0 {
			best = c
		}
	}
	f.Anchor, f.Signature = best.anchor, best.signature
	return best.path
}

// largest returns up to n matches, those that retain most first.
func (j *judge) largest(n int) []graph.Object {
	var top []graph.Object
	for _, o := range j.matches {
		i, _ := slices.BinarySearchFunc(top, o, func(a, b graph.Object) int {
			return cmp.Or(cmp.Compare(j.Heap.Retained(b), j.Heap.Retained(a)), cmp.Compare(a, b))
		})
		if i < n {
			top = slices.Insert(top, i, o)
			top = top[:min(len(top), n)]
		}
	}
	return top
}
