package gate_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"heapcause/report"
	"heapcause/report/gate"
	"heapcause/report/github"
	"heapcause/report/junit"
	"heapcause/report/sarif"
)

const (
	sigOne = "a769fb06351b2aba840a66c05306459ff76008bc3905d6beb0adaa6e25ee8902"
	sigTwo = "c2ac93c6789b2aba840a66c05306459ff76008bc3905d6beb0adaa6e25ee8902"
)

// heap is a small report: 1,000 bytes, 800 of them strong.
func heap() *report.Report {
	finding := func(rule string, s report.Severity, signature string, retained, objects int64) report.Finding {
		return report.Finding{Rule: rule, Severity: s, Confidence: report.Certain, Title: rule + " found", Signature: signature, Retained: retained, Objects: objects}
	}
	return &report.Report{
		SchemaVersion: report.SchemaVersion, Tool: report.Tool{Name: "heapcause", Version: "0"}, Dump: report.Dump{File: "app.hprof"},
		Counts:    report.Counts{Objects: 40, Classes: 20, Roots: 7, Threads: 12, Bytes: 1000},
		Retention: report.Retention{Strong: report.Amount{Objects: 30, Bytes: 800}, Unreachable: report.Amount{Objects: 10, Bytes: 200}},
		Sizes:     report.SizeModel{Line: "compressed; 100 %"},
		Findings: []report.Finding{
			finding("timer-queue-backlog", report.Error, sigOne, 400, 20),
			finding("leak-suspect", report.Warning, sigTwo, 100, 10),
		},
		Rules: []report.RuleRun{
			{Name: "duplicate-strings"},
			{Name: "finalizer-backlog", Skipped: "unknown version of Finalizer"},
			{Name: "leak-suspect", Findings: 1},
			{Name: "netty-outbound"},
			{Name: "timer-queue-backlog", Findings: 1},
		},
		Figures: []report.Figure{{Name: "strings.wasted", Unit: "bytes", Value: 80}, {Name: "threads", Unit: "threads", Value: 12}},
		Consumers: report.Consumers{
			Classes: report.List[report.ClassRow]{Rows: []report.ClassRow{
				{Name: "com.acme.Session", Instances: 10, Shallow: 160, Retained: 480},
				{Name: "com.acme.Twice", Loader: "a", Instances: 2, Shallow: 32, Retained: 64},
				{Name: "com.acme.Twice", Loader: "b", Instances: 3, Shallow: 48, Retained: 48},
				{Name: "com.acme.web.Page", Instances: 4, Shallow: 40, Retained: 40},
			}},
			Packages: report.List[report.PackageRow]{Rows: []report.PackageRow{{Name: "com.acme", Classes: 2, Instances: 15, Shallow: 240, Retained: 500}}},
			Loaders:  report.List[report.LoaderRow]{Rows: []report.LoaderRow{{Class: "org.acme.Loader", Name: "app", Classes: 3, Instances: 19, Shallow: 280, Retained: 600}}},
		},
	}
}

// before is an earlier report of the same service.
func before() *report.Report {
	r := heap()
	r.Dump.File = "old.hprof"
	r.Counts.Bytes, r.Retention.Strong.Bytes = 700, 500
	r.Findings = r.Findings[1:]
	r.Findings[0].Retained, r.Findings[0].Objects = 50, 10
	r.Figures[0].Value = 40
	r.Consumers.Classes.Rows[0] = report.ClassRow{Name: "com.acme.Session", Instances: 5, Shallow: 80, Retained: 240}
	return r
}

