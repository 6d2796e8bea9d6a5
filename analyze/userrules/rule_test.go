package userrules_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/userrules"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// boxHeap has two open stores with a shelf of 10 boxes each, of the weights 1 to 20, of which those with an odd weight are open and
// that of weight 1 is a crate, which weighs 7 of its own; a closed store with 10 closed boxes of the weights 2, 4, … 20; and an open
// box of weight 99 that is garbage.
func boxHeap(t testing.TB, idSize int) *graph.Heap {
	t.Helper()
	d := hproftest.New(idSize)
	box := d.Class("com.acme.Box", hproftest.Fields("int weight", "boolean open", "String label", "long since"))
	crate := d.Class("com.acme.Crate", hproftest.Super(box), hproftest.Fields("int weight"))
	store := d.Class("com.acme.Store", hproftest.Fields("Object[] boxes", "boolean open", "Object more"))
	n := int32(0)
	shelf := func(odd bool) *hproftest.Object {
		var boxes []any
		for range 10 {
			n++
			if odd {
				n++
			}
			label := d.String(fmt.Sprintf("box %d", n%3))
			if n%20 == 1 {
				boxes = append(boxes, d.Instance(crate, int32(7), hproftest.With("com.acme.Box::weight", n), hproftest.With("com.acme.Box::open", true), hproftest.With("com.acme.Box::label", label)))
				continue
			}
			boxes = append(boxes, d.Instance(box, n, n%2 == 1, label, int64(0)))
		}
		return d.Array("com.acme.Box", boxes...)
	}
	first, second := shelf(false), shelf(false)
	a := d.Instance(store, first, true, d.Instance(store, second, true, nil))
	n = 0
	b := d.Instance(store, shelf(true), false, nil)
	d.Instance(box, int32(99), true, d.String("box"), int64(0))
	d.Class("com.acme.Main", hproftest.Static("Object open", a), hproftest.Static("Object closed", b), hproftest.Static("int answer", int32(42)), hproftest.Sticky())
	d.Root(hprof.RootStickyClass, d.Find("com.acme.Main").ID)
	return analyzetest.Build(t, d)
}

