package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// walked are the pages with commands and what they print.
var walked = []string{"../../docs/walkthrough.md", "../../docs/paths.md"}

// walkStep is a block of the page: a command, and how many lines of its output are shown where a line "…" ends them.
type walkStep struct {
	command string
	lines   int // 0: all
}

var walkBlock = regexp.MustCompile("(?s)```\n\\$ (heapcause [^\n]*)\n(.*?)```\n")

func stepOf(command, output string) walkStep {
	s := walkStep{command: command}
	if strings.HasSuffix(output, "\n…\n") {
		s.lines = strings.Count(output, "\n") - 1
	}
	return s
}

// cut returns the lines that the page shows.
func (s walkStep) cut(output string) string {
	lines := strings.SplitAfter(output, "\n")
	if s.lines == 0 || len(lines) <= s.lines {
		return output
	}
	return strings.Join(lines[:s.lines], "") + "…\n"
}

// words splits a command line at blanks outside of single quotes.
func words(line string) []string {
	var out []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

// play runs the command on a dump called app.hprof in the current folder.
func (s walkStep) play(t *testing.T) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args := append(words(s.command)[1:], "--quiet")
	if code := run(context.Background(), args, nil, &stdout, &stderr); code != exitDone {
		t.Fatalf("%s: exit code %d: %s", s.command, code, stderr.String())
	}
	return stdout.String()
}

// TestWalkthrough replays docs/walkthrough.md and docs/paths.md: word for word on the dump that they were written from, where that is
// there, else on one that the same program left, for what the walk concludes.
func TestWalkthrough(t *testing.T) {
	dump, same := filepath.Join(os.Getenv("HEAPCAUSE_ORACLE"), "pg-timer-a1-20000.hprof.gz"), true
	if os.Getenv("HEAPCAUSE_ORACLE") == "" {
		dump, same = "../../testdata/dumps/pg-timer/pg-timer-a1-20000.hprof", false
	}
	dump, err := filepath.Abs(dump)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dump); err != nil {
		t.Skip("no dump of pg-timer: make testdata makes it, HEAPCAUSE_ORACLE=DIR names a folder with it")
	}
	pages := map[string][]byte{}
	for _, page := range walked {
		name, err := filepath.Abs(page)
		if err != nil {
			t.Fatal(err)
		}
		if pages[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("CI", "") // as for a person: the first command keeps an index for the others
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Chdir(t.TempDir())
	if err := os.Symlink(dump, "app.hprof"); err != nil {
		t.Fatal(err)
	}
	said := ""
	for name, page := range pages {
		replayed := walkBlock.ReplaceAllStringFunc(string(page), func(block string) string {
			m := walkBlock.FindStringSubmatch(block)
			s := stepOf(m[1], m[2])
			output := s.play(t)
			said += output
			return "```\n$ " + s.command + "\n" + s.cut(output) + "```\n"
		})
		switch {
		case !same:
		case *update:
			if err := os.WriteFile(name, []byte(replayed), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			if d := cmp.Diff(string(page), replayed); d != "" {
				t.Errorf("%s (-update writes it anew):\n%s", filepath.Base(name), d)
			}
		}
	}
	for _, want := range []string{
		`org\.postgresql\.jdbc3g\.Jdbc3gPreparedStatement +(20,0|19,[5-9])\d\d\n`, // referents of finalizers
		`objects registered for finalization, 0 queued`,
		`TimerThread @ 0x[0-9a-f]+ \("Timer-0"\)`,
		`\n +3 +(20,0|19,[5-9])\d\d\n`, // tasks by state
		`\n +true +(20,0|19,[5-9])\d\d\n`,
		`\n +finalizer +3\d\d,\d\d\d +1\d MiB\n`, // what a cut leaves to finalizers
	} {
		if !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("the walk does not say %s", want)
		}
	}
}