// cut leaves one row in each list.
func cut(r *report.Report) *report.Report {
	r.Histogram = report.List[report.ClassRow]{Rows: r.Consumers.Classes.Rows[:1], Omitted: 3}
	r.Consumers.Classes = report.List[report.ClassRow]{Rows: r.Consumers.Classes.Rows[:1], Omitted: 3}
	r.Consumers.Packages.Omitted, r.Consumers.Loaders.Omitted = 4, 1
	return r
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func parse(t *testing.T, text string) *gate.Budget {
	t.Helper()
	b, err := gate.Parse("b.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return b
}

// outline is the outcome and the verdicts in short.
func outline(r *gate.Result) string {
	lines := []string{string(r.Outcome)}
	for _, v := range r.Verdicts {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", v.State, v.Limit, v.Subject)))
	}
	return strings.Join(lines, "; ")
}

// TestLimits has each kind of limit, kept and broken.
func TestLimits(t *testing.T) {
	old := gate.Options{Baseline: before()}
	for _, c := range []struct {
		budget string
		opt    gate.Options
		want   string
	}{
		{`heap: {strong: 800}`, gate.Options{}, "passed; ok heap.strong"},
		{`heap: {strong: 799B}`, gate.Options{}, "broken; broken heap.strong"},
		{`heap: {total: 1kB, unreachable: 20%}`, gate.Options{}, "passed; ok heap.total; ok heap.unreachable"},
		{`heap: {unreachable: 19.9%}`, gate.Options{}, "broken; broken heap.unreachable"},
		{`heap: {objects: 39}`, gate.Options{}, "broken; broken heap.objects"},
		{`figures: {threads: 12, strings.wasted: 10%}`, gate.Options{}, "passed; ok figures.threads; ok figures.strings.wasted"},
		{`figures: {strings.wasted: 9%}`, gate.Options{}, "broken; broken figures.strings.wasted"},
		{`figures: {roots: 6, loaders: 0, classes: 20}`, gate.Options{}, "broken; broken figures.roots; broken figures.loaders; ok figures.classes"},
		// not in the report: none, as its rule ran; unknown, as its rule abstained or did not run
		{`figures: {netty.unsent: 0}`, gate.Options{}, "passed; ok figures.netty.unsent"},
		{`figures: {finalizer.queued: 9}`, gate.Options{}, "undecided; unknown figures.finalizer.queued"},
		{`figures: {sessions: 9}`, gate.Options{AllowUnknown: true}, "passed; unknown figures.sessions"},
		{`classes: {com.acme.Session: {instances: 10, shallow: 160, retained: 60%}}`, gate.Options{}, "passed; ok classes.com.acme.Session.instances; ok classes.com.acme.Session.shallow; ok classes.com.acme.Session.retained"},
		{`classes: {com.acme.Session: {instances: 9}}`, gate.Options{}, "broken; broken classes.com.acme.Session.instances"},
		{`classes: {com.acme.Twice: {instances: 4}}`, gate.Options{}, "broken; broken classes.com.acme.Twice.instances"},
		// of two classes of one name: at least 64 bytes, at most 112
		{`classes: {com.acme.Twice: {retained: 63}}`, gate.Options{}, "broken; broken classes.com.acme.Twice.retained"},
		{`classes: {com.acme.Twice: {retained: 64}}`, gate.Options{}, "undecided; unknown classes.com.acme.Twice.retained"},
		{`classes: {com.acme.Twice: {retained: 112}}`, gate.Options{}, "passed; ok classes.com.acme.Twice.retained"},
		{`classes: {com.acme.*: {instances: 4}}`, gate.Options{}, "broken; broken classes.com.acme.*.instances class com.acme.Session; broken classes.com.acme.*.instances class com.acme.Twice"},
		{`classes: {com.**: {instances: 3}}`, gate.Options{}, "broken; broken classes.com.**.instances class com.acme.Session; broken classes.com.**.instances class com.acme.Twice; broken classes.com.**.instances class com.acme.web.Page"},
		{`classes: {com.acme.web.*: {instances: 4}}`, gate.Options{}, "passed; ok classes.com.acme.web.*.instances class com.acme.web.Page"},
		{`classes: {com.acme.None: {instances: 0}}`, gate.Options{}, "passed; ok classes.com.acme.None.instances"},
		{`packages: {com.acme: {classes: 2, retained: 499}}`, gate.Options{}, "broken; broken packages.com.acme.retained; ok packages.com.acme.classes"},
		{`loaders: {app: {instances: 18, classes: 3}}`, gate.Options{}, "broken; broken loaders.app.instances; ok loaders.app.classes"},
		{`findings: {error: 1, warning: 2}`, gate.Options{}, "passed; ok findings.error; ok findings.warning"},
		{`findings: {error: 1, warning: 1}`, gate.Options{}, "broken; broken findings.warning; ok findings.error"},
		{`findings: {rules: {leak-suspect: 1, timer-queue-backlog: {retained: 399, objects: 20}}}`, gate.Options{}, "broken; broken findings.rules.timer-queue-backlog.retained timer-queue-backlog a769fb06351b; ok findings.rules.leak-suspect; ok findings.rules.timer-queue-backlog.objects timer-queue-backlog a769fb06351b"},
		{`findings: {rules: {duplicate-strings: {retained: 5}}}`, gate.Options{}, "passed; ok findings.rules.duplicate-strings.retained"},
		{`findings: {rules: {finalizer-backlog: 5, leak-suspct: 1}}`, gate.Options{}, "undecided; unknown findings.rules.finalizer-backlog; unknown findings.rules.leak-suspct"},
		{``, gate.Options{FailOn: report.Error}, "broken; broken fail-on.error"},
		{``, gate.Options{FailOn: "never"}, "passed"},
		// growth
		{`growth: {heap: {strong: 60%, total: 300}}`, old, "passed; ok growth.heap.strong; ok growth.heap.total"},
		{`growth: {heap: {strong: 59%, total: 299}}`, old, "broken; broken growth.heap.strong; broken growth.heap.total"},
		{`growth: {heap: {strong: [59%, 1kB]}}`, old, "passed; ok growth.heap.strong"},
		{`growth: {figures: {strings.wasted: 39, threads: 0}}`, old, "broken; broken growth.figures.strings.wasted; ok growth.figures.threads"},
		{`growth: {classes: {com.acme.Session: {instances: 100%, retained: 239}}}`, old, "broken; broken growth.classes.com.acme.Session.retained; ok growth.classes.com.acme.Session.instances"},
		{`growth: {packages: {com.acme: {retained: 0%}}, loaders: {app: {shallow: 0}}}`, old, "passed; ok growth.packages.com.acme.retained; ok growth.loaders.app.shallow"},
		{`growth: {findings: {new: {error: 0}}}`, old, "broken; broken growth.findings.new.error"},
		{`growth: {findings: {new: {warning: 1}, retained: 100%, objects: 0}}`, old, "passed; ok growth.findings.new.warning; ok growth.findings.retained leak-suspect c2ac93c6789b; ok growth.findings.objects leak-suspect c2ac93c6789b"},
		{`growth: {findings: {retained: 49}}`, old, "broken; broken growth.findings.retained leak-suspect c2ac93c6789b"},
		{`growth: {heap: {strong: 0}}`, gate.Options{}, "undecided; unknown growth.heap.strong"},
		{`growth: {heap: {strong: 0}}`, gate.Options{FirstRun: true}, "passed"},
	} {
		if got := outline(gate.Check(parse(t, c.budget), heap(), c.opt)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.budget, got, c.want)
		}
	}
}

// TestCutLists: what a saved report leaves out is no larger than the last row that it lists, and nothing else is known of it.
func TestCutLists(t *testing.T) {
	for budget, want := range map[string]string{
		`classes: {com.acme.Session: {retained: 480}}`: "passed; ok classes.com.acme.Session.retained",
		`classes: {com.acme.Twice: {retained: 480}}`:   "passed; ok classes.com.acme.Twice.retained",
		`classes: {com.acme.Twice: {retained: 479}}`:   "undecided; unknown classes.com.acme.Twice.retained",
		`classes: {com.acme.Twice: {shallow: 160}}`:    "passed; ok classes.com.acme.Twice.shallow",
		`classes: {com.acme.Twice: {shallow: 159}}`:    "undecided; unknown classes.com.acme.Twice.shallow",
		`classes: {com.acme.Twice: {instances: 20}}`:   "passed; ok classes.com.acme.Twice.instances",
		`classes: {com.acme.Twice: {instances: 19}}`:   "undecided; unknown classes.com.acme.Twice.instances",
		`classes: {com.**: {instances: 9}}`:            "broken; broken classes.com.**.instances class com.acme.Session; unknown classes.com.**.instances",
		`packages: {org.other: {retained: 500}}`:       "passed; ok packages.org.other.retained",
		`packages: {org.other: {retained: 499}}`:       "undecided; unknown packages.org.other.retained",
		`packages: {org.other: {classes: 999999}}`:     "undecided; unknown packages.org.other.classes",
		`loaders: {app: {shallow: 279}}`:               "broken; broken loaders.app.shallow",
		`loaders: {app: {shallow: 281}}`:               "undecided; unknown loaders.app.shallow", // one left out may have the same name
	} {
		if got := outline(gate.Check(parse(t, budget), cut(heap()), gate.Options{})); got != want {
			t.Errorf("%s:\n got %s\nwant %s", budget, got, want)
		}
	}
	grown := gate.Options{Baseline: cut(before())}
	for budget, want := range map[string]string{
		`growth: {classes: {com.acme.Session: {instances: 5}}}`:      "passed; ok growth.classes.com.acme.Session.instances",
		`growth: {classes: {com.acme.Twice: {instances: 4}}}`:        "undecided; unknown growth.classes.com.acme.Twice.instances", // 5 now, 0 to 10 before
		`growth: {classes: {com.acme.Twice: {instances: 5}}}`:        "passed; ok growth.classes.com.acme.Twice.instances",
		`growth: {classes: {com.acme.web.Page: {instances: 1000%}}}`: "undecided; unknown growth.classes.com.acme.web.Page.instances",
	} {
		if got := outline(gate.Check(parse(t, budget), heap(), grown)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", budget, got, want)
		}
	}
}

// TestSuppressions go by the day.
func TestSuppressions(t *testing.T) {
	const budget = `
findings: {warning: 0}
heap: {strong: 1}
suppress:
  - {signature: a769fb06351b, reason: fixed in 4.2, until: 2027-01-31}
  - {signature: ` + sigTwo + `, reason: known, until: 2027-02-28}
  - {budget: heap.strong, reason: larger since 4.1, until: 2027-03-31}
  - {signature: ffffffffffff, reason: gone, until: 2027-03-31}
`
	for on, want := range map[string]string{
		"2027-01-31": "passed; suppressed heap.strong; ok findings.warning | used used used unused",
		"2027-02-01": "broken; broken findings.warning; suppressed heap.strong | expired used used unused",
		"2027-04-01": "broken; broken findings.warning; broken heap.strong | expired expired expired expired",
	} {
		r := gate.Check(parse(t, budget), heap(), gate.Options{AsOf: day(on).Add(23 * time.Hour)})
		got := outline(r) + " |"
		for _, s := range r.Suppressions {
			got += " " + string(s.Standing)
		}
		if got != want {
			t.Errorf("on %s:\n got %s\nwant %s", on, got, want)
		}
		if r.AsOf != on {
			t.Errorf("as of %s, want %s", r.AsOf, on)
		}
	}
	r := gate.Check(parse(t, budget), heap(), gate.Options{AsOf: day("2027-02-01")})
	notes := strings.Join(r.Section().Notes, "\n")
	for _, want := range []string{
		"b.yaml:5 the suppression of a769fb06351b expired after 2027-01-31 and no longer suppresses: timer-queue-backlog found.",
		"b.yaml:8 the suppression of ffffffffffff is unused",
		"SUPPRESSED b.yaml:3 heap.strong: 800 B; the limit is 1 B; suppressed until 2027-03-31: larger since 4.1.",
		"ERROR timer-queue-backlog a769fb06351b: timer-queue-backlog found.",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in\n%s", want, notes)
		}
	}
}

