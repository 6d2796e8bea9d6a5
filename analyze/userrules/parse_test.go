package userrules_test

import (
	"os"
	"strings"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/userrules"
)

// whole is a rule that uses all of the language.
const whole = `rule: boxes-left-open
title: Boxes are open
doc: What it means.
max: error
confidence: certain
after: [leak-suspect]
match:
  class: com.acme.Box
  subclasses: true
follow:
  label: this.label
held_by:
  - {class: "com.acme.Box[]", field: "[]", as: shelf}
  - {class: com.acme.Store, subclasses: true, field: com.acme.Store::boxes, as: store}
let:
  name: text(label)
  heavy: this.weight >= heavy_weight
where:
  - this.open and this["com.acme.Box::weight"] > 1
  - name startsWith "box"
  - store.open
thresholds:
  boxes: {default: 3, unit: boxes, doc: so many are told}
  heavy-weight: {default: 15, unit: grams, doc: so many make a box heavy}
aggregates:
  weight: {sum: this.weight}
  heaviest: {max: this.weight}
  lightest: {min: this.weight}
  heavies: {count: heavy}
  average: {sum: this.weight / 10}
when: count >= boxes
severity:
  - {level: error, when: heavies > 100}
  - {level: warning, when: heavies > 1}
  - by-size
message: '{plural(count, "item")} of {weight} g are open, {{so}} to say; {heap(retained)}'
story: They weigh {lightest} to {heaviest} g, {average} in all.
facts: {weight: weight, "in bytes": bytes(shallow)}
tables:
  - {title: By name, by: name, column: name, show: {grams: {sum: this.weight}}}
  - {title: By shelf, by: length(shelf), column: length}
evidence: {examples: 2, show: {name: name, weight: this.weight, since: time(this.since), size: bytes(this.weight), shelf: shelf}}
fix: [Close them.]
falsifier: They are empty.
tests: [{dump: "*.hprof", findings: 1}]
`

func TestParse(t *testing.T) {
	rules, err := userrules.Parse("boxes.yaml", []byte(whole+"\n---\n"+strings.Replace(whole, "boxes-left-open", "other", 1)))
	if err != nil || len(rules) != 2 || rules[0].Name() != "boxes-left-open" || rules[1].Name() != "other" {
		t.Fatal(rules, err)
	}
	r := rules[0].Rule()
	if r.Source != "boxes.yaml" || len(r.Thresholds) != 2 || !strings.Contains(r.Doc, "Recognised by objects of com.acme.Box and subclasses where this.open") {
		t.Errorf("%+v", r)
	}
	if err := analyze.Validate([]*analyze.Rule{r}); err == nil || !strings.Contains(err.Error(), "leak-suspect") {
		t.Errorf("%v, but the rule is to run after another one", err)
	}
}

