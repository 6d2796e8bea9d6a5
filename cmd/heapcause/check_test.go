package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"heapcause/analyze/analyzetest"
	"heapcause/report/gate"
)

// heapcause runs a command line and returns its exit code and what it wrote.
func heapcause(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(context.Background(), args, nil, &out, &err)
	return code, out.String(), err.String()
}

// TestCheckLoadTest has five builds of a service, of which the later ones leak: the gate passes on the second and is broken on the
// fifth, until the leak is suppressed and again from the day after.
func TestCheckLoadTest(t *testing.T) {
	if testing.Short() {
		t.Skip("analyses real dumps")
	}
	dir := t.TempDir()
	base, budget, suppressed := filepath.Join(dir, "base.json"), filepath.Join(dir, "budget.yaml"), filepath.Join(dir, "suppressed.yaml")
	const limits = `
findings:
  rules:
    leak-suspect: {retained: 2MiB}
growth:
  classes:
    com.acme.orders.Session: {instances: 200%}
`
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(budget, limits)
	check := func(what string, want int, args ...string) string {
		t.Helper()
		code, stdout, stderr := heapcause(append([]string{"check", "--index=never", "--baseline", base}, args...)...)
		if code != want {
			t.Errorf("%s: exit code %d, want %d: %s%s", what, code, want, stdout, stderr)
		}
		return stdout
	}
	dump := func(name string) string { return analyzetest.RealPath(t, "loadtest/"+name+".hprof") }
	fifth := filepath.Join(dir, "five.json")
	check("build 1", 0, dump("orders-1"), "--budget", budget, "--update-baseline")
	check("build 2", 0, dump("orders-2"), "--budget", budget)
	check("the fifth without the leak", 0, dump("orders-control-5"), "--budget", budget)
	var verdict gate.Result
	if err := json.Unmarshal([]byte(check("build 5", 1, dump("orders-5"), "--budget", budget, "-f", "json", "--report", fifth)), &verdict); err != nil {
		t.Fatal(err)
	}
	if verdict.Counts.Broken != 2 {
		t.Errorf("%+v", verdict.Verdicts)
	}
	var breaking []gate.Finding
	for _, f := range verdict.Findings {
		if f.Breaks {
			breaking = append(breaking, f)
		}
	}
	if len(breaking) != 1 || !strings.Contains(breaking[0].Title, "com.acme.orders.SessionRegistry::byToken") {
		t.Fatalf("%+v", breaking)
	}
	write(suppressed, limits+fmt.Sprintf(`
suppress:
  - {signature: %.12s, reason: sessions will expire from 4.2 on, until: 2027-01-31}
  - {budget: growth.classes.com.acme.orders.Session, reason: the same, until: 2027-01-31}
`, breaking[0].Signature))
	check("build 5 on the last day", 0, fifth, "--budget", suppressed, "--as-of", "2027-01-31")
	check("build 5 on the day after", 1, fifth, "--budget", suppressed, "--as-of", "2027-02-01")
}