func TestIncomplete(t *testing.T) {
	r := heap()
	r.Dump.Incomplete = true
	b := parse(t, `heap: {strong: 1000}`)
	if got := gate.Check(b, r, gate.Options{}); got.Outcome != gate.Undecided || got.Why != "the dump is incomplete" {
		t.Errorf("%s: %s", got.Outcome, got.Why)
	}
	if got := gate.Check(b, r, gate.Options{AllowIncomplete: true}); got.Outcome != gate.Passed {
		t.Errorf("%s: %s", got.Outcome, got.Why)
	}
	if got := gate.Check(b, heap(), gate.Options{Baseline: r}); got.Outcome != gate.Undecided {
		t.Errorf("%s: %s", got.Outcome, got.Why)
	}
}

// TestFigures judges numbers that no report holds, among them some of a kind that reports do not have.
func TestFigures(t *testing.T) {
	b, err := gate.Parse("b.yaml", []byte("figures: {rss: 1GiB, threads: 10, sessions: 1, strings.wasted: 50%}\nheap: {strong: 99}\ngrowth: {figures: {rss: 1MiB}}"),
		gate.FigureInfo{Name: "rss", Unit: "bytes"})
	if err != nil {
		t.Fatal(err)
	}
	now := gate.Figures{"rss": 1 << 30, "threads": 11, "heap.strong": 100, "strings.wasted": 50}
	var got []string
	for _, v := range b.Figures(now, gate.Figures{"rss": 1<<30 - 1<<20 - 1}) {
		got = append(got, fmt.Sprintf("%s %s", v.State, v.Limit))
	}
	want := "ok figures.rss; broken figures.threads; unknown figures.sessions; ok figures.strings.wasted; broken heap.strong; broken growth.figures.rss"
	if strings.Join(got, "; ") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, "; "), want)
	}
	if n := len(b.Figures(now, nil)); n != 5 {
		t.Errorf("%d verdicts without an earlier sample", n)
	}
}

