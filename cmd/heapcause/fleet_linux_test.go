package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPeakOfSeveral holds that the memory for many dumps is that for the largest of them: graphs of all at once would take many times
// as much.
func TestPeakOfSeveral(t *testing.T) {
	if testing.Short() {
		t.Skip("analyses 21 dumps")
	}
	dir := t.TempDir()
	dump := manyDump(60_000)
	for i := range 20 {
		dump[25]++ // of the time in its header: another dump
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.hprof", i)), dump, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "heapcause")
	if err := os.Symlink(exe, program); err != nil {
		t.Fatal(err)
	}
	peak := func(path string) int64 {
		var stdout, stderr bytes.Buffer
		c := exec.Command(program, "analyze", path, "--index=never", "--rules=none", "--workers=2", "--verbose")
		c.Env = append(os.Environ(), "GOGC=25") // less garbage that is not collected yet
		c.Stdout, c.Stderr = &stdout, &stderr
		if err := c.Run(); err != nil {
			t.Fatalf("%s: %v: %s", path, err, stderr.String())
		}
		var mib float64
		at := bytes.Index(stderr.Bytes(), []byte("peak memory"))
		if _, err := fmt.Sscanf(stderr.String()[at:], "peak memory %f MiB", &mib); err != nil {
			t.Fatalf("%v in %s", err, stderr.String())
		}
		return int64(mib)
	}
	one, all := peak(filepath.Join(dir, "00.hprof")), peak(dir)
	if all > one+one/2 {
		t.Errorf("peak memory of %d MiB for 20 dumps, %d MiB for one of them", all, one)
	}
	t.Logf("%d MiB for one, %d MiB for 20", one, all)
}
