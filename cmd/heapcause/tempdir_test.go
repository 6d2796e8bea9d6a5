package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestOnDisk: temporary files go to the system's folder unless that is a RAM disk and another place is none.
func TestOnDisk(t *testing.T) {
	system, beside, other := t.TempDir(), t.TempDir(), t.TempDir()
	gone := filepath.Join(system, "gone")
	for name, c := range map[string]struct {
		ram  []string
		want string
		from []string
	}{
		"a disk":          {nil, "", []string{beside, other}},
		"a RAM disk":      {[]string{system}, beside, []string{beside, other}},
		"dump on one too": {[]string{system, beside}, other, []string{beside, other}},
		"not writable":    {[]string{system}, other, []string{gone, other}},
		"RAM alone":       {[]string{system, beside, other}, "", []string{beside, other}},
	} {
		if got := onDisk(system, c.from, func(dir string) bool { return slices.Contains(c.ram, dir) }); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for _, dir := range []string{system, beside, other} {
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	t.Setenv("TMPDIR", system)
	if got := defaultTempDir("app.hprof"); got != "" {
		t.Errorf("TMPDIR is not respected: %q", got)
	}
}
