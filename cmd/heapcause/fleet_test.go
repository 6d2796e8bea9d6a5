package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSeveralInterrupted: reports that are whole stay and are told of; nothing else is written.
func TestSeveralInterrupted(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string][]byte{"a.hprof": cacheDump(8), "b.hprof": shapesDump()} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	phaseHook = func(phase string) {
		if strings.HasPrefix(phase, "2 of 2, b.hprof") {
			cancel()
		}
	}
	defer func() { phaseHook = nil }()
	var stdout, stderr bytes.Buffer
	out := filepath.Join(dir, "out")
	code := run(ctx, []string{"analyze", dir, "--reports", out, "-o", filepath.Join(dir, "all.json")}, nil, &stdout, &stderr)
	if want := "heapcause: interrupted; files written before: 1, in " + out + "\n"; code != exitFailed || stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("exit code %d, %q, want %q", code, stderr.String(), want)
	}
	here, _ := os.ReadDir(dir)
	reports, _ := os.ReadDir(out)
	if len(here) != 3 || len(reports) != 1 || reports[0].Name() != "a.hprof.json" {
		t.Errorf("files left: %v and %v", here, reports)
	}
}

// tty is a terminal.
type tty struct{ bytes.Buffer }

func (*tty) Size() (width int, ok bool) { return 100, true }

// TestNoIndexesOfSeveral: at a terminal, too, a folder of dumps does not become a folder of indexes.
func TestNoIndexesOfSeveral(t *testing.T) {
	t.Setenv("CI", "")
	dir, indexes := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.hprof"), cacheDump(8), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want int
	}{{[]string{dir}, 0}, {[]string{dir, "--index=always"}, 1}, {[]string{filepath.Join(dir, "a.hprof")}, 1}} {
		_ = os.RemoveAll(indexes)
		var stdout bytes.Buffer
		stderr := new(tty)
		if code := run(context.Background(), append([]string{"analyze", "--index-dir", indexes}, c.args...), nil, &stdout, stderr); code != exitDone {
			t.Fatalf("%v: exit code %d: %s", c.args, code, stderr.String())
		}
		if kept, _ := os.ReadDir(indexes); len(kept) != c.want {
			t.Errorf("%v: %d indexes kept, want %d", c.args, len(kept), c.want)
		}
	}
}
