package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"heapcause/hprof/hproftest"
)

// exportedTo runs an export in this process.
func exportedTo(ctx context.Context, dump, lake string, flags ...string) (code int, stdout, stderr string) {
	var out, msg bytes.Buffer
	code = run(ctx, append([]string{"export", dump, "--parquet", lake, "--index=never"}, flags...), nil, &out, &msg)
	return code, out.String(), msg.String()
}

// TestExportInterrupted: an export that is interrupted in any phase leaves nothing; of two dumps the first stays whole.
func TestExportInterrupted(t *testing.T) {
	dir := t.TempDir()
	dump, lake := filepath.Join(dir, "many.hprof"), filepath.Join(dir, "lake")
	if err := os.WriteFile(dump, manyDump(3000), 0o600); err != nil {
		t.Fatal(err)
	}
	defer func() { phaseHook = nil }()
	var phases []string
	phaseHook = func(phase string) {
		if !slices.Contains(phases, phase) {
			phases = append(phases, phase)
		}
	}
	if code, _, stderr := exportedTo(t.Context(), dump, lake, "--workers=1"); code != exitDone {
		t.Fatal(stderr)
	}
	whole := len(filesBelow(lake))
	if !slices.Contains(phases, "writing objects") || !slices.Contains(phases, "writing references") || whole != 10 {
		t.Fatalf("phases %v, %d files", phases, whole)
	}
	if err := os.RemoveAll(lake); err != nil {
		t.Fatal(err)
	}
	for _, at := range phases {
		ctx, cancel := context.WithCancel(t.Context())
		phaseHook = func(phase string) {
			if phase == at {
				cancel()
			}
		}
		code, stdout, stderr := exportedTo(ctx, dump, lake, "--workers=1")
		if _, err := os.Stat(lake); code != exitFailed || stdout != "" || !strings.Contains(stderr, "interrupted; nothing was written") || err == nil {
			t.Errorf("in %s: exit code %d, %q, %q, left %v", at, code, stdout, stderr, filesBelow(lake))
		}
		cancel()
	}
	second := filepath.Join(dir, "more.hprof")
	if err := os.WriteFile(second, manyDump(2000), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	phaseHook = func(phase string) {
		if phase == "writing strings" {
			if n++; n > 2 { // begun and ended for the first
				cancel()
			}
		}
	}
	code, stdout, stderr := exportedTo(ctx, dir, lake, "--workers=1")
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "interrupted; 1 dump in ") || len(filesBelow(lake)) != whole {
		t.Errorf("two dumps: exit code %d, %q, %q, %v", code, stdout, stderr, filesBelow(lake))
	}
}

// TestExportFullDisk: a folder that fills its file system ends the export with a word, and takes back what was written.
func TestExportFullDisk(t *testing.T) {
	if hproftest.Race {
		t.Skip("of one command at a time")
	}
	dir := t.TempDir()
	dump, lake := filepath.Join(dir, "many.hprof"), filepath.Join(dir, "lake")
	if err := os.WriteFile(dump, manyDump(20_000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(lake, 0o700); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for size := 16 << 10; ; size *= 2 {
		if err := syscall.Mount("tmpfs", lake, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
			t.Skipf("no file system can be mounted here: %v", err)
		}
		code, stdout, stderr := exportedTo(t.Context(), dump, lake, "--rules=none")
		left := filesBelow(lake)
		if err := syscall.Unmount(lake, 0); err != nil { // busy if anything were left open
			t.Fatal(err)
		}
		if code == exitDone {
			break
		}
		failed++
		if code != exitFailed || stdout != "" || len(left) > 0 || !strings.Contains(stderr, "no space left on device") || !strings.Contains(stderr, "hint: free some space there") {
			t.Fatalf("disk of %d: exit code %d, %q, %q, left %v", size, code, stdout, stderr, left)
		}
	}
	if failed < 3 {
		t.Errorf("only %d sizes were too small", failed)
	}
}