// TestMistakes: each is named with its place and, where a word is near, with what was meant.
func TestMistakes(t *testing.T) {
	for old, c := range map[string]struct{ new, want string }{
		"doc: What":                      {"docs: What", `f.yaml:3:1: rule: unknown key "docs": did you mean doc?`},
		"rule: boxes-left-open":          {"rule: Boxes", "f.yaml:1:7: rule: a name is lower case words with dashes"},
		"title: Boxes are open":          {"title: Boxes are open.", "f.yaml:2:8: title: has no full stop"},
		"max: error":                     {"max: erorr", `f.yaml:4:6: severity: unknown severity "erorr": did you mean error?`},
		"confidence: certain":            {"confidence: yes", `f.yaml:5:13: confidence: unknown confidence "yes"`},
		"subclasses: true":               {"subclasses: maybe", "f.yaml:9:15: subclasses: true or false is wanted here"},
		"  class: com.acme.Box\n":        {"  class: ''\n", "f.yaml:8:10: class: a text is wanted here"},
		"label: this.label":              {"label: ths.label", "f.yaml:11:10: follow label: unknown name ths: did you mean this?"},
		"name: text(label)":              {"name: txt(label)", "f.yaml:16:9: let name: unknown name txt: did you mean text?"},
		"name: text(label)\n":            {"name: text(label, 3)\n", "f.yaml:16:9: let name: text takes 1 argument"},
		"  heavy: this.weight":           {"  text: this.weight", "f.yaml:17:3: text is the name of a function"},
		"  heavy: this":                  {"  shelf: this", "f.yaml:17:3: the name shelf is taken"},
		"  heavy: ":                      {"  heavy-ish: ", `f.yaml:17:3: "heavy-ish" is no name`},
		"- store.open":                   {"- store.open and", "f.yaml:21:18: where: unexpected token EOF"},
		"- store.open\n":                 {"- all(1..9, true)\n", "f.yaml:21:10: where: ranges are not supported"},
		"  - store.open\n":               {"  - filter(store, true)\n", "f.yaml:21:"},
		"  - store.open\nthres":          {"  - let a = 1; a\nthres", "f.yaml:21:"},
		"- name startsWith \"box\"\n":    {"- now() > 3\n", "f.yaml:20:5: where: unknown name now"},
		"  - name startsWith":            {"  - this.open()  and name startsWith", "f.yaml:20:"},
		"  - store.open\nthre":           {"  - this[1]\nthre", "f.yaml:21:"},
		"weight: {sum: this.weight}\n":   {"weight: {sum: name}\n", "f.yaml:26:17: weight: a sum of what strings contain would give them away"},
		"heaviest: {max: this.weight}":   {"heaviest: {most: this.weight}", `f.yaml:27:14: aggregate heaviest: unknown key "most"`},
		"when: count >= boxes":           {"when: name == \"x\"", "f.yaml:31:7: when: unknown name name"},
		"message: '{plural(count":        {"message: '{plural(cuont", "f.yaml:36:19: message: unknown name cuont: did you mean count?"},
		"{weight} g are":                 {"{weight g are", "f.yaml:36:38: message: a brace has no partner"},
		"default: 3,":                    {"default: many,", "f.yaml:23:20: default: a number from 0 on is wanted here"},
		"{level: error, when: heavies":   {"{level: error, wen: heavies", `f.yaml:33:20: severity: unknown key "wen": did you mean when?`},
		"tests: [{dump: \"*.hprof\"":     {"tests: [{dump: \"[\"", "f.yaml:45:16: dump: \"[\" is no pattern of file names"},
		"falsifier: They are empty.":     {"falsifier: [", "no valid YAML"},
		"fix: [Close them.]":             {"fix: &a [Close them.]\nafter: *a", "aliases are not supported"},
		"story: They weigh":              {"story: *x They weigh", "no valid YAML"},
		"falsifier: They are empty.\n":   {"", `f.yaml:1:1: rule: the key "falsifier" is missing`},
		"  - store.open\nthresholds:":    {"  - |\n    store.open and\n      stor.open\nthresholds:", "f.yaml:23:7: where: unknown name stor: did you mean store?"},
		"  - {class: \"com.acme.Box[]\"": {"  - {absent: true, class: \"com.acme.Box[]\"", "held_by: nothing can hold what must be absent"},
	} {
		if !strings.Contains(whole, old) {
			t.Fatalf("no %q in the rule", old)
		}
		_, err := userrules.Parse("f.yaml", []byte(strings.Replace(whole, old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q:\n%v\nwant %s", c.new, err, c.want)
		}
	}
	for text, want := range map[string]string{"": "there is no rule", "- a": "a mapping of keys", strings.Repeat("#", 300<<10): "has at most"} {
		if _, err := userrules.Parse("f.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// FuzzParse: whatever a file says, reading it ends without a panic, and a rule that comes of it is one that the engine takes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	for _, r := range userrules.Shipped() {
		f.Add([]byte(userrules.ShippedFile(r.Name)))
	}
	for _, x := range []string{"this.a > 3", "all(1..9, # > 3)", `"a" + text(this.x)`, "this.a?.b ?? 1", `this["A::b"] in [1, 2]`, "((((((((", "not -1 ** 2"} {
		f.Add([]byte("rule: a\ntitle: A\nmatch: {class: x}\nmessage: '{count}'\nfix: b\nfalsifier: c\nwhere: |\n  " + x + "\n"))
	}
	h := boxHeap(f, 8)
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, err := userrules.Parse("f.yaml", data)
		if err != nil {
			return
		}
		for _, r := range rules {
			r := r.Rule()
			r.After = nil
			if err := analyze.Validate([]*analyze.Rule{r}); err != nil {
				t.Errorf("%v\n%s", err, data)
			}
			run(t, h, r)
		}
	})
}

// TestDocumented: the rules in the description of the language are rules.
func TestDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/rules-yaml.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, block := range strings.Split(string(b), "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		if !strings.HasPrefix(block, "rule:") {
			continue
		}
		n++
		if _, err := userrules.Parse("rules-yaml.md", []byte(block)); err != nil {
			t.Error(err)
		}
	}
	if n == 0 {
		t.Error("there is no rule in it")
	}
}
