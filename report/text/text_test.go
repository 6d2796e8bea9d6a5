package text_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-runewidth"

	"heapcause/report"
	"heapcause/report/reporttest"
	"heapcause/report/text"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t *testing.T, r *report.Report, opt text.Options) string {
	t.Helper()
	var buf bytes.Buffer
	if err := text.Write(&buf, r, opt); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s differs (-golden +now); -update writes it anew:\n%s", file, d)
	}
}

func TestGolden(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    *report.Report
		opt  text.Options
	}{
		{"pg-timer", reporttest.PGTimer(), text.Options{}},
		{"pg-timer-color", reporttest.PGTimer(), text.Options{Color: true}},
		{"pg-timer-72", reporttest.PGTimer(), text.Options{Width: 72}},
		{"full", reporttest.Full(), text.Options{}},
		{"minimal", reporttest.Minimal(), text.Options{}},
		{"hostile", reporttest.Hostile(), text.Options{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			golden(t, tt.name, render(t, tt.r, tt.opt))
		})
	}
}

var styles = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestFitsAndIsSafe(t *testing.T) {
	narrow := &runewidth.Condition{}
	for name, r := range map[string]*report.Report{
		"full": reporttest.Full(), "hostile": reporttest.Hostile(), "minimal": reporttest.Minimal(),
	} {
		for _, opt := range []text.Options{{}, {Width: 60}, {Width: 72}, {Width: 100, Color: true}, {Width: 1000}} {
			got := render(t, r, opt)
			limit := 100
			if opt.Width > 0 && opt.Width < 100 {
				limit = opt.Width
			}
			if opt.Color {
				got = styles.ReplaceAllString(got, "")
			}
			for line := range strings.Lines(got) {
				line = strings.TrimSuffix(line, "\n")
				if w := narrow.StringWidth(line); w > limit {
					t.Errorf("%s at %d: a line of %d columns: %q", name, opt.Width, w, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("%s: white space at the end of %q", name, line)
				}
				if i := strings.IndexFunc(line, unsafe); i >= 0 {
					t.Errorf("%s: %q in %q", name, line[i:], line)
				}
			}
		}
	}
}

// unsafe is what may steer a terminal or reorder a line.
func unsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

func TestNoSecrets(t *testing.T) {
	reporttest.CheckSecrets(t, render(t, reporttest.Full(), text.Options{}))
}

// TestEverythingIsTold holds that no part of a finding is dropped.
func TestEverythingIsTold(t *testing.T) {
	flat := strings.Join(strings.Fields(render(t, reporttest.Full(), text.Options{})), " ")
	for _, want := range []string{
		"registered for finalization 19,902", // a fact of a related rule
		"none of them is open",
		"-1 more", "experimental", "Wrong if",
	} {
		if want == "-1 more" {
			if strings.Contains(flat, want) {
				t.Errorf("the report says %q", want)
			}
			continue
		}
		if !strings.Contains(flat, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}

// TestVirtualThreads shows what many virtual threads have in common, from where they left their carrier.
func TestVirtualThreads(t *testing.T) {
	r := reporttest.PGTimer()
	row := &r.Threads.Rows[0]
	row.Virtual, row.Alike, row.AlikeRetained = true, 10_000, 28<<20
	row.Frames.Rows = append(report.Rows[report.Frame]{
		{Class: "jdk.internal.vm.Continuation", Method: "yield", Source: "Continuation.java", Line: 357},
		{Class: "java.lang.VirtualThread", Method: "park", Source: "VirtualThread.java", Line: 700},
	}, row.Frames.Rows...)
	got := render(t, r, text.Options{})
	if !strings.Contains(got, "28 MiB  10,000 like \"main\"  TIMED_WAITING  virtual\n             at java.lang.Thread.sleep(native)") {
		t.Error(got[strings.Index(got, "Threads that"):])
	}
	if len(row.Frames.Rows) != 4 {
		t.Error("the report has changed")
	}
}