// fenced are the blocks of a language in a page.
func fenced(t *testing.T, page, language string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

const (
	budgetPage   = "../../docs/budget.md"
	figuresBegin = "make golden rewrites them -->\n"
	figuresEnd   = "<!-- end of figures -->"
)

// TestBudgetPage: the examples of the page are budgets, and it lists the figures.
func TestBudgetPage(t *testing.T) {
	blocks := fenced(t, budgetPage, "yaml")
	if len(blocks) == 0 {
		t.Error("no example")
	}
	for _, b := range blocks {
		if _, err := gate.Parse("docs/budget.md", []byte(b)); err != nil {
			t.Error(err)
		}
	}
	want := "| figure | unit | counts | rule |\n| --- | --- | --- | --- |\n"
	for _, f := range gate.KnownFigures {
		want += strings.TrimRight(fmt.Sprintf("| `%s` | %s | %s | %s", f.Name, f.Unit, f.Doc, f.Rule), " ") + " |\n"
	}
	text, err := os.ReadFile(budgetPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), figuresBegin)
	got, after, ok2 := strings.Cut(rest, figuresEnd)
	if !ok1 || !ok2 {
		t.Fatal("no figures between their marks")
	}
	if *update {
		if err := os.WriteFile(budgetPage, []byte(before+figuresBegin+want+figuresEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != want {
		t.Errorf("the page lists other figures than there are (make golden rewrites them):\n%s", want)
	}
}

// TestPipelines runs the shell part of the steps of docs/ci.md, the load test replaced by the demo dump and the download by this
// program: the first build makes the baseline, the second passes, one with a stricter budget is broken.
func TestPipelines(t *testing.T) {
	if testing.Short() {
		t.Skip("analyses the demo dump several times")
	}
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	const page = "../../docs/ci.md"
	yamls := fenced(t, page, "yaml")
	if len(yamls) != 3 {
		t.Fatalf("%d blocks of YAML: the budget and two pipelines are wanted", len(yamls))
	}
	if _, err := gate.Parse("docs/ci.md", []byte(yamls[0])); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		steps []string
		files []string
	}{
		"GitHub Actions": {githubSteps(t, yamls[1]), []string{"heap.md", "heap.sarif", "heap.html", "heap.json", "summary"}},
		"GitLab CI":      {gitlabSteps(t, yamls[2]), []string{"heap.xml", "heap.txt", "heap.html"}},
		"Jenkins":        {jenkinsSteps(t, fenced(t, page, "groovy")), []string{"heap.xml", "heap.txt", "heap.html"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := pipelineFolder(t, yamls[0])
			build := func(what string, want int) string {
				t.Helper()
				code, out := runSteps(t, dir, c.steps)
				if code != want {
					t.Fatalf("%s: exit code %d, want %d:\n%s", what, code, want, out)
				}
				for _, f := range append(c.files, "heap-baseline.json") {
					if st, err := os.Stat(filepath.Join(dir, f)); err != nil || st.Size() == 0 {
						t.Errorf("%s: %s: %v", what, f, err)
					}
				}
				return out
			}
			build("the first", 0)
			strict := strings.Replace(yamls[0], "512MiB", "1MiB", 1)
			if err := os.WriteFile(filepath.Join(dir, "heapcause.yaml"), []byte(strict), 0o600); err != nil {
				t.Fatal(err)
			}
			if out := build("over its budget", 1); name == "GitHub Actions" && !strings.Contains(out, "::error title=heapcause%3A heap.strong::") {
				t.Errorf("no annotation:\n%s", out)
			}
		})
	}
}

// pipelineFolder has what the steps expect of a repository.
func pipelineFolder(t *testing.T, budget string) string {
	t.Helper()
	dir := t.TempDir()
	demo, err := filepath.Abs("../../testdata/demo.hprof.gz")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"heapcause.yaml": budget, "load-test.sh": "#!/bin/sh\ncp '" + demo + "' \"$1\"\n", "path": "", "summary": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runSteps runs shell scripts one after the other, as far as they succeed. What a step adds to the file GITHUB_PATH is in the PATH of the next.
func runSteps(t *testing.T, dir string, steps []string) (code int, out string) {
	t.Helper()
	program, err := exec.LookPath("heapcause")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		c := exec.Command("bash", "-e", "-c", `while read -r p; do PATH="$p:$PATH"; done < path; `+step)
		c.Dir = dir
		c.Env = append(os.Environ(), "HOME="+filepath.Join(dir, "home"), "HEAPCAUSE_URL=file://"+program, "UPDATE=--update-baseline", "GITHUB_PATH="+filepath.Join(dir, "path"),
			"GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary"), "CI_COMMIT_BRANCH=main", "CI_DEFAULT_BRANCH=main", "CI=true", "PATH=/usr/local/bin:/usr/bin:/bin")
		b, err := c.CombinedOutput()
		out += string(b)
		if err != nil {
			return c.ProcessState.ExitCode(), out
		}
	}
	return 0, out
}

// githubSteps are the steps with a shell part.
func githubSteps(t *testing.T, text string) (steps []string) {
	var workflow struct {
		Jobs map[string]struct{ Steps []struct{ Run string } }
	}
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	for _, s := range workflow.Jobs["heap"].Steps {
		if s.Run != "" {
			steps = append(steps, s.Run)
		}
	}
	return steps
}

// gitlabSteps is one script, as the runner makes it of the lines.
func gitlabSteps(t *testing.T, text string) []string {
	var jobs map[string]struct{ Script []string }
	if err := yaml.Unmarshal([]byte(text), &jobs); err != nil {
		t.Fatal(err)
	}
	return []string{strings.Join(jobs["heap"].Script, "\n")}
}

// jenkinsSteps are the texts between triple quotes.
func jenkinsSteps(t *testing.T, blocks []string) (steps []string) {
	for _, b := range blocks {
		for _, m := range regexp.MustCompile(`(?s)'''(.*?)'''`).FindAllStringSubmatch(b, -1) {
			steps = append(steps, m[1])
		}
	}
	if len(steps) != 2 {
		t.Fatalf("%d shell steps", len(steps))
	}
	return steps
}
