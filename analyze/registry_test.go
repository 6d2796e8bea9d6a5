package analyze

import (
	"strings"
	"testing"

	"heapcause/report"
)

func TestRegistryIsValid(t *testing.T) {
	if err := Validate(Rules()); err != nil {
		t.Fatal(err)
	}
}

func TestValidate(t *testing.T) {
	doc := "meaning\n\nrecognition\n\nfix"
	rule := func(name string) *Rule {
		return &Rule{Name: name, Title: "A title", Doc: doc, Max: report.Info, Run: func(*Pass) error { return nil }}
	}
	a, b := rule("a"), rule("b")
	a.Requires, b.Requires = []*Rule{b}, []*Rule{a}
	short := rule("short")
	short.Doc = "one paragraph"
	foreign := rule("foreign")
	foreign.Requires = []*Rule{rule("elsewhere")}
	for want, rules := range map[string][]*Rule{
		"lower case":     {rule("Upper")},
		"of its own":     {rule("all")},
		"twice":          {rule("x"), rule("x")},
		"order of names": {rule("y"), rule("x")},
		"three":          {short},
		"requires":       {a, b},
		"not registered": {foreign},
		"scan":           {{Name: "s", Title: "T", Doc: doc, Max: report.Info, Run: a.Run, Scans: []*Scan{{}}}},
	} {
		if err := Validate(rules); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error that says %q", err, want)
		}
	}
}

func TestSelect(t *testing.T) {
	names := func(rs []*Rule) string {
		var out []string
		for _, r := range rs {
			out = append(out, r.Name)
		}
		return strings.Join(out, ",")
	}
	for arg, want := range map[string]string{
		"none":                            "",
		"all":                             names(Rules()),
		"leak-suspect":                    "leak-suspect",
		"leak-suspect, finalizer-backlog": "leak-suspect,finalizer-backlog",
		"leak-suspect,leak-suspect":       "leak-suspect",
	} {
		got, err := Select(arg)
		if err != nil || names(got) != want {
			t.Errorf("Select(%q) = %s, %v; want %s", arg, names(got), err, want)
		}
	}
	for arg, want := range map[string]string{
		"leak-suspects":     `unknown rule "leak-suspects": did you mean leak-suspect?`,
		"finalizer-backlgo": "did you mean finalizer-backlog?",
		"zzz":               "there are finalizer-backlog, ",
		"all,leak-suspect":  "stands alone",
		"leak-suspect,":     `unknown rule ""`,
	} {
		if _, err := Select(arg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Select(%q): %v, want an error that says %q", arg, err, want)
		}
	}
}
