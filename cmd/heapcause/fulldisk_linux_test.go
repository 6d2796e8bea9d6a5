package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"heapcause/hprof/hproftest"
)

// TestFullDisk: temporary files that fill their file system, wherever that shows, end the work with a word and a hint.
func TestFullDisk(t *testing.T) {
	if hproftest.Race {
		t.Skip("of one command at a time")
	}
	s := newScene(t)
	mount := func(size int) {
		t.Helper()
		if err := syscall.Mount("tmpfs", s.temp, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
			t.Skipf("no file system can be mounted here: %v", err)
		}
	}
	unmount := func() {
		t.Helper()
		if err := syscall.Unmount(s.temp, 0); err != nil { // busy if anything were left open
			t.Fatal(err)
		}
	}
	for _, command := range s.stressed() {
		if command[0] == "histogram" {
			continue
		}
		command = command[:len(command)-2] // to standard output: no file is left by the run that succeeds
		failed := 0
		for size := 16 << 10; ; size *= 2 {
			mount(size)
			code, stdout, stderr := s.play(command)
			what := fmt.Sprintf("%s on a disk of %d", command[0], size)
			s.clean(what)
			unmount()
			if code == exitDone {
				break
			}
			failed++
			if code != exitFailed || stdout != "" || !strings.Contains(stderr, "no space left on device") || !strings.Contains(stderr, "--temp-dir") {
				t.Fatalf("%s: exit code %d, %d bytes, %q", what, code, len(stdout), stderr)
			}
			s.oneLine(what, stderr)
		}
		if failed < 4 {
			t.Errorf("%s: only %d sizes were too small", command[0], failed)
		}
	}
}
