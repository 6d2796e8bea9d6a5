package rules_test

import (
	"slices"
	"strings"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/rules"
	"heapcause/report"
)

func TestRegistryIsValid(t *testing.T) {
	if err := analyze.Validate(rules.All()); err != nil {
		t.Fatal(err)
	}
}

func TestValidate(t *testing.T) {
	doc := "meaning\n\nrecognition\n\nfix"
	rule := func(name string) *analyze.Rule {
		return &analyze.Rule{Name: name, Title: "A title", Doc: doc, Max: report.Info, Run: func(*analyze.Pass) error { return nil }}
	}
	a, b := rule("a"), rule("b")
	a.After, b.After = []string{"b"}, []string{"a"}
	short := rule("short")
	short.Doc = "one paragraph"
	foreign := rule("foreign")
	foreign.After = []string{"elsewhere"}
	early, last := rule("early"), rule("last")
	early.After, last.Last = []string{"last"}, true
	for want, registry := range map[string][]*analyze.Rule{
		"lower case":     {rule("Upper")},
		"of its own":     {rule("all")},
		"twice":          {rule("x"), rule("x")},
		"order of names": {rule("y"), rule("x")},
		"three":          {short},
		"after itself":   {a, b},
		"to be last":     {early, last},
		"not registered": {foreign},
		"scan":           {{Name: "s", Title: "T", Doc: doc, Max: report.Info, Run: a.Run, Scans: []*analyze.Scan{{}}}},
	} {
		if err := analyze.Validate(registry); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error that says %q", err, want)
		}
	}
}

func TestSelect(t *testing.T) {
	names := func(rs []*analyze.Rule) string {
		var out []string
		for _, r := range rs {
			out = append(out, r.Name)
		}
		return strings.Join(out, ",")
	}
	for arg, want := range map[string]string{
		"none":                            "",
		"all":                             names(slices.DeleteFunc(rules.All(), func(r *analyze.Rule) bool { return r.Experimental })),
		"leak-suspect":                    "leak-suspect",
		"leak-suspect, finalizer-backlog": "leak-suspect,finalizer-backlog",
		"leak-suspect,leak-suspect":       "leak-suspect",
	} {
		got, err := rules.Select(arg, false)
		if err != nil || names(got) != want {
			t.Errorf("Select(%q) = %s, %v; want %s", arg, names(got), err, want)
		}
	}
	for arg, want := range map[string]string{
		"leak-suspects":     `unknown rule "leak-suspects": did you mean leak-suspect?`,
		"finalizer-backlgo": "did you mean finalizer-backlog?",
		"zzz":               "there are ",
		"all,leak-suspect":  "stands alone",
		"leak-suspect,":     `unknown rule ""`,
	} {
		if _, err := rules.Select(arg, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Select(%q): %v, want an error that says %q", arg, err, want)
		}
	}
}