// run runs one rule alone.
func run(t testing.TB, h *graph.Heap, r *analyze.Rule) *report.Report {
	t.Helper()
	rep, err := analyze.Run(context.Background(), h, analyze.Options{Rules: []*analyze.Rule{r}, Top: 10, ToolVersion: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rep.Validate(); err != nil {
		t.Fatal(err)
	}
	return rep
}

func parse(t testing.TB, text string) *analyze.Rule {
	t.Helper()
	rules, err := userrules.Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return rules[0].Rule()
}

// TestRule: all of the language says what is in the dump.
func TestRule(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		h := boxHeap(t, idSize)
		f := analyzetest.Only(t, run(t, h, parse(t, whole)), "boxes-left-open", report.Warning)
		// open are 3, 5, … 19: 1 is not more than 1
		analyzetest.WantTitle(t, f, "9 items of 99 g are open, {so} to say; ")
		if f.Objects != 9 || f.Confidence != report.Certain || f.Story[0] != "They weigh 3 to 19 g, 9.9 in all." {
			t.Errorf("%d objects, %s, %v", f.Objects, f.Confidence, f.Story)
		}
		analyzetest.WantCount(t, f, "weight", 99)
		names := analyzetest.Table(t, f, "By name")
		if len(names.Rows) != 3 || !strings.HasPrefix(names.Rows[0][0].Text().String(), `"***"`) || names.Rows[0][0].Kind() != "value" {
			t.Errorf("%v", names.Rows)
		}
		var grams int64
		for _, r := range names.Rows {
			grams += r[3].Int()
		}
		if grams != 99 {
			t.Errorf("%d grams in the table", grams)
		}
		if !strings.Contains(f.Anchor, "com.acme.Main.open") || len(f.Path) < 3 {
			t.Errorf("%s: %s", f.Anchor, analyzetest.Labels(f))
		}
		if len(f.Evidence.Rows) != 2 || f.Evidence.Omitted != 7 {
			t.Fatalf("%d examples, %d left out", len(f.Evidence.Rows), f.Evidence.Omitted)
		}
		e := f.Evidence.Rows[0]
		if len(e.Fields) != 5 || !e.Fields[0].Value.Text().Masked() || e.Fields[2].Value.Kind() != report.KindTime || e.Fields[3].Value.Kind() != report.KindBytes {
			t.Errorf("%+v", e)
		}
	}
}

const small = `rule: boxes
title: Boxes
match: {class: com.acme.Box}
message: "{count} boxes"
fix: Close them.
falsifier: None.
`

// TestConditions: each condition leaves the objects that it should.
func TestConditions(t *testing.T) {
	h := boxHeap(t, 8)
	for text, want := range map[string]int64{
		"":                             29, // a crate is a box, but not of the class
		"where: this.open":             9,
		"where: not this.open":         20,
		"where: this.weight in [2, 4]": 4,
		"match: {class: com.acme.Box, subclasses: true}\nwhere: this.weight == 7":                                      2, // the nearest field
		"match: {class: com.acme.Box, subclasses: true}\nwhere: this[\"com.acme.Crate::weight\"] == 7":                 1,
		"match: {class: com.acme.Box, subclasses: true}\nwhere: this[\"com.acme.Box::weight\"] in [1, 21]":             1,
		"match: {class: com.acme.Box, unreachable: true}":                                                              30,
		"match: {class: [com.acme.Box, com.acme.Crate]}":                                                               30,
		"where: class(this) == \"com.acme.Box\" and retained(this) > 0 and shallow(this) <= retained(this)":            29,
		"where: strength(this) != \"strong\"":                                                                          0,
		"where: static(\"com.acme.Main\", \"answer\") == 42":                                                           29,
		"where: static(\"com.acme.Main\", \"open\").boxes == nil":                                                      0,
		"where: static(\"com.acme.Nothing\", \"x\") == nil":                                                            29,
		"where: text(this.label) == \"box 1\"":                                                                         9, // 4, 7, … 19 and 4, 10, 16
		"where: len(text(this.label)) == 5":                                                                            29,
		"where: isA(this.label, \"java.lang.String\")":                                                                 29,
		"where: size(this) == nil and number(this) == nil and enum(this) == nil":                                       29,
		"where: upper(text(this.label)) matches \"^BOX [12]$\"":                                                        20,
		"held_by: {class: com.acme.Store}":                                                                             0,
		"held_by: {class: com.acme.Store, absent: true}":                                                               29,
		"held_by: [{class: \"com.acme.Box[]\", as: s}, {class: com.acme.Store, field: boxes}]\nwhere: not holder.open": 10,
		"let: {w: this.weight, v: w + 1, u: v + w}\nwhere: u == 9":                                                     2,
		"match: {class: com.acme.Absent}":                                                                              -1,
		"when: count > 29":                                                                                             -1,
	} {
		rule := small + text
		if strings.HasPrefix(text, "match") {
			rule = strings.Replace(rule, "match: {class: com.acme.Box}\n", "", 1)
		}
		r := run(t, h, parse(t, rule))
		got := int64(0)
		if len(r.Findings) > 0 {
			got = r.Findings[0].Objects
		}
		if got != max(want, 0) || r.Rules[0].Skipped != "" {
			t.Errorf("%s: %d objects, want %d; %s", text, got, want, r.Rules[0].Skipped)
		}
	}
}

// TestAbstains: what cannot be judged is not clean.
func TestAbstains(t *testing.T) {
	h := boxHeap(t, 8)
	for text, want := range map[string]string{
		"where: this.lid == nil":                                                  "unknown version of com.acme.Box: it has no field lid",
		"where: this[\"com.acme.Box::lid\"] == nil":                               "unknown version of com.acme.Box: it has no field lid",
		"follow: {l: this.label}\nwhere: l.length == 3":                           "unknown version of java.lang.String: it has no field length",
		"where: static(\"com.acme.Main\", \"question\") == nil":                   "unknown version of com.acme.Main: it has no field static question",
		"where: this.weight":                                                      "f.yaml:7:8: the condition is neither true nor false",
		"where: this.open and this.weight < this.label":                           "f.yaml:7:34: invalid operation: int < userrules.ref",
		"where: length(this) == 1":                                                "a com.acme.Box is no array",
		"where: this.weight.size == 1":                                            "a int has no field size",
		"where: retained(this.weight) > 1":                                        "is no object",
		"aggregates: {a: {sum: this.open}}":                                       "is no number",
		"aggregates: {a: {count: this.weight}}":                                   "neither true nor false",
		"held_by: {class: \"com.acme.Box[]\"}\nlet: {n: holder.x}\nwhere: n == 1": "unknown version of com.acme.Box[]",
		"when: count + \"x\" == 1":                                                "f.yaml:7:",
		"facts: {a: percent(count == 1)}":                                         "f.yaml:7:",
	} {
		r := run(t, h, parse(t, small+text))
		if got := r.Rules[0].Skipped; !strings.Contains(got, want) || len(r.Findings) > 0 {
			t.Errorf("%s: %d findings, abstains: %q, want %q", text, len(r.Findings), got, want)
		}
	}
}

// TestThresholds: they are set as those of other rules.
func TestThresholds(t *testing.T) {
	r := parse(t, whole)
	key, value, err := analyze.ParseThreshold("boxes-left-open.boxes=10", []*analyze.Rule{r})
	if err != nil {
		t.Fatal(err)
	}
	rep, err := analyze.Run(context.Background(), boxHeap(t, 8), analyze.Options{Rules: []*analyze.Rule{r}, Thresholds: map[string]float64{key: value}, ToolVersion: "test"})
	if err != nil || len(rep.Findings) != 0 {
		t.Errorf("%v, %d findings of 9 boxes", err, len(rep.Findings))
	}
}

// TestJoins: objects that another rule has explained are no second finding.
func TestJoins(t *testing.T) {
	first := parse(t, small)
	second := parse(t, strings.Replace(small, "rule: boxes", "rule: others\nafter: [boxes]", 1)+"where: this.open")
	rep, err := analyze.Run(context.Background(), boxHeap(t, 8), analyze.Options{Rules: []*analyze.Rule{first, second}, ToolVersion: "test"})
	if err != nil {
		t.Fatal(err)
	}
	f := analyzetest.Only(t, rep, "boxes", report.Warning)
	analyzetest.WantRelated(t, f, "others")
}

// TestShipped: the rules written in YAML find what the JDK's own objects show, name its holder, and find nothing in the controls.
func TestShipped(t *testing.T) {
	for rule, c := range map[string]struct{ dump, title, anchor string }{
		"zip-codecs-open": {"codecs-open", "3,000 Deflaters and 1,000 Inflaters", "OpenDeflaters.CODECS"},
		"files-left-open": {"files-open", "603 FileInputStreams, 202 FileOutputStreams, 100 RandomAccessFiles", "OpenFiles.STREAMS"}, // with the JVM's own
		"futures-waiting": {"futures-waiting", "5,000 CompletableFutures", "WaitingFutures.PENDING"},
	} {
		f := analyzetest.Only(t, analyzetest.RunRules(t, analyzetest.RealHeap(t, "leaks/"+c.dump+".hprof"), rule), rule, report.Warning)
		analyzetest.WantTitle(t, f, c.title)
		if !strings.Contains(f.Anchor, c.anchor) || len(f.Fix) == 0 {
			t.Errorf("%s: %s", rule, f.Anchor)
		}
		for _, name := range []string{"leaks/" + c.dump + "-control.hprof", "variants/variant-live.hprof"} {
			for _, g := range analyzetest.RunRules(t, analyzetest.RealHeap(t, name), "all").Findings {
				if g.Rule == rule || g.Severity != report.Info && strings.HasPrefix(name, "leaks") {
					t.Errorf("%s: %s %s: %s", name, g.Severity, g.Rule, g.Title)
				}
			}
		}
	}
}

// TestShippedTests: the tests that the shipped files have of themselves hold.
func TestShippedTests(t *testing.T) {
	for _, r := range userrules.Shipped() {
		rules, err := userrules.Parse(r.Source, []byte(userrules.ShippedFile(r.Name)))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, dump := range []string{"codecs-open", "files-open", "futures-waiting"} {
			for _, control := range []string{"", "-control"} {
				name := "leaks/" + dump + control + ".hprof"
				o, err := rules[0].Try(context.Background(), analyzetest.RealHeap(t, name), name, analyze.Options{ToolVersion: "test"})
				if err != nil {
					t.Fatal(err)
				}
				n += o.Tests
				for _, miss := range o.Unmet {
					t.Error(miss)
				}
			}
		}
		if n != 2 {
			t.Errorf("%s: %d tests, want one of a leak and one of a control", r.Name, n)
		}
	}
}
