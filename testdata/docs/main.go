// Command docs writes the pages of docs/ on rules and inspections, with what they say of real dumps. Run it by `make docs`, in the
// project's folder.
//
// Texts come from the rules and inspections. An example is the output on a dump of testdata/dumps, or of the folder
// HEAPCAUSE_DUMPS: for a rule the one that examples names, else the first below leaks on which it reports at its highest severity.
// Where no dump is there that shows a rule, its page keeps the example it has.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/inspect"
	"heapcause/analyze/pages"
	"heapcause/analyze/rules"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
	"heapcause/report/text"
)

// examples are the dumps to show rules with, where the first below leaks would not do.
var examples = map[string]string{
	"finalizer-registered":    "pg-timer/pg-timer-a1-20000.hprof",
	"finalizer-backlog":       "pg-timer/pg-timer-a3-slowfin-100000.hprof",
	"jdbc-statement-retained": "pg-timer/pg-timer-a2-unclosed-100000.hprof",
	"leak-suspect":            "pg-timer/pg-timer-a2-unclosed-100000.hprof",
	"timer-queue-backlog":     "pg-timer/pg-timer-a1-20000.hprof",
}

// others are searched for rules that no dump below leaks shows.
var others = []string{"zoo/zoo-small.hprof", "vthreads/vthreads-10000.hprof", "variants/variant-live.hprof", "pg-timer/pg-timer-a1-20000.hprof"}

// inspected are the dumps to show inspections with; the zoo has some of everything.
const inspected = "zoo/zoo-small.hprof"

// maxLines of an example are shown.
const maxLines = 100

func main() {
	out := flag.String("o", "docs", "folder of the pages")
	flag.Parse()
	g := &generator{out: *out, dumps: cmp.Or(os.Getenv("HEAPCAUSE_DUMPS"), "testdata/dumps"), best: map[string]*example{}}
	if err := g.run(); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(2)
	}
}

// example is what one rule or inspection says of a dump.
type example struct {
	dump     string
	severity report.Severity
	joined   bool // to the finding of another rule
	text     string
}

type generator struct {
	out, dumps string
	best       map[string]*example // by rule
}

func (g *generator) run() error {
	all := rules.All()
	if err := g.findExamples(all); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(g.out, "rules"), 0o755); err != nil {
		return err
	}
	for _, r := range all {
		if err := g.writeRule(r); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(g.out, "rules", "README.md"), []byte(pages.Index(all)), 0o644); err != nil {
		return err
	}
	return g.writeInspections()
}

// findExamples looks for the best example of each rule.
func (g *generator) findExamples(all []*analyze.Rule) error {
	leaks, err := filepath.Glob(filepath.Join(g.dumps, "leaks", "*.hprof"))
	if err != nil {
		return err
	}
	more, err := filepath.Glob(filepath.Join(g.dumps, "leaks", "*", "*.hprof"))
	if err != nil {
		return err
	}
	for _, path := range append(leaks, more...) {
		name, err := filepath.Rel(g.dumps, path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, "-control.hprof") {
			continue
		}
		if err := g.try(all, name); err != nil {
			return err
		}
	}
	for _, name := range append(slices.Sorted(maps(examples)), others...) {
		missing := slices.DeleteFunc(slices.Clone(all), func(r *analyze.Rule) bool {
			return examples[r.Name] != name && (g.best[r.Name] != nil || examples[r.Name] != "")
		})
		if len(missing) == 0 {
			continue
		}
		if err := g.try(all, name); err != nil {
			return err
		}
	}
	return nil
}

// maps yields the values of a map, each once.
func maps(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for _, v := range m {
			if !seen[v] && !yield(v) {
				return
			}
			seen[v] = true
		}
	}
}

// try runs all rules over a dump and keeps what is the best example so far.
func (g *generator) try(all []*analyze.Rule, name string) error {
	if _, err := os.Stat(filepath.Join(g.dumps, name)); err != nil {
		return nil
	}
	fmt.Println(name)
	r, err := g.analyze(name, analyze.Options{Rules: all, Top: 5})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for i := range r.Findings {
		f := r.Findings[i]
		g.keep(f.Rule, name, &f, false)
		for _, j := range f.Related {
			g.keep(j.Rule, name, &f, true)
		}
	}
	return nil
}

