package userrules

import (
	"context"
	"fmt"
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// Outcome is what a rule saw of a dump.
type Outcome struct {
	Classes   string          // that it looks for
	Objects   int64           // of these classes
	Looked    int             // of these, those whose own fields meet the conditions
	Dropped   []Dropped       // why others did not match, in the order of the rule
	Matched   int             // objects
	Figures   []string        // what when and severity see
	Because   string          // when, which did not hold
	Finding   *report.Finding // nil when there is none
	Skipped   string          // why the rule abstains
	Unmet     []string        // what the tests of the file want of this dump and did not get
	Tests     int             // of the file that are about this dump
	Report    *report.Report  // the whole report of this rule alone
	decreases map[string]int
}

// Dropped counts the objects that did not match for one reason.
type Dropped struct {
	Why     string
	Objects int64
}

func (o *Outcome) begin(c *candidates) {
	if o != nil {
		o.Objects, o.Looked, o.decreases = c.all, len(c.objects), map[string]int{}
		if rest := c.all - int64(len(c.objects)); rest > 0 && !c.over {
			o.Dropped = append(o.Dropped, Dropped{"unreachable, or the conditions on its own fields do not hold", rest})
		}
	}
}

func (o *Outcome) drop(why string) {
	if o == nil {
		return
	}
	i, ok := o.decreases[why]
	if !ok {
		i = len(o.Dropped)
		o.decreases[why] = i
		o.Dropped = append(o.Dropped, Dropped{Why: why})
	}
	o.Dropped[i].Objects++
}

func (o *Outcome) matched(n int, env map[string]any) {
	if o == nil {
		return
	}
	o.Matched = n
	for _, k := range sortedKeys(env) {
		switch v := env[k].(type) {
		case int, float64:
			o.Figures = append(o.Figures, fmt.Sprintf("%s = %v", k, v))
		}
	}
}

func (o *Outcome) because(x *expression) {
	if o != nil {
		o.Because = strings.TrimSpace(x.source)
	}
}

func (o *Outcome) found(f *report.Finding) {
	if o != nil {
		o.Finding = f
	}
}

func (o *Outcome) joined(f, _ *report.Finding) { o.found(f) }

// Try runs the rule alone on a heap and says what it saw; name is that of the dump for the file's tests.
func (r *Rule) Try(ctx context.Context, h *graph.Heap, name string, opt analyze.Options) (*Outcome, error) {
	o := &Outcome{Classes: strings.Join(r.spec.match.classes, ", ")}
	opt.Rules, opt.Inspections = []*analyze.Rule{r.rule(o)}, nil
	rep, err := analyze.Run(ctx, h, opt)
	if err != nil {
		return nil, err
	}
	o.Report, o.Skipped = rep, rep.Rules[0].Skipped
	o.Finding = nil
	if len(rep.Findings) > 0 {
		o.Finding = &rep.Findings[0]
	}
	for i := range r.spec.tests {
		if t := &r.spec.tests[i]; t.about(name) {
			o.Tests++
			for _, miss := range t.check(o) {
				o.Unmet = append(o.Unmet, fmt.Sprintf("%s:%d:%d: %s", t.node.f.name, t.node.Line, t.node.Column, miss))
			}
		}
	}
	return o, nil
}
