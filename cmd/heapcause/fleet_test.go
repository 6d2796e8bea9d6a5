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
	if want := "heapcause: interrupted: 1 reports are in " + out + "\n"; code != exitFailed || stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("exit code %d, %q, want %q", code, stderr.String(), want)
	}
	here, _ := os.ReadDir(dir)
	reports, _ := os.ReadDir(out)
	if len(here) != 3 || len(reports) != 1 || reports[0].Name() != "a.hprof.json" {
		t.Errorf("files left: %v and %v", here, reports)
	}
}