// keep keeps an example that is better than what there is: of the dump that is wanted, a finding of its own, of a higher severity.
func (g *generator) keep(rule, dump string, f *report.Finding, joined bool) {
	if want := examples[rule]; want != "" && want != dump {
		return
	}
	old := g.best[rule]
	if old != nil && (joined && !old.joined || joined == old.joined && f.Severity.Compare(old.severity) <= 0) {
		return
	}
	var b strings.Builder
	r := &report.Report{Findings: report.Rows[report.Finding]{*f}}
	if err := text.WriteFindings(&b, r, text.Options{}); err != nil {
		panic(err) // a builder takes all
	}
	g.best[rule] = &example{dump, f.Severity, joined, b.String()}
}

func (g *generator) analyze(name string, opt analyze.Options) (*report.Report, error) {
	ctx := context.Background()
	f, err := hprof.Open(ctx, filepath.Join(g.dumps, name), hprof.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	h, err := graph.Build(ctx, f, graph.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = h.Close() }()
	return analyze.Run(ctx, h, opt)
}

func (g *generator) writeRule(r *analyze.Rule) error {
	name := filepath.Join(g.out, "rules", r.Name+".md")
	page := pages.Rule(r)
	if e := g.best[r.Name]; e != nil {
		page += "\n" + pages.Example + "\n\n" + e.about(r.Name) + "\n\n" + fenced(e.text)
	} else if old, err := os.ReadFile(name); err == nil {
		if _, rest, ok := strings.Cut(string(old), "\n"+pages.Example); ok {
			page += "\n" + pages.Example + rest
		}
	} else {
		fmt.Printf("no example of %s\n", r.Name)
	}
	return os.WriteFile(name, []byte(page), 0o644)
}

// about says what the example is of.
func (e *example) about(rule string) string {
	s := fmt.Sprintf("`heapcause analyze %s` (a dump that `make testdata` makes) says:", filepath.Base(e.dump))
	if e.joined {
		s = fmt.Sprintf("`heapcause analyze %s` (a dump that `make testdata` makes) says, with what %s adds to the finding of another rule:", filepath.Base(e.dump), rule)
	}
	return s
}

// workFolder is the folder that the programs of testdata/java are compiled in, another one each time.
var workFolder = regexp.MustCompile(`/tmp/tmp\.\w+`)

// fenced is output in a page.
func fenced(s string) string {
	s = workFolder.ReplaceAllString(s, "/app")
	lines := strings.Split(strings.Trim(s, "\n"), "\n")
	if len(lines) > maxLines {
		lines = append(lines[:maxLines], "…")
	}
	return "```text\n" + strings.Join(lines, "\n") + "\n```\n"
}

func (g *generator) writeInspections() error {
	name := filepath.Join(g.out, "inspections.md")
	all := inspect.All()
	if _, err := os.Stat(filepath.Join(g.dumps, inspected)); err != nil {
		fmt.Printf("no %s: the examples of inspections are left out\n", inspected)
		return g.inspectionPage(name, all, nil)
	}
	r, err := g.analyze(inspected, analyze.Options{Inspections: all, Top: 5})
	if err != nil {
		return err
	}
	return g.inspectionPage(name, all, r)
}

func (g *generator) inspectionPage(name string, all []*analyze.Inspection, r *report.Report) error {
	var b strings.Builder
	b.WriteString(pages.Inspections)
	for _, in := range all {
		b.WriteString(pages.Inspection(in))
		if r == nil {
			continue
		}
		var out strings.Builder
		if err := text.WriteSection(&out, r.Section(in.Name), text.Options{}); err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n`heapcause inspect %s %s --top=5` prints:\n\n%s", in.Name, filepath.Base(inspected), fenced(out.String()))
	}
	return os.WriteFile(name, []byte(b.String()), 0o644)
}