// TestMistakes are told with their places, all at once.
func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"heap:\n  strnog: 1":                                            "b.yaml:2:3: heap: there is no figure \"strnog\": did you mean strong?",
		"heaps: {}":                                                     "b.yaml:1:1: budget: unknown key \"heaps\": did you mean heap?",
		"heap: 5":                                                       "b.yaml:1:7: heap: a mapping is wanted here",
		"heap:\n  strong: 5 parsecs":                                    "b.yaml:2:11: heap.strong: \"5 parsecs\": a size such as 512MiB, 500MB or 1048576, or a share such as 10% is wanted here",
		"heap: {strong: 512M}":                                          "b.yaml:1:16: heap.strong: \"512M\": a size",
		"heap: {strong: -1}":                                            "b.yaml:1:16: heap.strong: \"-1\": a size",
		"heap: {strong: 1.5}":                                           "b.yaml:1:16: heap.strong: \"1.5\": a size",
		"heap: {strong: 99999999999TiB}":                                "b.yaml:1:16: heap.strong: ",
		"heap: {strong: [1, 2]}":                                        "no list",
		"heap: {total: 50%}":                                            "b.yaml:1:15: heap.total: \"50%\": no percentage is possible here, a size such as",
		"figures: {threads: 1MiB}":                                      "b.yaml:1:20: figures.threads: \"1MiB\": a number of threads, such as 100 is wanted here",
		"figures: {finalizer.queue: 1}":                                 "did you mean finalizer.queued?",
		"classes:\n  com.acme.X:\n    instanses: 1":                     "b.yaml:3:5: classes.com.acme.X: unknown key \"instanses\": did you mean instances?",
		"classes: {com.acme.X: 5}":                                      "classes.com.acme.X: a mapping is wanted here",
		"classes: {com.acme.X: {retained: x}}":                          "b.yaml:1:34: classes.com.acme.X.retained: \"x\": a size",
		"classes: {com.acme.X: {instances: 10%}}":                       "no percentage is possible here, a number of instances",
		"findings: {fatal: 1}":                                          "b.yaml:1:12: findings: unknown key \"fatal\"",
		"findings: {error: many}":                                       "a number of findings",
		"growth: {findings: {new: 3}}":                                  "b.yaml:1:26: growth.findings.new: a mapping is wanted here",
		"growth: {heap: {strong: []}}":                                  "b.yaml:1:25: growth.heap.strong: ",
		"suppress: {}":                                                  "b.yaml:1:11: suppress: a list is wanted here",
		"suppress: [{signature: a769fb06351b, reason: x}]":              "b.yaml:1:12: suppress: the key \"until\" is missing",
		"suppress: [{signature: a769fb06351b, until: 2027-01-31}]":      "the key \"reason\" is missing",
		"suppress: [{signature: a769, reason: x, until: 2027-01-31}]":   "signature: \"a769\": 12 to 64 hexadecimal digits",
		"suppress: [{signature: a769fb06351b, reason: x, until: soon}]": "until: \"soon\": a day such as 2027-01-31 is wanted",
		"suppress: [{reason: x, until: 2027-01-31}]":                    "either the signature of a finding or the name of a budget",
		"heap: {strong: 1}\nsuppress: [{budget: heap.strnog, reason: x, until: 2027-01-31}]": "b.yaml:2:1: suppress: there is no budget \"heap.strnog\": did you mean heap.strong?",
		"heap: {strong: 1, strong: 2}":   "\"strong\" is there twice",
		"heap: &a {strong: 1}\nx: *a":    "aliases are not supported",
		"heap: {strong: 1":               "b.yaml:1:1: no valid YAML",
		"heap: {}\n---\nheap: {}":        "b.yaml:2:1: a budget is one document",
		"- 1":                            "b.yaml:1:1: budget: a mapping is wanted here",
		"baseline: [1]":                  "baseline: a text is wanted here",
		strings.Repeat("#", 300<<10):     "a budget has at most",
		"heap:\n  strnog: 1\nfoo: bar\n": "b.yaml:3:1: budget: unknown key \"foo\"",
	} {
		if _, err := gate.Parse("b.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v\nwant %s", text, err, want)
		}
	}
	for _, text := range []string{"", "# nothing\n", "heap: {}", "suppress: []"} {
		if b, err := gate.Parse("b.yaml", []byte(text)); err != nil || b.Limits() != 0 {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("heap: {strong: [10%, 1MiB]}\nclasses: {'**': {instances: 1}}\nsuppress: [{budget: heap, reason: x, until: 2027-01-31}]"))
	f.Add([]byte("growth: {findings: {new: {error: 0}, retained: 10%}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := gate.Parse("b.yaml", data)
		if err != nil {
			return
		}
		for _, opt := range []gate.Options{{}, {Baseline: cut(before())}} {
			if err := gate.Check(b, cut(heap()), opt).Report().Validate(); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestAsReport: formats of reports show what is broken, and the findings that break it.
func TestAsReport(t *testing.T) {
	b := parse(t, "findings: {error: 0}\nheap: {strong: 1}\nfigures: {sessions: 1, threads: 99}\nsuppress: [{budget: heap, reason: x, until: 2027-01-31}]")
	r := gate.Check(b, heap(), gate.Options{AsOf: day("2027-01-01")}).Report()
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Rule)
	}
	if want := []string{"findings.error", "figures.sessions", "timer-queue-backlog"}; !slices.Equal(got, want) {
		t.Errorf("findings %v, want %v", got, want)
	}
	var out bytes.Buffer
	for _, write := range []error{junit.Write(&out, r), sarif.Write(&out, r), github.Write(&out, r)} {
		if write != nil {
			t.Error(write)
		}
	}
	for _, want := range []string{
		`tests="5" failures="3"`, `<testcase name="figures.threads"`, `<skipped message="heap.strong: 800 B; the limit is 1 B; suppressed until 2027-01-31: x">`,
		`"ruleId": "findings.error"`, `::error title=heapcause%3A findings.error::Limit findings.error is broken: findings of severity error: 1; the limit is 0`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// TestKnownFigures holds the list of figures to those that rules make: the names are words in their source.
func TestKnownFigures(t *testing.T) {
	files, err := os.ReadDir("../../analyze/rules")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range gate.KnownFigures {
		known[f.Name] = true
	}
	n := 0
	for _, dir := range files {
		if !dir.IsDir() {
			continue
		}
		sources, _ := os.ReadDir("../../analyze/rules/" + dir.Name())
		for _, s := range sources {
			text, err := os.ReadFile("../../analyze/rules/" + dir.Name() + "/" + s.Name())
			if err != nil || strings.HasSuffix(s.Name(), "_test.go") {
				continue
			}
			for _, part := range strings.Split(string(text), `.Figure("`)[1:] {
				n++
				if name, _, _ := strings.Cut(part, `"`); !known[name] {
					t.Errorf("%s/%s makes the figure %s, which no budget knows", dir.Name(), s.Name(), name)
				}
			}
		}
	}
	if n < 30 {
		t.Errorf("%d figures in the source of the rules", n)
	}
}
