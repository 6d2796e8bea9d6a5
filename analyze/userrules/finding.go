package userrules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// finding fills in what the rule says of its matches; the path is not in it.
func (j *judge) finding(e *evaluator) (*report.Finding, error) {
	s := j.spec
	f := &report.Finding{
		Confidence: s.confidence, Retained: int64(e.env["retained"].(int)), Objects: int64(len(j.matches)), Falsifier: s.falsifier,
		Facts: report.Rows[report.Fact]{analyze.Fact("objects", report.Count(int64(len(j.matches))))},
	}
	f.Facts = append(f.Facts, analyze.Fact("retained by them", report.Bytes(f.Retained)))
	err := errors.Join(j.texts(f, e), j.facts(f, e), j.evidence(f))
	if err != nil {
		return nil, err
	}
	for i := range j.groups {
		f.Tables = append(f.Tables, j.table(&j.groups[i]))
	}
	f.Severity, err = j.severity(e, f)
	return f, err
}

func (j *judge) texts(f *report.Finding, e *evaluator) (err error) {
	if f.Title, err = j.spec.message.write(e); err != nil {
		return err
	}
	for _, t := range j.spec.story {
		text, err := t.write(e)
		if err != nil {
			return err
		}
		f.Story = append(f.Story, text)
	}
	for _, t := range j.spec.fix {
		text, err := t.write(e)
		if err != nil {
			return err
		}
		f.Fix = append(f.Fix, text)
	}
	return nil
}

func (j *judge) facts(f *report.Finding, e *evaluator) error {
	for _, n := range j.spec.facts {
		v, err := e.value(n.value)
		if err != nil {
			return err
		}
		if i, ok := v.(int); ok {
			f.Facts = append(f.Facts, analyze.Fact(n.name, report.Count(int64(i))))
		} else {
			f.Facts = append(f.Facts, analyze.Fact(n.name, j.cell(v, false)))
		}
	}
	return nil
}

// severity is the first that holds.
func (j *judge) severity(e *evaluator, f *report.Finding) (report.Severity, error) {
	for _, s := range j.spec.severity {
		ok := true
		var err error
		if s.when != nil {
			ok, err = e.holds(s.when)
		}
		switch {
		case err != nil:
			return "", err
		case ok && s.level == "":
			return j.Severity(f.Retained, j.Share(f.Retained)), nil
		case ok:
			return s.level, nil
		}
	}
	return report.Info, nil
}

// cell is a value for the report; content is masked there.
func (j *judge) cell(v any, content bool) report.Value {
	switch v := v.(type) {
	case nil:
		return report.Name("null")
	case ref:
		if v.o == graph.NoObject {
			return report.Name("an object that the dump lacks")
		}
		return report.Name(j.Heap.Name(v.o))
	case bool:
		return report.Name(fmt.Sprint(v))
	}
	if content {
		return report.Content(j.Policy.Value(fmt.Sprint(v)))
	}
	switch v := v.(type) {
	case int:
		return report.Number(int64(v))
	case size:
		return report.Bytes(int64(v))
	case moment:
		return report.Time(time.UnixMilli(int64(v)))
	}
	return report.Name(textOf(v))
}

// evidence shows the largest matches.
func (j *judge) evidence(f *report.Finding) error {
	for _, o := range j.largest(j.spec.examples) {
		if ok, err := j.m.again(o); err != nil || !ok {
			return err
		}
		e := report.Evidence{Address: j.Address(o), Class: j.Heap.ClassName(o), Retained: j.Heap.Retained(o)}
		for _, n := range j.spec.evidence {
			v, err := j.m.value(n.value)
			if errors.Is(err, errLost) {
				v = ref{graph.NoObject}
			} else if err != nil {
				return err
			}
			e.Fields = append(e.Fields, analyze.Fact(n.name, j.cell(v, n.value.content)))
		}
		f.Evidence.Rows = append(f.Evidence.Rows, e)
	}
	f.Evidence.Omitted = f.Objects - int64(len(f.Evidence.Rows))
	return nil
}

// again makes the names those of an object that matched before.
func (m *matcher) again(o graph.Object) (bool, error) {
	quiet := matcher{evaluator: m.evaluator, buf: m.buf}
	return quiet.matches(o)
}

// maxGroups of a table are told apart; what comes later goes together.
const maxGroups = 10_000

// grouping is a table at work.
type grouping struct {
	*table
	groups map[string]*group
}

// group are the matches of one value.
type group struct {
	value   any
	objects []graph.Object
	totals  []total
}

func groupings(tables []table) []grouping {
	out := make([]grouping, len(tables))
	for i := range tables {
		out[i] = grouping{&tables[i], map[string]*group{}}
	}
	return out
}

// add counts the object at hand.
func (g *grouping) add(e *evaluator, o graph.Object) error {
	v, err := e.value(g.by)
	if err != nil {
		return err
	}
	key := fmt.Sprint(v)
	one := g.groups[key]
	if one == nil {
		if len(g.groups) >= maxGroups {
			key, v = "", "(others)"
			one = g.groups[key]
		}
		if one == nil {
			one = &group{value: v, totals: totals(g.show)}
			g.groups[key] = one
		}
	}
	one.objects = append(one.objects, o)
	for i := range one.totals {
		if err := one.totals[i].add(e); err != nil {
			return err
		}
	}
	return nil
}

// table writes the groups, those of most objects first.
func (j *judge) table(g *grouping) report.Table {
	t := report.Table{Title: g.title, Columns: []string{g.column, "objects", "retained"}}
	for _, a := range g.show {
		t.Columns = append(t.Columns, a.name)
	}
	keys := sortedKeys(g.groups)
	slices.SortStableFunc(keys, func(a, b string) int {
		return cmp.Compare(len(g.groups[b].objects), len(g.groups[a].objects))
	})
	for i, k := range keys {
		if i == analyze.MaxTableRows {
			t.Omitted = int64(len(keys) - i)
			break
		}
		one := g.groups[k]
		row := report.Rows[report.Value]{j.cell(one.value, g.by.content), report.Count(int64(len(one.objects))), report.Bytes(j.Heap.RetainedOf(one.objects))}
		for i := range one.totals {
			row = append(row, one.totals[i].cell())
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
