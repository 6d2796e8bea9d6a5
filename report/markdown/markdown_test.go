package markdown_test

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"heapcause/report"
	"heapcause/report/markdown"
	"heapcause/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t *testing.T, r *report.Report, opt markdown.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := markdown.Write(&b, r, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for file, opt := range map[string]markdown.Options{
		"short.md": {}, "full.md": {Full: true}, "short.jira": {Jira: true}, "full.jira": {Jira: true, Full: true},
	} {
		reporttest.Golden(t, "testdata/"+file, render(t, reporttest.PGTimer(), opt), *update)
	}
}

func TestNoSecrets(t *testing.T) {
	for _, jira := range []bool{false, true} {
		reporttest.CheckSecrets(t, render(t, reporttest.Full(), markdown.Options{Full: true, Jira: jira}))
	}
}

// TestShortFits holds that the short form fits a screen, however many findings there are.
func TestShortFits(t *testing.T) {
	for _, jira := range []bool{false, true} {
		r := reporttest.PGTimer()
		for len(r.Findings) < 30 {
			r.Findings = append(r.Findings, r.Findings[0])
		}
		short := render(t, r, markdown.Options{Jira: jira})
		if n := strings.Count(short, "\n"); n > 45 {
			t.Errorf("%d lines", n)
		}
		for _, want := range []string{r.Findings[0].Signature[:12], "What to do", "GC root", "24 more"} {
			if !strings.Contains(short, want) {
				t.Errorf("no %q", want)
			}
		}
	}
}

// TestHostile holds that names of a dump end no code block and make no markup.
func TestHostile(t *testing.T) {
	r := reporttest.Hostile()
	r.Findings[0].Path = append(r.Findings[0].Path, report.Step{Kind: report.StepField, Label: "```", Class: "{noformat}"})
	md := render(t, r, markdown.Options{Full: true})
	if strings.Count(md, "```")%2 != 0 || strings.Contains(md, "<script>") && !strings.Contains(md, `\<script\>`) {
		t.Error("markup of the dump")
	}
	if j := render(t, r, markdown.Options{Full: true, Jira: true}); strings.Count(j, "{noformat}")%2 != 0 {
		t.Error("a block of Jira's is not closed")
	}
}
