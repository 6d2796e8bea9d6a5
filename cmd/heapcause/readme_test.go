package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the demo's output in README.md")

const (
	readme    = "../../README.md"
	demoBegin = "make golden rewrites it -->\n```\n"
	demoEnd   = "```\n<!-- end of demo -->"
	demoLines = 40 // as many as a first screen bears, to the end of a paragraph
)

// TestReadme holds the README to what the demo prints.
func TestReadme(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"analyze", "../../testdata/demo.hprof.gz"}, nil, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	lines := strings.SplitAfter(stdout.String(), "\n")
	end := min(demoLines, len(lines)-1)
	for end > 1 && lines[end] != "\n" {
		end--
	}
	want := strings.Join(lines[:end], "") + "…\n"
	b, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(b), demoBegin)
	got, after, ok2 := strings.Cut(rest, demoEnd)
	if !ok1 || !ok2 {
		t.Fatalf("%s: no demo between its marks", readme)
	}
	if *update {
		if err := os.WriteFile(readme, []byte(before+demoBegin+want+demoEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("%s shows another output than the demo's (make golden rewrites it):\n%s", readme, want)
	}
}
